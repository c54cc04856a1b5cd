"""A review policy: by which rules the work of one role is scored, version after version.

A draft scores nobody. A version is published before the first period that it is for, and stays as
it was published: its fingerprint tells. The id follows from the code.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import assert_never
from zoneinfo import ZoneInfo

from domain.days import day_of
from domain.ids import ReviewPolicyId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event
from domain.reviews.card import digest
from domain.reviews.scoring_rules import WHOLE, Rules, check_rules, check_term
from domain.versions import Versions


def review_policy_id(code: str) -> ReviewPolicyId:
    """Return the id of the review policy with this code."""
    return ReviewPolicyId(named_id("review-policy", code))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyName:
    """What people call a policy, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How a team's score is made of its people's and of its own, in percent."""

    individual: Decimal = Decimal(70)
    team: Decimal = Decimal(30)


USUAL = Blend()

# --- Events -----------------------------------------------------------------------------------


@event("review-policy.drafted", zh="起草考核方案")
class ReviewPolicyDrafted:
    """Review policy drafted."""

    code: str
    role: str
    """Whose work it scores: of a role, or of departments."""
    name: PolicyName
    rules: Rules
    blend: Blend


@event("review-policy.published", zh="发布考核方案")
class ReviewPolicyPublished:
    """Review policy published."""

    code: str
    role: str
    name: PolicyName
    rules: Rules
    blend: Blend
    version: int
    effective_from: date
    """For periods that begin on this day or later."""
    hash: str
    """The SHA-256 of all that decides about scores."""


@event("review-policy.retired", zh="停用考核方案")
class ReviewPolicyRetired:
    """Review policy retired."""

    code: str
    role: str
    day: date
    """Periods that begin later are scored by it only in cycles that were open already."""


Event = ReviewPolicyDrafted | ReviewPolicyPublished | ReviewPolicyRetired

# --- Commands ---------------------------------------------------------------------------------


@command
class DraftReviewPolicy:
    """Draft the review policy of a role; its id follows from the code (``review_policy_id``)."""

    id: ReviewPolicyId
    code: str
    role: str
    name: PolicyName
    rules: Rules
    blend: Blend = USUAL


@command
class RedraftReviewPolicy:
    """Put another draft in the place of the present one; what is published stays."""

    id: ReviewPolicyId
    name: PolicyName
    rules: Rules
    blend: Blend = USUAL


@command
class PublishReviewPolicy:
    """Publish the draft as the next version, for periods that begin on a day to come or later.

    ``zone``: whose days they are, such as Asia/Shanghai.
    """

    id: ReviewPolicyId
    effective_from: date
    zone: str


@command
class RetireReviewPolicy:
    """Retire a published policy: no more cycles or reviews begin by it, what runs keeps it.

    The reason says why. ``zone``: whose days they are, such as Asia/Shanghai.
    """

    id: ReviewPolicyId
    zone: str


Command = DraftReviewPolicy | RedraftReviewPolicy | PublishReviewPolicy | RetireReviewPolicy

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such policy."""


@dataclass(frozen=True)
class Policy(Versions[ReviewPolicyDrafted, ReviewPolicyPublished]):
    """A policy, drafted or published; in force for a period is what is on its first day."""

    code: str
    role: str
    retired_on: date | None = None


ReviewPolicy = Absent | Policy

# --- Rules ------------------------------------------------------------------------------------


def fingerprint(draft: ReviewPolicyDrafted, number: int, effective_from: date) -> str:
    """Return the SHA-256 of a version: whatever changes a score changes it, a name does not."""
    return digest(
        {
            "code": draft.code,
            "role": draft.role,
            "version": number,
            "rules": draft.rules,
            "blend": draft.blend,
            "effective_from": effective_from,
        }
    )


