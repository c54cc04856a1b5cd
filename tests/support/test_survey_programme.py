"""A survey programme: its rules, and who is drawn by them."""

import math
from dataclasses import replace
from datetime import timedelta
from inspect import signature
from uuid import uuid4

import pytest
from spec import MONDAY, TUESDAY, sample_id, spec

from domain.ids import SurveyFormId
from domain.support.survey_form import Audience
from domain.support.survey_programme import (
    SURVEY_PROGRAMME,
    ChangeSurveyProgramme,
    Ended,
    EndSurveyProgramme,
    PauseSurveyProgramme,
    Programme,
    ResumeSurveyProgramme,
    Sampling,
    StartSurveyProgramme,
    SurveyProgrammeChanged,
    SurveyProgrammeEnded,
    SurveyProgrammePaused,
    SurveyProgrammeResumed,
    SurveyProgrammeStarted,
    Trigger,
    rested,
    sampled,
    survey_id,
    survey_programme_id,
)

NAME = "after-service"
ID = survey_programme_id(NAME)
FORM, OTHER = SurveyFormId(sample_id(0xF0)), SurveyFormId(sample_id(0xF1))
RULES = Sampling(Trigger.REQUEST_RESOLVED, share=20, rest_days=30, valid_days=14)
YEARLY = Sampling(Trigger.ALL_STAFF, share=100, rest_days=30, valid_days=14, every_days=365)
BY = {"form_id": FORM, "sampling": RULES}
START = StartSurveyProgramme(id=ID, name=NAME, audience=Audience.CUSTOMERS, **BY)
CHANGE = ChangeSurveyProgramme(id=ID, audience=Audience.CUSTOMERS, form_id=OTHER, sampling=RULES)
PAUSE, RESUME = PauseSurveyProgramme(id=ID), ResumeSurveyProgramme(id=ID)
END = EndSurveyProgramme(id=ID)
STARTED = SurveyProgrammeStarted(name=NAME, **BY)
PAUSED, RESUMED, ENDED = (
    SurveyProgrammePaused(),
    SurveyProgrammeResumed(),
    SurveyProgrammeEnded(),
)
GOING = spec(SURVEY_PROGRAMME).given(STARTED)


def test_it_is_started_and_asks():
    spec(SURVEY_PROGRAMME).when(START).then(STARTED).then_state(Programme(FORM, RULES, TUESDAY))
    assert GOING.active


def test_there_is_one_of_a_name():
    GOING.when(START).then_rejected("survey-programme.exists", field="name")
    other = replace(START, name="other")
    spec(SURVEY_PROGRAMME).when(other).then_rejected("survey-programme.not-the-names", field="id")


def test_it_is_changed():
    told = GOING.when(CHANGE).then(SurveyProgrammeChanged(form_id=OTHER, sampling=RULES))
    told.then_state(Programme(OTHER, RULES, MONDAY))
    GOING.when(replace(CHANGE, form_id=FORM)).then_nothing()


def test_it_is_paused_and_resumed():
    GOING.when(PAUSE).then(PAUSED)
    resting = GOING.given(PAUSED)
    assert not resting.active
    resting.when(PAUSE).then_rejected("survey-programme.paused")
    resting.when(RESUME).then(RESUMED)
    assert resting.given(RESUMED).active
    GOING.when(RESUME).then_rejected("survey-programme.not-paused")


def test_it_ends_for_good_with_a_reason():
    GOING.when(END).then_rejected("survey-programme.reason-missing", field="reason")
    GOING.when(END, reason="Nobody answers").then(ENDED).then_state(Ended())
    over = GOING.given(ENDED)
    assert not over.active
    for command in (CHANGE, PAUSE, RESUME, END):
        over.when(command, reason="Again").then_rejected("survey-programme.ended")


@pytest.mark.parametrize("command", [CHANGE, PAUSE, RESUME, END])
def test_what_is_not_there_is_not_changed(command):
    spec(SURVEY_PROGRAMME).when(command, reason="So").then_rejected("survey-programme.unknown")


@pytest.mark.parametrize(
    ("sampling", "code"),
    [
        (replace(RULES, share=-1), "share"),
        (replace(RULES, share=101), "share"),
        (replace(RULES, rest_days=-1), "days"),
        (replace(RULES, valid_days=0), "days"),
        (replace(RULES, valid_days=3661), "days"),
        (replace(RULES, every_days=7), "period"),
        (replace(RULES, trigger=Trigger.ALL_CUSTOMERS), "period"),
        (replace(RULES, trigger=Trigger.ALL_CUSTOMERS, every_days=0), "period"),
    ],
)
def test_rules_by_which_nobody_can_be_asked(sampling, code):
    for told, command in ((spec(SURVEY_PROGRAMME), START), (GOING, CHANGE)):
        wrong = replace(command, sampling=sampling)
        told.when(wrong).then_rejected(f"survey-programme.{code}", field="sampling")


def test_staff_are_asked_by_a_form_for_staff():
    staff = replace(START, sampling=YEARLY)
    spec(SURVEY_PROGRAMME).when(staff).then_rejected("survey-programme.audience", field="form_id")
    staff = replace(staff, audience=Audience.STAFF)
    spec(SURVEY_PROGRAMME).when(staff).then(replace(STARTED, sampling=YEARLY))


# --- Drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [1, 10, 50, 90])
def test_the_share_of_those_drawn_is_right(share):
    """Within four standard deviations of the binomial: by chance outside once in 16,000."""
    n = 20_000
    drawn = sum(sampled(ID, share, f"{number}:3") for number in range(n))
    deviation = math.sqrt(n * share / 100 * (1 - share / 100))
    assert abs(drawn - n * share / 100) < 4 * deviation


def test_all_or_nobody():
    words = [str(number) for number in range(1000)]
    assert all(sampled(ID, 100, each) for each in words)
    assert not any(sampled(ID, 0, each) for each in words)


def test_who_is_drawn_by_a_share_is_drawn_by_a_larger_one():
    words = [str(number) for number in range(1000)]
    assert all(sampled(ID, 60, each) for each in words if sampled(ID, 40, each))


def test_programmes_draw_apart():
    other = survey_programme_id("other")
    words = [str(number) for number in range(1000)]
    assert [sampled(ID, 50, each) for each in words] != [sampled(other, 50, each) for each in words]


def test_nobody_who_handles_anything_has_a_part_in_it():
    """What decides is the programme, its share and the occasion: there is nothing else to give."""
    assert list(signature(sampled).parameters) == ["programme_id", "share", "occasion"]
    assert sampled(ID, 50, "x") is sampled(ID, 50, "x")
    assert survey_id(ID, "x") == survey_id(ID, "x") != survey_id(ID, "y")
    assert survey_id(ID, "x") != survey_id(survey_programme_id(str(uuid4())), "x")


@pytest.mark.parametrize(
    ("days", "may"), [(None, True), (0, False), (29, False), (30, True), (-3, False)]
)
def test_who_was_asked_rests(days, may):
    asked_at = None if days is None else MONDAY - timedelta(days=days)
    assert rested(RULES, asked_at, MONDAY) is may
    assert rested(replace(RULES, rest_days=0), asked_at, MONDAY)
