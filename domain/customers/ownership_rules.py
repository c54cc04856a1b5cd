"""The rules of ownership: which claim wins, what a hand-over needs, when a customer goes back."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from domain.customers.holding import (
    PLAIN,
    Because,
    GaveUp,
    Hold,
    TeamMate,
    due,
    protected_until,
    waits_until,
    with_mate,
    without_mate,
)
from domain.customers.ownership import (
    AcceptOffer,
    ClaimCustomer,
    ClaimRejected,
    Command,
    CustomerClaimed,
    CustomerReclaimed,
    CustomerReleased,
    CustomerShared,
    CustomerUnshared,
    DeclineOffer,
    Disputed,
    DisputeOwnership,
    Event,
    OfferCustomer,
    OfferDeclined,
    OfferWithdrawn,
    Owned,
    Ownership,
    OwnershipDisputed,
    OwnershipOffered,
    OwnershipSettled,
    OwnershipTransferred,
    ReclaimCustomer,
    ReleaseCustomer,
    SettleOwnership,
    ShareCustomer,
    TransferOwnership,
    Unowned,
    UnshareCustomer,
    WithdrawOffer,
)
from domain.ids import CustomerId, HandOverId, MemberId
from domain.kernel import (
    ActorKind,
    Decider,
    Envelope,
    Fact,
    Rejected,
)

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, ownership: Ownership, envelope: Envelope) -> list[Event]:
    """Decide what follows; of a claim that does not win, that it was refused and why.

    Raises ``Rejected``: ownership.taken, ownership.unowned, ownership.disputed,
    ownership.not-disputed, ownership.same-owner, ownership.reason-missing, ownership.no-judge,
    ownership.involved, ownership.not-a-side, ownership.offered, ownership.no-offer,
    ownership.not-receiver, ownership.not-on-team, ownership.not-due, ownership.just-freed.
    """
    match command:
        case ClaimCustomer():
            return [_claim(command, ownership, envelope)]
        case OfferCustomer() | AcceptOffer() | DeclineOffer() | WithdrawOffer():
            return _offer(command, _owned(ownership), envelope)
        case TransferOwnership(to_id=to_id):
            here = _owned(ownership)
            _another(here, to_id, "to_id", "The customer is this member's already.")
            _needs_reason(envelope, "Say why the customer changes hands.")
            part_of = None if command.hand_over is None else HandOverId(command.hand_over)
            return [_moved(here, to_id, hand_over_id=part_of)]
        case ReleaseCustomer():
            here = _owned(ownership)
            return [CustomerReleased(customer_id=here.customer_id, from_id=here.owner_id)]
        case ReclaimCustomer():
            return _reclaim(command, ownership, envelope)
        case ShareCustomer() | UnshareCustomer():
            return _share(command, _owned(ownership))
        case DisputeOwnership(claimant_id=claimant_id):
            here = _owned(ownership)
            _another(here, claimant_id, "claimant_id", "Owners cannot contest their own customer.")
            _needs_reason(envelope, "Say on what grounds the ownership is contested.")
            return [
                OwnershipDisputed(
                    customer_id=here.customer_id, owner_id=here.owner_id, claimant_id=claimant_id
                )
            ]
        case SettleOwnership():
            return [_settle(command, ownership, envelope)]
        case _:
            assert_never(command)


# Claims


def _claim(claim: ClaimCustomer, ownership: Ownership, envelope: Envelope) -> Event:
    now, rules = envelope.occurred_at, claim.rules
    if not isinstance(ownership, Unowned):
        return _beaten(claim, ownership, now)
    if not claim.looked_into:
        raise Rejected("ownership.just-freed", "It was given up this moment; claim it again.")
    if until := waits_until(ownership.gave_up, claim.member_id, rules.wait_days, now):
        return _refused(claim, Because.WAITING, until=until)
    if rules.claim_limit is not None and (claim.held or 0) >= rules.claim_limit:
        return _refused(claim, Because.LIMIT, held=claim.held, claim_limit=rules.claim_limit)
    if claim.like is not None:
        return _refused(claim, Because.DUPLICATE, like_id=CustomerId(claim.like))
    return CustomerClaimed(
        customer_id=claim.customer_id,
        owner_id=claim.member_id,
        pool_id=claim.pool_id,
        held=claim.held,
        protected_until=protected_until(now, rules.protection_days),
        protection_days=rules.protection_days,
        idle_days=rules.idle_days,
        stall_days=rules.stall_days,
    )


def _beaten(claim: ClaimCustomer, ownership: Owned | Disputed, now: datetime) -> ClaimRejected:
    owner_id = ownership.owner_id
    if owner_id == claim.member_id:
        raise Rejected("ownership.taken", "The claimant owns this customer already.")
    if isinstance(ownership, Disputed):
        return _refused(claim, Because.DISPUTED, owner_id=owner_id)
    until = ownership.hold.protected_until
    if until is not None and until > now:
        return _refused(claim, Because.PROTECTED, owner_id=owner_id, until=until)
    return _refused(claim, Because.TAKEN, owner_id=owner_id)


def _refused(  # noqa: PLR0913 - what a refusal may name
    claim: ClaimCustomer,
    because: Because,
    *,
    owner_id: MemberId | None = None,
    until: datetime | None = None,
    like_id: CustomerId | None = None,
    held: int | None = None,
    claim_limit: int | None = None,
) -> ClaimRejected:
    return ClaimRejected(
        customer_id=claim.customer_id,
        claimant_id=claim.member_id,
        because=because,
        owner_id=owner_id,
        until=until,
        like_id=like_id,
        pool_id=claim.pool_id,
        held=held,
        claim_limit=claim_limit,
    )


# Offers, teams and what goes back to the pool


def _offer(
    command: OfferCustomer | AcceptOffer | DeclineOffer | WithdrawOffer,
    here: Owned,
    envelope: Envelope,
) -> list[Event]:
    offered_to, customer_id = here.hold.offered_to, here.customer_id
    if isinstance(command, OfferCustomer):
        to_id = command.to_id
        _another(here, to_id, "to_id", "Nobody is offered their own customer.")
        if offered_to is not None:
            raise Rejected("ownership.offered", "It is offered already; withdraw that offer first.")
        return [
            OwnershipOffered(
                customer_id=customer_id, from_id=here.owner_id, to_id=to_id, note=command.note
            )
        ]
    if offered_to is None:
        raise Rejected("ownership.no-offer", "There is no open offer of this customer.")
    if isinstance(command, WithdrawOffer):
        return [OfferWithdrawn(customer_id=customer_id, to_id=offered_to)]
    if offered_to not in {envelope.performer, envelope.actor.member_id}:
        raise Rejected(
            "ownership.not-receiver", "Only the colleague it is offered to answers the offer."
        )
    if isinstance(command, DeclineOffer):
        return [OfferDeclined(customer_id=customer_id, to_id=offered_to)]
    return [_moved(here, offered_to, note=command.note)]


def _moved(
    here: Owned, to_id: MemberId, *, note: str | None = None, hand_over_id: HandOverId | None = None
) -> OwnershipTransferred:
    return OwnershipTransferred(
        customer_id=here.customer_id,
        from_id=here.owner_id,
        owner_id=to_id,
        note=note,
        hand_over_id=hand_over_id,
    )


def _share(command: ShareCustomer | UnshareCustomer, here: Owned) -> list[Event]:
    who, team = command.member_id, here.hold.team
    if isinstance(command, ShareCustomer):
        _another(here, who, "member_id", "The owner needs no place on the customer's team.")
        if TeamMate(who, command.part) in team:
            return []
        return [CustomerShared(customer_id=here.customer_id, member_id=who, part=command.part)]
    if who not in {mate.member_id for mate in team}:
        raise Rejected(
            "ownership.not-on-team", "They are not on the customer's team.", field="member_id"
        )
    return [CustomerUnshared(customer_id=here.customer_id, member_id=who)]


def _reclaim(command: ReclaimCustomer, ownership: Ownership, envelope: Envelope) -> list[Event]:
    if isinstance(ownership, Owned) and ownership.owner_id == command.owner_id:
        lapsed = due(ownership.hold, command.last_contact_at, command.last_progress_at)
        if lapsed is not None and lapsed.at <= envelope.occurred_at:
            return [
                CustomerReclaimed(
                    customer_id=ownership.customer_id,
                    from_id=ownership.owner_id,
                    because=lapsed.because,
                    since=lapsed.since,
                    pool_id=ownership.hold.pool_id,
                )
            ]
    if envelope.actor.kind is not ActorKind.SYSTEM:
        raise Rejected("ownership.not-due", "It is not due to go back to the pool.")
    return []


# Disputes


def _settle(command: SettleOwnership, ownership: Ownership, envelope: Envelope) -> Event:
    if not isinstance(ownership, Disputed):
        raise Rejected("ownership.not-disputed", "There is no open dispute to settle.")
    if envelope.performer is None:
        raise Rejected("ownership.no-judge", "A dispute is settled by a person, not a program.")
    sides = {ownership.owner_id, ownership.claimant_id}
    if envelope.performer in sides or envelope.actor.member_id in sides:
        raise Rejected("ownership.involved", "A dispute is settled by somebody uninvolved.")
    if command.owner_id not in sides:
        raise Rejected(
            "ownership.not-a-side",
            "A dispute is settled for one of its two sides.",
            field="owner_id",
        )
    _needs_reason(envelope, "Say why the dispute is settled this way.")
    return OwnershipSettled(
        customer_id=ownership.customer_id,
        from_id=ownership.owner_id,
        claimant_id=ownership.claimant_id,
        owner_id=command.owner_id,
    )


def _owned(ownership: Ownership) -> Owned:
    match ownership:
        case Owned():
            return ownership
        case Unowned():
            raise Rejected("ownership.unowned", "Nobody owns this customer; claim it first.")
        case Disputed():
            raise Rejected("ownership.disputed", "The ownership is in dispute; settle it first.")
        case _:
            assert_never(ownership)


def _another(here: Owned, who: MemberId, field: str, sentence: str) -> None:
    if here.owner_id == who:
        raise Rejected("ownership.same-owner", sentence, field=field)


def _needs_reason(envelope: Envelope, sentence: str) -> None:
    if not envelope.reason:
        raise Rejected("ownership.reason-missing", sentence, field="reason")


# --- What follows from the facts ----------------------------------------------------------------


def evolve(ownership: Ownership, fact: Fact[Event]) -> Ownership:
    """Fold one fact into the state."""
    at = fact.occurred_at
    match fact.event:
        case CustomerClaimed() as claimed:
            hold = Hold(
                since=at,
                pool_id=claimed.pool_id,
                protected_until=claimed.protected_until,
                protection_days=claimed.protection_days,
                idle_days=claimed.idle_days,
                stall_days=claimed.stall_days,
            )
            return Owned(claimed.customer_id, claimed.owner_id, hold, ownership.gave_up)
        case OwnershipTransferred(customer_id=customer_id, owner_id=owner_id) as moved:
            hold = replace(_passed_on(ownership, owner_id, at), hand_over_id=moved.hand_over_id)
            return Owned(customer_id, owner_id, hold, ownership.gave_up)
        case OwnershipSettled(customer_id=customer_id, from_id=from_id, owner_id=owner_id):
            if from_id == owner_id:
                return Owned(customer_id, owner_id, _hold(ownership), ownership.gave_up)
            hold = _passed_on(ownership, owner_id, at)
            return Owned(customer_id, owner_id, hold, _gave_up(ownership, from_id, at))
        case CustomerReleased(from_id=from_id) | CustomerReclaimed(from_id=from_id):
            return Unowned(_gave_up(ownership, from_id, at))
        case OwnershipDisputed(customer_id=customer_id, owner_id=owner_id, claimant_id=claimant):
            hold = replace(_hold(ownership), offered_to=None, hand_over_id=None)
            return Disputed(customer_id, owner_id, claimant, hold, ownership.gave_up)
        case ClaimRejected():
            return ownership
        case _ if not isinstance(ownership, Owned):
            return ownership
        case OwnershipOffered() | OfferDeclined() | OfferWithdrawn() as said:
            offered_to = said.to_id if isinstance(said, OwnershipOffered) else None
            return _changed(ownership, offered_to, ownership.hold.team)
        case CustomerShared(member_id=member_id, part=part):
            team = with_mate(ownership.hold.team, TeamMate(member_id, part))
            return _changed(ownership, ownership.hold.offered_to, team)
        case CustomerUnshared(member_id=member_id):
            team = without_mate(ownership.hold.team, member_id)
            return _changed(ownership, ownership.hold.offered_to, team)
        case _:
            assert_never(fact.event)


def _hold(ownership: Ownership) -> Hold:
    return PLAIN if isinstance(ownership, Unowned) else ownership.hold


def _passed_on(ownership: Ownership, owner_id: MemberId, at: datetime) -> Hold:
    before = _hold(ownership)
    return replace(
        before,
        since=at,
        protected_until=protected_until(at, before.protection_days),
        offered_to=None,
        team=without_mate(before.team, owner_id),
        hand_over_id=None,
    )


def _changed(here: Owned, offered_to: MemberId | None, team: tuple[TeamMate, ...]) -> Owned:
    return replace(
        here, hold=replace(here.hold, offered_to=offered_to, team=team, hand_over_id=None)
    )


def _gave_up(ownership: Ownership, who: MemberId, at: datetime) -> tuple[GaveUp, ...]:
    others = tuple(each for each in ownership.gave_up if each.member_id != who)
    return (*others, GaveUp(who, at))


def active(ownership: Ownership) -> bool:
    """Tell whether somebody owns the customer."""
    return not isinstance(ownership, Unowned)


OWNERSHIP: Decider[Command, Ownership, Event] = Decider(
    kind="ownership",
    commands=Command,
    events=Event,
    initial=Unowned(),
    decide=decide,
    evolve=evolve,
    active=active,
)
