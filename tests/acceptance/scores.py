"""What the questions about scores are in Concord's scorecards."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from application.store.log import Window
from domain.reviews.card import Card, ScoredFigure
from domain.reviews.scoring_rules import Better, Missing, Rules, Term
from domain.teams.department import department_id
from projections.reports.period import Period
from projections.reports.rounding import places
from projections.scoring.asked import Asked
from projections.scoring.catalogue import METRICS
from projections.scoring.scoring import scorecard
from tests.acceptance.story import Telling, code_of

Ask = dict[str, Any]


def rules_of(policy: Ask) -> Rules:
    """Return the rules that a story's policy tells."""
    return Rules(
        terms=tuple(_term(row) for row in policy["metrics"]),
        cap=Decimal(policy["cap"]),
        minimum_coverage=Decimal(policy["minimum_coverage"]),
        missing=Missing(policy["missing"]),
    )


def _term(row: Ask) -> Term:
    return Term(
        metric=row["metric"],
        weight=Decimal(row["weight"]),
        floor=Decimal(row["floor"]),
        target=Decimal(row["target"]),
        direction=_better(row),
        # No sample is smaller than 0, and none that is there smaller than 1.
        minimum_sample=max(row["minimum_sample"], 1) if "minimum_sample" in row else None,
        aspect=code_of(row["aspect"]) if "aspect" in row else None,
    )


def _better(row: Ask) -> Better:
    """Return which way is better; where a story does not say it, its target does."""
    lower = Decimal(row["target"]) < Decimal(row["floor"])
    return Better(row.get("direction") or (Better.LOWER if lower else Better.HIGHER))


def unknown_metrics(telling: Telling, ask: Ask) -> set[str]:
    """Return the metrics of a question that nobody can compute yet."""
    policies = [ask.get("policy") or telling.story.told["policy"]]
    if "blend" in ask:
        policies.append(telling.story.told["policy"])
    return {row["metric"] for policy in policies for row in policy["metrics"]} - METRICS.keys()


def card_of(telling: Telling, ask: Ask, policy: Ask, **whom: Any) -> Card:
    """Return somebody's scorecard by a policy, as a question sees the log."""
    first, last = (date.fromisoformat(ask[name]) for name in ("from", "to"))
    asked = Asked(
        period=Period(first, last, telling.story.zone),
        rules=rules_of(policy),
        known_at=datetime.fromisoformat(ask["known_at"]),
        **whom,
    )
    return scorecard(telling.crm.facts, asked, Window(position=telling.position(ask["known_at"])))


def known_rows(telling: Telling, ask: Ask) -> list[Ask]:
    """Return the rows of a score whose metrics can be computed, where others cannot be yet."""
    policy = ask.get("policy") or telling.story.told["policy"]
    known = [row for row in policy["metrics"] if row["metric"] in METRICS]
    whom = (
        {"department_id": department_id(ask["department"])}
        if ask["ask"] == "team_score"
        else {"member_id": telling.id("member", ask["member"])}
    )
    card = card_of(telling, ask, policy | {"metrics": known}, **whom)
    return [_figure(telling, figure) for figure in card.figures]


def shown(exact: str | None) -> str | None:
    """Write an exact number as stories do."""
    return None if exact is None else places(Fraction(exact))


def _figure(telling: Telling, figure: ScoredFigure) -> Ask:
    return {
        "metric": figure.term.metric,
        "value": figure.value,
        "n": figure.n,
        "status": figure.status.value,
        "score": shown(figure.score),
        "evidence": telling.facts_at([str(each.position) for each in figure.evidence]),
        "excluded": sorted(
            (
                {"id": name, "reason": each.reason}
                for each in figure.excluded
                for name in telling.facts_at([str(each.position)])
            ),
            key=lambda each: each["id"],
        ),
    }


def score(telling: Telling, ask: Ask) -> Ask:
    policy = ask.get("policy") or telling.story.told["policy"]
    card = card_of(telling, ask, policy, member_id=telling.id("member", ask["member"]))
    return {
        "metrics": [_figure(telling, figure) for figure in card.figures],
        "total": shown(card.total),
        "coverage": shown(card.coverage),
        "official": "policy" not in ask,
        "eligible_days": card.eligible_days,
        "period_days": card.period_days,
    }


def team_score(telling: Telling, ask: Ask) -> Ask:
    card = card_of(telling, ask, ask["policy"], department_id=department_id(ask["department"]))
    return {
        "metrics": [_figure(telling, figure) for figure in card.figures],
        "total": shown(card.total),
        "coverage": shown(card.coverage),
        "blended": {
            name: _blended(telling, ask, name, card.total) for name in ask["blend"]["members"]
        },
    }


def _blended(telling: Telling, ask: Ask, name: str, team: str | None) -> Ask:
    member_id = telling.id("member", name)
    own = card_of(telling, ask, telling.story.told["policy"], member_id=member_id).total
    blend = ask["blend"]
    both = None
    if own is not None and team is not None:
        weights = Fraction(blend["individual"]), Fraction(blend["team"])
        both = places((weights[0] * Fraction(own) + weights[1] * Fraction(team)) / sum(weights))
    return {"individual": shown(own), "blended": both}
