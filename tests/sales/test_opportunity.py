"""Opportunities: from stage to stage in somebody's hands, until they are won or lost."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from spec import (
    ANA,
    BO,
    FRIDAY,
    HARBOUR,
    LI_NA,
    MONDAY,
    SALES,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    sample_id,
    spec,
)

from domain.ids import OpportunityId
from domain.kernel import Actor, Reference, references
from domain.money import Money
from domain.sales.opportunity import (
    AmendOpportunity,
    ChangeStage,
    HandOverOpportunity,
    IssueProposal,
    LoseOpportunity,
    LostBecause,
    MarkStale,
    OpenOpportunity,
    OpportunityAmended,
    OpportunityGoneStale,
    OpportunityHandedOver,
    OpportunityLost,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityWon,
    ProposalIssued,
    ReopenOpportunity,
    StageChanged,
    WinOpportunity,
)
from domain.sales.opportunity_rules import OPPORTUNITY
from domain.sales.pipeline import Stage
from domain.sales.split import Share

ID = OpportunityId(sample_id(0x0B))
TALK = Stage("talk", "First talk", Decimal(10), 2)
OFFER = Stage("offer", "Offer", Decimal(50))
STAGES = (TALK, OFFER)
PRICE = Money(645150, "CNY")

OPEN = OpenOpportunity(
    id=ID,
    customer_id=HARBOUR,
    holder_id=ANA,
    title="Three plotters",
    pipeline="export",
    stages=STAGES,
    department_id=SALES,
    amount=PRICE,
)
OPENED = OpportunityOpened(
    customer_id=HARBOUR,
    holder_id=ANA,
    department_id=SALES,
    title="Three plotters",
    pipeline="export",
    stage=TALK,
    stage_owner_id=ANA,
    stale_at=WEDNESDAY,
    amount=PRICE,
    expected_on=None,
    need_id=None,
    lead_id=None,
    campaign_id=None,
)
MOVE = ChangeStage(id=ID, stages=STAGES, stage="offer", stage_owner_id=BO)
MOVED = StageChanged(
    customer_id=HARBOUR, previous="talk", stage=OFFER, stage_owner_id=BO, stale_at=None
)
HAND_OVER = HandOverOpportunity(id=ID, holder_id=LI_NA)
WIN = WinOpportunity(id=ID)
WON = OpportunityWon(customer_id=HARBOUR, split=(Share(ANA, Decimal(100)),))
LOSE = LoseOpportunity(id=ID, because=LostBecause.PRICE, competitor="Northern Charts")
LOST = OpportunityLost(
    customer_id=HARBOUR,
    because=LostBecause.PRICE,
    competitor="Northern Charts",
    competitor_id=None,
)
AGAIN = ReopenOpportunity(id=ID)
REOPENED = OpportunityReopened(customer_id=HARBOUR, stage_owner_id=ANA, stale_at=FRIDAY)
STALE = OpportunityGoneStale(customer_id=HARBOUR, stage="talk", stage_owner_id=ANA)
WHY = "They asked for it"

OTHERS = [
    MOVE,
    HAND_OVER,
    AmendOpportunity(id=ID, title="Four", amount=None, expected_on=None),
    IssueProposal(id=ID, title="Three plotters"),
    WIN,
    LOSE,
]

# --- Opening ----------------------------------------------------------------------------------


def test_it_begins_in_the_first_stage_which_its_holder_owns():
    spec(OPPORTUNITY).when(OPEN, at=MONDAY).then(OPENED)


def test_or_in_the_stage_and_with_the_owner_that_is_said():
    said = replace(OPEN, stage="offer", stage_owner_id=BO)
    began = replace(OPENED, stage=OFFER, stage_owner_id=BO, stale_at=None)
    spec(OPPORTUNITY).when(said, at=MONDAY).then(began)


def test_it_is_opened_once():
    spec(OPPORTUNITY).given(OPENED).when(OPEN).then_rejected("opportunity.exists")


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"stages": ()}, "opportunity.no-pipeline", "pipeline"),
        ({"stage": "follow-up"}, "opportunity.no-stage", "stage"),
        ({"amount": Money(0, "CNY")}, "opportunity.amount-not-positive", "amount"),
        ({"amount": Money(-1, "JPY")}, "opportunity.amount-not-positive", "amount"),
    ],
)
def test_what_it_does_not_begin_with(wrong, code, field):
    spec(OPPORTUNITY).when(replace(OPEN, **wrong)).then_rejected(code, field=field)


def test_what_it_names_must_be_there_and_active():
    named = references(OpenOpportunity)
    assert Reference("customer_id", "customer", must_be_active=True) in named
    assert Reference("holder_id", "member", must_be_active=True) in named
    assert Reference("need_id", "need", must_be_active=False, part_of="customer_id") in named


# --- From stage to stage ----------------------------------------------------------------------


def test_it_moves_to_a_stage_with_an_owner_of_its_own():
    told = spec(OPPORTUNITY).given(OPENED).when(MOVE)
    told.then(MOVED)
    assert (told.state.stage, told.state.stage_owner_id, told.state.holder_id) == (OFFER, BO, ANA)
    assert told.state.since == TUESDAY


def test_its_holder_owns_a_stage_where_nobody_is_named():
    unsaid = replace(MOVE, stage_owner_id=None)
    spec(OPPORTUNITY).given(OPENED).when(unsaid).then(replace(MOVED, stage_owner_id=ANA))


def test_it_does_not_move_to_a_stage_that_the_pipeline_has_not_or_that_it_is_in():
    told = spec(OPPORTUNITY).given(OPENED)
    told.when(replace(MOVE, stage="x")).then_rejected("opportunity.no-stage", field="stage")
    told.when(replace(MOVE, stage="talk")).then_rejected("opportunity.same-stage", field="stage")
    gone = replace(MOVE, stages=())
    told.when(gone).then_rejected("opportunity.no-stage", field="stage")


@pytest.mark.parametrize("command", [MOVE, WIN, LOSE, HAND_OVER])
def test_nothing_happens_in_a_stage_before_it_came_there(command):
    back = replace(MOVE, stage="talk") if command is MOVE else command
    told = spec(OPPORTUNITY).given(OPENED, at(WEDNESDAY, MOVED))
    told.when(back, at=TUESDAY, reason=WHY).then_rejected("opportunity.out-of-order")


# --- In whose hands ---------------------------------------------------------------------------


def test_with_the_opportunity_its_holder_hands_over_the_stage_they_own():
    over = OpportunityHandedOver(
        customer_id=HARBOUR, from_id=ANA, holder_id=LI_NA, stage_owner_id=LI_NA
    )
    told = spec(OPPORTUNITY).given(OPENED).when(HAND_OVER, reason=WHY).then(over)
    assert (told.state.holder_id, told.state.stage_owner_id) == (LI_NA, LI_NA)


def test_a_stage_that_somebody_else_owns_stays_theirs():
    over = OpportunityHandedOver(
        customer_id=HARBOUR, from_id=ANA, holder_id=LI_NA, stage_owner_id=BO
    )
    told = spec(OPPORTUNITY).given(OPENED, MOVED).when(HAND_OVER, reason=WHY).then(over)
    assert told.state.since == MONDAY


def test_it_is_not_handed_over_without_a_reason_or_to_who_has_it():
    told = spec(OPPORTUNITY).given(OPENED)
    told.when(HAND_OVER).then_rejected("opportunity.reason-missing", field="reason")
    same = HandOverOpportunity(id=ID, holder_id=ANA)
    told.when(same, reason=WHY).then_rejected("opportunity.same-holder", field="holder_id")
    named = references(HandOverOpportunity)
    assert Reference("holder_id", "member", must_be_active=True) in named


# --- What it is about -------------------------------------------------------------------------


def test_it_is_amended():
    day = date(2025, 6, 30)
    amend = AmendOpportunity(id=ID, title="Four plotters", amount=PRICE, expected_on=day)
    amended = OpportunityAmended(
        customer_id=HARBOUR, title="Four plotters", amount=PRICE, expected_on=day
    )
    spec(OPPORTUNITY).given(OPENED).when(amend).then(amended)
    spec(OPPORTUNITY).given(OPENED, amended).when(amend).then_nothing()


@pytest.mark.parametrize("amount", [Money(0, "CNY"), Money(-645150, "CNY")])
def test_nothing_is_worth_nothing_or_less(amount):
    told = spec(OPPORTUNITY).given(OPENED)
    for command in (
        AmendOpportunity(id=ID, title="x", amount=amount, expected_on=None),
        IssueProposal(id=ID, title="x", amount=amount),
    ):
        told.when(command).then_rejected("opportunity.amount-not-positive", field="amount")


def test_a_proposal_is_issued():
    issued = ProposalIssued(customer_id=HARBOUR, quote_id=None, title="Three", amount=PRICE)
    command = IssueProposal(id=ID, title="Three", amount=PRICE)
    spec(OPPORTUNITY).given(OPENED).when(command).then(issued)


# --- Its end ----------------------------------------------------------------------------------


def test_it_is_won_for_its_holder_unless_the_credit_is_split():
    spec(OPPORTUNITY).given(OPENED).when(WIN).then(WON)
    split = (Share(ANA, Decimal("66.67")), Share(None, Decimal("33.33")))
    won = OpportunityWon(customer_id=HARBOUR, split=split)
    spec(OPPORTUNITY).given(OPENED).when(WinOpportunity(id=ID, split=split)).then(won)
    assert list(won.also_about()) == [("member", ANA)]


def test_a_split_of_99_percent_wins_nothing():
    win = WinOpportunity(id=ID, split=(Share(ANA, Decimal(99)),))
    told = spec(OPPORTUNITY).given(OPENED).when(win)
    told.then_rejected("split.not-whole", field="split")


def test_it_is_lost_for_a_reason():
    told = spec(OPPORTUNITY).given(OPENED)
    told.when(LOSE, reason="Twice as cheap").then(LOST)
    told.when(LOSE).then_rejected("opportunity.reason-missing", field="reason")


@pytest.mark.parametrize("command", OTHERS)
@pytest.mark.parametrize("end", [WON, LOST])
def test_what_is_closed_stays_as_it_was(end, command):
    told = spec(OPPORTUNITY).given(OPENED, end)
    told.when(command, reason=WHY).then_rejected("opportunity.closed")
    assert not told.active


@pytest.mark.parametrize("end", [WON, LOST])
def test_what_is_closed_is_taken_up_again_in_its_stage_from_then_on(end):
    told = spec(OPPORTUNITY).given(OPENED, at(TUESDAY, end))
    again = told.when(AGAIN, at=WEDNESDAY, reason=WHY).then(REOPENED)
    assert (again.state.stage, again.state.since) == (TALK, WEDNESDAY)
    told.when(AGAIN, at=MONDAY, reason=WHY).then_rejected("opportunity.out-of-order")
    told.when(AGAIN).then_rejected("opportunity.reason-missing", field="reason")


def test_what_is_open_is_not_taken_up_again():
    spec(OPPORTUNITY).given(OPENED).when(AGAIN, reason=WHY).then_rejected("opportunity.not-closed")


@pytest.mark.parametrize("command", [*OTHERS, AGAIN])
def test_nothing_happens_to_what_is_not_there(command):
    spec(OPPORTUNITY).when(command, reason=WHY).then_rejected("opportunity.unknown")


# --- Stale ------------------------------------------------------------------------------------

TICK = MarkStale(id=ID)
TIMER = Actor.system("timer")


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1), timedelta(days=400)])
def test_what_rests_beyond_its_time_is_stale(late):
    told = spec(OPPORTUNITY).given(OPENED).when(TICK, at=WEDNESDAY + late, by=TIMER)
    told.then(STALE)


def test_it_goes_stale_once_in_each_stay():
    told = spec(OPPORTUNITY).given(OPENED, at(WEDNESDAY, STALE))
    told.when(TICK, at=FRIDAY, by=TIMER).then_nothing()
    back = replace(MOVED, previous="offer", stage=TALK, stale_at=FRIDAY)
    stays = told.given(at(WEDNESDAY, MOVED), at(WEDNESDAY, back))
    stays.when(TICK, at=THURSDAY, by=TIMER).then_nothing()
    stays.when(TICK, at=FRIDAY, by=TIMER).then(replace(STALE, stage_owner_id=BO))


@pytest.mark.parametrize(
    "history",
    [(), (OPENED,), (OPENED, MOVED), (OPENED, WON), (OPENED, LOST)],
    ids=["nothing", "in time", "in a stage without time", "won", "lost"],
)
def test_the_timer_leaves_everything_else_as_it_is(history):
    day = TUESDAY if history == (OPENED,) else FRIDAY
    spec(OPPORTUNITY).given(*history).when(TICK, at=day, by=TIMER).then_nothing()
