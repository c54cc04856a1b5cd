"""What is decided about an opportunity, and what it is after each fact."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from domain.kernel import Decider, Envelope, Fact, Rejected
from domain.money import Money
from domain.sales.opportunity import (
    Absent,
    AmendOpportunity,
    ChangeStage,
    Closed,
    Command,
    Event,
    HandOverOpportunity,
    IssueProposal,
    LoseOpportunity,
    MarkStale,
    Open,
    OpenOpportunity,
    Opportunity,
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
from domain.sales.pipeline import MOST_DAYS, Stage
from domain.sales.split import WHOLE, Share, check_split


def decide(command: Command, opportunity: Opportunity, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: opportunity.exists, opportunity.unknown, opportunity.closed,
    opportunity.not-closed, opportunity.no-pipeline, opportunity.no-stage, opportunity.same-stage,
    opportunity.same-holder, opportunity.amount-not-positive, opportunity.reason-missing,
    opportunity.out-of-order, split.not-positive, split.member-twice, split.not-whole.
    """
    at = envelope.occurred_at
    match command:
        case OpenOpportunity():
            if not isinstance(opportunity, Absent):
                raise Rejected("opportunity.exists", "This opportunity is open already.")
            return [_opened(command, at)]
        case MarkStale():
            return _gone_stale(opportunity, at)
        case ReopenOpportunity():
            return [_reopened(opportunity, envelope)]
        case ChangeStage():
            return [_moved(command, _open(opportunity), at)]
        case HandOverOpportunity():
            return [_handed_over(command, _open(opportunity), envelope)]
        case AmendOpportunity():
            return _amended(command, _open(opportunity))
        case IssueProposal(amount=amount):
            here = _open(opportunity)
            _check_amount(amount)
            return [
                ProposalIssued(
                    customer_id=here.customer_id,
                    quote_id=command.quote_id,
                    title=command.title,
                    amount=amount,
                )
            ]
        case WinOpportunity(split=split):
            here = _open(opportunity)
            _check_order(here, at)
            shares = split or (Share(here.holder_id, WHOLE),)
            check_split(shares)
            return [OpportunityWon(customer_id=here.customer_id, split=shares)]
        case LoseOpportunity():
            return [_lost(command, _open(opportunity), envelope)]
        case _:
            assert_never(command)


# --- Opening, and from stage to stage -----------------------------------------------------------


def _opened(command: OpenOpportunity, at: datetime) -> Event:
    if not command.stages:
        raise Rejected(
            "opportunity.no-pipeline",
            "There is no such pipeline, or it is withdrawn; name another.",
            field="pipeline",
        )
    _check_amount(command.amount)
    stage = command.stages[0] if command.stage is None else _found(command.stages, command.stage)
    return OpportunityOpened(
        customer_id=command.customer_id,
        holder_id=command.holder_id,
        department_id=command.department_id,
        title=command.title,
        pipeline=command.pipeline,
        stage=stage,
        stage_owner_id=command.stage_owner_id or command.holder_id,
        stale_at=stale_at(stage, at),
        amount=command.amount,
        expected_on=command.expected_on,
        need_id=command.need_id,
        lead_id=command.lead_id,
        campaign_id=command.campaign_id,
    )


def _moved(command: ChangeStage, here: Open, at: datetime) -> Event:
    stage = _found(command.stages, command.stage)
    if stage.code == here.stage.code:
        raise Rejected("opportunity.same-stage", "It is in this stage already.", field="stage")
    _check_order(here, at)
    return StageChanged(
        customer_id=here.customer_id,
        previous=here.stage.code,
        stage=stage,
        stage_owner_id=command.stage_owner_id or here.holder_id,
        stale_at=stale_at(stage, at),
    )


def _found(stages: tuple[Stage, ...], code: str) -> Stage:
    for stage in stages:
        if stage.code == code:
            return stage
    names = ", ".join(stage.code for stage in stages) or "none any more"
    raise Rejected("opportunity.no-stage", f"The pipeline's stages are: {names}.", field="stage")


def stale_at(stage: Stage, since: datetime) -> datetime | None:
    """Return when what is in a stage since then is stale; never, where the stage sets no time."""
    days = stage.stale_after_days
    return since + timedelta(days=days) if days and 0 < days <= MOST_DAYS else None


def _gone_stale(opportunity: Opportunity, at: datetime) -> list[Event]:
    match opportunity:
        case Open(stale_at=datetime() as due) if due <= at:
            return [
                OpportunityGoneStale(
                    customer_id=opportunity.customer_id,
                    stage=opportunity.stage.code,
                    stage_owner_id=opportunity.stage_owner_id,
                )
            ]
        case _:
            return []


def _handed_over(command: HandOverOpportunity, here: Open, envelope: Envelope) -> Event:
    if here.holder_id == command.holder_id:
        raise Rejected(
            "opportunity.same-holder",
            "The opportunity is this member's already.",
            field="holder_id",
        )
    _needs_reason(envelope, "Say why the opportunity changes hands.")
    _check_order(here, envelope.occurred_at)
    theirs = here.stage_owner_id == here.holder_id
    return OpportunityHandedOver(
        customer_id=here.customer_id,
        from_id=here.holder_id,
        holder_id=command.holder_id,
        stage_owner_id=command.holder_id if theirs else here.stage_owner_id,
    )


