"""The SLA board: every request that was promised times, when they are due, who is told before.

A document keeps what the clocks mind of a request's facts; from that and the business hours the
engine (``domain.support.sla``) tells how each clock stood at the last of them, and what follows if
nothing happens. So nothing has to look at the time: whether a promise is broken *now* is a question
with the present time in it. The hours are kept beside the documents: published once, they stay.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import msgspec
import orjson
from psycopg2 import sql

from application.store.pool import Cursor, Pool
from domain.business_hours import Hours, WorkingTime, business_time, instant_of
from domain.ids import MemberId
from domain.kernel import EVENTS, Recorded
from domain.support import request
from domain.support.calendar import CalendarPublished
from domain.support.escalating import Ahead, next_escalation, reaches
from domain.support.promise import Promise
from domain.support.request_life import Happening, happening, life
from domain.support.sla import Reading, Risk, State, readings
from domain.support.words import Clock, WaitingOn
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, sort_key, utc
from projections.kernel import Facts, Write
from projections.reader import Reader

AT_RISK = 75
"""At which percentage of a promised time it is at risk."""
Calendars = Mapping[tuple[str, int], Hours]

# --- What is kept of a request --------------------------------------------------------------------

_TOLD: dict[type[Any], Any] = {
    request.RequestOpened: tuple[Promise | None, MemberId | None],
    request.RequestRetiered: Promise,
    request.RequestAssigned: MemberId,
    request.RequestReplied: MemberId | None,
    request.RequestResolved: MemberId | None,
    request.RequestClosed: MemberId | None,
    request.WaitingStarted: tuple[WaitingOn, bool],
    request.WaitingEnded: WaitingOn,
}
"""What a happening tells, by its event; the others tell nothing."""


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a request into what the clocks mind of it."""
    event = fact.event
    if isinstance(event, request.RequestOpened):
        return {
            "id": str(key),
            "customer_id": str(event.customer_id),
            "department_id": str(event.department_id),
            "holder_id": None if event.holder_id is None else str(event.holder_id),
            "kind": event.kind,
            "title": event.title,
            "tier": None,
            "opened_at": utc(fact.occurred_at),
            "promised": event.promise is not None,
            "closed": False,
            "escalated": [],
            "facts": list(_kept(fact)),
        }
    if document is None or isinstance(event, request.RequestRetracted | request.RequestVoided):
        return None
    kept = list(_kept(fact))
    return _changes(document, event) | ({"facts": [*document["facts"], *kept]} if kept else {})


def _changes(document: Document, event: request.Event) -> Document:
    match event:
        case request.RequestAssigned(member_id=member_id):
            return {"holder_id": str(member_id)}
        case request.RequestQueued(department_id=department_id):
            return {"department_id": str(department_id), "holder_id": None}
        case request.RequestRetiered():
            return {"promised": True}
        case request.RequestClosed():
            return {"closed": True}
        case request.RequestReopened():
            return {"closed": False}
        case request.RequestEscalated(clock=clock, cycle=cycle, percent=percent):
            return {"escalated": [*document["escalated"], [str(clock), cycle, percent]]}
        case _:
            return {}


def _kept(fact: Recorded[Any]) -> Iterator[Document]:
    if (kept := happening(fact)) is not None:
        yield {
            "position": str(fact.position),
            "at": kept.at,
            "event": fact.name,
            "told": msgspec.to_builtins(kept.told),
        }


def _happening(kept: Document) -> Happening:
    what = EVENTS[kept["event"]]
    told = msgspec.convert(kept["told"], _TOLD[what]) if what in _TOLD else None
    return Happening(kept["at"], what, told)


# --- How its clocks stand -------------------------------------------------------------------------


_NOTHING: Document = dict.fromkeys(
    (
        "tier",
        "state",
        "due_at",
        "breaks_at",
        "risk_at",
        "escalate_at",
        "escalate",
        "resolved_seconds",
    )
) | {"clocks": []}


