"""Survey forms and programmes over HTTP: what is asked, and after what, of how many."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.ids import SurveyFormId, SurveyProgrammeId
from domain.support import survey_form, survey_programme
from domain.support.scale import MOST_ASPECTS, Aspect, Scale, flaws
from domain.support.survey_form import SURVEY_FORM, Audience, Form, Questions, survey_form_id
from domain.support.survey_programme import (
    ALL,
    MOST_DAYS,
    Sampling,
    SurveyChannel,
    Trigger,
    survey_programme_id,
)
from domain.values import NAME, SHORT
from projections.support.surveys import SURVEY_FORMS, SURVEY_PROGRAMMES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, Moment, OutcomeSchema, Text, Words, YesNo
from web.running import concord
from web.teams.teams import SLUG
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes(
    "survey-programmes", "survey-programmes", description="What is asked in surveys, and of whom."
)

STATUS = ["running", "paused", "ended"]

# --- Schemas --------------------------------------------------------------------------------------


class AspectSchema(ma.Schema):
    """One question: its code, how it reads, and from which score to which it is answered."""

    code = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])
    english = Text(NAME, required=True)
    chinese = Text(NAME, required=True)
    scale = fields.Enum(Scale, by_value=True, required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Aspect:
        return Aspect(**told)


class QuestionsSchema(ma.Schema):
    """What a form asks; whether somebody would recommend us (``recommend``) always on 0-10."""

    english = Text(NAME, required=True)
    chinese = Text(NAME, required=True)
    aspects = fields.List(
        fields.Nested(AspectSchema), required=True, validate=validate.Length(1, MOST_ASPECTS)
    )
    asks_comment = YesNo(load_default=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Questions:
        questions = Questions(**told | {"aspects": tuple(told["aspects"])})
        found = [flaw for flaw in flaws(questions.aspects) if flaw.number is not None]
        if found:
            raise ma.ValidationError(
                {"aspects": {flaw.number: {"_schema": [flaw.sentence]} for flaw in found}}
            )
        return questions


class SurveyDraftSchema(ma.Schema):
    """Questions that nobody is asked yet."""

    english = fields.String(required=True)
    chinese = fields.String(required=True)
    aspects = fields.List(fields.Nested(AspectSchema), required=True)
    asks_comment = fields.Boolean(required=True)
    drafted_at = Moment()


class SurveyVersionSchema(ma.Schema):
    """Questions as they were published."""

    english = fields.String(required=True)
    chinese = fields.String(required=True)
    aspects = fields.List(fields.Nested(AspectSchema), required=True)
    asks_comment = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    published_at = Moment()


class SurveyFormSchema(ma.Schema):
    """A form with its draft and all its versions."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    audience = fields.Enum(Audience, by_value=True, required=True)
    draft = fields.Nested(SurveyDraftSchema, required=True, allow_none=True)
    versions = fields.List(fields.Nested(SurveyVersionSchema), required=True)


class RedraftSurveyFormSchema(Change):
    """Questions to publish next."""

    questions = fields.Nested(QuestionsSchema, required=True)


class DraftSurveyFormSchema(RedraftSurveyFormSchema):
    """A form of its own name, for customers or for staff."""

    name = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])
    audience = fields.Enum(Audience, by_value=True, load_default=Audience.CUSTOMERS)


class SamplingSchema(ma.Schema):
    """After what is asked, of how many, how often at most, and until when it can be answered."""

    trigger = fields.Enum(Trigger, by_value=True, required=True)
    share = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(0, ALL),
        metadata={"description": "Of how many, in percent; 0 asks nobody yet."},
    )
    rest_days = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(0, MOST_DAYS),
        metadata={"description": "Nobody is asked again so soon, by whichever programme."},
    )
    valid_days = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(1, MOST_DAYS),
        metadata={"description": "How long an answer is taken."},
    )
    channel = fields.Enum(SurveyChannel, by_value=True, load_default=SurveyChannel.LINK)
    every_days = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, MOST_DAYS),
        metadata={"description": "Of all-customers and all-staff only: how often."},
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Sampling:
        return Sampling(**told)


