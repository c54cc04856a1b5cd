"""The complaints report that a summary or an improvement rests on, computed again."""

import hashlib
from datetime import date, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from application.store.log import Log, Window
from domain.support.complaint_summary import Question
from domain.support.improvement import Days, Goal
from projections.documents import Document
from projections.reports import complaints
from projections.reports.period import Period
from projections.reports.replaying import as_json


def replayed(log: Log, asked: Question, position: int | None = None) -> tuple[int, str]:
    """Return the position up to which the log was replayed, and the report's fingerprint."""
    period = Period(asked.first, asked.last, ZoneInfo(asked.timezone))
    question = complaints.Question(period, asked.acknowledge_hours, asked.resolve_hours)
    report = complaints.complaints(log, question, Window(position))
    return int(report["position"]), hashlib.sha256(as_json(report)).hexdigest()


def question_of(shown: Document) -> Question:
    """Return which report a summary was written on: of its document."""
    return Question(
        first=date.fromisoformat(shown["from"]),
        last=date.fromisoformat(shown["to"]),
        timezone=shown["timezone"],
        acknowledge_hours=shown["acknowledge_hours"],
        resolve_hours=shown["resolve_hours"],
    )


def measured(log: Log, goal: Goal, days: Days, zone: tzinfo, position: int) -> Decimal | None:
    """Return the figure that an improvement is to move, over some days; None of nothing."""
    question = complaints.Question(Period(days.first, days.last, zone))
    report = complaints.complaints(log, question, Window(position))
    return complaints.figure(report, goal.figure, goal.cause)
