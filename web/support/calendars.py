"""Business calendars over HTTP: drafted, published, and all their versions."""

from datetime import time
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.business_hours import Hours, Shift, SpecialDay, Week, WeekFrom
from domain.ids import CalendarId
from domain.support import calendar
from domain.support.calendar import calendar_id
from domain.values import SHORT
from projections.support.standards import CALENDARS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Day, Moment, OutcomeSchema, Words
from web.teams.teams import SLUG
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("calendars", "calendars", description="When work is done: business calendars.")

MOST_SHIFTS = 12
MOST_DAYS = 2000
MOST_WEEKS = 200
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"

# --- Schemas --------------------------------------------------------------------------------------


class ClockTime(fields.String):
    """A time of day, such as 09:00."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"pattern": _TIME} | kwargs.pop("metadata", {})
        super().__init__(validate=validate.Regexp(_TIME[:-1] + r"\Z"), metadata=told, **kwargs)


class ShiftSchema(ma.Schema):
    """Hours without a break, closing time not included; 00:00 closes at the end of the day."""

    opens = ClockTime(required=True)
    closes = ClockTime(required=True)

    @ma.post_load
    def _make(self, told: dict[str, str], **_: Any) -> Shift:
        return Shift(time.fromisoformat(told["opens"]), time.fromisoformat(told["closes"]))


def _shifts(**kwargs: Any) -> fields.List[Any]:
    return fields.List(
        fields.Nested(ShiftSchema), validate=validate.Length(max=MOST_SHIFTS), **kwargs
    )


class WeekSchema(ma.Schema):
    """The hours of each weekday; a day that is left out has none."""

    mon = _shifts(load_default=list)
    tue = _shifts(load_default=list)
    wed = _shifts(load_default=list)
    thu = _shifts(load_default=list)
    fri = _shifts(load_default=list)
    sat = _shifts(load_default=list)
    sun = _shifts(load_default=list)

    @ma.post_load
    def _make(self, told: dict[str, list[Shift]], **_: Any) -> Week:
        return Week(**{day: tuple(shifts) for day, shifts in told.items()})


class WeekFromSchema(ma.Schema):
    """Another week, which replaces the one before as a whole from a day on."""

    begins = Day(required=True)
    week = fields.Nested(WeekSchema, required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> WeekFrom:
        return WeekFrom(**told)


class SpecialDaySchema(ma.Schema):
    """The hours of one day, whatever its weekday, and though it may be closed."""

    day = Day(required=True)
    shifts = _shifts(required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> SpecialDay:
        return SpecialDay(told["day"], tuple(told["shifts"]))


class HoursSchema(ma.Schema):
    """When work is done, in local times of a zone."""

    zone = fields.String(
        required=True,
        validate=validate.Length(1, SHORT),
        metadata={"description": "A time zone by its IANA name, such as Asia/Shanghai."},
    )
    week = fields.Nested(WeekSchema, required=True)
    changes = fields.List(
        fields.Nested(WeekFromSchema), load_default=list, validate=validate.Length(max=MOST_WEEKS)
    )
    closed = fields.List(Day(), load_default=list, validate=validate.Length(max=MOST_DAYS))
    working = fields.List(
        fields.Nested(SpecialDaySchema), load_default=list, validate=validate.Length(max=MOST_DAYS)
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Hours:
        listed = {name: tuple(told[name]) for name in ("changes", "closed", "working")}
        return Hours(**told | listed)


class CalendarDraftSchema(ma.Schema):
    """Hours that are not in force."""

    hours = fields.Nested(HoursSchema, required=True)
    drafted_at = Moment()


class CalendarVersionSchema(ma.Schema):
    """Hours as they were published."""

    version = fields.Integer(required=True)
    hours = fields.Nested(HoursSchema, required=True)
    effective_from = fields.Date(required=True)
    published_at = Moment()


class CalendarSchema(ma.Schema):
    """A calendar with its draft and all its versions."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    draft = fields.Nested(CalendarDraftSchema, required=True, allow_none=True)
    versions = fields.List(fields.Nested(CalendarVersionSchema), required=True)


class RedraftCalendarSchema(Change):
    """Hours to try, and perhaps to publish."""

    hours = fields.Nested(HoursSchema, required=True)


class DraftCalendarSchema(RedraftCalendarSchema):
    """A calendar of its own name."""

    name = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])


class PublishCalendarSchema(Change):
    """From which day on requests are promised times by it."""

    effective_from = Day(required=True)


CalendarQuery = list_schema(CALENDARS, {"name": Words()}, sort="name")

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/calendars")
@bp.arguments(CalendarQuery, location="query")
@bp.response(200, page_of(CalendarSchema), description="A page of calendars.")
def list_calendars(args: dict[str, Any]) -> Response:
    """List business calendars."""
    return show_list(CALENDARS, args)


@bp.post("/calendars")
@bp.arguments(DraftCalendarSchema)
@bp.response(201, OutcomeSchema)
def draft_calendar(body: dict[str, Any]) -> Response:
    """Draft a new calendar; nothing changes before it is published."""
    given = envelope(body)
    command = calendar.DraftCalendar(id=calendar_id(body["name"]), **body)
    return carry_out(command, given, created="calendars.get_calendar")


@bp.get("/calendars/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, CalendarSchema, description="The calendar.")
def get_calendar(args: dict[str, Any], id_: UUID) -> Response:
    """Show a calendar with its draft and versions, now or as of any moment."""
    return show(CALENDARS, id_, args)


@bp.post("/calendars/<uuid:id_>/redraft")
@bp.arguments(RedraftCalendarSchema)
@bp.response(200, OutcomeSchema)
def redraft_calendar(body: dict[str, Any], id_: UUID) -> Response:
    """Draft a calendar's next version, or draft it anew."""
    return change(calendar.RedraftCalendar, body, id=CalendarId(id_))


@bp.post("/calendars/<uuid:id_>/publish")
@bp.arguments(PublishCalendarSchema)
@bp.response(200, OutcomeSchema)
def publish_calendar(body: dict[str, Any], id_: UUID) -> Response:
    """Publish the draft as the next version; what was promised before stays as it was."""
    return change(calendar.PublishCalendar, body, id=CalendarId(id_))
