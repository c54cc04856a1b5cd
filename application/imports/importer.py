"""Rows into facts: batch after batch of whole cases, each batch in one transaction.

An import that stops in the middle is run again: rows that are in the log are known by their mark.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from eventsourcing.persistence import IntegrityError

from application.crm import Crm
from application.imports.files import BadRow, sha256_of
from application.imports.history import History
from application.imports.mapping import ImportMap, ImportProblem
from application.imports.parties import Parties
from application.imports.rows import Progress, Reading, Row, read_rows
from application.imports.streams import Streams, loaded, read_streams
from domain.exchange.import_run import (
    IMPORT_RUN,
    FinishImport,
    Running,
    StartImport,
    Tally,
    import_id,
)
from domain.ids import ImportId, RequestId, named_id
from domain.kernel import Actor, Channel, Envelope, Fact, Rejected
from domain.support.request import RequestRetracted
from domain.support.request_rules import REQUEST

ROWS_AT_ONCE = 1000
ATTEMPTS = 20

Case = tuple[RequestId, list[Row]]


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import came to."""

    import_id: ImportId
    tally: Tally
    unmapped: dict[str, int]
    """How many rows have each value of the step column that the map does not name."""
    bad_rows: tuple[BadRow, ...]
    """The first of them; the tally counts all."""
    seconds: float


@dataclass
class _Batch:
    """What the rows of some cases come to, before it is written."""

    facts: list[Fact[Any]] = field(default_factory=list)
    added: int = 0
    known: int = 0
    as_steps: int = 0
    refused: list[BadRow] = field(default_factory=list)


def _quiet(_done: int, _total: int) -> None:
    pass


def run_import(
    crm: Crm, file: Path, map_: ImportMap, by: Actor, progress: Progress = _quiet
) -> ImportReport:
    """Import a file; ``by`` is who asks for it. The same file again adds nothing.

    ``progress`` is told (rows read, 0) while the file is read, then (rows recorded, rows to
    record). Raises ``ImportProblem`` where the file cannot be read or does not fit the map;
    nothing is written then.
    """
    started = perf_counter()
    digest = sha256_of(file)
    reading = read_rows(file, map_, progress)
    start = StartImport(
        id=import_id(map_.source, digest),
        source=map_.source,
        file=file.name,
        file_sha256=digest,
        map_sha256=map_.sha256,
    )
    tally = _Importer(crm, map_, start, by, reading).run(progress)
    return ImportReport(
        import_id=start.id,
        tally=tally,
        unmapped=dict(reading.unmapped.most_common()),
        bad_rows=tuple(reading.bad_rows),
        seconds=perf_counter() - started,
    )


class _Importer:
    """One run over one file."""

    def __init__(
        self, crm: Crm, map_: ImportMap, start: StartImport, by: Actor, reading: Reading
    ) -> None:
        self._crm = crm
        self._map = map_
        self._start = start
        self._by = by
        self._reading = reading
        rows = (row for rows in reading.cases.values() for row in rows)
        self._parties = Parties(map_, start.id, rows)
        self._tally = Tally(
            rows=reading.rows,
            added=0,
            facts=0,
            known=0,
            unmapped=reading.unmapped.total(),
            bad=0,
            as_steps=0,
        )

    def run(self, progress: Progress) -> Tally:
        done, total = 0, self._reading.good
        for cases in self._batches():
            self._note(self._record(cases))
            done += _count(cases)
            progress(done, total)
        self._tally = replace(self._tally, bad=self._reading.bad)
        if isinstance(self._crm.load(IMPORT_RUN, self._start.id).state, Running):
            self._crm.handle(FinishImport(id=self._start.id, tally=self._tally), self._now())
        return self._tally

    def _batches(self) -> Iterator[list[Case]]:
        """Yield whole cases, in the order in which they began."""
        batch: list[Case] = []
        size = 0
        for rows in sorted(self._reading.cases.values(), key=lambda rows: rows[0].time):
            if batch and size + len(rows) > ROWS_AT_ONCE:
                yield batch
                batch, size = [], 0
            batch.append((RequestId(named_id(self._map.source, "request", rows[0].case)), rows))
            size += len(rows)
        if batch:
            yield batch

    def _record(self, cases: list[Case]) -> _Batch:
        for _ in range(ATTEMPTS):
            batch = self._told(cases)
            if not batch.facts:
                return batch
            self._crm.handle(self._start, self._now())  # does nothing where it runs already
            try:
                self._crm.append(batch.facts)
            except IntegrityError:  # somebody works on one of the requests: look again
                self._parties.forget()
            else:
                return batch
        raise ImportProblem(
            "Others keep changing the same requests. What is imported stays; run it again later."
        )

    def _told(self, cases: list[Case]) -> _Batch:
        unseen = self._parties.unseen(row for _, rows in cases for row in rows)
        streams = read_streams(self._crm, unseen | {id_ for id_, _ in cases})
        self._parties.learn(unseen, streams)
        new = [(id_, _unknown(rows, streams[id_])) for id_, rows in cases]
        batch = _Batch(known=_count(cases) - _count(new))
        batch.facts += self._parties.introduce(row for _, rows in new for row in rows)
        for id_, rows in new:
            self._tell(id_, rows, streams, batch)
        return batch

    def _tell(self, id_: RequestId, rows: list[Row], streams: Streams, batch: _Batch) -> None:
        history = History(id_, loaded(REQUEST, streams[id_]), self._parties)
        for row in rows:
            try:
                batch.as_steps += history.tell(row, self._map.steps[row.step])
                batch.added += 1
            except Rejected as refusal:
                batch.refused.append(BadRow(row.line, None, refusal.sentence))
        batch.facts += history.facts

    def _note(self, batch: _Batch) -> None:
        for row in batch.refused:
            self._reading.refuse(row)
        self._tally = replace(
            self._tally,
            added=self._tally.added + batch.added,
            facts=self._tally.facts + len(batch.facts),
            known=self._tally.known + batch.known,
            as_steps=self._tally.as_steps + batch.as_steps,
        )

    def _now(self) -> Envelope:
        return Envelope(occurred_at=datetime.now(UTC), actor=self._by, channel=Channel.IMPORT)


def _count(cases: list[Case]) -> int:
    return sum(len(rows) for _, rows in cases)


def _unknown(rows: list[Row], facts: list[Fact[Any]]) -> list[Row]:
    """Leave out the rows whose marks stand in the request's stream."""
    marks: set[str] = set()
    for fact in facts:
        if isinstance(fact.event, RequestRetracted):
            marks.clear()
        elif fact.envelope.imported is not None:
            marks.add(fact.envelope.imported.row)
    return [row for row in rows if row.mark not in marks]
