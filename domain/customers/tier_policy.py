"""A tier policy: by which rules customers are put into tiers, version after version.

A draft changes nothing: it can be tried on the log before it is published. What was published
stays, so that every tier can be explained by the rules of its time. The id follows from the name.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from domain.customers.tiering import TierRules, flaws
from domain.ids import TierPolicyId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event

MOST_MONTHS = 120
"""The longest time between two reviews of a customer's tier."""


def tier_policy_id(name: str) -> TierPolicyId:
    """Return the id of the tier policy with this name."""
    return TierPolicyId(named_id("tier-policy", name))


class TierLabels(StrEnum):
    """How the three tiers are called where people read them."""

    STRATEGIC = "strategic|key|normal"
    VALUE = "high|mid|low"


# --- Events -----------------------------------------------------------------------------------


@event("tier-policy.drafted", zh="起草客户分级政策")
class TierPolicyDrafted:
    """Tier policy drafted."""

    name: str
    rules: TierRules
    labels: TierLabels
    review_months: int


@event("tier-policy.published", zh="发布客户分级政策")
class TierPolicyPublished:
    """Tier policy published."""

    name: str
    version: int
    rules: TierRules
    labels: TierLabels
    review_months: int
    effective_from: date


Event = TierPolicyDrafted | TierPolicyPublished

# --- Commands ---------------------------------------------------------------------------------


@command
class DraftTierPolicy:
    """Draft a new tier policy; its id follows from the name (``tier_policy_id``)."""

    id: TierPolicyId
    name: str
    rules: TierRules
    labels: TierLabels = TierLabels.STRATEGIC
    review_months: int = 12


@command
class RedraftTierPolicy:
    """Put another draft in the place of the present one; what is published stays in force."""

    id: TierPolicyId
    rules: TierRules
    labels: TierLabels = TierLabels.STRATEGIC
    review_months: int = 12


@command
class PublishTierPolicy:
    """Publish the draft as the next version, in force from a day on."""

    id: TierPolicyId
    effective_from: date


Command = DraftTierPolicy | RedraftTierPolicy | PublishTierPolicy

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such policy."""


@dataclass(frozen=True)
class Draft:
    """Rules that are not in force (yet)."""

    rules: TierRules
    labels: TierLabels
    review_months: int


@dataclass(frozen=True)
class Version:
    """Rules as they were published; customers are looked at again after ``review_months``."""

    version: int
    rules: TierRules
    labels: TierLabels
    review_months: int
    effective_from: date


@dataclass(frozen=True)
class Policy:
    """A policy with its draft (None: published) and all its versions, the first first."""

    name: str
    draft: Draft | None = None
    versions: tuple[Version, ...] = ()

    def version(self, number: int) -> Version | None:
        """Return a version by its number, or None."""
        return next((each for each in self.versions if each.version == number), None)

    def in_force(self, day: date) -> Version | None:
        """Return the version in force on a day, or None before the first."""
        begun = [each for each in self.versions if each.effective_from <= day]
        return begun[-1] if begun else None


TierPolicy = Absent | Policy

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, policy: TierPolicy, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: tier-policy.exists, tier-policy.unknown, tier-policy.not-the-names,
    tier-policy.rules, tier-policy.review-months, tier-policy.no-draft, tier-policy.too-early.
    """
    match command:
        case DraftTierPolicy(name=name):
            if isinstance(policy, Policy):
                raise Rejected(
                    "tier-policy.exists", "There is a policy of this name already.", field="name"
                )
            if command.id != tier_policy_id(name):
                raise Rejected(
                    "tier-policy.not-the-names", "A policy's id follows from its name.", field="id"
                )
            return [_drafted(name, command)]
        case RedraftTierPolicy():
            here = _known(policy)
            drafted = _drafted(here.name, command)
            same = Draft(drafted.rules, drafted.labels, drafted.review_months) == here.draft
            return [] if same else [drafted]
        case PublishTierPolicy(effective_from=day):
            return [_published(_known(policy), day)]
        case _:
            assert_never(command)


def _known(policy: TierPolicy) -> Policy:
    if isinstance(policy, Absent):
        raise Rejected("tier-policy.unknown", "There is no such policy.")
    return policy


def _drafted(name: str, command: DraftTierPolicy | RedraftTierPolicy) -> TierPolicyDrafted:
    for flaw in flaws(command.rules):
        raise Rejected("tier-policy.rules", flaw.sentence, field="rules")
    if not 0 < command.review_months <= MOST_MONTHS:
        raise Rejected(
            "tier-policy.review-months",
            f"Tiers are reviewed after 1 to {MOST_MONTHS} months.",
            field="review_months",
        )
    return TierPolicyDrafted(
        name=name,
        rules=command.rules,
        labels=command.labels,
        review_months=command.review_months,
    )


def _published(policy: Policy, day: date) -> TierPolicyPublished:
    if policy.draft is None:
        raise Rejected("tier-policy.no-draft", "There is no draft to publish; draft one first.")
    latest = policy.versions[-1] if policy.versions else None
    if latest is not None and day < latest.effective_from:
        raise Rejected(
            "tier-policy.too-early",
            "A version cannot be in force before the one it follows.",
            field="effective_from",
        )
    return TierPolicyPublished(
        name=policy.name,
        version=latest.version + 1 if latest else 1,
        rules=policy.draft.rules,
        labels=policy.draft.labels,
        review_months=policy.draft.review_months,
        effective_from=day,
    )


def evolve(policy: TierPolicy, fact: Fact[Event]) -> TierPolicy:
    """Fold one fact into the state."""
    here = policy if isinstance(policy, Policy) else Policy(fact.event.name)
    match fact.event:
        case TierPolicyDrafted(rules=rules, labels=labels, review_months=months):
            return replace(here, draft=Draft(rules, labels, months))
        case TierPolicyPublished(rules=rules, labels=labels, review_months=months) as published:
            version = Version(published.version, rules, labels, months, published.effective_from)
            return replace(here, draft=None, versions=(*here.versions, version))
        case _:
            assert_never(fact.event)


def active(policy: TierPolicy) -> bool:
    """Tell whether customers may be tiered by it: a version was published."""
    return isinstance(policy, Policy) and bool(policy.versions)


TIER_POLICY: Decider[Command, TierPolicy, Event] = Decider(
    kind="tier-policy",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
