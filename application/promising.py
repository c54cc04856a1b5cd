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
from domain.ids import CalendarId, CustomerId, DepartmentId
from domain.kernel import Decider
from domain.support import calendar
from domain.support.calendar import CALENDAR
from domain.support.promise import Promise
from domain.support.sla_policy import SLA_POLICY, Standard, Version, sla_policy_id
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


def promise(load: Load, asked: Asked) -> Promise | None:
    """Return what is promised for a request, or None where there is no standard.

    By the department's own standard in force on the day it was opened, else by the company's.
    """
    for whose in (asked.department_id, None):
        policy_id = sla_policy_id(whose)
        state = load(SLA_POLICY, policy_id).state
        if isinstance(state, Standard) and (version := _in_force(load, state, asked)):
            hours = _hours(load, version.calendar_id, asked.opened_at)
            return Promise(
                policy_id=policy_id,
                policy_version=version.version,
                calendar_id=version.calendar_id,
                calendar_version=hours.version if hours else 0,
                tier=asked.tier,
                targets=version.targets(asked.tier, asked.kind),
            )
    return None


def _in_force(load: Load, standard: Standard, asked: Asked) -> Version | None:
    for version in reversed(standard.versions):
        hours = _hours(load, version.calendar_id, asked.opened_at)
        zone = ZoneInfo(hours.hours.zone) if hours else asked.zone
        if version.effective_from <= day_of(asked.opened_at, zone):
            return version
    return None


def _hours(
    load: Load, calendar_id: CalendarId | None, instant: datetime
) -> calendar.Version | None:
    if calendar_id is None:
        return None
    state = load(CALENDAR, calendar_id).state
    return state.in_force(instant) if isinstance(state, calendar.Kept) else None


def retiered(load: Load, promised: Promise, tier: Tier, kind: RequestKind) -> Promise | None:
    """Return what the same standard promises a customer of another tier; the hours stay, too."""
    state = load(SLA_POLICY, promised.policy_id).state
    version = state.version(promised.policy_version) if isinstance(state, Standard) else None
    if version is None:
        return None
    return replace(promised, tier=tier, targets=version.targets(tier, kind))


def tier_of(load: Load, customer_id: CustomerId) -> Tier:
    """Return the tier that a customer is in now; normal, where there is no such customer."""
    state = load(CUSTOMER, customer_id).state
    return state.tier if isinstance(state, customer.Active) else Tier.NORMAL
