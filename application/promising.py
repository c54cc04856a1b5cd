"""What a customer is promised for a request: by whose standard, whose hours, and which tier."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from application.deciding import Loaded
from domain.customers import customer
from domain.customers.customer_rules import CUSTOMER
from domain.days import day_of
from domain.ids import CalendarId, CustomerId, DepartmentId, SlaPolicyId
from domain.kernel import Decider
from domain.support.calendar import CALENDAR, CalendarPublished, Kept
from domain.support.promise import Promise
from domain.support.sla_policy import (
    SLA_POLICY,
    SlaPolicyPublished,
    Standard,
    sla_policy_id,
    targets_of,
)
from domain.support.words import RequestKind
from domain.values import Tier

Load = Callable[[Decider[Any, Any, Any], UUID], Loaded]
"""How to look at a thing's present state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What decides which times are promised for a request; ``zone``: the organisation's."""

    department_id: DepartmentId
    tier: Tier
    kind: RequestKind
    opened_at: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A standard's version in force, and its calendar's; ``hours`` None: every minute counts."""

    policy_id: SlaPolicyId
    department_id: DepartmentId | None
    version: SlaPolicyPublished
    hours: CalendarPublished | None


def promise(load: Load, asked: Asked) -> Promise | None:
    """Return what is promised for a request, or None where there is no standard."""
    found = standard_in_force(load, asked.department_id, asked.opened_at, asked.zone)
    if found is None:
        return None
    return Promise(
        policy_id=found.policy_id,
        policy_version=found.version.version,
        calendar_id=found.version.calendar_id,
        calendar_version=found.hours.version if found.hours else 0,
        tier=asked.tier,
        targets=targets_of(found.version.lines, asked.tier, asked.kind),
    )


def standard_in_force(
    load: Load, department_id: DepartmentId | None, instant: datetime, zone: tzinfo
) -> InForce | None:
    """Return a department's own standard in force on the day of an instant, else the company's.

    The day is that of the standard's calendar; without one, of the organisation's ``zone``.
    """
    for whose in dict.fromkeys((department_id, None)):
        policy_id = sla_policy_id(whose)
        state = load(SLA_POLICY, policy_id).state
        for version in reversed(state.versions) if isinstance(state, Standard) else ():
            hours = _hours(load, version.calendar_id, instant)
            here = ZoneInfo(hours.hours.zone) if hours else zone
            if version.effective_from <= day_of(instant, here):
                return InForce(
                    policy_id=policy_id, department_id=whose, version=version, hours=hours
                )
    return None


def _hours(
    load: Load, calendar_id: CalendarId | None, instant: datetime
) -> CalendarPublished | None:
    if calendar_id is None:
        return None
    state = load(CALENDAR, calendar_id).state
    return state.in_force_at(instant) if isinstance(state, Kept) else None


def retiered(load: Load, promised: Promise, tier: Tier, kind: RequestKind) -> Promise | None:
    """Return what the same standard promises a customer of another tier; the hours stay, too."""
    state = load(SLA_POLICY, promised.policy_id).state
    version = state.version(promised.policy_version) if isinstance(state, Standard) else None
    if version is None:
        return None
    return replace(promised, tier=tier, targets=targets_of(version.lines, tier, kind))


def tier_of(load: Load, customer_id: CustomerId) -> Tier:
    """Return the tier that a customer is in now; normal, where there is no such customer."""
    state = load(CUSTOMER, customer_id).state
    return state.tier if isinstance(state, customer.Active) else Tier.NORMAL
