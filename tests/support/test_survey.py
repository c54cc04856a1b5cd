"""A survey: sent by no person, answered on its scales and in time, never by whom it rates."""

from dataclasses import replace
from datetime import timedelta

import pytest
from spec import ANA, BO, FRIDAY, HARBOUR, MONDAY, THURSDAY, WEDNESDAY, at, sample_id, spec

from domain.confidential import secret_fields
from domain.ids import OrderId, RequestId, SurveyFormId, SurveyId, SurveyProgrammeId
from domain.kernel import Actor, Channel, personal_fields
from domain.support.scale import Scale
from domain.support.survey import (
    AnswerByLink,
    Asked,
    ExpireSurvey,
    IssueSurveyLink,
    RecordAnswers,
    Score,
    SendSurvey,
    SurveyAnswered,
    SurveyCommented,
    SurveyExpired,
    SurveyLinkIssued,
    SurveySent,
    SurveyStaffCommented,
    SurveyVoided,
    VoidSurvey,
)
from domain.support.survey_programme import SurveyChannel
from domain.support.survey_rules import SURVEY, opens

ID = SurveyId(sample_id(0x51))
FORM = SurveyFormId(sample_id(0xF0))
PROGRAMME = SurveyProgrammeId(sample_id(0x50))
REQUEST, ORDER = RequestId(sample_id(0x4E)), OrderId(sample_id(0x04))
ASKED = (Asked("overall", Scale.FIVE), Asked("effort", Scale.SEVEN), Asked("recommend", Scale.ELEVEN))  # fmt: skip  # noqa: E501
WHAT = {
    "form_id": FORM,
    "form_version": 1,
    "asked": ASKED,
    "asks_comment": True,
    "programme_id": PROGRAMME,
    "channel": SurveyChannel.LINK,
    "expires_at": THURSDAY,
}
OF_HARBOUR = {"customer_id": HARBOUR, "member_id": None}
OF_BO = {"customer_id": None, "member_id": BO}
SEND = SendSurvey(id=ID, **WHAT, customer_id=HARBOUR, request_id=REQUEST)
SENT = SurveySent(**WHAT, **OF_HARBOUR, request_id=REQUEST, order_id=None)
TO_STAFF = replace(SENT, **OF_BO, request_id=None)
PROGRAM = Actor.system("survey-programme")
HASH, OTHER = "5e" * 32, "0f" * 32
LINKED = SurveyLinkIssued(**OF_HARBOUR, token_sha256=HASH)
FOUR = SurveyAnswered(
    **OF_HARBOUR, request_id=REQUEST, aspect="overall", scale=Scale.FIVE, score=4,
    channel=SurveyChannel.PHONE,
)  # fmt: skip
TWO = replace(FOUR, score=2)
BY_LINK = replace(FOUR, channel=SurveyChannel.LINK)
EXPIRED, VOIDED = SurveyExpired(**OF_HARBOUR), SurveyVoided(**OF_HARBOUR)
RECORD = RecordAnswers(id=ID, channel=SurveyChannel.PHONE, answers=(Score("overall", 4),))
ANSWER = AnswerByLink(id=ID, token_sha256=HASH, answers=(Score("overall", 4),))
ISSUE = IssueSurveyLink(id=ID, token_sha256=HASH)
VOID, EXPIRE = VoidSurvey(id=ID), ExpireSurvey(id=ID)
OUT = spec(SURVEY).given(SENT)

# --- Sending ----------------------------------------------------------------------------------


def test_a_programme_asks():
    spec(SURVEY).when(SEND, by=PROGRAM).then(SENT)
    spec(SURVEY).when(SEND, by=Actor.service(sample_id(9))).then(SENT)
    assert OUT.active


def test_no_person_picks_who_is_asked():
    spec(SURVEY).when(SEND, by=ANA).then_rejected("survey.picked-by-hand")
    told = spec(SURVEY).when(SEND, by=Actor.service(sample_id(9)), on_behalf_of=ANA)
    told.then_rejected("survey.picked-by-hand")


