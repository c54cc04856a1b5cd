"""Random small logs with facts of everything that metrics read, at distinct times."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA, SALES, SERVICE, YUNHE, sample_id

from domain.customers.interaction import Direction
from domain.customers.referral import ReferralConverted
from domain.ids import MarketId, OwnershipId
from domain.reviews.feedback import FeedbackGiven, Source
from domain.sales.campaign import (
    Answer,
    CampaignAnswered,
    CampaignChannel,
    CampaignPlan,
    CampaignPlanned,
)
from domain.sales.market import MarketDescribed, MarketSizePublished
from domain.support.follow_up import FollowUpDone, Satisfied
from domain.support.promise import Promise, Targets
from domain.support.request import CustomerWrote, RequestQueued, RequestReopened, RequestVoided
from domain.support.scale import Scale
from domain.support.words import RequestKind, VoidedBecause
from domain.values import Tier
from tests.scoring.facts import OTHERS, Story, on, team, yuan

MEMBERS = (ANA, BO, LI_NA)
CUSTOMERS = (HARBOUR, YUNHE, OTHERS)
DEPARTMENTS = (SALES, SERVICE)
SPLITS = ({ANA: 100}, {ANA: 60, BO: 40}, {LI_NA: 33, BO: 33}, {})
ASPECTS = ("overall", "recommend", "effort", "speed")
MARKET = MarketId(sample_id(0x3A))
PROMISE = Promise(sample_id(2), 1, None, 0, Tier.NORMAL, Targets(200, 400, 600))
BEGINS = date(2025, 1, 1)


class Random(Story):
    """A story told by numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__ |= team().__dict__
        self.owning = {
            customer: OwnershipId(self.owned(customer, MEMBERS[n]))
            for n, customer in enumerate(CUSTOMERS)
        }
        described = MarketDescribed(name="Cold chain", department_id=SALES, scope=None)
        self.tell(described, on("01-01"), MARKET)

        self.moves: list[tuple[int, int, int, int]] = []

    def __repr__(self) -> str:
        return f"told({self.moves})"

    def day(self, number: int) -> str:
        return f"{BEGINS + timedelta(days=number % 180)}"

    def after(self, number: int, more: int) -> str:
        return f"{BEGINS + timedelta(days=number % 180 + more)}"


def _sold(story: Random, at: int, who: int, n: int) -> None:
    customer, amount = CUSTOMERS[who % 3], f"{1 + n % 900}.50"
    cost = f"{n % 50}.25" if n % 3 else None
    split = SPLITS[n % 4]
    if n % 5 == 0:
        story.placed(customer, story.day(at), amount, split=split, due=story.after(at, 30))
        return
    order = story.sold(customer, story.day(at), amount, split=split, cost=cost)
    if n % 7 == 0:
        story.refunded(order, customer, story.after(at, 20), "1.50")
    if n % 11 == 0:
        story.voided(order, customer, story.after(at, 25))


def _signed(story: Random, at: int, who: int, n: int) -> None:
    ends = story.after(at, 10 + n % 120) if n % 2 else None
    story.contract(CUSTOMERS[who % 3], story.day(at), ends)


def _moved(story: Random, at: int, who: int, n: int) -> None:
    customer = CUSTOMERS[who % 3]
    story.transferred(customer, ANA, MEMBERS[n % 3], story.day(at), story.owning[customer])


def _asked(story: Random, at: int, who: int, n: int) -> None:
    customer, kind = CUSTOMERS[who % 3], list(RequestKind)[n % 5]
    first, other = MEMBERS[n % 3], MEMBERS[(n + 1) % 3]
    request = story.opened(
        story.day(at),
        f"09:{n % 60:02}",
        customer=customer,
        department=DEPARTMENTS[n % 2],
        kind=kind,
        holder=first if n % 2 else None,
        promise=PROMISE if n % 3 else None,
    )
    story.assigned(request, first, story.day(at), "11:00")
    if n % 4 == 0:
        queued = RequestQueued(
            customer_id=customer, department_id=DEPARTMENTS[n % 3 % 2], rule=None
        )
        story.tell(queued, on(story.day(at), "12:00"), request)
    if n % 5:
        story.replied(request, other, story.day(at), "13:00")
    if n % 6 == 0:
        story.tell(
            CustomerWrote(customer_id=customer, text="?"), on(story.day(at), "14:00"), request
        )
    if n % 7:
        story.resolved(request, other, story.after(at, 1), "15:00")
        survey = story.sent(story.after(at, 2), customer, request=request)
        story.answered(survey, story.after(at, 3), 1 + n % 5, customer=customer, request=request)
    if n % 8 == 0:
        story.tell(RequestReopened(customer_id=customer), on(story.after(at, 2), "16:00"), request)
    if n % 13 == 0:
        voided = RequestVoided(customer_id=customer, because=VoidedBecause.SPAM, original_id=None)
        story.tell(voided, on(story.after(at, 3), "17:00"), request)


