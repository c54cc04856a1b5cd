"""A tier policy: by which rules customers are put into tiers, version after version.

A draft changes nothing: it can be tried on the log before it is published. What was published
stays, so that every tier can be explained by the rules of its time. The id follows from the name.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from domain.customers.tiering import TierRules, flaws
from domain.ids import TierPolicyId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event
from domain.versions import Versions

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
class Policy(Versions[TierPolicyDrafted, TierPolicyPublished]):
    """A policy, drafted or published."""

    name: str


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
            return [] if drafted == here.draft else [drafted]
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
    draft, latest = policy.draft, policy.latest
    if draft is None:
        raise Rejected("tier-policy.no-draft", "There is no draft to publish; draft one first.")
    if latest is not None and day < latest.effective_from:
        raise Rejected(
            "tier-policy.too-early",
            "A version cannot be in force before the one it follows.",
            field="effective_from",
        )
    return TierPolicyPublished(
        name=policy.name,
        version=policy.next_number,
        rules=draft.rules,
        labels=draft.labels,
        review_months=draft.review_months,
        effective_from=day,
    )


def evolve(policy: TierPolicy, fact: Fact[Event]) -> TierPolicy:
    """Fold one fact into the state."""
    here = policy if isinstance(policy, Policy) else Policy(fact.event.name)
    match fact.event:
        case TierPolicyDrafted():
            return here.drafted(fact.event)
        case TierPolicyPublished():
            return here.published(fact.event)
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
