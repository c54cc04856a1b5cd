"""What members are good at, and when they are away, over HTTP."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from domain.ids import MemberId
from domain.teams import abilities
from domain.teams.abilities import BEST
from domain.values import SHORT
from web.bodies import Routes
from web.changes import change
from web.fields import Change, OutcomeSchema, Text, Time

bp = Routes("abilities", "abilities", description="Skills and absences of members.")


class WithdrawSkillSchema(Change):
    """Which skill."""

    skill = Text(SHORT, required=True)


class SkillSchema(WithdrawSkillSchema):
    """A skill, and how good somebody is at it: 1 (learning it) to 5 (teaches it)."""

    level = fields.Integer(strict=True, required=True, validate=validate.Range(1, BEST))


class WithdrawAbsenceSchema(Change):
    """When it starts."""

    starts_at = Time(required=True)


class AbsenceSchema(WithdrawAbsenceSchema):
    """From when on somebody is away, and when they are back."""

    ends_at = Time(required=True)


@bp.post("/members/<uuid:id_>/skill")
@bp.arguments(SkillSchema)
@bp.response(200, OutcomeSchema)
def record_skill(body: dict[str, Any], id_: UUID) -> Response:
    """Record what a member is good at, and how good."""
    return change(abilities.RecordSkill, body, id=MemberId(id_))


@bp.post("/members/<uuid:id_>/withdraw-skill")
@bp.arguments(WithdrawSkillSchema)
@bp.response(200, OutcomeSchema)
def withdraw_skill(body: dict[str, Any], id_: UUID) -> Response:
    """Say that a member has a skill no more."""
    return change(abilities.WithdrawSkill, body, id=MemberId(id_))


@bp.post("/members/<uuid:id_>/away")
@bp.arguments(AbsenceSchema)
@bp.response(200, OutcomeSchema)
def announce_absence(body: dict[str, Any], id_: UUID) -> Response:
    """Say when a member is away: nothing is routed to them then."""
    return change(abilities.AnnounceAbsence, body, id=MemberId(id_))


@bp.post("/members/<uuid:id_>/back")
@bp.arguments(WithdrawAbsenceSchema)
@bp.response(200, OutcomeSchema)
def withdraw_absence(body: dict[str, Any], id_: UUID) -> Response:
    """Take an absence back, or be back early."""
    return change(abilities.WithdrawAbsence, body, id=MemberId(id_))
