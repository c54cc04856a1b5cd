"""Surveys as they are shown: forms, programmes, and what each one who was asked has answered."""

from typing import Any
from uuid import UUID

import msgspec

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.support import survey, survey_form, survey_programme
from projections.customers.customers import OF_A_CUSTOMER
from projections.documents import Document, ReadModel, utc

# --- Forms ----------------------------------------------------------------------------------------


def fold_form(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a survey form."""
    match fact.event:
        case survey_form.SurveyFormDrafted(questions=questions) as drafted:
            draft = {**msgspec.to_builtins(questions), "drafted_at": utc(fact.occurred_at)}
            if document is not None:
                return {"draft": draft}
            return {
                "id": str(key),
                "name": drafted.name,
                "audience": str(drafted.audience),
                "draft": draft,
                "versions": [],
            }
        case _ if document is None:
            return None
        case survey_form.SurveyFormPublished(questions=questions) as published:
            version = {
                **msgspec.to_builtins(questions),
                "version": published.version,
                "published_at": utc(fact.occurred_at),
            }
            return {"draft": None, "versions": [*document["versions"], version]}
        case _:
            return {}


SURVEY_FORMS = ReadModel(
    name="survey_forms",
    version=1,
    subject="survey-form",
    fold=fold_form,
    fields=("name", "audience"),
)

# --- Programmes -----------------------------------------------------------------------------------


def fold_programme(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a survey programme."""
    match fact.event:
        case survey_programme.SurveyProgrammeStarted() as started:
            return {
                "id": str(key),
                "name": started.name,
                "status": "running",
                "started_at": utc(fact.occurred_at),
                "ended_at": None,
            } | _rules(started)
        case _ if document is None:
            return None
        case survey_programme.SurveyProgrammeChanged() as changed:
            return _rules(changed)
        case survey_programme.SurveyProgrammePaused():
            return {"status": "paused"}
        case survey_programme.SurveyProgrammeResumed():
            return {"status": "running"}
        case survey_programme.SurveyProgrammeEnded():
            return {"status": "ended", "ended_at": utc(fact.occurred_at)}
        case _:
            return {}


def _rules(
    said: survey_programme.SurveyProgrammeStarted | survey_programme.SurveyProgrammeChanged,
) -> Document:
    return {"form_id": str(said.form_id), "sampling": msgspec.to_builtins(said.sampling)}


SURVEY_PROGRAMMES = ReadModel(
    name="survey_programmes",
    version=1,
    subject="survey-programme",
    fold=fold_programme,
    fields=("name", "status", "form_id"),
)

# --- Surveys --------------------------------------------------------------------------------------


def fold_survey(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a survey; ``due_at`` is when it expires, null where it cannot any more."""
    match fact.event:
        case survey.SurveySent() as sent:
            return _sent(sent, fact, key)
        case _ if document is None:
            return None
        case survey.SurveyLinkIssued():
            return {"link_issued_at": utc(fact.occurred_at)}
        case survey.SurveyAnswered() as answered:
            return _answered(document, answered, utc(fact.occurred_at))
        case survey.SurveyCommented(text=text) | survey.SurveyStaffCommented(text=text):
            return {"comment": text}
        case survey.SurveyExpired():
            return {"status": "expired", "due_at": None}
        case survey.SurveyVoided():
            return {"status": "voided", "due_at": None, "reason": fact.envelope.reason}
        case _:
            return {}


def _sent(sent: survey.SurveySent, fact: Recorded[Any], key: UUID) -> Document:
    named = ("form_id", "programme_id", "customer_id", "member_id", "request_id", "order_id")
    ids = {name: getattr(sent, name) for name in named}
    return {
        "id": str(key),
        **{name: None if id_ is None else str(id_) for name, id_ in ids.items()},
        "form_version": sent.form_version,
        "asked": msgspec.to_builtins(sent.asked),
        "asks_comment": sent.asks_comment,
        "channel": str(sent.channel),
        "status": "open",
        "answers": [],
        "comment": None,
        "sent_at": utc(fact.occurred_at),
        "expires_at": utc(sent.expires_at),
        "due_at": utc(sent.expires_at),
        "link_issued_at": None,
        "answered_at": None,
        "reason": None,
    }


def _answered(document: Document, answered: survey.SurveyAnswered, at: str) -> Document:
    answer = {
        "aspect": answered.aspect,
        "scale": str(answered.scale),
        "score": answered.score,
        "channel": str(answered.channel),
        "answered_at": at,
    }
    same = [each for each in document["answers"] if each["aspect"] == answered.aspect]
    if any(each["answered_at"] > at for each in same):
        return {}  # facts may arrive late: the last word is the latest one
    others = [each for each in document["answers"] if each["aspect"] != answered.aspect]
    answers = sorted([*others, answer], key=lambda each: str(each["aspect"]))
    latest = max(document["answered_at"] or "", at)
    status = "answered" if document["status"] == "open" else document["status"]
    return {"answers": answers, "answered_at": latest, "status": status, "due_at": None}


SURVEYS = ReadModel(
    name="surveys",
    version=1,
    subject="survey",
    fold=fold_survey,
    fields=(
        "status", "customer_id", "member_id", "form_id", "programme_id", "request_id", "order_id",
        "channel", "sent_at", "due_at", "answered_at",
    ),
    row=OF_A_CUSTOMER,
    masks={("comment",): FieldClass.NOTES},
    personal=True,
)  # fmt: skip
