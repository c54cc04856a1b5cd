"""Corrections: which facts were corrected, what they should have said, why, and who said so."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from domain.audit.correction import CorrectionMade, CorrectionWithdrawn, FieldChange
from domain.confidential import FieldClass
from domain.kernel import Recorded
from projections.documents import Document, ReadModel, text, utc, utc_or_none

STATUS = ("standing", "withdrawn")


def fold(_document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a correction; each one says it whole."""
    envelope = fact.envelope
    match fact.event:
        case CorrectionMade() as made:
            return {
                "id": str(key),
                "target": str(made.target),
                "target_name": made.target_name,
                "status": "standing",
                "changes": _changes(made.changes),
                "review_changes": _changes(made.review_changes),
                "corrected_at": utc_or_none(made.corrected_at),
                "by_id": text(made.by_id),
                "reason": envelope.reason,
                "made_by": {"kind": envelope.actor.kind, "id": envelope.actor.id},
                "made_at": utc(fact.occurred_at),
                "withdrawn_at": None,
                "withdrawn_because": None,
            }
        case CorrectionWithdrawn():
            return {
                "status": "withdrawn",
                "withdrawn_at": utc(fact.occurred_at),
                "withdrawn_because": envelope.reason,
            }
        case _:
            return {}


def _changes(changes: Iterable[FieldChange]) -> list[Document]:
    return [{"field": each.field, "value": orjson.loads(each.value)} for each in changes]


CORRECTIONS = ReadModel(
    name="corrections",
    version=1,
    subject="correction",
    fold=fold,
    fields=("target", "target_name", "status", "made_at"),
    masks={("changes",): FieldClass.MONEY, ("review_changes",): FieldClass.REVIEW},
)
