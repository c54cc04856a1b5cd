"""A company's year of work, as scorecards read it: as many facts of as many members as wanted.

Customers are claimed and handed over, buy (with splits and refunds), ask for help, are asked how it
was, and are won or lost; colleagues tell each other how their work is. Every number is drawn from
one seed: the same one tells the same year.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from itertools import count, islice
from random import Random
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.persistence import StoredEvent

from application.store.codec import encode
from domain.business_hours import Hours, Shift, Week
from domain.customers.ownership import CustomerClaimed, OwnershipTransferred
from domain.ids import (
    CustomerId,
    DepartmentId,
    MemberId,
    PaymentId,
    RefundId,
    SurveyFormId,
)
from domain.kernel import Actor, Channel, Envelope, Fact
from domain.money import Money
from domain.reviews.feedback import FeedbackGiven, Source
from domain.reviews.scoring_rules import Better, Rules, Term
from domain.sales.opportunity import LostBecause, OpportunityLost, OpportunityOpened, OpportunityWon
from domain.sales.order import OrderLine, OrderPaid, OrderPlaced, OrderRefunded
from domain.sales.pipeline import STANDARD, STANDARD_STAGES
from domain.sales.split import Share
from domain.support import request
from domain.support.calendar import CalendarPublished
from domain.support.promise import Promise, Targets
from domain.support.scale import Scale
from domain.support.survey import Asked, SurveyAnswered, SurveySent
from domain.support.survey_programme import SurveyChannel
from domain.support.words import ReplyKind, RequestKind, WaitingOn
from domain.teams.member import MemberJoined
from domain.values import ContactChannel, Tier

_SPACE = UUID("0d3e1f44-6d0c-4bb0-9b6e-2f0e0c4a9d55")
CALENDAR, _POLICY, _FORM = (uuid5(_SPACE, name) for name in ("calendar", "standard", "form"))
_DAY = (Shift(clock_time(9), clock_time(12)), Shift(clock_time(13), clock_time(18)))
HOURS = Hours("Asia/Shanghai", Week(mon=_DAY, tue=_DAY, wed=_DAY, thu=_DAY, fri=_DAY))
BEGAN = datetime(2025, 7, 1, 1, tzinfo=UTC)
YEAR = 365
DEPARTMENTS = 20
BATCH = 500
"""So many customers' facts are recorded by the time at which they happened."""


