"""What a story promises its customers: its calendar and its service standard, published first."""

from datetime import date, time

from application.promising import Asked, promise
from domain.business_hours import Hours, Shift, SpecialDay, Week, WeekFrom
from domain.support.calendar import DraftCalendar, PublishCalendar, calendar_id
from domain.support.promise import Promise, Targets
from domain.support.sla_policy import (
    MOST_MINUTES,
    DraftSlaPolicy,
    Line,
    PublishSlaPolicy,
    Statement,
    sla_policy_id,
)
from domain.support.words import RequestKind
from domain.teams.department import department_id
from domain.values import Tier
from tests.acceptance.story import Line as StoryLine
from tests.acceptance.story import Telling, happened_at

KINDS = {"service": RequestKind.SUPPORT, "complaint": RequestKind.COMPLAINT}

CALENDAR = "story"

UNPROMISED = {
    tier: dict.fromkeys(("first_response", "next_response", "resolution"), MOST_MINUTES)
    for tier in Tier
}
"""What a story without a standard promises: what is asked of its requests is no promise, but is
counted by its calendar."""


def publish_standard(telling: Telling) -> None:
    """Publish the story's calendar and service standard, before all that it tells."""
    told = telling.story.told
    first = {"id": "", "at": min(telling.story.lines, key=happened_at)["at"]}
    begun = date(2000, 1, 1)
    hours = _hours(told)
    if hours is not None:
        id_ = calendar_id(CALENDAR)
        telling.do(first, DraftCalendar(id=id_, name=CALENDAR, hours=hours))
        telling.do(first, PublishCalendar(id=id_, effective_from=begun))
    company = sla_policy_id(None)
    draft = DraftSlaPolicy(
        id=company,
        statement=Statement(en=telling.story.name, zh=telling.story.name),
        calendar_id=None if hours is None else calendar_id(CALENDAR),
        lines=tuple(
            Line(tier=Tier(tier), targets=Targets(**minutes))
            for tier, minutes in told.get("sla", UNPROMISED).items()
        ),
    )
    telling.do(first, draft)
    telling.do(first, PublishSlaPolicy(id=company, effective_from=begun))


def _hours(told: StoryLine) -> Hours | None:
    told_hours = told.get("calendar", {"always_open": True})
    if told_hours.get("always_open"):
        return None
    return Hours(
        zone=told["timezone"],
        week=_week(told_hours["weekly"]),
        changes=tuple(
            WeekFrom(date.fromisoformat(change["from"]), _week(change["weekly"]))
            for change in sorted(told_hours.get("changes", []), key=lambda each: each["from"])
        ),
        closed=tuple(date.fromisoformat(day) for day in told_hours.get("closed", [])),
        working=tuple(
            SpecialDay(date.fromisoformat(day), _shifts(shifts))
            for day, shifts in told_hours.get("working", {}).items()
        ),
    )


def _week(weekly: StoryLine) -> Week:
    return Week(**{day: _shifts(shifts) for day, shifts in weekly.items()})


def _shifts(told: list[list[str]]) -> tuple[Shift, ...]:
    """Return the hours of a day: those that overlap are worked once."""
    found: list[list[str]] = []
    for opens, closes in sorted(told):
        if found and opens <= found[-1][1]:
            found[-1][1] = max(found[-1][1], closes)
        else:
            found.append([opens, closes])
    return tuple(Shift(_time(opens), _time(closes)) for opens, closes in found)


def _time(told: str) -> time:
    return time() if told == "24:00" else time.fromisoformat(told)


def promised(telling: Telling, line: StoryLine) -> Promise | None:
    """Return what the standard promises for a request that a story opens."""
    asked = Asked(
        department_id=department_id(line["department"]),
        tier=_tier_then(telling, line),
        kind=KINDS[line["kind"]],
        opened_at=happened_at(line),
        zone=telling.story.zone,
    )
    return promise(telling.crm.load, asked)


def _tier_then(telling: Telling, opening: StoryLine) -> Tier:
    """Return the tier of the customer at the opening, as it was known when that was recorded."""
    known = telling.story.lines[: telling.story.lines.index(opening)]
    tiers = [
        each
        for each in known
        if each["do"] in ("customer_registered", "customer_retiered")
        and each["customer"] == opening["customer"]
        and happened_at(each) <= happened_at(opening)
    ]
    return Tier(max(tiers, key=happened_at)["tier"])
