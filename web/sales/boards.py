"""The board of a pipeline over HTTP: what is in each stage, and what it may come to."""

from typing import Any

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields

from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from domain.sales.pipeline import STANDARD
from projections.documents import Document
from projections.sales.opportunities import OPPORTUNITIES
from projections.tallies import Group, grouped, summed
from web.access.seeing import access
from web.bodies import Routes
from web.fields import Id
from web.running import concord, json_response
from web.sales.pipelines import Code, stages_now
from web.sales.selling import SumSchema, shown_sum
from web.views import await_position

bp = Routes("boards", "boards", description="What is in each stage of a pipeline.")


class BoardStageSchema(ma.Schema):
    """A stage of the board: what is in it."""

    stage = fields.String(required=True)
    name = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null where the pipeline has this stage no more."},
    )
    probability = fields.String(required=True, allow_none=True)
    count = fields.Integer(required=True)
    stale = fields.Integer(required=True)
    amounts = fields.List(
        fields.Nested(SumSchema),
        required=True,
        allow_none=True,
        metadata={"description": "Of those that say an amount; null: you are not shown them."},
    )


class BoardSchema(ma.Schema):
    """The open opportunities of a pipeline, stage by stage."""

    pipeline = fields.String(required=True)
    stages = fields.List(fields.Nested(BoardStageSchema), required=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "money: some amounts are not in, because you are not shown them."},
    )


class BoardQuery(ma.Schema):
    """Which pipeline, and whose part of it."""

    pipeline = Code(load_default=STANDARD)
    filter_department_id = Id(data_key="filter[department_id]")
    filter_holder_id = Id(data_key="filter[holder_id]")
    filter_customer_id = Id(data_key="filter[customer_id]")


@bp.get("/opportunities/board")
@bp.arguments(BoardQuery, location="query")
@bp.response(200, BoardSchema, description="The board, of the opportunities that you may see.")
def get_board(args: dict[str, Any]) -> Response:
    """Show what is open in each stage of a pipeline, and what it comes to."""
    access().require(Action.READ, Resource.OPPORTUNITY)
    position = await_position(OPPORTUNITIES.name)
    code = args.pop("pipeline")
    filters = {name.removeprefix("filter_"): str(value) for name, value in args.items()}
    response = json_response(orjson.dumps(_board(code, filters)))
    response.headers["Concord-Position"] = str(position)
    return response


def _board(code: str, given: dict[str, str]) -> Document:
    filters = given | {"pipeline": code, "status": "open"}
    verdict = access().verdict(Action.READ, Resource.OPPORTUNITY)
    reader, showing = concord().reader, verdict.showing(FieldClass.MONEY)
    by = ("stage", "stale")
    found = grouped(reader, OPPORTUNITIES, by, verdict.condition, filters)
    amounts: dict[str, list[Document]] | None = None
    if not showing.never:
        amounts = {}
        for each in summed(reader, OPPORTUNITIES, by[:1], showing, filters):
            amounts.setdefault(each.values[0], []).append(shown_sum(each))
    board = {"pipeline": code, "stages": _stages(code, found, amounts)}
    hidden = verdict.hides(FieldClass.MONEY)
    return board | {"masked": [FieldClass.MONEY]} if hidden else board


def _stages(
    code: str, found: list[Group], amounts: dict[str, list[Document]] | None
) -> list[Document]:
    known = {stage.code: stage for stage in stages_now(code)}
    gone = sorted({group.values[0] for group in found} - known.keys())
    stages = []
    for stage in (*known, *gone):
        here = [group for group in found if group.values[0] == stage]
        now = known.get(stage)
        stages.append(
            {
                "stage": stage,
                "name": now and now.name,
                "probability": None if now is None else f"{now.probability:f}",
                "count": sum(group.count for group in here),
                "stale": sum(group.count for group in here if group.values[1]),
                "amounts": None if amounts is None else amounts.get(stage, []),
            }
        )
    return stages
