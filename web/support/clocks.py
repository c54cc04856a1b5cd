"""The clocks of requests over HTTP: of one request, at any moment; and the board of all."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields

from application.store.log import NOW, Window
from domain.access.roles import Action, Resource
from domain.business_hours import WorkingTime, business_time, seconds_of
from domain.ids import CalendarId
from domain.kernel import Recorded
from domain.support.calendar import CALENDAR, Kept
from domain.support.promise import Promise
from domain.support.request import RequestEscalated, RequestRetracted
from domain.support.request_life import Life, happening, life
from domain.support.sla import SHARES, Reading, State, read, readings
from domain.support.words import Clock, RequestKind
from domain.values import Tier
from projections.documents import Document, utc
from projections.reader import Wanted, Within
from projections.reports.corrected import Corrections
from projections.reports.rounding import places
from projections.support.requests import REQUESTS, promised
from projections.support.sla_board import SLA_BOARD, breach_risk, shown, written
from web.access.seeing import access
from web.bodies import Routes
from web.fields import Id, IdOrNone, Moment, Time
from web.running import concord, json_response
from web.support.requests import PromiseSchema
from web.views import (
    MomentSchema,
    await_position,
    list_schema,
    must_be_there,
    page_of,
    show_list,
    window,
)

bp = Routes("clocks", "clocks", description="What was promised, and what of the time is used up.")

# --- Schemas --------------------------------------------------------------------------------------


class ClockSchema(ma.Schema):
    """A clock of a request, in seconds of business time; due_at is null while it rests."""

    clock = fields.Enum(Clock, by_value=True, required=True)
    cycle = fields.Integer(required=True)
    state = fields.Enum(State, by_value=True, required=True)
    started_at = Moment()
    elapsed_seconds = fields.Integer(required=True)
    paused_seconds = fields.Integer(required=True)
    target_seconds = fields.Integer(required=True)
    due_at = Moment(allow_none=True)
    breached_at = Moment(allow_none=True)
    met = fields.Boolean(required=True, allow_none=True)
    over_seconds = fields.Integer(required=True)
    charged_to = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "A member's id; team: the queue; unattributed: another tier."},
    )


class ReachedSchema(ma.Schema):
    """When a share of the promised time was used up."""

    percent = fields.Integer(required=True)
    reached_at = Moment()


class ClockThenSchema(ClockSchema):
    """A clock as it stood, and what it had reached by then."""

    reached = fields.List(fields.Nested(ReachedSchema), required=True)


class EscalatedSchema(ma.Schema):
    """What the request was escalated for, and when."""

    clock = fields.Enum(Clock, by_value=True, required=True)
    cycle = fields.Integer(required=True)
    percent = fields.Integer(required=True)
    reached_at = Moment()
    escalated_at = Moment()
    position = fields.String(required=True)


class RiskSchema(ma.Schema):
    """How likely the resolution comes too late, by all others of the tier that are resolved."""

    comparable = fields.Integer(required=True)
    longer_than_elapsed = fields.Integer(required=True)
    longer_than_target = fields.Integer(required=True)
    probability = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "In percent; advice, and never scored."},
    )


class ClocksSchema(ma.Schema):
    """The clocks of a request at a moment, by what promise, and on which facts they stand."""

    request_id = fields.UUID(required=True)
    measured_to = Moment()
    tier = fields.Enum(Tier, by_value=True, required=True, allow_none=True)
    promise = fields.Nested(PromiseSchema, required=True, allow_none=True)
    clocks = fields.List(fields.Nested(ClockThenSchema), required=True)
    escalations = fields.List(fields.Nested(EscalatedSchema), required=True)
    risk = fields.Nested(
        RiskSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Only of now, and of what was promised and is not resolved."},
    )
    evidence = fields.List(
        fields.String(), required=True, metadata={"description": "Positions in the log."}
    )


class EscalationSchema(ma.Schema):
    """What is escalated next, if nothing happens before."""

    clock = fields.Enum(Clock, by_value=True, required=True)
    cycle = fields.Integer(required=True)
    percent = fields.Integer(required=True)
    reached_at = Moment()


class KeptFactSchema(ma.Schema):
    """A fact that the clocks mind."""

    position = fields.String(required=True)
    at = fields.Integer(required=True, metadata={"description": "Seconds since 1970."})
    event = fields.String(required=True)
    told = fields.Raw(required=True, allow_none=True)


class BoardLineSchema(ma.Schema):
    """A request on the board, its clocks as they stood when something last happened to it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    department_id = fields.UUID(required=True)
    holder_id = fields.UUID(required=True, allow_none=True)
    kind = fields.Enum(RequestKind, by_value=True, required=True)
    title = fields.String(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    state = fields.Enum(State, by_value=True, required=True)
    promised = fields.Boolean(required=True)
    closed = fields.Boolean(required=True)
    opened_at = Moment()
    due_at = Moment(allow_none=True, metadata={"description": "Of the running clock due first."})
    breaks_at = Moment(
        allow_none=True,
        metadata={"description": "When its first promise broke, or breaks if nothing happens."},
    )
    risk_at = Moment(
        allow_none=True,
        metadata={"description": "When three quarters of a promised time are used up."},
    )
    escalate_at = Moment(allow_none=True)
    escalate = fields.Nested(EscalationSchema, required=True, allow_none=True)
    resolved_seconds = fields.Integer(required=True, allow_none=True)
    escalated = fields.List(fields.List(fields.Raw()), required=True)
    clocks = fields.List(fields.Nested(ClockSchema), required=True)
    facts = fields.List(fields.Nested(KeptFactSchema), required=True)


class ClocksQuery(MomentSchema):
    """As of when; the clocks are read at ``as_of``, else when it was known, else now."""


_BoardQuery: Any = list_schema(
    SLA_BOARD,
    {
        "department_id": Id(),
        "customer_id": Id(),
        "holder_id": IdOrNone(metadata={"description": "A member's id; empty: in a queue."}),
        "tier": fields.Enum(Tier, by_value=True),
        "kind": fields.Enum(RequestKind, by_value=True),
        "state": fields.Enum(State, by_value=True),
    },
    sort="due_at",
)


class BoardQuery(_BoardQuery):
    """Which requests that were promised times; those that are not stopped, unless said."""

    class Meta:
        """Only as it is now: the past of a request is at its clocks."""

        exclude = ("as_of", "known_at", "position")

    due_before = Time(metadata={"description": "A running clock is due before this."})
    breaks_before = Time(
        metadata={"description": "One of its promises is broken at this time, unless it is kept."}
    )
    risk_before = Time(
        metadata={"description": "Three quarters of a running clock are used up at this time."}
    )


BEFORE = {"due_before": "due_at", "breaks_before": "breaks_at", "risk_before": "risk_at"}


class CountsQuery(ma.Schema):
    """Whose part of the board."""

    filter_department_id = Id(data_key="filter[department_id]")
    filter_holder_id = Id(data_key="filter[holder_id]")
    filter_tier = fields.Enum(Tier, by_value=True, data_key="filter[tier]")


class BoardCountsSchema(ma.Schema):
    """How many open requests were promised times; those at risk are not broken (yet)."""

    running = fields.Integer(required=True)
    paused = fields.Integer(required=True)
    breached = fields.Integer(required=True)
    at_risk = fields.Integer(required=True)


# --- One request ----------------------------------------------------------------------------------


@bp.get("/requests/<uuid:id_>/clocks")
@bp.arguments(ClocksQuery, location="query")
@bp.response(200, ClocksSchema, description="The clocks.")
def get_clocks(args: dict[str, Any], id_: UUID) -> Response:
    """Show each clock of a request, replayed from its facts, now or as of any moment."""
    must_be_there(REQUESTS, id_, args)
    seen = window(args) or NOW
    facts = _facts(id_, seen)
    told = {fact.position: kept for fact in facts if (kept := happening(fact)) is not None}
    until = args.get("as_of") or args.get("known_at") or datetime.now(UTC)
    last = max((kept.at for kept in told.values()), default=seconds_of(until))
    found = life(told.values(), max(seconds_of(until), last) if seen is NOW else seconds_of(until))
    promise = None if found is None else found.promise
    answer: Document = {
        "request_id": str(id_),
        "measured_to": utc(until),
        "tier": promise and str(promise.tier),
        "promise": promised(promise),
        "clocks": [],
        "escalations": [_escalated(fact) for fact in facts if _is_escalation(fact)],
        "risk": None,
        "evidence": [str(position) for position in told],
    }
    if found is not None and promise is not None:
        hours = _hours(promise)
        answer["clocks"] = [shown(each) | _reached(each) for each in readings(found, hours)]
        if seen is NOW:
            answer["risk"] = _risk(id_, found, hours)
    return json_response(orjson.dumps(answer))


def _facts(id_: UUID, seen: Window) -> list[Recorded[Any]]:
    """Return what happened to a request since it was last taken back, corrected."""
    found: list[Recorded[Any]] = []
    log = concord().log
    for fact in Corrections.known(log, seen.position).of(log.stream(id_)):
        if isinstance(fact.event, RequestRetracted) and seen.shows(fact):
            found = []
        elif seen.shows(fact):
            found.append(fact)
    return found


def _hours(promise: Promise) -> WorkingTime:
    if promise.calendar_id is None:
        return business_time(None)
    state = concord().crm.load(CALENDAR, CalendarId(promise.calendar_id)).state
    version = state.version(promise.calendar_version) if isinstance(state, Kept) else None
    return business_time(version and version.hours)


def _is_escalation(fact: Recorded[Any]) -> bool:
    return isinstance(fact.event, RequestEscalated)


def _escalated(fact: Recorded[RequestEscalated]) -> Document:
    return {
        "clock": str(fact.event.clock),
        "cycle": fact.event.cycle,
        "percent": fact.event.percent,
        "reached_at": utc(fact.event.reached_at),
        "escalated_at": utc(fact.occurred_at),
        "position": str(fact.position),
    }


def _reached(reading: Reading) -> Document:
    shares = zip(SHARES, reading.reached, strict=True)
    return {
        "reached": [
            {"percent": share, "reached_at": written(at)} for share, at in shares if at is not None
        ]
    }


def _risk(id_: UUID, found: Life, hours: WorkingTime) -> Document | None:
    reading = read(found, hours, Clock.RESOLUTION)
    if reading is None or reading.state is State.STOPPED:
        return None
    risk = breach_risk(concord().reader, id_, reading)
    likely = risk.probability
    return {
        "comparable": risk.comparable,
        "longer_than_elapsed": risk.longer_than_elapsed,
        "longer_than_target": risk.longer_than_target,
        "probability": None if likely is None else places(Fraction(100) * likely),
    }


# --- The board ------------------------------------------------------------------------------------


@bp.get("/sla-board")
@bp.arguments(BoardQuery, location="query")
@bp.response(200, page_of(BoardLineSchema), description="A page of the board, the next due first.")
def list_sla_board(args: dict[str, Any]) -> Response:
    """List the open requests that were promised times, and when they are due."""
    fixed: dict[str, Wanted] = {}
    if "filter_state" not in args:
        fixed["state"] = (str(State.RUNNING), str(State.PAUSED))
    for name, field in BEFORE.items():
        if (time := args.pop(name, None)) is not None:
            fixed[field] = Within(least="0", below=utc(time))
    return show_list(SLA_BOARD, args, fixed)


@bp.get("/sla-board/counts")
@bp.arguments(CountsQuery, location="query")
@bp.response(200, BoardCountsSchema, description="How many are how.")
def count_sla_board(args: dict[str, Any]) -> Response:
    """Count the open requests that were promised times, as they are now."""
    access().require(Action.READ, Resource.REQUEST)
    position = await_position(SLA_BOARD.name)
    whose = {name.removeprefix("filter_"): str(value) for name, value in args.items()}
    now = utc(datetime.now(UTC))
    broken, whole = Within(least="0", below=now), Within(least=now)
    states = _counted(whose)
    counts = {
        "running": states.get(str(State.RUNNING), 0),
        "paused": states.get(str(State.PAUSED), 0),
        "breached": sum(_counted(whose | {"breaks_at": broken}).values()),
        "at_risk": sum(_counted(whose | {"breaks_at": whole, "risk_at": broken}).values()),
    }
    response = json_response(orjson.dumps(counts))
    response.headers["Concord-Position"] = str(position)
    return response


def _counted(filters: dict[str, Any]) -> dict[str, int]:
    open_: dict[str, Wanted] = {"state": (str(State.RUNNING), str(State.PAUSED))}
    reading = access().reading(SLA_BOARD)
    return concord().reader.count(SLA_BOARD, "state", open_ | filters, reading)
