"""Taking an import back: nothing is deleted, what it recorded is declared a mistake.

A request that only this import wrote to is taken back; one that somebody has worked on since is
kept. So is everything that something kept, or recorded by others, refers to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep
from types import MappingProxyType
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from application.catalogue import BY_KIND
from application.crm import Crm
from application.deciding import follow_up, stamped
from application.imports.mapping import ImportProblem
from application.imports.rows import Progress
from application.imports.streams import loaded, read_streams
from domain.access.record import RecordViewed
from domain.customers.customer import RetractCustomer
from domain.customers.customer_rules import CUSTOMER
from domain.customers.ownership import CustomerReleased, ReleaseCustomer
from domain.customers.ownership_rules import OWNERSHIP
from domain.exchange.import_run import IMPORT_RUN, ImportStarted, ImportUndone, UndoImport
from domain.ids import ImportId
from domain.kernel import Actor, Channel, Envelope, Fact
from domain.support.request import RetractRequest
from domain.support.request_rules import REQUEST
from domain.teams.department import RetractDepartment
from domain.teams.member import RetractMember

STREAMS_AT_ONCE = 1000
ATTEMPTS = 5
SETTLE_SECONDS = 30.0

_RETRACT: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "ownership": ReleaseCustomer,
        "request": RetractRequest,
        "customer": RetractCustomer,
        "member": RetractMember,
        "department": RetractDepartment,
    }
)
"""What an import creates, in the order in which it is taken back."""


def _quiet(_done: int, _total: int) -> None:
    pass


def undo_import(
    crm: Crm, import_id: ImportId, by: Actor, reason: str, progress: Progress = _quiet
) -> tuple[int, int]:
    """Take an import back; return how many requests were taken back and how many kept.

    ``progress`` is told how many things are taken back of how many. An undo that stops in the
    middle is run again. Raises ``Rejected``: import.unknown, import.undone; ``ImportProblem``
    where others keep changing what is to be taken back.
    """
    envelope = _envelope(crm, by, reason)
    run = crm.load(IMPORT_RUN, import_id)
    follow_up(IMPORT_RUN, UndoImport(id=import_id, taken_back=0, kept=0), run, envelope)
    for _ in range(ATTEMPTS):
        survey = _survey(crm, import_id)
        try:
            _take_back(crm, survey, envelope, progress)
        except IntegrityError:  # somebody works on one of them: look again at what may go
            continue
        taken_back, kept = survey.counted()
        crm.handle(UndoImport(id=import_id, taken_back=taken_back, kept=kept), envelope)
        return taken_back, kept
    raise ImportProblem("Others keep changing what the import recorded; undo it again later.")


def _envelope(crm: Crm, by: Actor, reason: str) -> Envelope:
    now = datetime.now(UTC)
    asked = Envelope(occurred_at=now, actor=by, channel=Channel.IMPORT, reason=reason)
    return stamped(asked, crm.load)


# --- What the log holds -----------------------------------------------------------------------


@dataclass(slots=True)
class _Trail:
    """What stands of one thing: its facts since it was last taken back."""

    kind: str
    version: int = 0
    ours: int = 0
    others: int = 0
    names: set[UUID] = field(default_factory=set)
    """Everything its facts refer to."""

    def take_back(self) -> None:
        self.ours = self.others = 0
        self.names.clear()


class _Survey:
    """What an import recorded, what stands in the log besides, and what of it may go."""

    def __init__(self, import_id: ImportId) -> None:
        self.trails: dict[UUID, _Trail] = {}
        self._import = import_id
        self._gone: set[tuple[str, UUID]] = set()
        self.going: list[UUID] = []
        """In the order in which they are taken back."""

    def see(self, fact: Fact[Any]) -> None:
        """Take in the next fact of the log."""
        if isinstance(fact.event, RecordViewed):
            return  # to look at something is no work on it
        if isinstance(fact.event, ImportStarted | ImportUndone) and fact.stream_id == self._import:
            self._gone.clear()
        trail = self.trails.setdefault(fact.stream_id, _Trail(fact.kind))
        trail.version = fact.version
        if trail.kind in _RETRACT and _takes_back(fact):
            if trail.ours:
                self._gone.add((trail.kind, fact.stream_id))  # by an undo that stopped half-way
            trail.take_back()
            return
        imported = fact.envelope.imported
        if imported is not None and imported.import_id == self._import:
            trail.ours += 1
        else:
            trail.others += 1
        trail.names |= _names(fact)

    def decide(self) -> None:
        """Settle what may go: what only the import wrote, and nothing that stays refers to."""
        pure = {
            id_
            for id_, trail in self.trails.items()
            if trail.kind in _RETRACT and trail.ours and not trail.others
        }
        staying = self.trails.keys() - pure
        while keep := {name for id_ in staying for name in self.trails[id_].names} & pure:
            pure -= keep
            staying = keep  # who stays keeps those it refers to
        pure -= {id_ for id_ in pure if self._is_of_one_who_stays(id_, pure)}
        order = list(_RETRACT)
        self.going = sorted(pure, key=lambda id_: order.index(self.trails[id_].kind))

    def _is_of_one_who_stays(self, id_: UUID, going: set[UUID]) -> bool:
        trail = self.trails[id_]
        return trail.kind == OWNERSHIP.kind and not trail.names & going

    def counted(self) -> tuple[int, int]:
        """Return how many requests go, or went already, and how many are kept.

        Of an import that brought no requests: how many customers.
        """
        written = {(trail.kind, id_) for id_, trail in self.trails.items() if trail.ours}
        kinds = {kind for kind, _ in written | self._gone}
        main = REQUEST.kind if REQUEST.kind in kinds else CUSTOMER.kind
        there = {id_ for kind, id_ in written if kind == main}
        gone = {id_ for kind, id_ in self._gone if kind == main}
        going = there.intersection(self.going)
        return len(going) + len(gone - there), len(there) - len(going)


def _takes_back(fact: Fact[Any]) -> bool:
    """Tell whether a fact undoes what was before it; whom people release stays worked on."""
    undone = fact.envelope.channel is Channel.IMPORT and isinstance(fact.event, CustomerReleased)
    return undone or fact.name.endswith(".retracted")


def _names(fact: Fact[Any]) -> set[UUID]:
    envelope = fact.envelope
    who = {envelope.actor.member_id, envelope.on_behalf_of, envelope.department_id}
    about = {subject.id for subject in fact.subjects}
    return {id_ for id_ in who | about if id_ is not None and id_ != fact.stream_id}


def _survey(crm: Crm, import_id: ImportId) -> _Survey:
    _settle(crm)
    survey = _Survey(import_id)
    for page in crm.facts.pages():
        for fact in page:
            survey.see(fact)
    survey.decide()
    return survey


def _settle(crm: Crm) -> None:
    """Wait until everything written by now can be read as part of the one order."""
    with crm.pool.reading() as cursor:
        cursor.execute("select coalesce(max(id), 0) from log.events")
        row = cursor.fetchone()
    until = monotonic() + SETTLE_SECONDS
    while row is not None and crm.facts.head() < row[0]:
        if monotonic() > until:
            raise ImportProblem("A transaction has been open for long; undo again after it.")
        sleep(0.02)


# --- Taking back ------------------------------------------------------------------------------


def _take_back(crm: Crm, survey: _Survey, envelope: Envelope, progress: Progress) -> None:
    going = survey.going
    for start in range(0, len(going), STREAMS_AT_ONCE):
        ids = going[start : start + STREAMS_AT_ONCE]
        streams = read_streams(crm, ids)
        facts: list[Fact[Any]] = []
        for id_ in ids:
            trail = survey.trails[id_]
            here = loaded(BY_KIND[trail.kind], streams[id_])
            if here.version != trail.version:
                raise IntegrityError(f"The {trail.kind} {id_} has changed since.")
            facts += follow_up(BY_KIND[trail.kind], _RETRACT[trail.kind](id=id_), here, envelope)
        crm.append(facts)
        progress(start + len(ids), len(going))
