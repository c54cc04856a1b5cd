"""Tiering: which tier each customer's figures suggest by a policy, and when it is looked at again.

A report by replay, as service flow is: it reads the log up to one position and looks at no clock,
so the same log prefix, question and time zone always give the same bytes. A person decides
(``POST /customers/{id}/tier``); this only suggests.

Definitions:

- **measured_to** is the ``as_of`` asked for, else the latest time at which anything happened that
  measures rest on, or that concerns the policy.
- The **policy in force** is the last version published whose ``effective_from`` is not after
  ``measured_to``'s day, as far as the window shows it. A version asked for by its number, and a
  draft, need only be known at the position.
- A trailing measure counts what happened after ``measured_to`` minus so many days of 24 hours, up
  to ``measured_to``. Voided orders and requests, interactions taken back, and customers taken back
  count nothing; what is a merged customer's is that one's which it was merged into.
- **paid_amount** is payments minus refunds in the criterion's currency; other currencies are not
  converted and do not count.
- **score** is the sum of weight x points / 100. What is not known (``employees`` of a customer for
  whom no number is recorded) is null, earns nothing, and makes the customer not ``complete``.
- **due_on** is the day of the last tiering, or registration where there was none, plus the
  policy's months.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import orjson

from application.store.log import NOW, Log, Window
from domain.customers.tier_policy import (
    TIER_POLICY,
    Policy,
    TierPolicyDrafted,
    TierPolicyPublished,
    tier_policy_id,
)
from domain.customers.tiering import (
    Scored,
    Suggestion,
    TierMeasure,
    TierRules,
    months_later,
    suggested_tier,
)
from domain.days import day_of
from domain.kernel import Rejected
from domain.values import Tier
from projections.documents import utc
from projections.reports.measures import Known, Measured, measures

Report = dict[str, Any]
Suggested = dict[UUID, tuple[Suggestion, list[Measured]]]


def as_json(report: Report) -> bytes:
    """Write a report as JSON; the same report gives the same bytes."""
    return orjson.dumps(report, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A policy as it is known, its version in force, and the time up to which is measured."""

    policy: Policy
    in_force: TierPolicyPublished | None
    until: datetime


