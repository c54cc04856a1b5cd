"""Imports: which files came in, what became of their rows, and which were taken back."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from domain.exchange import import_run
from domain.kernel import Recorded
from projections.documents import Document, ReadModel, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of an import."""
    match fact.event:
        case import_run.ImportStarted() as started:
            return {
                "id": str(key),
                "source": started.source,
                "file": started.file,
                "file_sha256": started.file_sha256,
                "status": "running",
                "started_at": utc(fact.occurred_at),
                "tally": None,
            }
        case _ if document is None:
            return None
        case import_run.ImportFinished(tally=tally):
            return {"status": "finished", "tally": asdict(tally)}
        case import_run.ImportUndone(taken_back=taken_back, kept=kept):
            return {"status": "undone", "taken_back": taken_back, "kept": kept}
        case _:
            return {}


IMPORTS = ReadModel(
    name="imports", version=1, subject="import", fold=fold, fields=("source", "status")
)
