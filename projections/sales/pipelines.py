"""Pipelines: the stages of each that the company has set up."""

from typing import Any
from uuid import UUID

from domain.kernel import Recorded
from domain.sales import pipeline
from domain.sales.pipeline import Stage
from projections.documents import Document, ReadModel, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a pipeline."""
    match fact.event:
        case pipeline.PipelineSetUp(code=code, name=name, stages=stages):
            return {
                "id": str(key),
                "code": code,
                "name": name,
                "status": "in-use",
                "stages": [shown(stage) for stage in stages],
                "set_up_at": utc(fact.occurred_at),
            }
        case _ if document is None:
            return None
        case pipeline.PipelineChanged(name=name, stages=stages):
            return {"name": name, "stages": [shown(stage) for stage in stages]}
        case pipeline.PipelineWithdrawn():
            return {"status": "withdrawn"}
        case _:
            return {}


def shown(stage: Stage) -> Document:
    """Return a stage as documents and answers have it."""
    return {
        "code": stage.code,
        "name": stage.name,
        "probability": f"{stage.probability:f}",
        "stale_after_days": stage.stale_after_days,
    }


PIPELINES = ReadModel(
    name="pipelines",
    version=1,
    subject="pipeline",
    fold=fold,
    fields=("code", "name", "status"),
)
