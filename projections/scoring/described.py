"""The catalogue of metrics as people read it: what each is, and what others wait for."""

from collections.abc import Iterator
from typing import Any

from domain.reviews.scoring_rules import CreditRule
from projections.scoring.catalogue import METRICS, WAITING
from projections.scoring.metric import Measure, Metric

GUARDS = {
    "a": "Concord or another program asks, never who is rated.",
    "b": "The last answer to a survey counts.",
    "c": "Scored only together with a metric that pulls the other way.",
    "d": "Times are those of the server.",
    "e": "What says little, or the same again, counts once.",
    "f": "What is taken back later counts no more.",
    "g": "Pauses are checked.",
    "h": "What people do for themselves does not count.",
    "i": "Who praises each other in turn is looked at.",
}
"""What keeps a metric honest, by METRICS.md's letters."""
MEASURES = {
    Measure.SUM: "sum",
    Measure.RATE: "percentage",
    Measure.MEAN: "mean",
    Measure.MEDIAN: "median",
    Measure.P90: "90 % quantile",
    Measure.SPREAD: "standard deviation in percent of the mean",
    Measure.PACE: "sum by mean time",
}
CREDIT = {
    CreditRule.OWNER: "who owned the customer then",
    CreditRule.SPLIT: "the order's split",
    CreditRule.OWNER_DAYS: "the customer's owners of the 90 days before, by days",
    CreditRule.HOLDER: "who handled it, or held it when it went wrong",
    CreditRule.RATED: "whom it is about",
    CreditRule.DOER: "who did it",
    CreditRule.TEAM: "a department, never a person",
}


def catalogue() -> dict[str, Any]:
    """Return every metric, and those that cannot be computed yet with what they wait for."""
    return {
        "metrics": [_told(metric) for metric in METRICS.values()],
        "waiting": [{"name": name, "waits_for": what} for name, what in sorted(WAITING.items())],
    }


def _told(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "version": metric.version,
        "family": metric.family,
        "titles": {"en": metric.en, "zh": metric.zh},
        "definition": metric.definition,
        "unit": metric.unit,
        "measure": metric.measure.value,
        "credit": metric.credit.value,
        "guards": [{"code": each, "means": GUARDS[each]} for each in metric.guards],
        "source": metric.source,
        "minimum_sample": metric.sample,
        "hidden_below": metric.hidden_below,
        "prorated": metric.prorated,
        "of_aspect": metric.of_aspect,
    }


# --- As a page ------------------------------------------------------------------------------------


def markdown() -> str:
    """Return the catalogue as a page; docs/metrics.md is what this gives."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Metrics"
    yield ""
    yield "What each figure of a scorecard means, as Concord computes it from the log. This page is"
    yield "written by `concord metrics --markdown`; `GET /metrics-catalogue` says the same."
    yield ""
    yield "Figures are exact and rounded once, half up. Nothing to divide by gives no figure, never"
    yield "0. Every figure names the facts that it counts, and those that it leaves out, with why."
    for family in dict.fromkeys(metric.family for metric in METRICS.values()):
        yield ""
        yield f"## {family.capitalize()}"
        for metric in METRICS.values():
            if metric.family == family:
                yield from _section(metric)
    yield ""
    yield "## Waiting"
    yield ""
    yield "What cannot be computed before something else is recorded:"
    yield ""
    yield "| metric | waits for |"
    yield "|---|---|"
    for name, what in sorted(WAITING.items()):
        yield f"| `{name}` | {what} |"
    yield ""
    yield "## Guards"
    yield ""
    yield "| letter | means |"
    yield "|---|---|"
    for letter, means in GUARDS.items():
        yield f"| {letter} | {means} |"


def _section(metric: Metric) -> Iterator[str]:
    yield ""
    yield f"### `{metric.name}` {metric.en} · {metric.zh}"
    yield ""
    yield metric.definition.replace("``", "`")
    yield ""
    told = {
        "version": str(metric.version),
        "measure": f"{MEASURES[metric.measure]} ({metric.unit})",
        "credit": CREDIT[metric.credit],
        "minimum sample": "" if metric.sample is None else str(metric.sample),
        "hidden below": "" if metric.hidden_below is None else str(metric.hidden_below),
        "prorated": "yes" if metric.prorated else "",
        "aspect": "named by the rules" if metric.of_aspect else "",
        "guards": ", ".join(metric.guards),
        "source": metric.source,
    }
    yield from (f"- {name}: {what}" for name, what in told.items() if what)
