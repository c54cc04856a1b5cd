"""What the sample company promises its customers, by which hours, and who is told in time."""

from datetime import date, time, timedelta
from uuid import UUID

from application.demo.hours import SHANGHAI, at
from application.demo.people import CHEN_JING
from application.demo.script import TIMER, Beat, Script, Storyline, acted
from application.promising import Asked, promise, retiered
from domain.business_hours import Hours, Shift, SpecialDay, Week, business_time, instant_of
from domain.ids import CustomerId, DepartmentId, RequestId
from domain.support.calendar import CALENDAR, DraftCalendar, PublishCalendar, calendar_id
from domain.support.escalating import Ahead, next_escalation
from domain.support.promise import Promise, Targets
from domain.support.request import EscalateRequest
from domain.support.request_life import happening, life
from domain.support.request_states import Open, Resolved
from domain.support.sla import readings
from domain.support.sla_policy import (
    DraftSlaPolicy,
    Line,
    PublishSlaPolicy,
    Statement,
    sla_policy_id,
)
from domain.support.words import RequestKind
from domain.values import Tier

_DAY = (Shift(time(9), time(12)), Shift(time(13), time(18)))
_FIRST_OF_OCTOBER = date(2025, 10, 1)
HOURS = Hours(
    zone="Asia/Shanghai",
    week=Week(mon=_DAY, tue=_DAY, wed=_DAY, thu=_DAY, fri=_DAY),
    closed=(
        *(_FIRST_OF_OCTOBER + timedelta(days=n) for n in range(8)),  # 国庆、中秋
        date(2026, 9, 25),  # 中秋节
    ),
    working=(SpecialDay(date(2025, 9, 28), _DAY), SpecialDay(date(2025, 10, 11), _DAY)),
)
_CALENDAR = calendar_id("service")
_STANDARD = sla_policy_id(None)
_STATEMENT = Statement(
    en="We answer every customer within the time that was promised, and say so when we cannot.",
    zh="我们在承诺的时限内答复每位客户；做不到时，及时说明。",
)
_LINES = (
    Line(tier=Tier.STRATEGIC, targets=Targets(30, 60, 240)),
    Line(tier=Tier.KEY, targets=Targets(120, 240, 480)),
    Line(tier=Tier.NORMAL, targets=Targets(240, 480, 1440)),
)
_FROM = date(2025, 1, 1)


def standards(script: Script) -> Storyline:
    """Return how the calendar and the standard are published, before the first request."""
    drafted = DraftSlaPolicy(
        id=_STANDARD, statement=_STATEMENT, calendar_id=_CALENDAR, lines=_LINES
    )
    return acted(
        script,
        Beat(at(7, 1, 8, 20), CHEN_JING, DraftCalendar(id=_CALENDAR, name="service", hours=HOURS)),
        Beat(at(7, 1, 8, 25), CHEN_JING, PublishCalendar(id=_CALENDAR, effective_from=_FROM)),
        Beat(at(7, 1, 8, 30), CHEN_JING, drafted),
        Beat(at(7, 1, 8, 35), CHEN_JING, PublishSlaPolicy(id=_STANDARD, effective_from=_FROM)),
    )


def promised(
    script: Script, customer_id: CustomerId, department_id: DepartmentId, kind: RequestKind
) -> Promise | None:
    """Return what a customer is promised for a request that is opened now."""
    tier = script.state(customer_id).tier
    return promise(
        script.load,
        Asked(
            department_id=department_id, tier=tier, kind=kind, opened_at=script.now, zone=SHANGHAI
        ),
    )


def raised(script: Script, id_: RequestId, kind: RequestKind) -> Promise | None:
    """Return what strategic customers are promised, where it is another one's request."""
    now = script.state(id_).promise
    if now is None or now.tier is Tier.STRATEGIC:
        return None
    return retiered(script.load, now, Tier.STRATEGIC, kind)


# --- Escalations ----------------------------------------------------------------------------------


def escalations(script: Script, id_: UUID) -> Storyline:
    """Tell when a share of a request's promised time is used up, unless something happens before.

    Whatever happens to the request, this is planned again.
    """
    seen = script.told(id_)
    ahead = _ahead(script, id_)
    if ahead is None:
        return
    reached_at = instant_of(ahead.at)
    yield reached_at.astimezone(SHANGHAI)
    if len(script.told(id_)) > len(seen):
        return
    escalate = EscalateRequest(
        id=RequestId(id_),
        clock=ahead.clock,
        cycle=ahead.cycle,
        percent=ahead.percent,
        reached_at=reached_at,
    )
    script.say(escalate, TIMER, reason="A share of the promised time is used up.")


def _ahead(script: Script, id_: UUID) -> Ahead | None:
    request = script.state(id_)
    if not isinstance(request, Open | Resolved) or request.promise is None:
        return None
    told = [kept for fact in script.told(id_) if (kept := happening(fact)) is not None]
    found = life(told, max(each.at for each in told))
    if found is None:
        return None
    calendar = script.load(CALENDAR, _CALENDAR).state
    version = calendar.version(request.promise.calendar_version)
    hours = business_time(version.hours)
    return next_escalation(readings(found, hours), request.escalated, found.until, hours)
