"""Answering a survey without signing in: whoever has its link may, once, until it expires.

These routes are for people whom we asked, not for programs: they need no key, and the OpenAPI
document leaves them out. The link is the survey's id and a secret of which only the hash is kept.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Flask, Response, g

from domain.ids import SurveyId
from domain.kernel import Actor, Channel, Envelope, Rejected
from domain.support.survey import AnswerByLink, Sent
from domain.support.survey_form import SURVEY_FORM, Form
from domain.support.survey_rules import SURVEY, by_link
from projections.documents import Document, utc
from web.bodies import NoQuery, Routes
from web.facts import language
from web.problems import Problem, not_found
from web.running import concord, json_response
from web.support.surveys import AnswersSchema, hashed

_TOKEN = re.compile(r"([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
_OVER = {"survey.link-used", "survey.expired", "survey.voided"}
"""The refusals that say that the link was good, and is not any more."""
ANSWERING = Actor.system("survey-link")
"""Who records what comes in by a link: whoever has it, known by nothing else."""

bp = Routes("survey-links", "survey_links", description="Answering a survey.")


@bp.get("/survey-links/<token>")
@bp.arguments(NoQuery, location="query")
def get_survey_link(_: dict[str, Any], token: str) -> Response:
    """Show what is asked, in the reader's language."""
    id_, sha256 = _opened(token)
    with _once():
        asked = by_link(concord().crm.load(SURVEY, id_).state, sha256, _given())
    return json_response(orjson.dumps(_shown(asked)))


@bp.post("/survey-links/<token>")
@bp.arguments(AnswersSchema)
def answer_survey_link(body: dict[str, Any], token: str) -> Response:
    """Take the answers; the link opens nothing afterwards."""
    id_, sha256 = _opened(token)
    command = AnswerByLink(
        id=id_, token_sha256=sha256, answers=tuple(body["answers"]), comment=body["comment"]
    )
    with _once():
        concord().crm.handle(command, _given())
    return Response(status=204)


def _opened(token: str) -> tuple[SurveyId, str]:
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise not_found()
    return SurveyId(UUID(found[1])), hashed(found[2])


def _given() -> Envelope:
    return Envelope(
        occurred_at=datetime.now(UTC),
        actor=ANSWERING,
        channel=Channel.API,
        correlation_id=g.request_id,
    )


@contextmanager
def _once() -> Iterator[None]:
    """Answer 410 for a link that was good once."""
    try:
        yield
    except Rejected as refusal:
        if refusal.code in _OVER:
            raise Problem(410, refusal.code, refusal.sentence) from refusal
        raise


def _shown(state: Sent) -> Document:
    form = concord().crm.load(SURVEY_FORM, state.form_id).state
    if not isinstance(form, Form):
        raise not_found()
    questions = form.versions[state.form_version - 1]
    chinese = language() == "zh"
    return {
        "language": language(),
        "title": questions.chinese if chinese else questions.english,
        "aspects": [
            {
                "aspect": each.code,
                "label": each.chinese if chinese else each.english,
                "least": each.scale.least,
                "most": each.scale.most,
            }
            for each in questions.aspects
        ],
        "asks_comment": questions.asks_comment,
        "expires_at": utc(state.expires_at),
    }


def register(app: Flask, prefix: str) -> None:
    """Add the routes."""
    app.register_blueprint(bp, url_prefix=prefix)
