"""Rows of the log as PostgreSQL writes them, for whoever reads very many of them once.

COPY gives a row as one line of text. To sort lines, nothing of them has to be understood but whose
they are; to decode them is left to whoever they are handed to.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

from application.store.brief import Reading, in_brief, wholly
from application.store.log import Log
from domain.kernel import Recorded

_OWNER = b'"customer_id":"'
_UUID = 36
"""How many characters an id has."""
_id = msgspec.json.Decoder(UUID).decode
"""Reads an id as JSON has it, in a third of the time that ``UUID`` takes."""


class _Lines:
    """What the driver writes lines to."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.write = take


def copy_rows(
    log: Log, after: int, upto: int, names: Sequence[str], take: Callable[[bytes], None]
) -> None:
    """Hand on each row with one of these names, in the log's order, as a line."""
    with log.pool.reading() as cursor:
        statement = cursor.mogrify(
            "copy (select id, name, stream_id, version, recorded_at, state from log.events"
            " where id > %s and id <= %s and id < log.horizon() and name = any(%s)"
            " order by id) to stdout",
            (after, upto, list(names)),
        )
        cursor.copy_expert(statement, _Lines(take))


def whose(line: bytes) -> tuple[str, str, str | None]:
    """Return a line's name, the thing it happened to, and the customer whose that is, if any."""
    _, name, stream_id, _ = line.split(b"\t", 3)
    at = line.find(_OWNER)
    start = at + len(_OWNER)
    customer = line[start : start + _UUID].decode() if at >= 0 else None
    return name.decode(), stream_id.decode(), customer


def facts_of(lines: Iterable[bytes], whole: Collection[int] = ()) -> Iterator[Recorded[Any]]:
    """Read the facts that lines (without their ends) hold: in brief, those of ``whole`` wholly."""
    ids: dict[bytes, UUID] = {}
    readers: dict[bytes, Reading] = {}
    for line in lines:
        told, name, stream, version, at, state = line.split(b"\t", 5)
        if (stream_id := ids.get(stream)) is None:
            stream_id = ids[stream] = _id(b'"%b"' % stream)
        if (read := readers.get(name)) is None:
            read = readers[name] = in_brief(name.decode())
        if b"\\" in state:
            state = state.replace(b"\\\\", b"\\")  # COPY writes two for one
        position = int(told)
        if position in whole:
            read = wholly(name.decode())
        yield read(position, stream_id, int(version), at, state)


def cuts(log: Log, upto: int, size: int) -> tuple[list[tuple[int, int]], int]:
    """Cut the log up to a position into ranges of so many facts; return how many those are, too."""
    ranges: list[tuple[int, int]] = []
    facts = after = 0
    with log.pool.reading() as cursor:
        while True:
            cursor.execute(
                "select count(*), max(id) from (select id from log.events"
                " where id > %s and id <= %s and id < log.horizon() order by id limit %s) rows",
                (after, upto, size),
            )
            number, end = cursor.fetchone() or (0, None)
            if not number:
                return ranges, facts
            ranges.append((after, end))
            facts, after = facts + number, end
