"""Pipelines over HTTP: the stages that opportunities go through."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.ids import PipelineId
from domain.sales import pipeline
from domain.sales.pipeline import MOST_DAYS, PIPELINE, Stage, pipeline_id, stages_of
from domain.values import NAME, SHORT
from projections.sales.pipelines import PIPELINES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Moment, OutcomeSchema, Text
from web.running import concord
from web.sales.selling import Exact
from web.teams.teams import SLUG
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("pipelines", "pipelines", description="The stages that opportunities go through.")

MOST_STAGES = 50
STATUS = validate.OneOf(["in-use", "withdrawn"])


def stages_now(code: str) -> tuple[Stage, ...]:
    """Return the stages that a pipeline has now; none where there is no such pipeline."""
    return stages_of(concord().crm.load(PIPELINE, pipeline_id(code)).state, code)


# --- Schemas ------------------------------------------------------------------------------------


class Code(fields.String):
    """A code for good, such as follow-up."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(1, SHORT), SLUG], **kwargs)


class StageSchema(ma.Schema):
    """A stage: how likely (percent) what is in it is sold, after how many days it is stale."""

    code = Code(required=True)
    name = Text(NAME, required=True)
    probability = Exact(whole=3, required=True)
    stale_after_days = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MOST_DAYS)
    )


class PipelineSchema(ma.Schema):
    """A pipeline, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    status = fields.String(required=True, validate=STATUS)
    stages = fields.List(fields.Nested(StageSchema), required=True)
    set_up_at = Moment()


class ChangePipelineSchema(Change):
    """Its name and its stages, in their order."""

    name = Text(NAME, required=True)
    stages = fields.List(
        fields.Nested(StageSchema), required=True, validate=validate.Length(1, MOST_STAGES)
    )


class SetUpPipelineSchema(ChangePipelineSchema):
    """A new pipeline; the code ``standard`` replaces the one that is there by itself."""

    code = Code(required=True)


PipelineQuery = list_schema(PIPELINES, {"status": fields.String(validate=STATUS)}, sort="code")

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/pipelines")
@bp.arguments(PipelineQuery, location="query")
@bp.response(200, page_of(PipelineSchema), description="A page of pipelines.")
def list_pipelines(args: dict[str, Any]) -> Response:
    """List the pipelines that were set up; the standard one is there without that."""
    return show_list(PIPELINES, args)


@bp.post("/pipelines")
@bp.arguments(SetUpPipelineSchema)
@bp.response(201, OutcomeSchema)
def set_up_pipeline(body: dict[str, Any]) -> Response:
    """Set a pipeline up, or set up anew one that was withdrawn."""
    given = envelope(body)
    command = pipeline.SetUpPipeline(id=pipeline_id(body["code"]), **_with_stages(body))
    return carry_out(command, given, created="pipelines.get_pipeline")


@bp.get("/pipelines/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, PipelineSchema, description="The pipeline.")
def get_pipeline(args: dict[str, Any], id_: UUID) -> Response:
    """Show a pipeline, now or as of any moment."""
    return show(PIPELINES, id_, args)


@bp.put("/pipelines/<uuid:id_>")
@bp.arguments(ChangePipelineSchema)
@bp.response(200, OutcomeSchema)
def change_pipeline(body: dict[str, Any], id_: UUID) -> Response:
    """Replace a pipeline's name and stages; what is in a stage that is gone stays in it."""
    return change(pipeline.ChangePipeline, _with_stages(body), id=PipelineId(id_))


@bp.post("/pipelines/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_pipeline(body: dict[str, Any], id_: UUID) -> Response:
    """Withdraw a pipeline: nothing new begins in it."""
    return change(pipeline.WithdrawPipeline, body, id=PipelineId(id_))


def _with_stages(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"stages": tuple(Stage(**each) for each in body["stages"])}
