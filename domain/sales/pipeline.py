"""A pipeline: the stages an opportunity goes through, how likely each makes a sale, and how long
one may rest in it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from domain.ids import PipelineId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event

CERTAIN = Decimal(100)
MOST_DAYS = 3650
"""The longest that one may rest in a stage."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: how likely (percent) what is in it is sold, after how many days it is stale."""

    code: str
    name: str
    probability: Decimal
    stale_after_days: int | None = None


STANDARD = "standard"
"""The code of the pipeline that is there without anybody setting it up."""
STANDARD_NAME = "Standard"
STANDARD_STAGES = (
    Stage("contact", "Contact", Decimal(10), 14),
    Stage("need", "Need", Decimal(25), 21),
    Stage("proposal", "Proposal", Decimal(50), 14),
    Stage("follow-up", "Follow-up", Decimal(75), 14),
)
"""What the standard pipeline has while the company sets nothing."""


def pipeline_id(code: str) -> PipelineId:
    """Return the id of the pipeline with this code."""
    return PipelineId(named_id("pipeline", code.strip().casefold()))


# --- Events -----------------------------------------------------------------------------------


@event("pipeline.set-up", zh="销售管道建立")
class PipelineSetUp:
    """Pipeline set up."""

    code: str
    name: str
    stages: tuple[Stage, ...]


@event("pipeline.changed", zh="销售管道变更")
class PipelineChanged:
    """Pipeline changed: what is opened or moved from now on goes through these stages."""

    name: str
    stages: tuple[Stage, ...]


@event("pipeline.withdrawn", zh="销售管道停用")
class PipelineWithdrawn:
    """Pipeline withdrawn: nothing new begins in it."""


Event = PipelineSetUp | PipelineChanged | PipelineWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class SetUpPipeline:
    """Set a pipeline up; its id follows from its code (``pipeline_id``)."""

    id: PipelineId
    code: str
    name: str
    stages: tuple[Stage, ...]


@command
class ChangePipeline:
    """Give a pipeline another name or other stages."""

    id: PipelineId
    name: str
    stages: tuple[Stage, ...]


@command
class WithdrawPipeline:
    """Withdraw a pipeline; what is in it stays, and can still be won or lost."""

    id: PipelineId


Command = SetUpPipeline | ChangePipeline | WithdrawPipeline

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such pipeline has been set up."""


@dataclass(frozen=True)
class InUse:
    """A pipeline that opportunities go through."""

    code: str
    name: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Withdrawn:
    """A pipeline in which nothing new begins."""


Pipeline = Absent | InUse | Withdrawn


def stages_of(pipeline: Pipeline, code: str) -> tuple[Stage, ...]:
    """Return the stages that a pipeline has now: none where there is no such pipeline."""
    match pipeline:
        case InUse(stages=stages):
            return stages
        case Absent():
            return STANDARD_STAGES if code == STANDARD else ()
        case Withdrawn():
            return ()
        case _:
            assert_never(pipeline)


# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, pipeline: Pipeline, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: pipeline.exists, pipeline.unknown, pipeline.withdrawn, pipeline.no-stages,
    pipeline.stage-twice, pipeline.not-a-probability, pipeline.not-days.
    """
    match command:
        case SetUpPipeline(code=code, name=name, stages=stages):
            if isinstance(pipeline, InUse):
                raise Rejected(
                    "pipeline.exists", f"A pipeline {code!r} is set up already.", field="code"
                )
            _check(stages)
            return [PipelineSetUp(code=code, name=name, stages=stages)]
        case ChangePipeline(name=name, stages=stages):
            here = _in_use(pipeline)
            if (here.name, here.stages) == (name, stages):
                return []
            _check(stages)
            return [PipelineChanged(name=name, stages=stages)]
        case WithdrawPipeline():
            _in_use(pipeline)
            return [PipelineWithdrawn()]
        case _:
            assert_never(command)


def _in_use(pipeline: Pipeline) -> InUse:
    match pipeline:
        case InUse():
            return pipeline
        case Absent():
            raise Rejected("pipeline.unknown", "There is no such pipeline.")
        case Withdrawn():
            raise Rejected("pipeline.withdrawn", "The pipeline is withdrawn; set it up anew.")
        case _:
            assert_never(pipeline)


def _check(stages: tuple[Stage, ...]) -> None:
    if not stages:
        raise Rejected("pipeline.no-stages", "A pipeline has at least one stage.", field="stages")
    if len({stage.code for stage in stages}) < len(stages):
        raise Rejected("pipeline.stage-twice", "Name each stage once.", field="stages")
    if not all(0 <= stage.probability <= CERTAIN for stage in stages):
        raise Rejected(
            "pipeline.not-a-probability", "A probability is 0 to 100 percent.", field="stages"
        )
    days = [stage.stale_after_days for stage in stages if stage.stale_after_days is not None]
    if not all(1 <= each <= MOST_DAYS for each in days):
        raise Rejected(
            "pipeline.not-days",
            f"Something is stale after 1 to {MOST_DAYS} days; leave it out where it never is.",
            field="stages",
        )


def evolve(pipeline: Pipeline, fact: Fact[Event]) -> Pipeline:
    """Fold one fact into the state."""
    match fact.event:
        case PipelineSetUp(code=code, name=name, stages=stages):
            return InUse(code, name, stages)
        case PipelineChanged(name=name, stages=stages):
            return InUse(pipeline.code, name, stages) if isinstance(pipeline, InUse) else pipeline
        case PipelineWithdrawn():
            return pipeline if isinstance(pipeline, Absent) else Withdrawn()
        case _:
            assert_never(fact.event)


def active(pipeline: Pipeline) -> bool:
    """Tell whether opportunities may begin in it."""
    return isinstance(pipeline, InUse)


PIPELINE: Decider[Command, Pipeline, Event] = Decider(
    kind="pipeline",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
