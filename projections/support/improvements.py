"""The improvement board: findings, who owns them, by when, and whether it helped."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.support import improvement
from projections.documents import Document, ReadModel, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of an improvement."""
    event = fact.event
    match event:
        case improvement.ImprovementOpened():
            return _opened(key, fact, event)
        case _ if document is None:
            return None
        case improvement.MeasureNoted(measure=measure):
            noted = {"at": utc(fact.occurred_at), "measure": measure}
            return {"measures": [*document["measures"], noted]}
        case improvement.ImprovementExtended(due_at=due_at):
            due = utc(due_at)
            extended = document["extended"] + 1
            return {"due_at": due, "miss_at": due, "overdue": None, "extended": extended}
        case improvement.ImprovementMissed():
            return {"miss_at": None, "overdue": "yes"}
        case improvement.ImprovementDone():
            return {"status": "done", "miss_at": None, "done_at": utc(fact.occurred_at)}
        case improvement.ImprovementVerified():
            return _over("verified", fact) | {"effect": _effect(event, fact)}
        case improvement.ImprovementClosed():
            return _over("closed", fact)
        case _:
            return {}


def _opened(key: UUID, fact: Recorded[Any], event: improvement.ImprovementOpened) -> Document:
    return {
        "id": str(key),
        "department_id": str(event.department_id),
        "holder_id": str(event.member_id),
        "finding": event.finding,
        "evidence": [str(position) for position in event.evidence],
        "figure": event.goal.figure,
        "cause": event.goal.cause,
        "baseline_from": event.goal.baseline.first.isoformat(),
        "baseline_to": event.goal.baseline.last.isoformat(),
        "status": "open",
        "due_at": utc(event.due_at),
        "miss_at": utc(event.due_at),
        "overdue": None,
        "extended": 0,
        "measures": [],
        "effect": None,
        "opened_at": utc(fact.occurred_at),
        "done_at": None,
        "ended_at": None,
    }


def _effect(event: improvement.ImprovementVerified, fact: Recorded[Any]) -> Document:
    who = fact.envelope.performer
    return {
        "before": None if event.before is None else f"{event.before:f}",
        "after": None if event.after is None else f"{event.after:f}",
        "from": event.period.first.isoformat(),
        "to": event.period.last.isoformat(),
        "position": str(event.position),
        "effective": event.effective,
        "verified_by": None if who is None else str(who),
    }


def _over(status: str, fact: Recorded[Any]) -> Document:
    return {"status": status, "miss_at": None, "ended_at": utc(fact.occurred_at)}


IMPROVEMENTS = ReadModel(
    name="improvements",
    version=1,
    subject="improvement",
    fold=fold,
    fields=(
        "status", "department_id", "holder_id", "figure", "cause", "overdue", "due_at", "miss_at",
        "opened_at",
    ),
    row={"department_id": "department_id"},
    masks={("finding",): FieldClass.NOTES, ("measures", "measure"): FieldClass.NOTES},
)  # fmt: skip
