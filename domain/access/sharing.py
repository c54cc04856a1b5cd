"""Sharing: a department objects to showing others what it keeps, and an agreement settles it.

A stream for each department and dataset. Everything is shared until an agreement says otherwise,
and what was agreed last holds on, also while a new objection is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from domain.ids import DepartmentId, SharingId, named_id
from domain.kernel import (
    Actor,
    ActorKind,
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Rejected,
    command,
    event,
)


class Dataset(StrEnum):
    """What a department may object to sharing."""

    CUSTOMERS = "customers"
    """The customers its members own: whose they are, and what was said."""
    REQUESTS = "requests"
    """The requests in its hands."""


def sharing_id(department_id: DepartmentId, dataset: Dataset) -> SharingId:
    """Return the id of the terms on which a department shares a dataset."""
    return SharingId(named_id("sharing", str(department_id), dataset))


# --- Events -----------------------------------------------------------------------------------
# The other departments stand there as plain ids: a fact is on the timeline of the department that
# shares, not on that of each it names.


@event("sharing.objected", zh="反对共享")
class SharingObjected:
    """Sharing objected to."""

    department_id: DepartmentId
    dataset: Dataset
    from_ids: tuple[UUID, ...]


@event("sharing.agreed", zh="商定共享条件")
class SharingAgreed:
    """Terms of sharing agreed."""

    department_id: DepartmentId
    dataset: Dataset
    withheld_from: tuple[UUID, ...]


@event("sharing.objection-withdrawn", zh="撤回共享异议")
class ObjectionWithdrawn:
    """Objection to sharing withdrawn."""

    department_id: DepartmentId
    dataset: Dataset


Event = SharingObjected | SharingAgreed | ObjectionWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class ObjectToSharing:
    """Object to sharing a dataset with some departments; the envelope's reason says why.

    The id follows from department and dataset (``sharing_id``). The other departments are not
    looked up: whoever sends the command makes sure that they are there.
    """

    id: SharingId
    department_id: Annotated[DepartmentId, MustBeActive()]
    dataset: Dataset
    from_ids: tuple[UUID, ...]


@command
class AgreeOnSharing:
    """Settle an open objection: who is not shown the dataset from now on (nobody: all see it)."""

    id: SharingId
    withheld_from: tuple[UUID, ...]


@command
class WithdrawObjection:
    """Take an open objection back; the terms stay as they were."""

    id: SharingId


Command = ObjectToSharing | AgreeOnSharing | WithdrawObjection

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Silent:
    """Nobody objects: the terms are those last agreed on, or everything is shared."""

    withheld_from: frozenset[DepartmentId] = frozenset()


@dataclass(frozen=True)
class Objected:
    """An objection is open; until it is settled the terms are those of before."""

    department_id: DepartmentId
    dataset: Dataset
    from_ids: tuple[DepartmentId, ...]
    by: frozenset[Actor]
    """Who raised it: the one who acted, and the one acted for."""
    withheld_from: frozenset[DepartmentId] = frozenset()


Sharing = Silent | Objected

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, sharing: Sharing, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: sharing.objected, sharing.not-objected, sharing.not-the-departments,
    sharing.with-nobody, sharing.with-itself, sharing.reason-missing, sharing.own.
    """
    match command:
        case ObjectToSharing(department_id=department_id, dataset=dataset, from_ids=from_ids):
            if isinstance(sharing, Objected):
                raise Rejected("sharing.objected", "An objection is open already; settle it first.")
            if command.id != sharing_id(department_id, dataset):
                raise Rejected(
                    "sharing.not-the-departments",
                    "The id follows from the department and the dataset.",
                    field="id",
                )
            if not from_ids:
                raise Rejected(
                    "sharing.with-nobody",
                    "Say which departments it should not be shared with.",
                    field="from_ids",
                )
            _check_others(department_id, from_ids, "from_ids")
            _needs_reason(envelope, "Say why it should not be shared.")
            return [
                SharingObjected(
                    department_id=department_id, dataset=dataset, from_ids=_in_order(from_ids)
                )
            ]
        case AgreeOnSharing(withheld_from=withheld_from):
            open_ = _objected(sharing)
            if open_.by & _behind(envelope):
                raise Rejected("sharing.own", "Somebody else must settle your own objection.")
            _check_others(open_.department_id, withheld_from, "withheld_from")
            _needs_reason(envelope, "Say why these are the terms.")
            return [
                SharingAgreed(
                    department_id=open_.department_id,
                    dataset=open_.dataset,
                    withheld_from=_in_order(withheld_from),
                )
            ]
        case WithdrawObjection():
            open_ = _objected(sharing)
            return [ObjectionWithdrawn(department_id=open_.department_id, dataset=open_.dataset)]
        case _:
            assert_never(command)


def _objected(sharing: Sharing) -> Objected:
    if not isinstance(sharing, Objected):
        raise Rejected("sharing.not-objected", "There is no open objection.")
    return sharing


def _check_others(department_id: DepartmentId, others: Iterable[UUID], field: str) -> None:
    if department_id in others:
        raise Rejected("sharing.with-itself", "A department always sees its own.", field=field)


def _needs_reason(envelope: Envelope, sentence: str) -> None:
    if not envelope.reason:
        raise Rejected("sharing.reason-missing", sentence, field="reason")


def _in_order(departments: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(set(departments)))


def _behind(envelope: Envelope) -> frozenset[Actor]:
    """Everybody behind a fact: who acted, and whom they acted for; Concord itself is nobody."""
    actors = {envelope.actor} if envelope.actor.kind is not ActorKind.SYSTEM else set()
    if envelope.on_behalf_of is not None:
        actors.add(Actor.member(envelope.on_behalf_of))
    return frozenset(actors)


def evolve(sharing: Sharing, fact: Fact[Event]) -> Sharing:
    """Fold one fact into the state."""
    match fact.event:
        case SharingObjected(department_id=department_id, dataset=dataset, from_ids=from_ids):
            return Objected(
                department_id=department_id,
                dataset=dataset,
                from_ids=tuple(map(DepartmentId, from_ids)),
                by=_behind(fact.envelope),
                withheld_from=sharing.withheld_from,
            )
        case SharingAgreed(withheld_from=withheld_from):
            return Silent(frozenset(map(DepartmentId, withheld_from)))
        case ObjectionWithdrawn():
            return Silent(sharing.withheld_from)
        case _:
            assert_never(fact.event)


def active(sharing: Sharing) -> bool:
    """Tell whether anything is withheld or contested."""
    return isinstance(sharing, Objected) or bool(sharing.withheld_from)


SHARING: Decider[Command, Sharing, Event] = Decider(
    kind="sharing",
    commands=Command,
    events=Event,
    initial=Silent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