class SurveyProgrammeSchema(ma.Schema):
    """A programme, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUS))
    form_id = fields.UUID(required=True)
    sampling = fields.Nested(SamplingSchema, required=True)
    started_at = Moment()
    ended_at = Moment(allow_none=True)


class ChangeSurveyProgrammeSchema(Change):
    """By which form, and by which rules."""

    form_id = Id(required=True)
    sampling = fields.Nested(SamplingSchema, required=True)


class StartSurveyProgrammeSchema(ChangeSurveyProgrammeSchema):
    """A programme of its own name."""

    name = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])


SurveyFormQuery = list_schema(
    SURVEY_FORMS,
    {"name": Words(), "audience": fields.String(validate=validate.OneOf(list(Audience)))},
    sort="name",
)
SurveyProgrammeQuery = list_schema(
    SURVEY_PROGRAMMES,
    {
        "name": Words(),
        "status": fields.String(validate=validate.OneOf(STATUS)),
        "form_id": Id(),
    },
    sort="name",
)

# --- Forms ----------------------------------------------------------------------------------------


@bp.get("/survey-forms")
@bp.arguments(SurveyFormQuery, location="query")
@bp.response(200, page_of(SurveyFormSchema), description="A page of forms.")
def list_survey_forms(args: dict[str, Any]) -> Response:
    """List survey forms."""
    return show_list(SURVEY_FORMS, args)


@bp.post("/survey-forms")
@bp.arguments(DraftSurveyFormSchema)
@bp.response(201, OutcomeSchema)
def draft_survey_form(body: dict[str, Any]) -> Response:
    """Draft a new survey form; nobody is asked before it is published."""
    given = envelope(body)
    command = survey_form.DraftSurveyForm(id=survey_form_id(body["name"]), **body)
    return carry_out(command, given, created="survey-programmes.get_survey_form")


@bp.get("/survey-forms/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, SurveyFormSchema, description="The form.")
def get_survey_form(args: dict[str, Any], id_: UUID) -> Response:
    """Show a survey form with its draft and versions, now or as of any moment."""
    return show(SURVEY_FORMS, id_, args)


@bp.post("/survey-forms/<uuid:id_>/redraft")
@bp.arguments(RedraftSurveyFormSchema)
@bp.response(200, OutcomeSchema)
def redraft_survey_form(body: dict[str, Any], id_: UUID) -> Response:
    """Draft a survey form's next version, or draft it anew."""
    return change(survey_form.RedraftSurveyForm, body, id=SurveyFormId(id_))


@bp.post("/survey-forms/<uuid:id_>/publish")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def publish_survey_form(body: dict[str, Any], id_: UUID) -> Response:
    """Publish the draft as the survey form's next version."""
    return change(survey_form.PublishSurveyForm, body, id=SurveyFormId(id_))


# --- Programmes -----------------------------------------------------------------------------------


@bp.get("/survey-programmes")
@bp.arguments(SurveyProgrammeQuery, location="query")
@bp.response(200, page_of(SurveyProgrammeSchema), description="A page of programmes.")
def list_survey_programmes(args: dict[str, Any]) -> Response:
    """List survey programmes."""
    return show_list(SURVEY_PROGRAMMES, args)


@bp.post("/survey-programmes")
@bp.arguments(StartSurveyProgrammeSchema)
@bp.response(201, OutcomeSchema)
def start_survey_programme(body: dict[str, Any]) -> Response:
    """Start a survey programme: Concord draws who is asked, by its rules alone."""
    given = envelope(body)
    command = survey_programme.StartSurveyProgramme(
        id=survey_programme_id(body["name"]), audience=_audience(body), **body
    )
    return carry_out(command, given, created="survey-programmes.get_survey_programme")


@bp.get("/survey-programmes/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, SurveyProgrammeSchema, description="The programme.")
def get_survey_programme(args: dict[str, Any], id_: UUID) -> Response:
    """Show a survey programme, now or as of any moment."""
    return show(SURVEY_PROGRAMMES, id_, args)


@bp.post("/survey-programmes/<uuid:id_>/change")
@bp.arguments(ChangeSurveyProgrammeSchema)
@bp.response(200, OutcomeSchema)
def change_survey_programme(body: dict[str, Any], id_: UUID) -> Response:
    """Ask by another form or by other rules from now on."""
    return change(
        survey_programme.ChangeSurveyProgramme,
        body,
        id=SurveyProgrammeId(id_),
        audience=_audience(body),
    )


def _audience(body: dict[str, Any]) -> Audience:
    form = concord().crm.load(SURVEY_FORM, body["form_id"]).state
    wanted: Audience = body["sampling"].trigger.audience
    return form.audience if isinstance(form, Form) else wanted  # no form: that is refused


@bp.post("/survey-programmes/<uuid:id_>/pause")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def pause_survey_programme(body: dict[str, Any], id_: UUID) -> Response:
    """Ask nobody by a programme for now."""
    return change(survey_programme.PauseSurveyProgramme, body, id=SurveyProgrammeId(id_))


@bp.post("/survey-programmes/<uuid:id_>/resume")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def resume_survey_programme(body: dict[str, Any], id_: UUID) -> Response:
    """Ask again by a paused programme."""
    return change(survey_programme.ResumeSurveyProgramme, body, id=SurveyProgrammeId(id_))


@bp.post("/survey-programmes/<uuid:id_>/end")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def end_survey_programme(body: dict[str, Any], id_: UUID) -> Response:
    """End a survey programme for good; what was sent can still be answered."""
    return change(survey_programme.EndSurveyProgramme, body, id=SurveyProgrammeId(id_))
