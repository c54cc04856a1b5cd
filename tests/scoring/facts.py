"""A small log told fact by fact: no database, no commands."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from spec import ANA, BO, HARBOUR, LI_NA, SALES, SERVICE, sample_id

from domain.customers.interaction import Direction, InteractionLogged
from domain.customers.ownership import CustomerClaimed, OwnershipTransferred
from domain.ids import CustomerId, DepartmentId, MemberId
from domain.kernel import Actor, Channel, Envelope, Recorded
from domain.money import Money
from domain.sales.contract import ContractSigned, Renewal
from domain.sales.opportunity import LostBecause, OpportunityLost, OpportunityOpened, OpportunityWon
from domain.sales.order import OrderLine, OrderPaid, OrderPlaced, OrderRefunded, OrderVoided
from domain.sales.pipeline import Stage
from domain.sales.split import Share
from domain.support.request import RequestAssigned, RequestOpened, RequestReplied, RequestResolved
from domain.support.scale import Scale
from domain.support.survey import SurveyAnswered, SurveySent
from domain.support.survey_programme import SurveyChannel
from domain.support.words import ReplyKind, RequestKind
from domain.teams.member import MemberJoined
from domain.values import ContactChannel
from projections.reports.period import Period

ZONE = ZoneInfo("Asia/Shanghai")
SECOND_QUARTER = Period(date(2025, 4, 1), date(2025, 7, 1), ZONE)
LATER = datetime(2026, 1, 1, tzinfo=UTC)
OTHERS = CustomerId(sample_id(0xC3))
"""A third customer."""
NOBODY = Actor.system("import")


def on(day: str, time: str = "10:00") -> datetime:
    """Return an instant of a local date: ``on("05-20")``, of 2025 unless it says otherwise."""
    full = day if len(day) > len("05-20") else f"2025-{day}"
    return datetime.fromisoformat(f"{full}T{time}").replace(tzinfo=ZONE)


@dataclass(repr=False)
class Story:
    """Facts in the order in which they were recorded, from position 1."""

    facts: list[Recorded[Any]] = field(default_factory=list)
    _versions: Counter[UUID] = field(default_factory=Counter)
    _made: int = 0x1000

    def new(self) -> UUID:
        """Return an id for a new thing."""
        self._made += 1
        return sample_id(self._made)

    def tell(
        self,
        event: Any,
        at: datetime,
        thing: UUID | None = None,
        *,
        by: MemberId | None = ANA,
        recorded_at: datetime | None = None,
    ) -> UUID:
        """Record a fact of a thing, a new one unless it is named; return the thing."""
        thing = thing or self.new()
        self._versions[thing] += 1
        actor = NOBODY if by is None else Actor.member(by)
        self.facts.append(
            Recorded(
                stream_id=thing,
                version=self._versions[thing],
                event=event,
                envelope=Envelope(occurred_at=at, actor=actor, channel=Channel.API),
                position=len(self.facts) + 1,
                recorded_at=recorded_at or at,
            )
        )
        return thing

    @property
    def last(self) -> int:
        """The position of the last fact."""
        return len(self.facts)

    # --- People and customers ---

    def joined(self, member: MemberId, department: DepartmentId, day: str = "01-01") -> None:
        event = MemberJoined(name="Somebody", email=None, department_id=department, role="agent")
        self.tell(event, on(day), member)

    def owned(self, customer: CustomerId, owner: MemberId, day: str = "2024-01-02") -> UUID:
        event = CustomerClaimed(
            customer_id=customer,
            owner_id=owner,
            pool_id=None,
            held=None,
            protected_until=None,
            protection_days=None,
            idle_days=None,
            stall_days=None,
        )
        return self.tell(event, on(day, "00:00"))

    def transferred(
        self, customer: CustomerId, giver: MemberId, owner: MemberId, day: str, ownership: UUID
    ) -> None:
        event = OwnershipTransferred(
            customer_id=customer, from_id=giver, owner_id=owner, note=None, hand_over_id=None
        )
        self.tell(event, on(day, "00:00"), ownership)

    def contract(self, customer: CustomerId, starts: str, ends: str | None = None) -> UUID:
        event = ContractSigned(
            customer_id=customer,
            number=None,
            title="Cold chain",
            value=None,
            starts_at=on(starts, "00:00"),
            ends_at=None if ends is None else on(ends, "00:00"),
            renewal=Renewal.NONE,
            renewal_months=None,
            opportunity_id=None,
            quote_id=None,
        )
        return self.tell(event, on(starts, "00:00"))

    def spoke(self, customer: CustomerId, day: str, way: Direction = Direction.OUTBOUND) -> UUID:
        event = InteractionLogged(
            customer_id=customer,
            channel=ContactChannel.PHONE,
            direction=way,
            summary="Called",
            contact_id=None,
            about_request_id=None,
        )
        return self.tell(event, on(day))

    # --- Sales ---

    def placed(
        self,
        customer: CustomerId,
        day: str,
        amount: str = "100.00",
        *,
        split: dict[MemberId, int] | None = None,
        cost: str | None = None,
        due: str | None = None,
        currency: str = "CNY",
    ) -> UUID:
        event = OrderPlaced(
            customer_id=customer,
            number=None,
            currency=currency,
            lines=(
                OrderLine("Box", None, Decimal(1), yuan(amount, currency), cost and yuan(cost)),
            ),
            split=shares({ANA: 100} if split is None else split),
            due_on=None,
            due_at=due and on(due, "00:00"),
            opportunity_id=None,
            contract_id=None,
            channel=None,
        )
        return self.tell(event, on(day))

    def paid(
        self,
        order: UUID,
        customer: CustomerId,
        day: str,
        amount: str = "100.00",
        *,
        currency: str = "CNY",
    ) -> None:
        event = OrderPaid(
            customer_id=customer,
            payment_id=self.new(),
            amount=yuan(amount, currency),
            method=None,
            reference=None,
        )
        self.tell(event, on(day), order)

    def sold(
        self,
        customer: CustomerId,
        day: str,
        amount: str = "100.00",
        *,
        currency: str = "CNY",
        **more: Any,
    ) -> UUID:
        """Place an order and pay it at once."""
        order = self.placed(customer, day, amount, currency=currency, **more)
        self.paid(order, customer, day, amount, currency=currency)
        return order

    def refunded(self, order: UUID, customer: CustomerId, day: str, amount: str) -> None:
        event = OrderRefunded(customer_id=customer, refund_id=self.new(), amount=yuan(amount))
        self.tell(event, on(day), order)

    def voided(self, order: UUID, customer: CustomerId, day: str) -> None:
        self.tell(OrderVoided(customer_id=customer), on(day), order)

    def pursued(
        self,
        day: str,
        amount: str | None,
        ended: str | None,
        *,
        won: bool,
        customer: CustomerId = HARBOUR,
    ) -> UUID:
        """Open an opportunity of Ana's, and win or lose it perhaps."""
        opened = OpportunityOpened(
            customer_id=customer,
            holder_id=ANA,
            department_id=None,
            title="Boxes",
            pipeline="standard",
            stage=Stage("need", "Need", Decimal(25)),
            stage_owner_id=ANA,
            stale_at=None,
            amount=amount and yuan(amount),
            expected_on=None,
            need_id=None,
            lead_id=None,
            campaign_id=None,
        )
        thing = self.tell(opened, on(day))
        if ended and won:
            self.tell(OpportunityWon(customer_id=customer, split=()), on(ended), thing)
        elif ended:
            lost = OpportunityLost(
                customer_id=customer, because=LostBecause.PRICE, competitor=None, competitor_id=None
            )
            self.tell(lost, on(ended), thing)
        return thing

    # --- Service ---

    def opened(
        self,
        day: str,
        time: str = "10:00",
        *,
        customer: CustomerId = HARBOUR,
        department: DepartmentId = SERVICE,
        kind: RequestKind = RequestKind.SUPPORT,
        holder: MemberId | None = None,
        promise: Any = None,
    ) -> UUID:
        event = RequestOpened(
            customer_id=customer,
            department_id=department,
            kind=kind,
            channel=ContactChannel.EMAIL,
            title="Where is it?",
            promise=promise,
            holder_id=holder,
            urgency=None,
            importance=None,
            to_route=False,
        )
        return self.tell(event, on(day, time))

    def assigned(self, request: UUID, member: MemberId, day: str, time: str = "10:00") -> None:
        event = RequestAssigned(customer_id=HARBOUR, member_id=member, rule=None)
        self.tell(event, on(day, time), request)

    def replied(self, request: UUID, member: MemberId, day: str, time: str = "10:00") -> None:
        event = RequestReplied(customer_id=HARBOUR, kind=ReplyKind.PUBLIC, text="Soon")
        self.tell(event, on(day, time), request, by=member)

    def resolved(self, request: UUID, member: MemberId, day: str, time: str = "10:00") -> None:
        event = RequestResolved(customer_id=HARBOUR, resolution="Replaced")
        self.tell(event, on(day, time), request, by=member)

    # --- Surveys ---

    def sent(
        self,
        day: str,
        customer: CustomerId | None = HARBOUR,
        *,
        member: MemberId | None = None,
        request: UUID | None = None,
    ) -> UUID:
        event = SurveySent(
            form_id=sample_id(1),
            form_version=1,
            asked=(),
            asks_comment=False,
            programme_id=None,
            customer_id=customer,
            member_id=member,
            request_id=request,
            order_id=None,
            channel=SurveyChannel.LINK,
            expires_at=on(day) + timedelta(days=30),
        )
        return self.tell(event, on(day), by=None)

    def answered(
        self,
        survey: UUID,
        day: str,
        score: int,
        *,
        aspect: str = "overall",
        scale: Scale = Scale.FIVE,
        customer: CustomerId | None = HARBOUR,
        **about: Any,
    ) -> None:
        event = SurveyAnswered(
            customer_id=customer,
            member_id=about.get("member"),
            request_id=about.get("request"),
            aspect=aspect,
            scale=scale,
            score=score,
            channel=SurveyChannel.LINK,
        )
        self.tell(event, on(day), survey, by=None)


def yuan(amount: str, currency: str = "CNY") -> Money:
    return Money(int(Decimal(amount) * 100), currency)


def line(price: Money, cost: Money | None) -> OrderLine:
    return OrderLine("Box", None, Decimal(1), price, cost)


def shares(split: dict[MemberId, int]) -> tuple[Share, ...]:
    rest = 100 - sum(split.values())
    own = tuple(Share(member, Decimal(percent)) for member, percent in split.items())
    return own + ((Share(None, Decimal(rest)),) if rest else ())


def team() -> Story:
    """Ana sells, Bo and Li Na serve."""
    story = Story()
    story.joined(ANA, SALES)
    story.joined(BO, SERVICE)
    story.joined(LI_NA, SERVICE)
    return story