@dataclass
class Workforce:
    """Who works here, and what their year was like."""

    members: int
    random: Random = field(default_factory=lambda: Random(1))

    def member(self, number: int) -> MemberId:
        """Return a member's id."""
        return MemberId(uuid5(_SPACE, f"member {number % self.members}"))

    def department(self, number: int) -> DepartmentId:
        """Return the id of the department in which a member works."""
        return DepartmentId(uuid5(_SPACE, f"department {number % DEPARTMENTS}"))

    def facts(self) -> Iterator[Fact[Any]]:
        """Tell the year without an end: first who is there, then customer after customer."""
        hours = CalendarPublished(
            name="office", version=1, hours=HOURS, effective_from=date(2025, 1, 1)
        )
        yield _fact(CALENDAR, 1, hours, BEGAN - timedelta(days=30))
        for number in range(self.members):
            joined = MemberJoined(
                name=f"Member {number}",
                email=None,
                department_id=self.department(number),
                role="agent",
            )
            yield _fact(self.member(number), 1, joined, BEGAN - timedelta(days=number % 400))
        for number in range(self.members):
            yield from self._said_of(number)
        for first in count(0, BATCH):
            told = [fact for each in range(first, first + BATCH) for fact in self._customer(each)]
            yield from sorted(told, key=lambda fact: fact.occurred_at)

    def _said_of(self, number: int) -> Iterator[Fact[Any]]:
        for turn in range(1, 5):
            giver = self.member(number + turn)
            given = FeedbackGiven(
                about_id=self.member(number),
                holder_id=giver,
                source=Source.MANAGER if turn == 1 else Source.PEER,
                rating=Decimal(self.random.randint(4, 10)) / 2,
                text=None,
                evidence=(1,) if turn == 1 else (),
                review_id=None,
            )
            at = BEGAN + timedelta(days=self.random.randrange(YEAR))
            yield _fact(uuid5(_SPACE, f"feedback {number} {turn}"), 1, given, at, giver)

    def _customer(self, number: int) -> Iterator[Fact[Any]]:
        ours = CustomerId(uuid5(_SPACE, f"customer {number}"))
        owner, draw = number % self.members, self.random
        ownership = uuid5(_SPACE, f"ownership {number}")
        claimed = CustomerClaimed(customer_id=ours, owner_id=self.member(owner))
        yield _fact(ownership, 1, claimed, BEGAN - timedelta(days=1), self.member(owner))
        if draw.random() < 0.4:
            handed = OwnershipTransferred(
                customer_id=ours, from_id=self.member(owner), owner_id=self.member(owner + 7)
            )
            yield _fact(ownership, 2, handed, self._some_time(), self.member(owner))
        for turn in range(2):
            yield from self._order(uuid5(_SPACE, f"order {number} {turn}"), ours, owner)
        for turn in range(3):
            yield from self._request(uuid5(_SPACE, f"request {number} {turn}"), ours, owner + turn)
        yield from self._survey(uuid5(_SPACE, f"survey {number}"), ours)
        yield from self._sale(uuid5(_SPACE, f"sale {number}"), ours, owner)

    def _some_time(self) -> datetime:
        return BEGAN + timedelta(seconds=self.random.randrange(YEAR * 86_400))

    def _order(self, id_: UUID, ours: CustomerId, owner: int) -> Iterator[Fact[Any]]:
        draw, at = self.random, self._some_time()
        price = Money(draw.randrange(1_000, 900_000), "CNY")
        part = Decimal(draw.choice([100, 80, 60]))
        split = (Share(self.member(owner), part),)
        if part < 100:
            split += (Share(self.member(owner + 1), (100 - part) / 2),)
            split += (Share(None, (100 - part) / 2),)
        placed = OrderPlaced(
            customer_id=ours,
            number=None,
            currency="CNY",
            lines=(OrderLine("Pallets", None, Decimal(2), price, None),),
            split=split,
            due_on=None,
            due_at=None,
            opportunity_id=None,
            contract_id=None,
            channel=None,
        )
        yield _fact(id_, 1, placed, at, self.member(owner))
        paid = OrderPaid(
            customer_id=ours,
            payment_id=PaymentId(uuid5(id_, "payment")),
            amount=Money(2 * price.minor, "CNY"),
            method=None,
            reference=None,
        )
        yield _fact(id_, 2, paid, at + timedelta(days=draw.randrange(1, 40)))
        if draw.random() < 0.1:
            refunded = OrderRefunded(
                customer_id=ours, refund_id=RefundId(uuid5(id_, "refund")), amount=price
            )
            yield _fact(id_, 3, refunded, at + timedelta(days=60))

    def _request(self, id_: UUID, ours: CustomerId, turn: int) -> Iterator[Fact[Any]]:
        draw, at, who = self.random, self._some_time(), self.member(turn)
        tier = draw.choice(list(Tier))
        promise = Promise(_POLICY, 1, CALENDAR, 1, tier, Targets(240, 480, 1440))
        kind = RequestKind.COMPLAINT if draw.random() < 0.2 else RequestKind.SUPPORT
        opened = request.RequestOpened(
            customer_id=ours,
            department_id=self.department(turn),
            kind=kind,
            channel=ContactChannel.EMAIL,
            title="Where is it?",
            promise=promise,
        )
        public = {"kind": ReplyKind.PUBLIC, "customer_id": ours}
        waits = {"on": WaitingOn.CUSTOMER, "customer_id": ours}
        late = draw.choice([4300, 4300, 9000])
        steps: list[tuple[int, object]] = [
            (0, opened),
            (10, request.RequestAssigned(customer_id=ours, member_id=who)),
            (draw.choice([60, 60, 3000]), request.RequestReplied(text="On its way", **public)),
            (3100, request.WaitingStarted(contracted=False, **waits)),
            (4000, request.WaitingEnded(**waits)),
            (4001, request.CustomerWrote(customer_id=ours, text="Which address?")),
            (4100, request.RequestReplied(text="Yours", **public)),
            (late, request.RequestResolved(customer_id=ours, resolution="Delivered")),
        ]
        if draw.random() < 0.1:
            steps.append((late + 60, request.RequestReopened(customer_id=ours)))
        for version, (minutes, event) in enumerate(steps, start=1):
            yield _fact(id_, version, event, at + timedelta(minutes=minutes), who)

    def _survey(self, id_: UUID, ours: CustomerId) -> Iterator[Fact[Any]]:
        at = self._some_time()
        asked = (Asked("overall", Scale.FIVE), Asked("recommend", Scale.ELEVEN))
        sent = SurveySent(
            form_id=SurveyFormId(_FORM),
            form_version=1,
            asked=asked,
            asks_comment=False,
            programme_id=None,
            customer_id=ours,
            member_id=None,
            request_id=None,
            order_id=None,
            channel=SurveyChannel.LINK,
            expires_at=at + timedelta(days=30),
        )
        yield _fact(id_, 1, sent, at)
        for version, each in enumerate(asked, start=2):
            answered = SurveyAnswered(
                customer_id=ours,
                member_id=None,
                request_id=None,
                aspect=each.aspect,
                scale=each.scale,
                score=self.random.randint(each.scale.most - 3, each.scale.most),
                channel=SurveyChannel.LINK,
            )
            yield _fact(id_, version, answered, at + timedelta(days=2, minutes=version))

    def _sale(self, id_: UUID, ours: CustomerId, owner: int) -> Iterator[Fact[Any]]:
        at, holder = self._some_time(), self.member(owner)
        opened = OpportunityOpened(
            customer_id=ours,
            holder_id=holder,
            department_id=None,
            title="Pallets",
            pipeline=STANDARD,
            stage=STANDARD_STAGES[0],
            stage_owner_id=holder,
            stale_at=None,
            amount=None,
            expected_on=None,
            need_id=None,
            lead_id=None,
            campaign_id=None,
        )
        yield _fact(id_, 1, opened, at, holder)
        if self.random.random() < 0.5:
            closed: object = OpportunityWon(customer_id=ours, split=())
        else:
            closed = OpportunityLost(
                customer_id=ours, because=LostBecause.PRICE, competitor=None, competitor_id=None
            )
        yield _fact(id_, 2, closed, at + timedelta(days=self.random.randrange(1, 80)), holder)