def _amended(command: AmendOpportunity, here: Open) -> list[Event]:
    _check_amount(command.amount)
    told = command.title, command.amount, command.expected_on
    if told == (here.title, here.amount, here.expected_on):
        return []
    return [
        OpportunityAmended(
            customer_id=here.customer_id,
            title=command.title,
            amount=command.amount,
            expected_on=command.expected_on,
        )
    ]


# --- Its end, and beginning again ---------------------------------------------------------------


def _lost(command: LoseOpportunity, here: Open, envelope: Envelope) -> Event:
    _needs_reason(envelope, "Say why the opportunity is lost.")
    _check_order(here, envelope.occurred_at)
    return OpportunityLost(
        customer_id=here.customer_id,
        because=command.because,
        competitor=command.competitor,
        competitor_id=command.competitor_id,
    )


def _reopened(opportunity: Opportunity, envelope: Envelope) -> Event:
    if isinstance(opportunity, Absent):
        raise Rejected("opportunity.unknown", "There is no such opportunity.")
    if isinstance(opportunity, Open):
        raise Rejected("opportunity.not-closed", "The opportunity is open already.")
    _needs_reason(envelope, "Say why the opportunity is taken up again.")
    if envelope.occurred_at < opportunity.closed_at:
        raise _out_of_order(opportunity.closed_at)
    return OpportunityReopened(
        customer_id=opportunity.customer_id,
        stage_owner_id=opportunity.last.stage_owner_id,
        stale_at=stale_at(opportunity.last.stage, envelope.occurred_at),
    )


# --- What several of them check -----------------------------------------------------------------


def _open(opportunity: Opportunity) -> Open:
    match opportunity:
        case Open():
            return opportunity
        case Absent():
            raise Rejected("opportunity.unknown", "There is no such opportunity.")
        case Closed(won=won):
            outcome = "won" if won else "lost"
            raise Rejected(
                "opportunity.closed", f"The opportunity is {outcome} already; reopen it first."
            )
        case _:
            assert_never(opportunity)


def _check_order(here: Open, at: datetime) -> None:
    # Each stage has one owner at each time: what is told late must not make two stays overlap.
    if at < here.since:
        raise _out_of_order(here.since)


def _out_of_order(since: datetime) -> Rejected:
    return Rejected(
        "opportunity.out-of-order",
        f"It came to where it stands at {since.isoformat()}; this cannot have happened before.",
    )


def _check_amount(amount: Money | None) -> None:
    if amount is not None and amount.minor <= 0:
        raise Rejected(
            "opportunity.amount-not-positive",
            "The amount is above zero; leave it out where it is not known.",
            field="amount",
        )


def _needs_reason(envelope: Envelope, sentence: str) -> None:
    if not envelope.reason:
        raise Rejected("opportunity.reason-missing", sentence, field="reason")


# --- What it is after each fact -----------------------------------------------------------------


def evolve(opportunity: Opportunity, fact: Fact[Event]) -> Opportunity:
    """Fold one fact into the state."""
    event, at = fact.event, fact.occurred_at
    if isinstance(event, OpportunityOpened):
        return Open(
            customer_id=event.customer_id,
            holder_id=event.holder_id,
            title=event.title,
            pipeline=event.pipeline,
            stage=event.stage,
            stage_owner_id=event.stage_owner_id,
            since=at,
            stale_at=event.stale_at,
            amount=event.amount,
            expected_on=event.expected_on,
        )
    if isinstance(opportunity, Absent):
        return opportunity
    last = opportunity.last if isinstance(opportunity, Closed) else opportunity
    match event:
        case OpportunityWon() | OpportunityLost():
            won = isinstance(event, OpportunityWon)
            return Closed(last.customer_id, last.holder_id, last, won, at)
        case OpportunityReopened(stage_owner_id=owner_id, stale_at=due):
            return replace(last, stage_owner_id=owner_id, since=at, stale_at=due)
        case _ if isinstance(opportunity, Closed):
            return opportunity
        case StageChanged(stage=stage, stage_owner_id=owner_id, stale_at=due):
            return replace(last, stage=stage, stage_owner_id=owner_id, since=at, stale_at=due)
        case OpportunityHandedOver(holder_id=holder_id, stage_owner_id=owner_id):
            since = last.since if owner_id == last.stage_owner_id else at
            return replace(last, holder_id=holder_id, stage_owner_id=owner_id, since=since)
        case OpportunityAmended(title=title, amount=amount, expected_on=expected_on):
            return replace(last, title=title, amount=amount, expected_on=expected_on)
        case OpportunityGoneStale():
            return replace(last, stale_at=None)
        case ProposalIssued():
            return last
        case _:
            assert_never(event)


def active(opportunity: Opportunity) -> bool:
    """Tell whether it may still be sold."""
    return isinstance(opportunity, Open)


OPPORTUNITY: Decider[Command, Opportunity, Event] = Decider(
    kind="opportunity",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
