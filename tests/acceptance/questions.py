"""What the questions of a story are in Concord's reports: each returns the answer in its words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from application.store.log import Window
from domain.business_hours import instant_of, seconds_of
from domain.support.request_life import Life
from domain.support.sla import SHARES, Charged, Nobody, Reading, State, held_for, read, risk
from domain.support.words import Clock
from domain.values import Tier
from projections.reports.credit import credit as credit_report
from projections.reports.flow import collapsed, ping_pongs
from projections.reports.lives import Lives
from projections.reports.period import Period
from projections.reports.retention import Basis, Question
from projections.reports.retention import retention as retention_report
from projections.reports.rounding import places
from projections.reports.satisfaction import Question as SurveyQuestion
from projections.reports.satisfaction import satisfaction
from tests.acceptance.reviews import review
from tests.acceptance.scores import score, team_score, unknown_metrics
from tests.acceptance.story import Telling, code_of

Ask = dict[str, Any]


@dataclass(frozen=True)
class Answering:
    """How a question is answered, and which actions decide it; None: any of them."""

    answer: Callable[[Telling, Ask], dict[str, Any]]
    looks_at: frozenset[str] | None = None

    metrics: bool = False
    """Whether it computes the metrics of a policy."""

    def lacks(self, telling: Telling, question: Ask) -> set[str]:
        """Return what decides it and is not there yet: actions that were told before, metrics."""
        if self.metrics and (unknown := unknown_metrics(telling, question)):
            return unknown
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


# --- Promises -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """The requests of a story as a question sees them."""

    telling: Telling
    ask: Ask
    lives: Lives

    @staticmethod
    def of(telling: Telling, ask: Ask) -> "_Asked":
        return _Asked(telling, ask, Lives.gather(telling.crm.facts, _window(telling, ask)))

    @property
    def until(self) -> int:
        return seconds_of(datetime.fromisoformat(self.ask["known_at"]))

    @property
    def request_id(self) -> UUID:
        return self.telling.id("request", self.ask["request"])

    def life(self, id_: UUID) -> Life:
        found = self.lives.life(id_, self.until)
        assert found is not None
        return found

    def tier(self, id_: UUID) -> Tier | None:
        """Return the tier that a request has now, also if it got that after it was resolved."""
        promise = self.life(id_).promise
        return promise and promise.tier

    def reading(self, id_: UUID, clock: Clock, cycle: int = 1) -> Reading:
        found = self.life(id_)
        reading = read(found, self.lives.time_of(found.promise), clock, cycle)
        assert reading is not None
        return reading

    @property
    def asked(self) -> Reading:
        clock = Clock(self.ask["clock"].replace("_", "-"))
        return self.reading(self.request_id, clock, self.ask.get("cycle", 1))

    def written(self, seconds: int | None) -> str | None:
        """Write an instant as stories do: where the organisation is."""
        if seconds is None:
            return None
        return instant_of(seconds).astimezone(self.telling.story.zone).isoformat()

    def whom(self, charged: Charged | None) -> str | None:
        if charged is None or isinstance(charged, Nobody):
            return charged
        return self.telling.name(str(charged))


def sla_clock(telling: Telling, ask: Ask) -> dict[str, Any]:
    question = _Asked.of(telling, ask)
    reading = question.asked
    return {
        "state": reading.state,
        "elapsed_seconds": reading.elapsed,
        "paused_seconds": reading.paused,
        "target_seconds": reading.target,
        "due_at": question.written(reading.due_at),
        "breached_at": question.written(reading.breached_at),
        "met": reading.met,
        "over_seconds": reading.over,
        "charged_to": question.whom(reading.charged_to),
    }


def escalations(telling: Telling, ask: Ask) -> dict[str, Any]:
    question = _Asked.of(telling, ask)
    reached = zip(SHARES, question.asked.reached, strict=True)
    return {f"at_{share}": question.written(at) for share, at in reached}


def holders(telling: Telling, ask: Ask) -> dict[str, Any]:
    question = _Asked.of(telling, ask)
    found = question.life(question.request_id)
    held = held_for(found, question.lives.time_of(found.promise))
    sequence = collapsed(str(each.holder) for each in found.held if each.holder is not None)
    return {
        "seconds": {
            "queue" if holder is None else telling.name(str(holder)): seconds
            for holder, seconds in held.items()
        },
        "handovers": max(len(sequence) - 1, 0),
        "ping_pongs": ping_pongs(sequence),
    }


def breach_risk(telling: Telling, ask: Ask) -> dict[str, Any]:
    question = _Asked.of(telling, ask)
    reading = question.reading(question.request_id, Clock.RESOLUTION)
    tier = question.tier(question.request_id)
    others = (
        question.reading(id_, Clock.RESOLUTION)
        for id_, request in question.lives.by_id.items()
        if id_ != question.request_id and request.voided is None and question.tier(id_) is tier
    )
    judged = risk(reading, [each.elapsed for each in others if each.state is State.STOPPED])
    return {
        "elapsed_seconds": reading.elapsed,
        "comparable": judged.comparable,
        "longer_than_elapsed": judged.longer_than_elapsed,
        "longer_than_target": judged.longer_than_target,
        "probability": None if judged.probability is None else places(100 * judged.probability),
    }


_SERVING = frozenset(
    {
        "customer_registered",
        "customer_retiered",
        "request_opened",
        "request_assigned",
        "request_retiered",
        "reply_written",
        "customer_wrote",
        "waiting_started",
        "waiting_ended",
        "request_resolved",
        "request_reopened",
        "request_voided",
    }
)


_SURVEYING = frozenset({"survey_sent", "survey_answered"})


def survey_result(telling: Telling, ask: Ask) -> dict[str, Any]:
    question = SurveyQuestion(code_of(ask["aspect"]), _period(telling, ask))
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


_SCORED = _OWNING | _TRADING | _SERVING | _SURVEYING | {"feedback_given", "opportunity_opened"}


QUESTIONS: dict[str, Answering] = {
    "credit": Answering(credit, _OWNING | _TRADING),
    "sla_clock": Answering(sla_clock, _SERVING),
    "escalations": Answering(escalations, _SERVING),
    "holders": Answering(holders, _SERVING),
    "breach_risk": Answering(breach_risk, _SERVING),
    "retention": Answering(retention, _OWNING | _TRADING),
    "survey_result": Answering(survey_result, _SURVEYING),
    "score": Answering(score, _SCORED, metrics=True),
    "team_score": Answering(team_score, _SCORED, metrics=True),
    "review": Answering(review, _SCORED, metrics=True),
}


def normal(answer: Any) -> Any:
    """Return an answer with its lists of ids in order, so that two can be compared."""
    if isinstance(answer, list):
        return [normal(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: sorted(value, key=str) if name in UNORDERED else normal(value)
        for name, value in answer.items()
    }