def decide(command: Command, policy: ReviewPolicy, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: review-policy.exists, review-policy.unknown, review-policy.not-the-codes,
    review-policy.blend, review-policy.no-draft, review-policy.zone, review-policy.too-early,
    review-policy.not-before-period, review-policy.no-metrics, review-policy.too-many-metrics,
    review-policy.metric-twice, review-policy.weight, review-policy.weights, review-policy.range,
    review-policy.sample, review-policy.cap, review-policy.coverage, review-policy.retired,
    review-policy.not-published, review-policy.reason-missing.
    """
    match command:
        case DraftReviewPolicy(code=code, role=role):
            if isinstance(policy, Policy):
                raise Rejected(
                    "review-policy.exists", "There is a policy of this code already.", field="code"
                )
            if command.id != review_policy_id(code):
                raise Rejected(
                    "review-policy.not-the-codes",
                    "A policy's id follows from its code.",
                    field="id",
                )
            return [_drafted(code, role, command)]
        case RedraftReviewPolicy():
            here = _kept(policy)
            drafted = _drafted(here.code, here.role, command)
            return [] if drafted == here.draft else [drafted]
        case PublishReviewPolicy():
            return [_published(_kept(policy), command, envelope)]
        case RetireReviewPolicy():
            return [_retired(_kept(policy), command, envelope)]
        case _:
            assert_never(command)


def _kept(policy: ReviewPolicy) -> Policy:
    if isinstance(policy, Absent):
        raise Rejected("review-policy.unknown", "There is no such policy.")
    if policy.retired_on is not None:
        raise Rejected("review-policy.retired", "It is retired; draft another one.")
    return policy


def _drafted(
    code: str, role: str, command: DraftReviewPolicy | RedraftReviewPolicy
) -> ReviewPolicyDrafted:
    for term in command.rules.terms:
        check_term(term)
    check_rules(command.rules)
    parts = command.blend
    if min(parts.individual, parts.team) < 0 or parts.individual + parts.team != WHOLE:
        raise Rejected(
            "review-policy.blend",
            "The individual and the team part add up to 100 percent, neither below 0.",
            field="blend",
        )
    return ReviewPolicyDrafted(
        code=code, role=role, name=command.name, rules=command.rules, blend=command.blend
    )


def _published(
    policy: Policy, command: PublishReviewPolicy, envelope: Envelope
) -> ReviewPolicyPublished:
    draft, latest, day = policy.draft, policy.latest, command.effective_from
    if draft is None:
        raise Rejected("review-policy.no-draft", "There is no draft to publish; draft one first.")
    if day <= _today(envelope, command.zone):
        raise Rejected(
            "review-policy.not-before-period",
            "Who is scored knows the rules before: say a day after the day of publishing.",
            field="effective_from",
        )
    if latest is not None and day <= latest.effective_from:
        raise Rejected(
            "review-policy.too-early",
            "A version is for later periods than the one it follows.",
            field="effective_from",
        )
    number = policy.next_number
    return ReviewPolicyPublished(
        code=policy.code,
        role=policy.role,
        name=draft.name,
        rules=draft.rules,
        blend=draft.blend,
        version=number,
        effective_from=day,
        hash=fingerprint(draft, number, day),
    )


def _retired(
    policy: Policy, command: RetireReviewPolicy, envelope: Envelope
) -> ReviewPolicyRetired:
    if not policy.versions:
        raise Rejected("review-policy.not-published", "Nobody is scored by it; it is a draft.")
    if not envelope.reason:
        raise Rejected("review-policy.reason-missing", "Say why.", field="reason")
    day = _today(envelope, command.zone)
    return ReviewPolicyRetired(code=policy.code, role=policy.role, day=day)


def _today(envelope: Envelope, zone: str) -> date:
    try:
        return day_of(envelope.occurred_at, ZoneInfo(zone))
    except (KeyError, OSError, ValueError) as error:
        sentence = "Name a time zone such as Asia/Shanghai."
        raise Rejected("review-policy.zone", sentence, field="zone") from error


def evolve(policy: ReviewPolicy, fact: Fact[Event]) -> ReviewPolicy:
    """Fold one fact into the state."""
    said = fact.event
    here = policy if isinstance(policy, Policy) else Policy(said.code, said.role)
    match said:
        case ReviewPolicyDrafted():
            return here.drafted(said)
        case ReviewPolicyPublished():
            return here.published(said)
        case ReviewPolicyRetired(day=day):
            return replace(here, draft=None, retired_on=day)
        case _:
            assert_never(said)


def active(policy: ReviewPolicy) -> bool:
    """Tell whether more may begin to be scored by it: it is published, and not retired."""
    return isinstance(policy, Policy) and bool(policy.versions) and policy.retired_on is None


REVIEW_POLICY: Decider[Command, ReviewPolicy, Event] = Decider(
    kind="review-policy",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
