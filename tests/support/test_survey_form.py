"""A survey form: drafted, drafted anew, published; and the scales it may ask on."""

from dataclasses import replace

import pytest
from spec import spec

from domain.support.scale import MOST_ASPECTS, Aspect, Scale
from domain.support.survey_form import (
    SURVEY_FORM,
    Audience,
    DraftSurveyForm,
    Form,
    PublishSurveyForm,
    Questions,
    RedraftSurveyForm,
    SurveyFormDrafted,
    SurveyFormPublished,
    survey_form_id,
)

NAME = "after-service"
ID = survey_form_id(NAME)
OVERALL = Aspect("overall", "All in all?", "总体？", Scale.FIVE)
RECOMMEND = Aspect("recommend", "Would you recommend us?", "推荐？", Scale.ELEVEN)
ASKED = Questions("How did we do?", "您满意吗？", (OVERALL, RECOMMEND))
SHORTER = replace(ASKED, aspects=(OVERALL,), asks_comment=False)
OF = {"name": NAME, "audience": Audience.CUSTOMERS}
DRAFT = DraftSurveyForm(id=ID, **OF, questions=ASKED)
REDRAFT = RedraftSurveyForm(id=ID, questions=SHORTER)
PUBLISH = PublishSurveyForm(id=ID)
DRAFTED = SurveyFormDrafted(**OF, questions=ASKED)
REDRAFTED = SurveyFormDrafted(**OF, questions=SHORTER)
FIRST = SurveyFormPublished(**OF, version=1, questions=ASKED)
SECOND = SurveyFormPublished(**OF, version=2, questions=SHORTER)


def test_it_is_drafted_and_asks_nobody_yet():
    told = spec(SURVEY_FORM).when(DRAFT).then(DRAFTED)
    told.then_state(Form(NAME, Audience.CUSTOMERS, draft=ASKED))
    assert not spec(SURVEY_FORM).given(DRAFTED).active


def test_there_is_one_of_a_name():
    spec(SURVEY_FORM).given(DRAFTED).when(DRAFT).then_rejected("survey-form.exists", field="name")
    other = replace(DRAFT, name="other")
    spec(SURVEY_FORM).when(other).then_rejected("survey-form.not-the-names", field="id")


def test_published_it_is_asked_and_every_version_stays():
    told = spec(SURVEY_FORM).given(DRAFTED)
    told.when(PUBLISH).then(FIRST)
    told = told.given(FIRST)
    assert told.active
    told.when(PUBLISH).then_rejected("survey-form.no-draft")
    told.when(REDRAFT).then(REDRAFTED)
    after = told.given(REDRAFTED).when(PUBLISH).then(SECOND)
    after.then_state(Form(NAME, Audience.CUSTOMERS, versions=(ASKED, SHORTER)))


def test_the_same_draft_again_is_nothing_new():
    spec(SURVEY_FORM).given(REDRAFTED).when(REDRAFT).then_nothing()


@pytest.mark.parametrize("command", [REDRAFT, PUBLISH])
def test_what_is_not_there_is_not_changed(command):
    spec(SURVEY_FORM).when(command).then_rejected("survey-form.unknown")


@pytest.mark.parametrize(
    "aspects",
    [
        (),
        (OVERALL, OVERALL),
        tuple(replace(OVERALL, code=f"a{n}") for n in range(MOST_ASPECTS + 1)),
        (replace(OVERALL, code="Over all"),),
        (replace(OVERALL, code=""),),
        (replace(OVERALL, chinese=" "),),
        (replace(OVERALL, english="x" * 201),),
        *((replace(RECOMMEND, scale=scale),) for scale in Scale if scale is not Scale.ELEVEN),
    ],
)
def test_questions_that_cannot_be_asked(aspects):
    wrong = replace(ASKED, aspects=aspects)
    for command in (replace(DRAFT, questions=wrong), replace(REDRAFT, questions=wrong)):
        told = spec(SURVEY_FORM) if command.id and hasattr(command, "name") else GIVEN
        told.when(command).then_rejected("survey-form.questions", field="questions")


GIVEN = spec(SURVEY_FORM).given(DRAFTED)


@pytest.mark.parametrize(
    ("scale", "least", "most", "top"),
    [("1-5", 1, 5, 4), ("1-7", 1, 7, 5), ("1-10", 1, 10, 9), ("0-10", 0, 10, 9)],
)
def test_a_scale_has_ends_and_a_top(scale, least, most, top):
    known = Scale(scale)
    assert (known.least, known.most, known.top) == (least, most, top)
    assert [score for score in range(-1, 12) if known.holds(score)] == [*range(least, most + 1)]