def standing(document: Document, calendars: Calendars) -> Document:
    """Return how a request's clocks stood at its last fact, and what follows if nothing happens."""
    if not document["promised"]:
        return _NOTHING
    happenings = [_happening(kept) for kept in document["facts"]]
    found = life(happenings, max(each.at for each in happenings))
    if found is None or found.promise is None or not _is_known(found.promise, calendars):
        return _NOTHING
    hours = business_time(_hours(found.promise, calendars))
    clocks = list(readings(found, hours))
    # What is closed is done with, though it may never have been answered.
    running = [] if document["closed"] else [each for each in clocks if _runs(each)]
    done = {(Clock(clock), cycle, percent) for clock, cycle, percent in document["escalated"]}
    escalate = _escalation(next_escalation(running, done, found.until, hours))
    return {
        "tier": str(found.promise.tier),
        "state": str(State.STOPPED) if document["closed"] else _state(clocks),
        "due_at": _earliest(each.due_at for each in running),
        "breaks_at": _earliest(
            _breaks_at(each, hours) for each in clocks if each in running or each.breached_at
        ),
        "risk_at": _earliest(reaches(each, AT_RISK, found.until, hours) for each in running),
        "escalate_at": escalate and escalate["reached_at"],
        "escalate": escalate,
        "resolved_seconds": next(
            (each.elapsed for each in clocks if each.clock is Clock.RESOLUTION and not _open(each)),
            None,
        ),
        "clocks": [shown(each) for each in clocks],
    }


def _runs(reading: Reading) -> bool:
    return reading.state is State.RUNNING


def _open(reading: Reading) -> bool:
    return reading.state is not State.STOPPED


def _is_known(promise: Promise, calendars: Calendars) -> bool:
    # Folded in memory, without the hours beside the documents, it tells nothing of clocks.
    return promise.calendar_id is None or (_version(promise) in calendars)


def _version(promise: Promise) -> tuple[str, int]:
    return str(promise.calendar_id), promise.calendar_version


def _hours(promise: Promise, calendars: Calendars) -> Hours | None:
    if promise.calendar_id is None:
        return None
    return calendars[_version(promise)]


def _state(clocks: list[Reading]) -> str:
    """Tell of a request that any clock runs, else that one rests, else that all have stopped."""
    states = {each.state for each in clocks}
    return next(
        str(each) for each in (State.RUNNING, State.PAUSED, State.STOPPED) if each in states
    )


def _breaks_at(reading: Reading, hours: WorkingTime) -> int | None:
    if reading.breached_at is not None:
        return reading.breached_at
    # Reaching is not exceeding: it breaks with the first second of work beyond.
    return None if reading.due_at is None else hours.resume(reading.due_at)


def _escalation(ahead: Ahead | None) -> Document | None:
    if ahead is None:
        return None
    return {
        "clock": str(ahead.clock),
        "cycle": ahead.cycle,
        "percent": ahead.percent,
        "reached_at": written(ahead.at),
    }


def _earliest(instants: Iterator[int | None]) -> str | None:
    return written(min((each for each in instants if each is not None), default=None))


def written(seconds: int | None) -> str | None:
    """Write an instant as documents and answers do."""
    return None if seconds is None else utc(instant_of(seconds))


def shown(reading: Reading) -> Document:
    """Write a clock as documents and answers do."""
    return {
        "clock": str(reading.clock),
        "cycle": reading.cycle,
        "state": str(reading.state),
        "started_at": written(reading.started_at),
        "elapsed_seconds": reading.elapsed,
        "paused_seconds": reading.paused,
        "target_seconds": reading.target,
        "due_at": written(reading.due_at),
        "breached_at": written(reading.breached_at),
        "met": reading.met,
        "over_seconds": reading.over,
        "charged_to": None if reading.charged_to is None else str(reading.charged_to),
    }


