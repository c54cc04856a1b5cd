"""Customers from a table: each row registers one, through the same rules as everybody else.

A row's fingerprint gives its customer's id: the same row, from whichever file, is registered once,
also where a run stopped in the middle and is started again. An import is taken back as any other.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from time import perf_counter

from application.access import Asking, Hidden, NotDelegated, NotPermitted
from application.crm import Crm, Outcome, StaleVersion
from application.deciding import UnknownReference
from application.imports.customer_rows import CustomerRow, CustomerTable
from application.imports.files import BadRow
from application.imports.importer import ImportReport
from application.imports.rows import Progress
from domain.customers.customer import Absent, RegisterCustomer
from domain.customers.customer_rules import CUSTOMER
from domain.customers.ownership import ClaimCustomer, ClaimRejected, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.exchange.import_run import (
    IMPORT_RUN,
    FinishImport,
    Running,
    StartImport,
    Tally,
    import_id,
)
from domain.ids import CustomerId, named_id
from domain.kernel import Envelope, Imported, Rejected

SOURCE = "customers"
LABEL = "customer"
RULES = hashlib.sha256(b"customers 1").hexdigest()
"""Stands where other imports have the hash of their map: what the columns mean is ours."""
AT_ONCE = 500
THREADS = 8

_REFUSED = (Rejected, UnknownReference, NotPermitted, NotDelegated, Hidden, StaleVersion)


@dataclass(frozen=True, kw_only=True)
class CustomerFile:
    """A file of customers: its name, its bytes' hash, and what stands in it."""

    name: str
    sha256: str
    table: CustomerTable


@dataclass
class _Counts:
    added: int = 0
    facts: int = 0
    known: int = 0
    refused: list[BadRow] = field(default_factory=list)
    not_added: int = 0
    position: int | None = None


def _quiet(_done: int, _total: int) -> None:
    pass


