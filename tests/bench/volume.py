"""As many realistic facts as wanted: the sample company, its customers told again and again.

The first telling is the story as it is. In each further one its customers, requests and
interactions come back under other ids and names, later than those before (UUIDv7, as Concord makes
them), with the same departments and members at work. One key account is spoken with in every
telling: its timeline grows with the log.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from application.demo import facts, landmarks
from application.store.codec import encode
from application.store.recorder import LogRecorder

CHUNK = 5_000
"""How many facts share a transaction: short enough that followers do not wait."""
STAFF = {"department", "member"}
_NUMBER = "\0"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CUT = re.compile(f"({_UUID.pattern}|{_NUMBER})")
_NAME = re.compile(r'("details":\{"name":"[^"\\]*)"')
_LOW = (1 << 76) - 1
_BEGAN = 1_780_000_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of the story, its state cut where ids and a telling's number stand."""

    kind: str
    name: str
    stream_id: str
    version: int
    parts: list[str]


@cache
def story() -> tuple[Line, ...]:
    """Return the story's facts, ready to be told under other ids."""
    lines = []
    for fact in facts():
        state = _NAME.sub(rf'\1{_NUMBER}"', encode(fact).decode())
        parts = [part for part in _CUT.split(state) if part]
        lines.append(Line(fact.kind, fact.name, str(fact.stream_id), fact.version, parts))
    return tuple(lines)


@cache
def _ids() -> frozenset[str]:
    """Return every id in the story but those of departments and members."""
    found = {each for line in story() for each in (line.stream_id, *line.parts)}
    staff = {line.stream_id for line in story() if line.kind in STAFF}
    return frozenset(each for each in found - staff if _UUID.fullmatch(each))


def retold(id_: UUID, telling: int) -> UUID:
    """Return the id under which something of the story comes back in a telling."""
    if not telling:
        return id_
    return UUID(int=((_BEGAN + telling * 1000) << 80) | (7 << 76) | (id_.int & _LOW))


def stored(wanted: int) -> Iterator[list[StoredEvent]]:
    """Make so many facts, in chunks; memory stays flat."""
    events = islice((event for telling in count() for event in _telling(telling)), wanted)
    while chunk := list(islice(events, CHUNK)):
        yield chunk


def append(recorder: LogRecorder, wanted: int) -> None:
    """Append so many facts to an empty log."""
    for chunk in stored(wanted):
        recorder.insert_events(chunk)


def customers(wanted: int, chosen: int, rng: random.Random) -> list[UUID]:
    """Choose customers who are in a log of so many facts."""
    registered = [line.stream_id for line in story() if line.name == "customer.registered"]
    tellings = max(1, wanted // len(story()))
    return [retold(UUID(rng.choice(registered)), rng.randrange(tellings)) for _ in range(chosen)]


def key_account() -> UUID:
    """Return the customer whose timeline grows with the log."""
    return landmarks().customer_id


def _telling(telling: int) -> Iterator[StoredEvent]:
    names = {each: str(retold(UUID(each), telling)) for each in _ids()}
    names[_NUMBER] = f" {telling + 1}" if telling else ""
    spoken = names | {str(key_account()): str(key_account())}
    for line in story():
        if telling and line.kind in STAFF:
            continue
        known = spoken if line.kind == "interaction" else names
        yield StoredEvent(
            UUID(names.get(line.stream_id, line.stream_id)),
            line.version,
            line.name,
            "".join([known.get(part, part) for part in line.parts]).encode(),
        )
