"""What facts learned later change in sealed reviews: each computed again as known now.

What is sealed stays. Where its figures would be others today, that is noted once: by so little that
the next review takes it into account, or by so much that somebody has to sign a supplement.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from application.store.log import NOW, Log, Window
from domain.ids import ReviewId
from domain.kernel import Recorded
from domain.reviews.card import Card
from domain.reviews.review import ImpactNoted, NoteImpact
from domain.reviews.review_policy import REVIEW_POLICY, Policy
from domain.reviews.review_rules import REVIEW
from domain.reviews.review_sealing import Impact, impact
from domain.reviews.review_states import Review, Sealed
from domain.reviews.scoring_rules import Rules
from projections.reports.period import Period
from projections.reports.replaying import Progress, ended, silent
from projections.scoring.asked import PolicyRef, Terms
from projections.scoring.scoring import Scored, scored

_NAMES = tuple(
    event.__event_name__ for each in (REVIEW, REVIEW_POLICY) for event in each.event_types
)


@dataclass
class Reviews:
    """All reviews and review policies of a log, as its own rules see them."""

    reviews: dict[UUID, Review] = field(default_factory=dict)
    policies: dict[UUID, Policy] = field(default_factory=dict)
    noted: dict[UUID, ImpactNoted] = field(default_factory=dict)
    """Of each sealed review, what was noted last since its last version."""

    @staticmethod
    def of(log: Log, window: Window) -> "Reviews":
        """Replay the reviews of a log as a window shows it."""
        found = Reviews()
        for page in log.pages(names=_NAMES, upto=window.position):
            for fact in page:
                found.take(fact)
        return found

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a review or a policy, in the log's order."""
        id_ = fact.stream_id
        if fact.kind == REVIEW_POLICY.kind:
            known: Any = self.policies.get(id_, REVIEW_POLICY.initial)
            self.policies[id_] = REVIEW_POLICY.evolve(known, fact)  # type: ignore[assignment]
            return
        self.reviews[id_] = REVIEW.evolve(self.reviews.get(id_, REVIEW.initial), fact)
        if isinstance(fact.event, ImpactNoted):
            self.noted[id_] = fact.event
        elif fact.name in ("review.sealed", "review.supplemented"):
            self.noted.pop(id_, None)

    def sealed(self) -> Iterator[tuple[ReviewId, Sealed]]:
        """Yield the sealed ones, by id."""
        for id_, review in sorted(self.reviews.items(), key=lambda each: each[0]):
            if isinstance(review, Sealed):
                yield ReviewId(id_), review

    def rules_of(self, review: Sealed) -> Rules:
        """Return the rules that a review is scored by."""
        version = self.policies[review.policy_id].version(review.policy_version)
        if version is None:
            raise LookupError(f"Version {review.policy_version} of the policy is not in the log.")
        return version.rules


@dataclass(frozen=True)
class Assessed:
    """A sealed review, its card as known now, and what that changes."""

    id: ReviewId
    review: Sealed
    card: Card
    impact: Impact
    news: bool
    """Whether it changes something that is not noted yet."""

    def command(self) -> NoteImpact:
        """Return the command that notes it."""
        return NoteImpact(id=self.id, card=self.card)


def assessed(
    log: Log,
    window: Window = NOW,
    only: Iterable[ReviewId] | None = None,
    progress: Progress = silent,
) -> list[Assessed]:
    """Compute every sealed review again (or ``only`` some): one replay for each period and rules.

    Raises ``LookupError`` where a review's rules are not in the log.
    """
    window = ended(log, window)
    reviews = Reviews.of(log, window)
    wanted = None if only is None else set(only)
    alike: dict[Terms, list[tuple[ReviewId, Sealed]]] = defaultdict(list)
    for id_, review in reviews.sealed():
        if wanted is None or id_ in wanted:
            alike[_terms(reviews, review)].append((id_, review))
    found = []
    for terms, group in alike.items():
        scores = scored(log, terms, window, progress)
        found += [_assessed(reviews, scores, id_, review) for id_, review in group]
    return found


def _terms(reviews: Reviews, review: Sealed) -> Terms:
    return Terms(
        period=Period(review.first, review.last, ZoneInfo(review.zone)),
        rules=reviews.rules_of(review),
        policy=PolicyRef(review.policy_id, review.policy_version, review.policy_hash),
    )


def _assessed(reviews: Reviews, scores: Scored, id_: ReviewId, review: Sealed) -> Assessed:
    card = (
        scores.department(review.department_id)
        if review.member_id is None
        else scores.member(review.member_id)
    )
    found = impact(review.latest, card)
    noted = reviews.noted.get(id_)
    known = (noted.total, noted.changed) if noted else (review.latest.total, ())
    return Assessed(id_, review, card, found, news=known != (card.total, found.changed))
