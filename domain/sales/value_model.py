"""A value model: by which settings customers are valued, version by version, and each run of it.

The settings are published first; a run learns parameters from the orders that the log holds up to a
position, and keeps them, so that anybody can come to the same figures again.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import assert_never

from domain.ids import ValueModelId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event


def value_model_id(name: str) -> ValueModelId:
    """Return the id of the model of this name."""
    return ValueModelId(named_id("value-model", name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a version of a model says.

    Purchases up to and with ``calibration_end`` teach it, where ``timezone`` tells the date; orders
    of other currencies are left out. It looks ahead for ``horizon_weeks`` and discounts by
    ``discount`` per year. ``margin`` is the part of what comes in that is profit, from 0 to 1,
    where costs are not known; None where it must not be guessed.
    """

    calibration_end: date
    timezone: str
    currency: str
    horizon_weeks: int
    discount: Decimal
    margin: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a run has learned: r, alpha, a, b of BG/NBD (weeks); p, q, gamma (money) of gamma-gamma.

    ``log_likelihood`` is that of BG/NBD.
    """

    r: Decimal
    alpha: Decimal
    a: Decimal
    b: Decimal
    p: Decimal
    q: Decimal
    gamma: Decimal
    log_likelihood: Decimal


# --- Events -----------------------------------------------------------------------------------


@event("value-model.published", zh="价值模型发布")
class ValueModelPublished:
    """Value model published."""

    name: str
    version: int
    settings: Settings


@event("value-model.computed", zh="客户价值计算")
class ValueModelComputed:
    """Customer value computed by the model."""

    version: int
    position: int
    """The position of the log up to which it saw."""
    customers: int
    parameters: Parameters
    digest: str
    """The SHA-256 of the whole report: computed again, it must be the same."""


Event = ValueModelPublished | ValueModelComputed

# --- Commands ---------------------------------------------------------------------------------


@command
class PublishValueModel:
    """Publish a new model; its id follows from its name (``value_model_id``)."""

    id: ValueModelId
    name: str
    settings: Settings


@command
class ReviseValueModel:
    """Publish the next version of a model; runs of earlier versions stay what they are."""

    id: ValueModelId
    settings: Settings


@command
class RecordValueRun:
    """Record a run of the present version: what it learned, from how much of the log."""

    id: ValueModelId
    version: int
    position: int
    customers: int
    parameters: Parameters | None
    """None where too few customers have bought again."""
    digest: str


Command = PublishValueModel | ReviseValueModel | RecordValueRun

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such model."""


@dataclass(frozen=True)
class Published:
    """A model with its present version."""

    name: str
    version: int
    settings: Settings


ValueModel = Absent | Published

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, model: ValueModel, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: value-model.exists, value-model.unknown, value-model.superseded,
    value-model.too-little, value-model.margin-outside.
    """
    match command:
        case PublishValueModel(name=name, settings=settings):
            if not isinstance(model, Absent):
                raise Rejected("value-model.exists", "There is a model of this name.", field="name")
            _check(settings)
            return [ValueModelPublished(name=name, version=1, settings=settings)]
        case ReviseValueModel(settings=settings):
            here = _published(model)
            _check(settings)
            if settings == here.settings:
                return []
            return [
                ValueModelPublished(name=here.name, version=here.version + 1, settings=settings)
            ]
        case RecordValueRun(parameters=parameters):
            here = _published(model)
            if command.version != here.version:
                raise Rejected(
                    "value-model.superseded", "A later version was published; run that one."
                )
            if parameters is None:
                raise Rejected(
                    "value-model.too-little",
                    "Too few customers have bought again to learn from;"
                    " let more time pass, or choose a later end of the calibration.",
                )
            return [
                ValueModelComputed(
                    version=command.version,
                    position=command.position,
                    customers=command.customers,
                    parameters=parameters,
                    digest=command.digest,
                )
            ]
        case _:
            assert_never(command)


def _check(settings: Settings) -> None:
    if settings.margin is not None and not 0 <= settings.margin <= 1:
        raise Rejected(
            "value-model.margin-outside", "A margin is a part: from 0 to 1.", field="settings"
        )


def _published(model: ValueModel) -> Published:
    match model:
        case Published():
            return model
        case Absent():
            raise Rejected("value-model.unknown", "There is no such model.")
        case _:
            assert_never(model)


def evolve(model: ValueModel, fact: Fact[Event]) -> ValueModel:
    """Fold one fact into the state."""
    match fact.event:
        case ValueModelPublished(name=name, version=version, settings=settings):
            return Published(name, version, settings)
        case ValueModelComputed():
            return model
        case _:
            assert_never(fact.event)


def active(model: ValueModel) -> bool:
    """Tell whether there is such a model."""
    return isinstance(model, Published)


VALUE_MODEL: Decider[Command, ValueModel, Event] = Decider(
    kind="value-model",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