def test_it_is_sent_once():
    OUT.when(SEND, by=PROGRAM).then_rejected("survey.exists")


@pytest.mark.parametrize(
    "whom",
    [
        {"customer_id": None},
        {"member_id": BO},
        {"customer_id": None, "member_id": BO},  # with the request of a customer
        {"customer_id": None, "member_id": BO, "request_id": None, "order_id": ORDER},
    ],
)
def test_it_asks_one_customer_or_one_of_the_staff(whom):
    spec(SURVEY).when(replace(SEND, **whom), by=PROGRAM).then_rejected("survey.whom")


def test_one_of_the_staff():
    send = replace(SEND, **OF_BO, request_id=None)
    spec(SURVEY).when(send, by=PROGRAM).then(TO_STAFF)


@pytest.mark.parametrize("asked", [(), (ASKED[0], ASKED[0]), (Asked("recommend", Scale.FIVE),)])
def test_what_cannot_be_asked(asked):
    told = spec(SURVEY).when(replace(SEND, asked=asked), by=PROGRAM)
    told.then_rejected("survey.aspects", field="asked")


def test_there_is_time_to_answer():
    told = spec(SURVEY).when(SEND, by=PROGRAM, at=THURSDAY)
    told.then_rejected("survey.no-time", field="expires_at")


# --- Recording --------------------------------------------------------------------------------


def test_an_answer_is_a_fact_for_each_aspect_and_the_comment_one_of_its_own():
    effort = replace(FOUR, aspect="effort", scale=Scale.SEVEN, score=7)
    both = replace(RECORD, answers=(*RECORD.answers, Score("effort", 7)), comment="Quick")
    OUT.when(both).then(FOUR, effort, SurveyCommented(customer_id=HARBOUR, text="Quick"))


def test_what_one_of_the_staff_says_is_their_own():
    told = spec(SURVEY).given(TO_STAFF).when(replace(RECORD, comment="More time"))
    answered = replace(FOUR, **OF_BO, request_id=None)
    told.then(answered, SurveyStaffCommented(member_id=BO, text="More time"))


def test_who_answers_again_is_taken_at_their_last_word():
    again = replace(RECORD, answers=(Score("overall", 2),))
    OUT.given(FOUR).when(again).then(TWO)
    OUT.given(FOUR).when(RECORD).then(FOUR)  # also where it is the same: it was said again


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ((), "nothing-answered"),
        ((Score("overall", 4), Score("overall", 5)), "answered-twice"),
        ((Score("price", 4),), "not-asked"),
        ((Score("overall", 0),), "off-the-scale"),
        ((Score("overall", 6),), "off-the-scale"),
        ((Score("recommend", -1),), "off-the-scale"),
        ((Score("overall", 4), Score("recommend", 11)), "off-the-scale"),
    ],
)
def test_an_answer_that_the_form_does_not_take(answers, code):
    told = OUT.given(LINKED)
    for command in (RECORD, ANSWER):
        wrong = told.when(replace(command, answers=answers))
        wrong.then_rejected(f"survey.{code}", field="answers")


@pytest.mark.parametrize("score", [0, 10])
def test_the_ends_of_a_scale_are_on_it(score):
    told = OUT.when(replace(RECORD, answers=(Score("recommend", score),)))
    told.then(replace(FOUR, aspect="recommend", scale=Scale.ELEVEN, score=score))


def test_no_comment_where_none_is_asked_for():
    told = spec(SURVEY).given(replace(SENT, asks_comment=False))
    told.when(replace(RECORD, comment="x")).then_rejected("survey.no-comment", field="comment")


def test_nobody_records_what_they_say_by_link():
    told = OUT.when(replace(RECORD, channel=SurveyChannel.LINK))
    told.then_rejected("survey.channel", field="channel")


