"""Cards for stories about reviews: two figures, and their total worked out by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from spec import FRIDAY, LI_NA, SALES, sample_id

from domain.ids import ReviewCycleId, ReviewId, ReviewPolicyId
from domain.reviews.card import Card, LeftOut, Proof, ScoredFigure, Status
from domain.reviews.scoring_rules import Term

THE_REVIEW = ReviewId(sample_id(0x4E))
POLICY = ReviewPolicyId(sample_id(0x50))
CYCLE = ReviewCycleId(sample_id(0xCC))
HASH = "5e" * 32
FIRST, LAST, ZONE = date(2025, 1, 1), date(2025, 4, 1), "Asia/Shanghai"


def measured(metric: str, weight: str, score: str, *evidence: int) -> ScoredFigure:
    """A figure that counts these facts, from 0 to 100."""
    return ScoredFigure(
        term=Term(metric=metric, weight=Decimal(weight), floor=Decimal(0), target=Decimal(100)),
        status=Status.MEASURED,
        value="0.00",
        numerator=score,
        denominator="1",
        n=len(evidence),
        floor="0",
        target="100",
        score=score,
        evidence=tuple(Proof(position=position, share="1") for position in evidence),
        excluded=(LeftOut(position=99, reason="voided"),),
    )


def unmeasured(metric: str, weight: str, status: Status = Status.NO_DATA) -> ScoredFigure:
    """A figure that nobody has data for."""
    told = measured(metric, weight, "0")
    return replace(told, status=status, value=None, numerator=None, denominator=None, score=None)


def card(
    total: str | None = "70",
    *figures: ScoredFigure,
    coverage: str = "100",
    position: int = 40,
    **told: object,
) -> Card:
    """Li Na's card of the first quarter of 2025; all of one figure, unless figures are given."""
    usual = Card(
        member_id=LI_NA,
        department_id=SALES,
        first=FIRST,
        last=LAST,
        zone=ZONE,
        policy_id=POLICY,
        policy_version=1,
        policy_hash=HASH,
        position=position,
        known_at=FRIDAY,
        code="1",
        figures=figures or (measured("sales_amount", "100", total or "0", 7, 9),),
        total=total,
        coverage=coverage,
        eligible_days=61,
        period_days=61,
    )
    return replace(usual, **told)


def nothing_measured(position: int = 40) -> Card:
    """A card without a total."""
    return card(None, unmeasured("sales_amount", "100"), coverage="0", position=position)