# --- The read model -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SlaBoard(ReadModel):
    """A read model that keeps the hours of published calendars beside its documents."""

    calendars: Calendars = field(default_factory=dict, compare=False)

    def tables(self, generation: int) -> dict[str, sql.Identifier]:
        """Return the tables of a generation, by what they hold."""
        hours = sql.Identifier("views", f"{self.name}_hours_{generation}")
        return super().tables(generation) | {"hours": hours}

    def create(self, cursor: Cursor, generation: int) -> None:
        """Create the empty tables of a generation."""
        super().create(cursor, generation)
        cursor.execute(
            sql.SQL(
                "create table {} (calendar_id uuid, version integer, body jsonb not null,"
                " primary key (calendar_id, version))"
            ).format(self.tables(generation)["hours"])
        )

    def drop(self, cursor: Cursor, generation: int) -> None:
        """Drop the tables of a generation."""
        super().drop(cursor, generation)
        hours = self.tables(generation)["hours"]
        cursor.execute(sql.SQL("drop table if exists {}").format(hours))

    def prepare(self, pool: Pool, generation: int, facts: Facts) -> Write:
        """Fold with the hours published until now, and keep those that are published here."""
        if not any(isinstance(fact.event, CalendarPublished) or self.minds(fact) for fact in facts):
            return super().prepare(pool, generation, facts)  # no hours are needed for nothing
        published = {
            (str(fact.stream_id), fact.event.version): fact.event.hours
            for fact in facts
            if isinstance(fact.event, CalendarPublished)
        }
        known = self._published(pool, generation)
        documents = replace(self, calendars=known | published).prepared(pool, generation, facts)

        def write(cursor: Cursor) -> None:
            documents(cursor)
            for (calendar_id, version), hours in published.items():
                cursor.execute(
                    sql.SQL("insert into {} values (%s, %s, %s) on conflict do nothing").format(
                        self.tables(generation)["hours"]
                    ),
                    (calendar_id, version, orjson.dumps(msgspec.to_builtins(hours)).decode()),
                )

        return write

    def prepared(self, pool: Pool, generation: int, facts: Facts) -> Write:
        """Fold, knowing the hours."""
        return super().prepare(pool, generation, facts)

    def _published(self, pool: Pool, generation: int) -> dict[tuple[str, int], Hours]:
        with pool.reading() as cursor:
            cursor.execute(
                sql.SQL("select calendar_id::text, version, body from {}").format(
                    self.tables(generation)["hours"]
                )
            )
            return {(id_, number): msgspec.convert(body, Hours) for id_, number, body in cursor}

    def run(self, document: Document | None, key: UUID, facts: Facts) -> Document | None:
        """Fold facts into a document, and read its clocks."""
        after = super().run(document, key, facts)
        if after is None or not any(self.minds(fact) for fact in facts):
            return after
        return after | standing(after, self.calendars)


SLA_BOARD = SlaBoard(
    name="sla_board",
    version=1,
    subject="request",
    beside="request",
    fold=fold,
    fields=(
        "state",
        "customer_id",
        "department_id",
        "holder_id",
        "kind",
        "tier",
        "due_at",
        "breaks_at",
        "risk_at",
        "escalate_at",
        "opened_at",
    ),
    row={
        "customer_id": "customer_id",
        "department_id": "department_id",
        "holder_id": "holder_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
)


def breach_risk(reader: Reader, id_: UUID, reading: Reading) -> Risk:
    """Judge a request's resolution by all others of its tier that are resolved now."""
    statement = sql.SQL(
        "select count(*), count(*) filter (where seconds > %s),"
        " count(*) filter (where seconds > %s)"
        " from (select (body->>'resolved_seconds')::bigint seconds from {table}"
        " where {tier} = %s and key <> %s) comparable where seconds is not null"
    ).format(table=SLA_BOARD.table(reader.generation(SLA_BOARD.name)), tier=sort_key("tier"))
    values = (reading.elapsed, reading.target, str(reading.promise.tier), id_)
    with reader.pool.reading() as cursor:
        cursor.execute(statement, values)
        return Risk(*cursor.fetchall()[0])