@pytest.mark.parametrize("command", [RECORD, ISSUE, VOID])
def test_who_is_rated_has_no_hand_in_it(command):
    rating = replace(command, rated=(ANA,))
    OUT.when(rating, by=ANA, reason="x").then_rejected("survey.own-rating")
    helper = OUT.when(rating, by=Actor.service(sample_id(9)), on_behalf_of=ANA, reason="x")
    helper.then_rejected("survey.own-rating")
    assert OUT.when(rating, by=BO, reason="x").events


@pytest.mark.parametrize("at_", [THURSDAY, FRIDAY])
@pytest.mark.parametrize("command", [RECORD, ANSWER, ISSUE])
def test_after_its_time_it_is_not_answered_however(command, at_):
    OUT.given(LINKED).when(command, at=at_).then_rejected("survey.expired")
    OUT.given(LINKED, at(THURSDAY, EXPIRED)).when(command).then_rejected("survey.expired")


def test_up_to_its_last_moment_it_is():
    OUT.when(RECORD, at=THURSDAY - timedelta(microseconds=1)).then(FOUR)


def test_what_another_system_took_late_is_history():
    OUT.when(RECORD, at=FRIDAY, channel=Channel.IMPORT).then(FOUR)


@pytest.mark.parametrize("command", [RECORD, ANSWER, ISSUE, VOID])
def test_what_was_voided_is_over(command):
    OUT.given(LINKED, VOIDED).when(command, reason="x").then_rejected("survey.voided")


@pytest.mark.parametrize("command", [RECORD, ANSWER, ISSUE, VOID])
def test_what_is_not_there_is_not_answered(command):
    spec(SURVEY).when(command, reason="x").then_rejected("survey.unknown")


# --- Links ------------------------------------------------------------------------------------


def test_a_link_opens_once():
    OUT.when(ISSUE).then(LINKED)
    told = OUT.given(LINKED)
    told.when(ANSWER, by=PROGRAM).then(BY_LINK)
    told.given(BY_LINK).when(ANSWER).then_rejected("survey.link-used")


def test_another_link_opens_it_again_and_the_first_nothing():
    told = OUT.given(LINKED, BY_LINK, replace(LINKED, token_sha256=OTHER))
    told.when(ANSWER).then_rejected("survey.unknown")
    told.when(replace(ANSWER, token_sha256=OTHER)).then(BY_LINK)


def test_what_was_said_on_the_telephone_leaves_the_link_open():
    OUT.given(LINKED, FOUR).when(ANSWER).then(BY_LINK)


@pytest.mark.parametrize("given", ["", OTHER])
def test_no_other_token_opens_it(given):
    for told in (OUT, OUT.given(LINKED)):
        assert not opens(told.state, given)
        told.when(replace(ANSWER, token_sha256=given)).then_rejected("survey.unknown")


def test_the_hash_is_never_shown_and_the_comment_belongs_to_whom_it_is_of():
    assert secret_fields(SurveyLinkIssued) == {"token_sha256"}
    assert personal_fields(SurveyCommented) == {"text": "customer_id"}
    assert personal_fields(SurveyStaffCommented) == {"text": "member_id"}


# --- Its end ----------------------------------------------------------------------------------


def test_what_nobody_answers_expires():
    OUT.when(EXPIRE, at=THURSDAY).then(EXPIRED)


@pytest.mark.parametrize("history", [(), (SENT, FOUR), (SENT, EXPIRED), (SENT, VOIDED)])
def test_a_timer_that_comes_too_late_changes_nothing(history):
    spec(SURVEY).given(*history).when(EXPIRE, at=FRIDAY).then_nothing()


def test_or_too_early():
    OUT.when(EXPIRE, at=WEDNESDAY).then_nothing()


@pytest.mark.parametrize("history", [(), (FOUR,), (EXPIRED,)])
def test_it_is_voided_with_a_reason(history):
    told = OUT.given(*history)
    told.when(VOID).then_rejected("survey.reason-missing", field="reason")
    told.when(VOID, reason="Another company's").then(VOIDED)
    assert not told.given(VOIDED).active
    assert MONDAY < THURSDAY