class Replay:
    """The log replayed once, as far as tiers rest on it, up to a position that stays."""

    def __init__(
        self,
        log: Log,
        zone: tzinfo,
        window: Window = NOW,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        head = log.head()
        self.position = head if window.position is None else min(window.position, head)
        self.window = replace(window, position=self.position)
        self.zone = zone
        self.log = log
        self.measures = measures(log, self.window, progress)

    def asked(self, name: str) -> Asked:
        """Look a policy up. Raises ``Rejected`` tier-policy.unknown."""
        facts = self.log.stream(tier_policy_id(name))
        known = [fact for fact in facts if fact.position <= self.position]
        policy = TIER_POLICY.fold(known)
        if not isinstance(policy, Policy):
            raise Rejected("tier-policy.unknown", f"There is no policy {name!r}.", field="policy")
        times = [fact.occurred_at for fact in known]
        until = self.window.as_of or max([self.measures.last_at or times[0], *times])
        shown = TIER_POLICY.fold([fact for fact in known if self.window.shows(fact)])
        force = shown.in_force(self.day(until)) if isinstance(shown, Policy) else None
        return Asked(policy, force, until)

    def day(self, time: datetime) -> date:
        """Return the day of a time, where the company is."""
        return day_of(time, self.zone)

    def suggestions(self, rules: TierRules, until: datetime) -> Suggested:
        """Return what rules suggest for each customer, with what it rests on."""
        looks = [self.measures.by_customer(each, until) for each in rules.criteria]
        found: Suggested = {}
        for key, _ in self.measures.each():
            told = [look(key) for look in looks]
            found[key] = suggested_tier([each.value for each in told], rules), told
        return found


def tiering(replay: Replay, policy: str, version: int | None = None) -> Report:
    """Report the tiers that a policy suggests: the version in force, or another one.

    Raises ``Rejected``: tier-policy.unknown, tier-policy.no-version, tier-policy.not-in-force.
    """
    asked = replay.asked(policy)
    used, until = _version(asked, version), asked.until
    today = replay.day(until)
    known = replay.measures.customers
    customers = [
        _customer(key, known[key], *found)
        | _due(known[key].since(replay.zone), used.review_months, today)
        for key, found in replay.suggestions(used.rules, until).items()
    ]
    return _head("tiering", replay, asked) | {
        "version": used.version,
        "labels": str(used.labels),
        "review_months": used.review_months,
        "customers": len(customers),
        "present": _tiers(each["tier"] for each in customers),
        "suggested": _tiers(each["suggested"] for each in customers),
        "differing": sum(each["tier"] != each["suggested"] for each in customers),
        "overdue": sum(each["overdue"] for each in customers),
        "items": customers,
    }


def _version(asked: Asked, number: int | None) -> TierPolicyPublished:
    found = asked.in_force if number is None else asked.policy.version(number)
    if found is None and number is None:
        raise Rejected(
            "tier-policy.not-in-force",
            "No version of this policy was in force then; name one by its number.",
            field="policy",
        )
    if found is None:
        raise Rejected("tier-policy.no-version", "The policy has no such version.", field="version")
    return found


def _head(report: str, replay: Replay, asked: Asked) -> Report:
    return {
        "report": report,
        "position": str(replay.position),
        "as_of": replay.window.as_of and utc(replay.window.as_of),
        "measured_to": utc(asked.until),
        "policy": asked.policy.name,
    }


def _tiers(tiers: Iterable[str]) -> dict[str, int]:
    found = Counter(tiers)
    return {str(tier): found[tier] for tier in Tier}


def _customer(key: UUID, known: Known, suggestion: Suggestion, told: list[Measured]) -> Report:
    return {
        "customer_id": str(key),
        "name": known.name,
        "tier": str(known.tier),
        "suggested": str(suggestion.tier),
        "score": written(suggestion.score),
        "complete": suggestion.complete,
        "tiered_at": known.tiered_at and utc(known.tiered_at),
        "criteria": [
            _criterion(scored, measured)
            for scored, measured in zip(suggestion.evidence, told, strict=True)
        ],
    }


def _criterion(scored: Scored, measured: Measured) -> Report:
    criterion = scored.criterion
    return {
        "family": str(criterion.family),
        "measure": str(criterion.measure),
        "window_days": criterion.window_days,
        "currency": criterion.currency,
        "weight": criterion.weight,
        "value": None if scored.value is None else number(scored.value),
        "band": scored.band,
        "points": scored.points,
        "masked": False,
        "facts": [str(position) for position in measured.positions],
    }


def _due(since: date, months: int, today: date) -> Report:
    due = months_later(since, months)
    return {"due_on": due.isoformat(), "overdue": due < today}


def without_money(report: Report) -> Report:
    """Return a report without what customers paid, for those who are not shown money."""
    for customer in report["items"]:
        for criterion in customer.get("criteria", []):
            if criterion["measure"] == TierMeasure.PAID_AMOUNT:
                criterion |= {"value": None, "band": None, "masked": True}
    return report


def written(score: Decimal) -> str:
    """Write a score with its two decimals."""
    return f"{score:.2f}"


def number(value: Fraction) -> str:
    """Write a measure as people do, exactly: whole, or an amount with its decimals."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)  # of a power of ten
    return f"{exact:f}"


# --- What if ----------------------------------------------------------------------------------


def what_if(replay: Replay, policy: str) -> Report:
    """Report which customers a policy's draft would put into another tier.

    Than the one they are in, and than the version in force suggests. Raises ``Rejected``:
    tier-policy.unknown, tier-policy.no-draft.
    """
    asked = replay.asked(policy)
    draft, force = asked.policy.draft, asked.in_force
    if draft is None:
        raise Rejected(
            "tier-policy.no-draft", "The policy has no draft; draft one first.", field="policy"
        )
    drafted = replay.suggestions(draft.rules, asked.until)
    in_force = replay.suggestions(force.rules, asked.until) if force else {}
    lines = [
        _compared(key, replay.measures.customers[key], drafted[key][0], in_force.get(key))
        for key in drafted
    ]
    return _head("tiering-what-if", replay, asked) | {
        "draft": _rules(draft),
        "version": force and force.version,
        "customers": len(lines),
        "from_present": _moves((each["tier"], each["suggested"]) for each in lines),
        "from_policy": (
            _moves((each["by_policy"], each["suggested"]) for each in lines) if force else None
        ),
        "items": [
            each
            for each in lines
            if each["suggested"] != each["tier"]
            or (force is not None and each["suggested"] != each["by_policy"])
        ],
    }


def _compared(
    key: UUID,
    known: Known,
    draft: Suggestion,
    force: tuple[Suggestion, list[Measured]] | None,
) -> Report:
    return {
        "customer_id": str(key),
        "name": known.name,
        "tier": str(known.tier),
        "by_policy": force and str(force[0].tier),
        "policy_score": force and written(force[0].score),
        "suggested": str(draft.tier),
        "score": written(draft.score),
        "complete": draft.complete,
    }


def _rules(draft: TierPolicyDrafted) -> Report:
    return {"labels": str(draft.labels), "review_months": draft.review_months}


def _moves(pairs: Iterable[tuple[str, str]]) -> list[Report]:
    found = Counter((before, after) for before, after in pairs if before != after)
    order = [str(tier) for tier in Tier]
    return [
        {"from": before, "to": after, "customers": count}
        for (before, after), count in sorted(
            found.items(), key=lambda each: (order.index(each[0][0]), order.index(each[0][1]))
        )
    ]
