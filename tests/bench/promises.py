"""Promised times: the clocks of very many requests recomputed, and the memory that takes."""

import resource
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from itertools import islice
from uuid import UUID, uuid5

from eventsourcing.persistence import StoredEvent
from figures import Sheet
from place import Place

from application.store.codec import encode
from application.store.log import Log
from application.store.pool import Pool
from application.store.recorder import LogRecorder
from domain.business_hours import Hours, Shift, Week
from domain.ids import CustomerId, DepartmentId, MemberId
from domain.kernel import Actor, Channel, Envelope, Fact
from domain.support import request
from domain.support.calendar import CalendarPublished
from domain.support.promise import Promise, Targets
from domain.support.words import ReplyKind, RequestKind, WaitingOn
from domain.values import ContactChannel, Tier
from projections.reports.period import Period
from projections.reports.sla import sla

CHUNK = 5_000
FACTS = 8
"""Of each request."""
_SPACE = UUID("6f1f2f0e-55aa-4a34-8f0a-4b9a5a2a7b11")
_CALENDAR, _POLICY = uuid5(_SPACE, "calendar"), uuid5(_SPACE, "policy")
_DAY = (Shift(clock_time(9), clock_time(12)), Shift(clock_time(13), clock_time(18)))
_HOURS = Hours("Asia/Shanghai", Week(mon=_DAY, tue=_DAY, wed=_DAY, thu=_DAY, fri=_DAY))
_MONDAY = datetime(2025, 9, 1, 1, tzinfo=UTC)
YEAR = Period(date(2025, 8, 1), date(2026, 8, 1), UTC)
MEMBERS = 200
SPREAD = timedelta(minutes=3)
"""How far apart requests are opened, in turn over some months."""


def measure(sheet: Sheet, place: Place, dsn: str, *, requests: int) -> None:
    """Fill a log with requests that were promised times, then recompute their clocks."""
    pool = Pool(dsn)
    sheet.say(f"Promises: {requests:,} requests")
    fill(LogRecorder(pool), requests)
    pool.close()
    place.administer("analyze", dsn)  # as autovacuum does within a minute
    found = place.child("promises", "recomputed", dsn=dsn)
    group = f"Promised times of {requests:,} requests"
    facts = requests * FACTS + 1
    sheet.add(group, "recomputed by replay, events/s", "/s", [facts / found["seconds"]])
    sheet.add(group, "in all", "s", [found["seconds"]])
    sheet.add(group, "peak memory", "MB", [found["megabytes"]])


def recomputed(dsn: str) -> dict[str, float]:
    """Make the report; return how long it took, and the peak memory."""
    pool = Pool(dsn)
    try:
        log, began = Log(pool), time.perf_counter()
        report = sla(log, YEAR)
        seconds = time.perf_counter() - began
    finally:
        pool.close()
    assert sum(each["met"] + each["breached"] for each in report["clocks"]) > 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "megabytes": peak}


def fill(recorder: LogRecorder, requests: int) -> None:
    """Append the calendar and so many lives of requests, in chunks."""
    events = _stored(requests)
    while chunk := list(islice(events, CHUNK)):
        recorder.insert_events(chunk)


def _stored(requests: int) -> Iterator[StoredEvent]:
    hours = CalendarPublished(
        name="office", version=1, hours=_HOURS, effective_from=date(2025, 1, 1)
    )
    yield _written(_CALENDAR, 1, hours, _MONDAY)
    for number in range(requests):
        yield from _life(number)


def _life(number: int) -> Iterator[StoredEvent]:
    """Tell a request of eight facts; some are answered late, some wait, some come back."""
    id_, turn = uuid5(_SPACE, str(number)), number % 20
    ours = {"customer_id": CustomerId(uuid5(_SPACE, f"customer {number % 50_000}"))}
    who = MemberId(uuid5(_SPACE, f"member {number % MEMBERS}"))
    tier = (Tier.STRATEGIC, Tier.KEY, Tier.NORMAL)[number % 3]
    opened = _MONDAY + number % 60_000 * SPREAD
    promise = Promise(_POLICY, 1, _CALENDAR, 1, tier, Targets(240, 480, 1440))
    steps = [
        (0, request.RequestOpened(
            department_id=DepartmentId(uuid5(_SPACE, f"department {number % 5}")),
            kind=RequestKind.SUPPORT, channel=ContactChannel.EMAIL, title="Where is it?",
            promise=promise, **ours,
        )),
        (10, request.RequestAssigned(member_id=who, **ours)),
        (3000 if turn == 0 else 60, request.RequestReplied(
            kind=ReplyKind.PUBLIC, text="On its way", **ours
        )),
        (3100, request.WaitingStarted(on=WaitingOn.CUSTOMER, contracted=False, **ours)),
        (4000, request.WaitingEnded(on=WaitingOn.CUSTOMER, **ours)),
        (4001, request.CustomerWrote(text="Which address?", **ours)),
        (4100, request.RequestReplied(kind=ReplyKind.PUBLIC, text="Yours", **ours)),
        (9000 if turn == 1 else 4300, request.RequestResolved(resolution="Delivered", **ours)),
    ]  # fmt: skip
    for version, (minutes, event) in enumerate(steps, start=1):
        yield _written(id_, version, event, opened + timedelta(minutes=minutes), who)


def _written(
    id_: UUID, version: int, event: object, at: datetime, who: MemberId | None = None
) -> StoredEvent:
    actor = Actor.system("bench") if who is None else Actor.member(who)
    envelope = Envelope(occurred_at=at, actor=actor, channel=Channel.API)
    fact = Fact(stream_id=id_, version=version, event=event, envelope=envelope)
    return StoredEvent(id_, version, fact.name, encode(fact))
