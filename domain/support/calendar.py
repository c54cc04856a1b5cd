"""A business calendar: when work is done, version after version.

A draft changes nothing. What was published stays, and every promise names the version it was made
by, so that hours published later never move a time that was promised. The id follows from the name.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from domain.business_hours import Flaw, Hours, flaws
from domain.days import day_of
from domain.ids import CalendarId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event
from domain.versions import Versions


def calendar_id(name: str) -> CalendarId:
    """Return the id of the calendar with this name."""
    return CalendarId(named_id("calendar", name))


# --- Events -----------------------------------------------------------------------------------


@event("calendar.drafted", zh="起草营业日历")
class CalendarDrafted:
    """Business calendar drafted."""

    name: str
    hours: Hours


@event("calendar.published", zh="发布营业日历")
class CalendarPublished:
    """Business calendar published."""

    name: str
    version: int
    hours: Hours
    effective_from: date


Event = CalendarDrafted | CalendarPublished

# --- Commands ---------------------------------------------------------------------------------


@command
class DraftCalendar:
    """Draft a new calendar; its id follows from the name (``calendar_id``)."""

    id: CalendarId
    name: str
    hours: Hours


@command
class RedraftCalendar:
    """Put another draft in the place of the present one; what is published stays in force."""

    id: CalendarId
    hours: Hours


@command
class PublishCalendar:
    """Publish the draft as the next version, in force from a day of the calendar's zone on."""

    id: CalendarId
    effective_from: date


Command = DraftCalendar | RedraftCalendar | PublishCalendar

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such calendar."""


@dataclass(frozen=True)
class Kept(Versions[CalendarDrafted, CalendarPublished]):
    """A calendar, drafted or published."""

    name: str

    def in_force_at(self, instant: datetime) -> CalendarPublished | None:
        """Return the version in force on the day of an instant; before the first one, the first."""
        for each in reversed(self.versions):
            if each.effective_from <= day_of(instant, ZoneInfo(each.hours.zone)):
                return each
        return self.versions[0] if self.versions else None


Calendar = Absent | Kept

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, calendar: Calendar, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: calendar.exists, calendar.unknown, calendar.not-the-names,
    calendar.no-draft, calendar.too-early, and what hours cannot be published with:
    calendar.unknown-zone, calendar.overlapping-shifts, calendar.no-working-time,
    calendar.changes-out-of-order, calendar.day-twice.
    """
    match command:
        case DraftCalendar(name=name):
            if isinstance(calendar, Kept):
                raise Rejected(
                    "calendar.exists", "There is a calendar of this name already.", field="name"
                )
            if command.id != calendar_id(name):
                raise Rejected(
                    "calendar.not-the-names", "A calendar's id follows from its name.", field="id"
                )
            return [_drafted(name, command.hours)]
        case RedraftCalendar(hours=hours):
            here = _known(calendar)
            drafted = _drafted(here.name, hours)
            return [] if drafted == here.draft else [drafted]
        case PublishCalendar(effective_from=day):
            return [_published(_known(calendar), day)]
        case _:
            assert_never(command)


def _known(calendar: Calendar) -> Kept:
    if isinstance(calendar, Absent):
        raise Rejected("calendar.unknown", "There is no such calendar.")
    return calendar


def _drafted(name: str, hours: Hours) -> CalendarDrafted:
    for flaw in flaws(hours):
        raise _refused(flaw)
    return CalendarDrafted(name=name, hours=hours)


def _refused(flaw: Flaw) -> Rejected:
    match flaw.code:
        case "unknown-zone":
            return Rejected("calendar.unknown-zone", flaw.sentence, field="hours")
        case "overlapping-shifts":
            return Rejected("calendar.overlapping-shifts", flaw.sentence, field="hours")
        case "changes-out-of-order":
            return Rejected("calendar.changes-out-of-order", flaw.sentence, field="hours")
        case "day-twice":
            return Rejected("calendar.day-twice", flaw.sentence, field="hours")
        case _:
            return Rejected("calendar.no-working-time", flaw.sentence, field="hours")


def _published(calendar: Kept, day: date) -> CalendarPublished:
    if calendar.draft is None:
        raise Rejected("calendar.no-draft", "There is no draft to publish; draft one first.")
    latest = calendar.latest
    if latest is not None and day < latest.effective_from:
        raise Rejected(
            "calendar.too-early",
            "A version cannot be in force before the one it follows.",
            field="effective_from",
        )
    return CalendarPublished(
        name=calendar.name,
        version=calendar.next_number,
        hours=calendar.draft.hours,
        effective_from=day,
    )


def evolve(calendar: Calendar, fact: Fact[Event]) -> Calendar:
    """Fold one fact into the state."""
    here = calendar if isinstance(calendar, Kept) else Kept(fact.event.name)
    match fact.event:
        case CalendarDrafted():
            return here.drafted(fact.event)
        case CalendarPublished():
            return here.published(fact.event)
        case _:
            assert_never(fact.event)


def active(calendar: Calendar) -> bool:
    """Tell whether times may be promised by it: a version was published."""
    return isinstance(calendar, Kept) and bool(calendar.versions)


CALENDAR: Decider[Command, Calendar, Event] = Decider(
    kind="calendar",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