class CustomerImport:
    """One run over one file: for whom, and on whose grants."""

    def __init__(
        self, crm: Crm, file: CustomerFile, envelope: Envelope, by: Asking | None = None
    ) -> None:
        self.crm = crm
        self.file = file
        self.id = import_id(SOURCE, file.sha256)
        self._envelope = envelope
        self._by = by or Asking()
        self._counts = _Counts()
        self._seen: set[str] = set()

    @property
    def position(self) -> int | None:
        """Where the last fact that it led to stands in the log."""
        return self._counts.position

    def rehearse(self) -> ImportReport:
        """Tell what a run would come to; nothing is written."""
        started = perf_counter()
        for rows in self._batches():
            new = self._new(rows)
            self._counts.added += len(new)
            self._counts.known += len(rows) - len(new)
        return self._report(perf_counter() - started)

    def run(self, progress: Progress = _quiet) -> ImportReport:
        """Register what is not there yet; who may not do so is told for each row."""
        started, done = perf_counter(), 0
        with ThreadPoolExecutor(THREADS, "customers") as pool:
            for rows in self._batches():
                new = self._new(rows)
                if new:
                    self._start()
                for outcome in pool.map(self._registered, new):
                    self._note(outcome)
                lines = {row.line for row in new}
                for outcome in pool.map(self._resumed, [r for r in rows if r.line not in lines]):
                    self._note(outcome)
                done += len(rows)
                progress(done, len(self.file.table.good))
        report = self._report(perf_counter() - started)
        if isinstance(self.crm.load(IMPORT_RUN, self.id).state, Running):
            finished = self.crm.handle(FinishImport(id=self.id, tally=report.tally), self._envelope)
            self._counts.position = finished.position
        return report

    def _batches(self) -> list[tuple[CustomerRow, ...]]:
        good = self.file.table.good
        return [good[start : start + AT_ONCE] for start in range(0, len(good), AT_ONCE)]

    def _new(self, rows: Sequence[CustomerRow]) -> list[CustomerRow]:
        """Return the rows whose customers are not there, each of equal ones once."""
        ids = {row.mark: _id(row) for row in rows}
        states = self.crm.states.look((CUSTOMER, id_) for id_ in ids.values())
        new = []
        for row in rows:
            known = row.mark in self._seen or not isinstance(
                states[CUSTOMER.kind, ids[row.mark]].state, Absent
            )
            self._seen.add(row.mark)
            if not known:
                new.append(row)
        return new

    def _start(self) -> None:
        """Start, or go on with a run that stopped; that it runs needs no grant: its rows do."""
        start = StartImport(
            id=self.id,
            source=SOURCE,
            file=self.file.name,
            file_sha256=self.file.sha256,
            map_sha256=RULES,
        )
        self.crm.handle(start, self._envelope)

    # --- Rows ---

    def _registered(self, row: CustomerRow) -> _Counts:
        counts = _Counts()
        command = RegisterCustomer(id=_id(row), details=row.details, tier=row.tier)
        try:
            outcome = self.crm.handle(command, self._of(row), by=self._by)
        except Rejected as refused:
            if refused.code != "customer.exists":
                raise
            return _Counts(known=1)  # by the same row, in another run at the same time
        except _REFUSED as refused:
            return _Counts(not_added=1, refused=[BadRow(row.line, None, _why(refused))])
        self._count(counts, outcome)
        counts.added = 1
        self._claim(row, counts)
        return counts

    def _resumed(self, row: CustomerRow) -> _Counts:
        """Finish what a run that stopped had begun: the customer is there, never claimed."""
        counts = _Counts(known=1)
        if row.owner_id and not self.crm.load(OWNERSHIP, ownership_id(_id(row))).version:
            self._claim(row, counts)
        return counts

    def _claim(self, row: CustomerRow, counts: _Counts) -> None:
        if row.owner_id is None:
            return
        customer_id, given = _id(row), self._of(row)
        command = ClaimCustomer(
            id=ownership_id(customer_id), customer_id=customer_id, member_id=row.owner_id
        )
        assert given.imported is not None  # noqa: S101 - for the type checker
        derived = replace(given, imported=replace(given.imported, derived=True))
        try:
            outcome = self.crm.handle(command, derived, by=self._by)
        except _REFUSED as refused:
            self._unclaimed(row, counts, _why(refused))
            return
        self._count(counts, outcome)
        if isinstance(outcome.event, ClaimRejected):
            self._unclaimed(row, counts, f"The claim was rejected ({outcome.event.because}).")

    def _unclaimed(self, row: CustomerRow, counts: _Counts, why: str) -> None:
        said = f"The customer is registered, and nobody's: {why}"
        counts.refused.append(BadRow(row.line, self.file.table.owner_column, said))

    @staticmethod
    def _count(counts: _Counts, outcome: Outcome) -> None:
        counts.facts += 1
        counts.position = max(counts.position or 0, outcome.position or 0)

    def _of(self, row: CustomerRow) -> Envelope:
        mark = Imported(import_id=self.id, line=row.line, row=row.mark, label=LABEL)
        return replace(self._envelope, imported=mark)

    def _note(self, counts: _Counts) -> None:
        whole = self._counts
        whole.added += counts.added
        whole.facts += counts.facts
        whole.known += counts.known
        whole.not_added += counts.not_added
        whole.refused += counts.refused
        if counts.position:
            whole.position = max(whole.position or 0, counts.position)

    def _report(self, seconds: float) -> ImportReport:
        table, counts = self.file.table, self._counts
        tally = Tally(
            rows=table.rows,
            added=counts.added,
            facts=counts.facts,
            known=counts.known,
            unmapped=0,
            bad=table.bad + counts.not_added,
            as_steps=0,
        )
        errors = sorted((*table.errors, *counts.refused), key=lambda each: each.line)
        return ImportReport(
            import_id=self.id, tally=tally, unmapped={}, bad_rows=tuple(errors), seconds=seconds
        )


def _id(row: CustomerRow) -> CustomerId:
    return CustomerId(named_id(SOURCE, "customer", row.mark))


def _why(refused: Exception) -> str:
    return str(refused) or "You may not see it."
