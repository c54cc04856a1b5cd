"""Surveys over HTTP: sent by programs, answered on the telephone, in an interview, or by a link."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.ids import CustomerId, SurveyId
from domain.support import survey
from domain.support.scale import MOST_ASPECTS, Scale
from domain.support.survey import Absent, Score, SurveyLinkIssued, asking
from domain.support.survey_form import SURVEY_FORM
from domain.support.survey_programme import MOST_DAYS, SurveyChannel
from domain.support.survey_rules import SURVEY
from domain.values import SHORT
from projections.support.rated import rated_by
from projections.support.surveys import SURVEYS
from web.bodies import Routes
from web.changes import answer, carry_out, change, envelope, expected_version, handled
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text
from web.problems import Problem
from web.running import concord, zone
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("surveys", "surveys", description="Who was asked, and what they answered.")

STATUS = ["open", "answered", "expired", "voided"]
TOKEN_BYTES = 32

# --- Schemas --------------------------------------------------------------------------------------


class AskedSchema(ma.Schema):
    """An aspect that is asked."""

    aspect = fields.String(required=True)
    scale = fields.Enum(Scale, by_value=True, required=True)


class SurveyAnswerSchema(ma.Schema):
    """Their last word on an aspect."""

    aspect = fields.String(required=True)
    scale = fields.Enum(Scale, by_value=True, required=True)
    score = fields.Integer(required=True)
    channel = fields.Enum(SurveyChannel, by_value=True, required=True)
    answered_at = Moment()


class SurveySchema(ma.Schema):
    """A survey, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    form_id = fields.UUID(required=True)
    form_version = fields.Integer(required=True)
    programme_id = fields.UUID(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    member_id = fields.UUID(required=True, allow_none=True)
    request_id = fields.UUID(required=True, allow_none=True)
    order_id = fields.UUID(required=True, allow_none=True)
    channel = fields.Enum(SurveyChannel, by_value=True, required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUS))
    asked = fields.List(fields.Nested(AskedSchema), required=True)
    asks_comment = fields.Boolean(required=True)
    answers = fields.List(fields.Nested(SurveyAnswerSchema), required=True)
    comment = fields.String(required=True, allow_none=True)
    sent_at = Moment()
    expires_at = Moment()
    due_at = Moment(allow_none=True)
    link_issued_at = Moment(allow_none=True)
    answered_at = Moment(allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class SendSurveySchema(Change):
    """By which form, after what, and how."""

    form_id = Id(required=True)
    request_id = Id(load_default=None, allow_none=True)
    order_id = Id(load_default=None, allow_none=True)
    channel = fields.Enum(SurveyChannel, by_value=True, load_default=SurveyChannel.LINK)
    valid_days = fields.Integer(
        strict=True,
        load_default=30,
        validate=validate.Range(1, MOST_DAYS),
        metadata={"description": "How long an answer is taken."},
    )


class ScoreSchema(ma.Schema):
    """How somebody answers an aspect."""

    aspect = fields.String(required=True, validate=validate.Length(1, SHORT))
    score = fields.Integer(strict=True, required=True, validate=validate.Range(0, 10))

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Score:
        return Score(**told)


def _scores() -> fields.List[Any]:
    return fields.List(
        fields.Nested(ScoreSchema), required=True, validate=validate.Length(1, MOST_ASPECTS)
    )


class AnswersSchema(ma.Schema):
    """What somebody answers, in whole or in part."""

    answers = _scores()
    comment = Text(load_default=None, allow_none=True)


class RecordAnswersSchema(Change):
    """What somebody answered to one of us, and how."""

    channel = fields.Enum(SurveyChannel, by_value=True, required=True)
    answers = _scores()
    comment = Text(load_default=None, allow_none=True)


class SurveyLinkSchema(OutcomeSchema):
    """A link that opens once; nobody is told it again."""

    link = fields.String(required=True)


SurveyQuery = list_schema(
    SURVEYS,
    {
        "customer_id": IdOrNone(metadata={"description": "Empty: what staff are asked."}),
        "member_id": IdOrNone(metadata={"description": "Empty: what customers are asked."}),
        "form_id": Id(),
        "programme_id": IdOrNone(metadata={"description": "Empty: of no programme."}),
        "request_id": Id(),
        "order_id": Id(),
        "channel": fields.String(validate=validate.OneOf(list(SurveyChannel))),
        "status": fields.String(validate=validate.OneOf(STATUS)),
    },
    sort="-sent_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/surveys")
@bp.arguments(SendSurveySchema)
@bp.response(201, OutcomeSchema)
def send_survey(body: dict[str, Any], id_: UUID) -> Response:
    """Ask a customer: for programs that draw whom they ask; a person is refused."""
    given = envelope(body)
    version, asked, asks_comment = asking(concord().crm.load(SURVEY_FORM, body["form_id"]).state)
    expires_at = given.occurred_at + timedelta(days=body.pop("valid_days"))
    command = survey.SendSurvey(
        id=SurveyId(uuid7()),
        form_version=version,
        asked=asked,
        asks_comment=asks_comment,
        expires_at=expires_at,
        customer_id=CustomerId(id_),
        **body,
    )
    return carry_out(command, given, created="surveys.get_survey")


@bp.get("/surveys")
@bp.arguments(SurveyQuery, location="query")
@bp.response(200, page_of(SurveySchema), description="A page of surveys.")
def list_surveys(args: dict[str, Any]) -> Response:
    """List surveys: who was asked, and what they answered."""
    return show_list(SURVEYS, args)


@bp.get("/surveys/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, SurveySchema, description="The survey.")
def get_survey(args: dict[str, Any], id_: UUID) -> Response:
    """Show a survey with the last word on each aspect, now or as of any moment."""
    return show(SURVEYS, id_, args)


@bp.post("/surveys/<uuid:id_>/answers")
@bp.arguments(RecordAnswersSchema)
@bp.response(200, OutcomeSchema)
def record_survey_answers(body: dict[str, Any], id_: UUID) -> Response:
    """Record what was answered on the telephone or in an interview; not by whom it rates."""
    body["answers"] = tuple(body["answers"])
    return change(survey.RecordAnswers, body, id=SurveyId(id_), rated=_rated(id_))


@bp.post("/surveys/<uuid:id_>/link")
@bp.arguments(Change)
@bp.response(200, SurveyLinkSchema)
def issue_survey_link(body: dict[str, Any], id_: UUID) -> Response:
    """Issue the link by which a survey is answered, once; one issued earlier opens nothing."""
    expected = expected_version()
    given = envelope(body)
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    command = survey.IssueSurveyLink(
        id=SurveyId(id_), token_sha256=hashed(secret), rated=_rated(id_)
    )
    outcome = handled(command, given, expected=expected)
    issued = outcome.event
    if not isinstance(issued, SurveyLinkIssued) or issued.token_sha256 != command.token_sha256:
        raise Problem(
            409,
            "survey.link-told",
            "This Idempotency-Key was answered with a link that is told once; issue another.",
        )
    response = answer(outcome)
    told = orjson.loads(response.get_data())
    link = f"/api/v1/survey-links/{id_.hex}_{secret}"
    response.set_data(orjson.dumps(told | {"link": link}))
    return response


@bp.post("/surveys/<uuid:id_>/void")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def void_survey(body: dict[str, Any], id_: UUID) -> Response:
    """Say that a survey does not count, and why; not by whom it rates."""
    return change(survey.VoidSurvey, body, id=SurveyId(id_), rated=_rated(id_))


def hashed(secret: str) -> str:
    """Return all that is kept of a link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _rated(id_: UUID) -> tuple[UUID, ...]:
    crm = concord().crm
    state = crm.load(SURVEY, id_).state
    if isinstance(state, Absent):
        return ()  # there is nothing: the rules say so
    return rated_by(state, crm.facts, datetime.now(UTC), zone())
