"""Sharing: a department objects to showing others what it keeps, and an agreement settles it.

One stream for the whole company, so that whoever decides what somebody may see looks at all terms
at once. Everything is shared until an agreement says otherwise, and what was agreed last holds on,
also while a new objection is open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
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


SHARING_ID = SharingId(named_id("sharing"))
"""The id of the terms on which departments share: the company has them once."""


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

    The other departments are not looked up: whoever sends the command makes sure that they are
    there.
    """

    id: SharingId
    department_id: Annotated[DepartmentId, MustBeActive()]
    dataset: Dataset
    from_ids: tuple[UUID, ...]


@command
class AgreeOnSharing:
    """Settle an open objection: who is not shown the dataset from now on (nobody: all see it)."""

    id: SharingId
    department_id: DepartmentId
    dataset: Dataset
    withheld_from: tuple[UUID, ...]


@command
class WithdrawObjection:
    """Take an open objection back; the terms stay as they were."""

    id: SharingId
    department_id: DepartmentId
    dataset: Dataset


Command = ObjectToSharing | AgreeOnSharing | WithdrawObjection

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Objection:
    """Whom a dataset should not be shared with, as its department sees it: open until settled."""

    from_ids: tuple[DepartmentId, ...]
    by: frozenset[Actor]
    """Who raised it: the one who acted, and the one acted for."""


@dataclass(frozen=True)
class Term:
    """Who is not shown a department's dataset, and what is open about it."""

    withheld_from: frozenset[DepartmentId] = frozenset()
    """As last agreed on; an open objection changes nothing yet."""
    objection: Objection | None = None


@dataclass(frozen=True)
class Terms:
    """The terms of every department that ever objected; all others share everything."""

    by_department: Mapping[DepartmentId, Mapping[Dataset, Term]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    def of(self, department_id: DepartmentId, dataset: Dataset) -> Term:
        """Return the terms on which a department shares a dataset."""
        return self.by_department.get(department_id, {}).get(dataset, Term())

    def withheld_from(
        self, department_id: DepartmentId
    ) -> Mapping[Dataset, frozenset[DepartmentId]]:
        """Return whose datasets a department is not shown now, for each dataset."""
        return {
            dataset: frozenset(
                whose
                for whose in self.by_department
                if department_id in self.of(whose, dataset).withheld_from
            )
            for dataset in Dataset
        }


# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, terms: Terms, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: sharing.not-the-companys, sharing.objected, sharing.not-objected,
    sharing.with-nobody, sharing.with-itself, sharing.reason-missing, sharing.own.
    """
    if command.id != SHARING_ID:
        raise Rejected(
            "sharing.not-the-companys", "The company has its terms once, with one id.", field="id"
        )
    department_id, dataset = command.department_id, command.dataset
    objection = terms.of(department_id, dataset).objection
    match command:
        case ObjectToSharing(from_ids=from_ids):
            if objection is not None:
                raise Rejected("sharing.objected", "An objection is open already; settle it first.")
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
            if _open(objection).by & _behind(envelope):
                raise Rejected("sharing.own", "Somebody else must settle your own objection.")
            _check_others(department_id, withheld_from, "withheld_from")
            _needs_reason(envelope, "Say why these are the terms.")
            return [
                SharingAgreed(
                    department_id=department_id,
                    dataset=dataset,
                    withheld_from=_in_order(withheld_from),
                )
            ]
        case WithdrawObjection():
            _open(objection)
            return [ObjectionWithdrawn(department_id=department_id, dataset=dataset)]
        case _:
            assert_never(command)


def _open(objection: Objection | None) -> Objection:
    if objection is None:
        raise Rejected("sharing.not-objected", "There is no open objection.")
    return objection


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


def evolve(terms: Terms, fact: Fact[Event]) -> Terms:
    """Fold one fact into the state."""
    event = fact.event
    before = terms.of(event.department_id, event.dataset)
    match event:
        case SharingObjected(from_ids=from_ids):
            objection = Objection(tuple(map(DepartmentId, from_ids)), _behind(fact.envelope))
            after = replace(before, objection=objection)
        case SharingAgreed(withheld_from=withheld_from):
            after = Term(frozenset(map(DepartmentId, withheld_from)))
        case ObjectionWithdrawn():
            after = replace(before, objection=None)
        case _:
            assert_never(event)
    theirs = {**terms.by_department.get(event.department_id, {}), event.dataset: after}
    return Terms(
        MappingProxyType({**terms.by_department, event.department_id: MappingProxyType(theirs)})
    )


def active(terms: Terms) -> bool:
    """Tell whether anything is withheld or contested."""
    return any(
        term.objection is not None or term.withheld_from
        for theirs in terms.by_department.values()
        for term in theirs.values()
    )


SHARING: Decider[Command, Terms, Event] = Decider(
    kind="sharing",
    commands=Command,
    events=Event,
    initial=Terms(),
    decide=decide,
    evolve=evolve,
    active=active,
)