def _surveyed(story: Random, at: int, who: int, n: int) -> None:
    customer, aspect = CUSTOMERS[who % 3], ASPECTS[n % 4]
    scale = Scale.ELEVEN if aspect == "recommend" else Scale.FIVE
    survey = story.sent(story.day(at), customer)
    for number in range(n % 3):
        story.answered(
            survey,
            story.after(at, number + 1),
            1 + (n + number) % 5,
            aspect=aspect,
            scale=scale,
            customer=customer,
        )


def _of_staff(story: Random, at: int, who: int, n: int) -> None:
    member, code = MEMBERS[who % 3], ("sales", "service")[n % 2]
    survey = story.sent(story.day(at), None, member=member)
    aspect = f"collaboration-{code}"
    story.answered(
        survey, story.after(at, 1), 1 + n % 5, aspect=aspect, customer=None, member=member
    )


def _spoke(story: Random, at: int, who: int, n: int) -> None:
    story.spoke(CUSTOMERS[who % 3], story.day(at), list(Direction)[n % 2])


def _pursued(story: Random, at: int, who: int, n: int) -> None:
    ended = story.after(at, 1 + n % 60) if n % 4 else None
    amount = f"{n % 700 + 1}.00" if n % 5 else None
    story.pursued(story.day(at), amount, ended, won=bool(n % 2), customer=CUSTOMERS[who % 3])


def _referred(story: Random, at: int, who: int, n: int) -> None:
    event = ReferralConverted(customer_id=CUSTOMERS[who % 3], referred_id=CUSTOMERS[n % 3])
    story.tell(event, on(story.day(at)))


def _campaigned(story: Random, at: int, who: int, n: int) -> None:
    channel = (CampaignChannel.EVENT, CampaignChannel.EMAIL)[n % 2]
    plan = CampaignPlan(name="Fair", channel=channel, starts_on=BEGINS)
    planned = CampaignPlanned(department_id=SALES, plan=plan, budget=None)
    campaign = story.tell(planned, on("01-01"))
    answered = CampaignAnswered(
        answer=Answer.ATTENDED, customer_id=CUSTOMERS[who % 3], lead_id=None
    )
    story.tell(answered, on(story.day(at)), campaign)


def _sized(story: Random, at: int, _who: int, n: int) -> None:
    event = MarketSizePublished(
        starts_on=date(2025, 4, 1), ends_on=date(2025, 6, 30), size=yuan(f"{n + 1}.00"), source="X"
    )
    story.tell(event, on(story.day(at)), MARKET)


def _followed_up(story: Random, at: int, who: int, n: int) -> None:
    done = FollowUpDone(
        customer_id=CUSTOMERS[who % 3], satisfied=list(Satisfied)[n % 3], outcome="Fine", note=None
    )
    story.tell(done, on(story.day(at)))


def _rated(story: Random, at: int, who: int, n: int) -> None:
    event = FeedbackGiven(
        about_id=MEMBERS[who % 3],
        holder_id=MEMBERS[n % 3],
        source=list(Source)[n % 4],
        rating=Decimal(1 + n % 5),
        text=None,
        evidence=(1,) if n % 2 else (),
        review_id=None,
    )
    story.tell(event, on(story.day(at)))


MOVES: tuple[Callable[[Random, int, int, int], None], ...] = (
    _sold,
    _signed,
    _moved,
    _asked,
    _surveyed,
    _of_staff,
    _spoke,
    _pursued,
    _referred,
    _campaigned,
    _sized,
    _followed_up,
    _rated,
)


def told(moves: list[tuple[int, int, int, int]]) -> Random:
    """Tell a story; no two facts of it happened at one time."""
    story = Random()
    story.moves = moves
    for move, at, who, n in moves:
        MOVES[move](story, at, who, n)
    for number, fact in enumerate(story.facts):
        _later(story, number, fact.occurred_at + timedelta(seconds=number))
    return story


def _later(story: Story, number: int, at: datetime) -> None:
    fact = story.facts[number]
    story.facts[number] = replace(fact, envelope=replace(fact.envelope, occurred_at=at))


numbers = st.integers(0, 10**6)
logs = st.lists(
    st.tuples(st.integers(0, len(MOVES) - 1), numbers, numbers, numbers), max_size=14
).map(told)