def _fact(
    id_: UUID, version: int, event: object, at: datetime, who: MemberId | None = None
) -> Fact[Any]:
    actor = Actor.system("bench") if who is None else Actor.member(who)
    envelope = Envelope(occurred_at=at, actor=actor, channel=Channel.API)
    return Fact(stream_id=id_, version=version, event=event, envelope=envelope)


def stored(members: int, facts: int) -> Iterator[StoredEvent]:
    """Write so many facts of a company of so many members."""
    for fact in islice(Workforce(members).facts(), facts):
        yield StoredEvent(fact.stream_id, fact.version, fact.name, encode(fact))


def _term(metric: str, weight: int, floor: int, target: int, aspect: str | None = None) -> Term:
    way = Better.HIGHER if target > floor else Better.LOWER
    return Term(
        metric=metric,
        weight=Decimal(weight),
        floor=Decimal(floor),
        target=Decimal(target),
        direction=way,
        aspect=aspect,
    )


RULES = Rules(
    terms=(
        _term("sales_amount", 15, 0, 500_000),
        _term("order_count", 5, 0, 20),
        _term("new_customers", 10, 0, 10),
        _term("win_rate", 10, 10, 60),
        _term("overall_satisfaction", 10, 50, 95),
        _term("nps", 5, -20, 60),
        _term("first_response_met", 10, 50, 98),
        _term("resolution_met", 10, 50, 98),
        _term("complaint_timeliness", 5, 50, 98),
        _term("resolution_rate", 5, 50, 98),
        _term("reopen_rate", 5, 30, 2),
        _term("feedback_manager", 5, 1, 5),
        _term("feedback_peer", 5, 1, 5),
    )
)
"""Sales, service, what customers say and what colleagues say: every source is read."""
