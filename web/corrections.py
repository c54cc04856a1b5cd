"""Corrections over HTTP: what a recorded fact should have said, why, and that it is so no more.

The fact stays as it was recorded, and shows its corrections (``GET /audit/events/{position}``).
Reports take the corrected fact from the correction on. Lists and single things show what was
recorded; change or take those back where they are wrong, too.
"""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response, url_for
from marshmallow import fields, validate

from application.correcting import Said, correcting
from application.crm import StaleVersion
from domain.access.roles import Action, Resource
from domain.audit.correction import (
    CORRECTION,
    Absent,
    CorrectFact,
    WithdrawCorrection,
    is_correctable,
)
from domain.confidential import FieldClass
from domain.ids import CorrectionId
from domain.kernel import EVENTS
from domain.values import SHORT
from projections.audit.corrections import CORRECTIONS, STATUS
from web.access.seeing import Covered, access
from web.bodies import Routes
from web.changes import answer, carry_out, change, envelope, expected_version, handled
from web.facts import ActorSchema
from web.fields import Change, Id, Moment, OutcomeSchema, Time, not_in_future
from web.problems import Problem, not_found
from web.running import concord
from web.views import (
    ItemMomentSchema,
    await_log,
    list_schema,
    page_of,
    show,
    show_list,
)

bp = Routes("corrections", "audit", description="Facts that should have said something else.")

MOST_FIELDS = 50
NAMES = sorted(name for name, kind in EVENTS.items() if is_correctable(kind))

# --- Schemas --------------------------------------------------------------------------------------


class ChangedFieldSchema(ma.Schema):
    """A field of the fact, and what it should have said."""

    field = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)


class CorrectionSchema(ma.Schema):
    """The correction of one fact, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    target = fields.String(
        required=True, metadata={"description": "The fact: its position in the log."}
    )
    target_name = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUS))
    changes = fields.List(fields.Nested(ChangedFieldSchema), required=True, allow_none=True)
    review_changes = fields.List(
        fields.Nested(ChangedFieldSchema),
        required=True,
        allow_none=True,
        metadata={"description": "What was said of somebody's work."},
    )
    corrected_at = Moment(
        allow_none=True, metadata={"description": "When it happened; null: as recorded."}
    )
    by_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Whose work it was; null: as recorded."},
    )
    reason = fields.String(required=True)
    made_by = fields.Nested(ActorSchema, required=True)
    made_at = Moment()
    withdrawn_at = Moment(allow_none=True)
    withdrawn_because = fields.String(required=True, allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class CorrectSchema(Change):
    """What the fact should have said, and why; what is not named stays as it was recorded."""

    set = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=SHORT)),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        validate=validate.Length(max=MOST_FIELDS),
        metadata={"description": "Fields of the fact, as its data shows them."},
    )
    at = Time(
        validate=not_in_future,
        load_default=None,
        metadata={"description": "When it happened.", "format": "date-time"},
    )
    by_id = Id(load_default=None, metadata={"description": "The member whose work it was."})


CorrectionQuery = list_schema(
    CORRECTIONS,
    {
        "target": fields.String(
            validate=validate.Regexp(r"^[0-9]{1,19}$(?!\n)"),
            metadata={"description": "The position of the fact."},
        ),
        "target_name": fields.String(validate=validate.OneOf(NAMES)),
        "status": fields.String(validate=validate.OneOf(STATUS)),
    },
    sort="-made_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/audit/events/<int:position>/corrections")
@bp.arguments(CorrectSchema)
@bp.response(201, OutcomeSchema)
def correct_fact(body: dict[str, Any], position: int) -> Response:
    """Say what a recorded fact should have said; it stays visible as it was recorded."""
    access().require(Action.CREATE, Resource.AUDIT, everywhere=True)
    given = envelope(body)
    command = _corrected(position, body)
    try:
        outcome = handled(command, given, expected=0)
    except StaleVersion as error:
        raise Problem(
            409,
            "correction.exists",
            f"It was corrected before: replace the correction {command.id}.",
        ) from error
    response = answer(outcome)
    response.status_code = 201
    response.headers["Location"] = url_for("corrections.get_correction", id_=outcome.stream_id)
    return response


@bp.get("/corrections")
@bp.arguments(CorrectionQuery, location="query")
@bp.response(200, page_of(CorrectionSchema), description="A page of corrections.")
def list_corrections(args: dict[str, Any]) -> Response:
    """List the facts that were corrected."""
    return show_list(CORRECTIONS, args)


@bp.get("/corrections/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, CorrectionSchema, description="The correction.")
def get_correction(args: dict[str, Any], id_: UUID) -> Response:
    """Show the correction of a fact, now or as of any moment."""
    return show(CORRECTIONS, id_, args)


@bp.post("/corrections/<uuid:id_>/replace")
@bp.arguments(CorrectSchema)
@bp.response(200, OutcomeSchema)
def replace_correction(body: dict[str, Any], id_: UUID) -> Response:
    """Correct the fact once more, or again after it was withdrawn: this says the whole of it."""
    expected = expected_version()
    given = envelope(body)
    return carry_out(_corrected(_target(id_), body), given, expected=expected)


@bp.post("/corrections/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_correction(body: dict[str, Any], id_: UUID) -> Response:
    """Let the fact stand again as it was recorded; the reason says why."""
    _target(id_)
    return change(WithdrawCorrection, body, id=CorrectionId(id_))


def _corrected(position: int, body: dict[str, Any]) -> CorrectFact:
    """Return the command for a fact that who asks may know of. Raises ``Problem`` 404."""
    here = concord()
    await_log()
    _check_seen(position)
    return correcting(here.log, here.crm.load, position, Said(**body))


def _target(id_: UUID) -> int:
    """Return which fact a correction is of, where who asks may know of it."""
    state = concord().crm.load(CORRECTION, id_).state
    if isinstance(state, Absent):
        raise not_found()
    target: int = state.made.target
    _check_seen(target)
    return target


def _check_seen(position: int) -> None:
    facts = concord().log.at([position]) if position < 2**63 else []
    covered = Covered(access(), facts)
    if not any(covered.reads(fact) for fact in facts):
        raise not_found()
