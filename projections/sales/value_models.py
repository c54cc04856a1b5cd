"""Value models: their settings, version by version, and the last run of each."""

from typing import Any
from uuid import UUID

from domain.kernel import Recorded
from domain.sales import value_model
from projections.documents import Document, ReadModel, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a value model."""
    match fact.event:
        case value_model.ValueModelPublished(name=name, version=number, settings=settings):
            changes = {
                "model_version": number,
                "settings": _settings(settings),
                "published_at": utc(fact.occurred_at),
            }
            if document is not None:
                return changes
            begun = {"id": str(key), "name": name, "runs": 0, "last_run": None, "computed_at": None}
            return begun | changes
        case value_model.ValueModelComputed() as run if document is not None:
            return {
                "runs": document["runs"] + 1,
                "last_run": _run(run, fact) | {"settings": document["settings"]},
                "computed_at": utc(fact.occurred_at),
            }
        case _:
            return document and {}


def _settings(settings: value_model.Settings) -> Document:
    return {
        "calibration_end": settings.calibration_end.isoformat(),
        "timezone": settings.timezone,
        "currency": settings.currency,
        "horizon_weeks": settings.horizon_weeks,
        "discount": f"{settings.discount:f}",
        "margin": None if settings.margin is None else f"{settings.margin:f}",
    }


def _run(run: value_model.ValueModelComputed, fact: Recorded[Any]) -> Document:
    names = ("r", "alpha", "a", "b", "p", "q", "gamma", "log_likelihood")
    return {
        "model_version": run.version,
        "position": str(run.position),
        "customers": run.customers,
        "parameters": {name: f"{getattr(run.parameters, name):f}" for name in names},
        "digest": run.digest,
        "computed_at": utc(fact.occurred_at),
    }


VALUE_MODELS = ReadModel(
    name="value_models",
    version=1,
    subject="value-model",
    fold=fold,
    fields=("name", "published_at", "computed_at"),
)
