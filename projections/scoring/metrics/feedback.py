"""Feedback: what those who work with somebody say of it, from 1 to 5."""

from collections.abc import Iterator
from fractions import Fraction

from domain.kernel import Recorded
from domain.reviews.feedback import FeedbackGiven, Source
from domain.reviews.scoring_rules import CreditRule
from projections.scoring.material import Material
from projections.scoring.metric import Entry, Measure, Question, Registry
from projections.scoring.sources import FEEDBACK_GIVEN

FEEDBACK_METRICS = Registry("feedback")
metric = FEEDBACK_METRICS.metric
LEAST_GROUP = 3
"""Below so many voices of colleagues nothing is told: it would tell who said what."""
Given = Recorded[FeedbackGiven]


def _of(here: Material, asked: Question, source: Source) -> Iterator[Entry]:
    """Yield all feedback of a source; of each giver about somebody, their last in the period."""
    found = [fact for fact in here[FEEDBACK_GIVEN].given.values() if fact.event.source is source]
    last: dict[tuple[object, object], Given] = {}
    for fact in sorted(found, key=lambda each: (each.occurred_at, each.position)):
        if asked.period.holds(fact.occurred_at):
            last[fact.event.about_id, fact.event.holder_id] = fact
    for fact in found:
        said = fact.event
        reason = None
        if not asked.period.holds(fact.occurred_at):
            reason = "outside_period"
        elif last[said.about_id, said.holder_id] is not fact:
            reason = "superseded"
        elif source is Source.MANAGER and not said.evidence:
            reason = "no_evidence"
        yield Entry(
            fact.position,
            fact.occurred_at,
            ((said.about_id, 1),),
            Fraction(said.rating),
            reason=reason,
        )


@metric(
    en="Manager's rating",
    zh="上级评价",
    measure=Measure.MEAN,
    unit="1 to 5",
    credit=CreditRule.RATED,
    guards="h",
    source="METRICS 29, 43; anchored ratings",
    needs=(FEEDBACK_GIVEN,),
    samples=True,
)
def feedback_manager(here: Material, asked: Question) -> Iterator[Entry]:
    """Mean rating by managers; of each manager the last one in the period counts.

    Left out: ``outside_period``, ``superseded``, ``no_evidence`` (it names no facts).
    """
    return _of(here, asked, Source.MANAGER)


@metric(
    en="Colleagues' rating",
    zh="同事评价",
    measure=Measure.MEAN,
    unit="1 to 5",
    credit=CreditRule.RATED,
    guards="hi",
    source="METRICS 29; 360-degree feedback",
    needs=(FEEDBACK_GIVEN,),
    samples=True,
    hidden_below=LEAST_GROUP,
)
def feedback_peer(here: Material, asked: Question) -> Iterator[Entry]:
    """Mean rating by colleagues; of each the last one in the period counts.

    Nothing is told of fewer than three. Left out: ``outside_period``, ``superseded``.
    """
    return _of(here, asked, Source.PEER)


@metric(
    en="Rating from below",
    zh="下级评价",
    measure=Measure.MEAN,
    unit="1 to 5",
    credit=CreditRule.RATED,
    guards="hi",
    source="METRICS 29; 360-degree feedback",
    needs=(FEEDBACK_GIVEN,),
    samples=True,
    hidden_below=LEAST_GROUP,
)
def feedback_upward(here: Material, asked: Question) -> Iterator[Entry]:
    """Mean rating by those led; of each the last one in the period counts.

    Nothing is told of fewer than three. Left out: ``outside_period``, ``superseded``.
    """
    return _of(here, asked, Source.UPWARD)
