"""What the questions of a story are in Concord's reports: each returns the answer in its words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from application.store.log import Window
from projections.reports.credit import credit as credit_report
from projections.reports.period import Period
from projections.reports.retention import Basis, Question
from projections.reports.retention import retention as retention_report
from projections.reports.satisfaction import Question as SurveyQuestion
from projections.reports.satisfaction import satisfaction
from tests.acceptance.story import Telling

Ask = dict[str, Any]


@dataclass(frozen=True)
class Answering:
    """How a question is answered, and which actions decide it; None: any of them."""

    answer: Callable[[Telling, Ask], dict[str, Any]]
    looks_at: frozenset[str] | None = None

    def lacks(self, telling: Telling, question: Ask) -> set[str]:
        """Return the actions that decide it, were told before, and have no command yet."""
        told = {line["id"] for line in telling.story.known(question)}
        lacking = {name for name, ids in telling.missing.items() if ids & told}
        return lacking if self.looks_at is None else lacking & (self.looks_at | CORRECTING)


CORRECTING = frozenset({"fact_corrected", "appeal_upheld"})
_OWNING = frozenset({"member_joined", "member_left", "customer_registered", "customer_transferred"})
_TRADING = frozenset(
    {"order_paid", "order_refunded", "order_voided", "contract_started", "contract_ended"}
)

UNORDERED = frozenset({"won_back", "evidence", "excluded"})
"""Lists of ids, whose order means nothing."""


def _window(telling: Telling, ask: Ask) -> Window:
    return Window(position=telling.position(ask["known_at"]))


def _period(telling: Telling, ask: Ask) -> Period:
    first, last = (date.fromisoformat(ask[name]) for name in ("from", "to"))
    return Period(first, last, telling.story.zone)


def _by_name(telling: Telling, told: dict[str, Any]) -> dict[str, Any]:
    return {telling.name(id_): value for id_, value in told.items()}


def credit(telling: Telling, ask: Ask) -> dict[str, Any]:
    report = credit_report(telling.crm.facts, _period(telling, ask), _window(telling, ask))
    if not report["currencies"]:
        return {"total": "0.00", "members": {}, "unattributed": "0.00", "conserved": True}
    (found,) = report["currencies"]
    return {
        "total": found["total"],
        "members": _by_name(telling, found["members"]),
        "unattributed": found["unattributed"],
        "conserved": found["conserved"],
    }


def retention(telling: Telling, ask: Ask) -> dict[str, Any]:
    question = Question(_period(telling, ask), Basis(ask["basis"]), int(ask.get("gap_days", 0)))
    report = retention_report(telling.crm.facts, question, _window(telling, ask))
    same = ("opening", "active_at_end", "new_active", "churn", "retention")
    return {name: report[name] for name in same} | {
        "won_back": [telling.name(id_) for id_ in report["won_back"]],
        "lost": {
            telling.name(id_): lost
            | {part: _by_name(telling, lost[part]) for part in ("owner_days", "share")}
            for id_, lost in report["lost"].items()
        },
    }


_SURVEYING = frozenset({"survey_sent", "survey_answered"})


def survey_result(telling: Telling, ask: Ask) -> dict[str, Any]:
    question = SurveyQuestion(ask["aspect"], _period(telling, ask))
    report = satisfaction(telling.crm.facts, question, _window(telling, ask))
    same = ("n", "value", "mean", "sent", "response")
    excluded = [
        {"id": name, "reason": each["reason"]}
        for each in report["excluded"]
        for name in telling.facts_at([each["id"]])
    ]
    return {name: report[name] for name in same} | {
        "evidence": telling.facts_at(report["evidence"]),
        "excluded": sorted(excluded, key=lambda each: str(each["id"])),
    }


QUESTIONS: dict[str, Answering] = {
    "credit": Answering(credit, _OWNING | _TRADING),
    "retention": Answering(retention, _OWNING | _TRADING),
    "survey_result": Answering(survey_result, _SURVEYING),
}


def normal(answer: Any) -> Any:
    """Return an answer with its lists of ids in order, so that two can be compared."""
    if isinstance(answer, list):
        return [normal(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: sorted(value) if name in UNORDERED and _plain(value) else normal(value)
        for name, value in answer.items()
    }


def _plain(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
