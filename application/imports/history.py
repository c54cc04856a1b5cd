"""One request while the rows of its case are told onto it, by the request's own rules.

A row gives one main fact and, before or after it, the derived facts that the row implies: a change
of hands, the end of a wait, a return. The rules of ``domain.support.request_rules`` decide each
of them.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from application.deciding import Loaded, follow_up
from application.imports.mapping import Means, Step
from application.imports.parties import Parties
from application.imports.rows import Row
from domain.ids import MemberId, RequestId
from domain.kernel import Envelope, Fact, Rejected
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    EndWaiting,
    OpenRequest,
    QueueRequest,
    RecordCustomerMessage,
    ReopenRequest,
    ReplyToRequest,
    ResolveRequest,
    StartWaiting,
    TakeStep,
)
from domain.support.request_rules import REQUEST
from domain.support.request_states import Absent, Closed, Open, Resolved, Voided
from domain.support.words import WaitingOn

_SAID_BY_OPENING = {Means.OPENED, Means.REOPENED, Means.WAITING_ENDED, Means.STEP}
_CORRESPONDENCE = {Means.REPLIED, Means.CUSTOMER_WROTE}


class History:
    """The request of one case: as it is now, and the facts that its rows have added."""

    def __init__(self, id_: RequestId, here: Loaded, parties: Parties) -> None:
        self.id = id_
        self.facts: list[Fact[Any]] = []
        self._here = here
        self._parties = parties
        self._row: Row
        self._step: Step
        self._envelope: Envelope

    def tell(self, row: Row, step: Step) -> bool:
        """Add what a row says; return whether it had to be kept as a plain step.

        Raises ``Rejected`` where the request takes nothing any more: request.voided.
        """
        if isinstance(self._here.state, Voided):
            raise Rejected("request.voided", "The request was voided; nothing is added to it.")
        self._row, self._step, self._envelope = row, step, self._parties.envelope(row)
        if isinstance(self._here.state, Absent):
            self._open()
            return False
        self._prepare()
        try:
            self._main()
        except Rejected:
            self._add(TakeStep(id=self.id, step=row.step))
            return True
        self._settle_hands()  # after a reopening; else they are settled
        return False

    def _open(self) -> None:
        """Open the request: that is the main fact of a case's first row, whatever it says."""
        self._add(
            OpenRequest(
                id=self.id,
                customer_id=self._parties.customer_id(self._row.customer),
                department_id=self._parties.department_id(self._row.queue),
                kind=self._row.kind,
                channel=self._row.channel,
                title=self._row.title,
            )
        )
        self._envelope = derived(self._envelope)
        self._prepare()
        if self._step.means not in _SAID_BY_OPENING:
            with suppress(Rejected):  # it is so already: in the queue it was opened in
                self._main()

    # --- Before the main fact ---

    def _prepare(self) -> None:
        """Add what must have happened for the row to be possible."""
        if self._returns():
            return
        if self._comes_back():
            self._derive(ReopenRequest(id=self.id))
        self._end_waits()
        self._settle_hands()
        if self._step.means is Means.CLOSED and isinstance(self._here.state, Open):
            self._derive(ResolveRequest(id=self.id, resolution=self._row.resolution))

    def _returns(self) -> bool:
        """Tell whether the row itself says that the request came back; hands change after it."""
        finished = isinstance(self._here.state, Resolved | Closed)
        return finished and self._step.means is Means.REOPENED

    def _comes_back(self) -> bool:
        works = self._step.is_work or self._step.means is Means.WAITING
        match self._here.state:
            case Resolved():
                return works
            case Closed():
                # Nobody can take over or write on a closed request: it must have come back.
                return works or self._step.means in _CORRESPONDENCE or self._changes_hands()
            case _:
                return False

    def _end_waits(self) -> None:
        waits: frozenset[WaitingOn] = getattr(self._here.state, "waiting_on", frozenset())
        if self._step.means is Means.CUSTOMER_WROTE:
            ended = waits & {WaitingOn.CUSTOMER}
        elif self._step.means is Means.WAITING_ENDED and self._step.on is None:
            ended = waits - {self._last_wait()}  # the last one ends with the main fact
        else:
            ended = waits if self._step.is_work else frozenset()
        for on in sorted(ended):
            self._derive(EndWaiting(id=self.id, on=on))

    def _last_wait(self) -> WaitingOn:
        waits: frozenset[WaitingOn] = getattr(self._here.state, "waiting_on", frozenset())
        return max(waits, default=WaitingOn.CUSTOMER)

    # --- In whose hands ---

    def _changes_hands(self) -> bool:
        return self._other_queue() or self._new_holder() is not None

    def _settle_hands(self) -> None:
        """Put the request where the row says it is; a row meaning ``assigned`` does so itself."""
        if self._other_queue() and not self._assigns_to_queue():
            self._derive(self._queue())
        member = self._new_holder()
        if member is not None and self._step.means is not Means.ASSIGNED:
            self._derive(AssignRequest(id=self.id, member_id=member))

    def _other_queue(self) -> bool:
        named = self._row.queue
        here = self._here.state.department_id
        return named is not None and self._parties.department_id(named) != here

    def _new_holder(self) -> MemberId | None:
        """Return the member who has it by this row and did not hold it before."""
        takes = self._parties.actor_holds or self._step.means is Means.ASSIGNED
        if not takes or self._row.actor is None:
            return None
        member = self._parties.member_id(self._row.actor)
        return None if member == self._here.state.holder_id else member

    def _assigns_to_queue(self) -> bool:
        return self._step.means is Means.ASSIGNED and self._row.actor is None

    def _queue(self) -> QueueRequest:
        return QueueRequest(id=self.id, department_id=self._parties.department_id(self._row.queue))

    def _assignment(self) -> AssignRequest | QueueRequest:
        if self._row.actor is None:
            return self._queue()
        return AssignRequest(id=self.id, member_id=self._parties.member_id(self._row.actor))

    # --- The main fact ---

    def _main(self) -> None:
        id_, row, step = self.id, self._row, self._step
        match step.means:
            case Means.OPENED:
                raise Rejected("request.exists", "The request is open already.")
            case Means.ASSIGNED:
                self._add(self._assignment())
            case Means.WAITING:
                on = step.on or WaitingOn.CUSTOMER
                self._add(StartWaiting(id=id_, on=on, contracted=step.contracted))
            case Means.WAITING_ENDED:
                self._add(EndWaiting(id=id_, on=step.on or self._last_wait()))
            case Means.RESOLVED:
                self._add(ResolveRequest(id=id_, resolution=row.resolution))
            case Means.REOPENED:
                self._add(ReopenRequest(id=id_))
            case Means.CLOSED:
                self._add(CloseRequest(id=id_))
            case Means.REPLIED:
                self._add(ReplyToRequest(id=id_, kind=step.reply, text=row.text))
            case Means.CUSTOMER_WROTE:
                self._add(RecordCustomerMessage(id=id_, text=row.text))
            case Means.STEP:
                self._add(TakeStep(id=id_, step=row.step))

    def _derive(self, command: Any) -> None:
        self._add(command, derived(self._envelope))

    def _add(self, command: Any, envelope: Envelope | None = None) -> None:
        facts = follow_up(REQUEST, command, self._here, envelope or self._envelope)
        self._here = self._here.followed(REQUEST, facts)
        self.facts += facts


def derived(envelope: Envelope) -> Envelope:
    """Return the envelope of a fact that a row implies rather than says."""
    if envelope.imported is None or envelope.imported.derived:
        return envelope
    return replace(envelope, imported=replace(envelope.imported, derived=True))
