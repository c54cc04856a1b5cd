"""Pipelines: stages that the company sets, and those that are there without."""

from decimal import Decimal

import pytest
from spec import spec

from domain.sales.pipeline import (
    PIPELINE,
    STANDARD,
    Absent,
    ChangePipeline,
    InUse,
    PipelineChanged,
    PipelineSetUp,
    PipelineWithdrawn,
    SetUpPipeline,
    Stage,
    Withdrawn,
    WithdrawPipeline,
    pipeline_id,
    stages_of,
)
from tests.web.stories_pipeline import STAGES, opportunity, pipeline

ID = pipeline_id("export")
TALK = Stage("talk", "First talk", Decimal(10), 7)
OFFER = Stage("offer", "Offer", Decimal("62.5"))

SET_UP = PipelineSetUp(code="export", name="Export", stages=(TALK, OFFER))
BEGIN = SetUpPipeline(id=ID, code="export", name="Export", stages=(TALK, OFFER))
END = WithdrawPipeline(id=ID)

# --- Rules ------------------------------------------------------------------------------------


def test_a_code_has_one_pipeline_however_it_is_written():
    assert pipeline_id("Export ") == ID
    assert pipeline_id("import") != ID


@pytest.mark.parametrize("history", [(), (SET_UP, PipelineWithdrawn())], ids=["new", "withdrawn"])
def test_a_pipeline_is_set_up_and_after_its_end_anew(history):
    (
        spec(PIPELINE)
        .given(*history)
        .when(BEGIN)
        .then(SET_UP)
        .then_state(InUse("export", "Export", (TALK, OFFER)))
    )


def test_no_pipeline_is_set_up_twice():
    spec(PIPELINE).given(SET_UP).when(BEGIN).then_rejected("pipeline.exists", field="code")


def test_its_stages_change():
    (
        spec(PIPELINE)
        .given(SET_UP)
        .when(ChangePipeline(id=ID, name="Export", stages=(OFFER,)))
        .then(PipelineChanged(name="Export", stages=(OFFER,)))
        .then_state(InUse("export", "Export", (OFFER,)))
    )


def test_the_same_again_is_no_change():
    same = ChangePipeline(id=ID, name="Export", stages=(TALK, OFFER))
    spec(PIPELINE).given(SET_UP).when(same).then_nothing()


@pytest.mark.parametrize(
    ("stages", "code"),
    [
        ((), "pipeline.no-stages"),
        ((TALK, OFFER, Stage("talk", "Another", Decimal(1))), "pipeline.stage-twice"),
        ((Stage("x", "X", Decimal("100.01")),), "pipeline.not-a-probability"),
        ((Stage("x", "X", Decimal(-1)),), "pipeline.not-a-probability"),
        ((Stage("x", "X", Decimal(1), 0),), "pipeline.not-days"),
        ((Stage("x", "X", Decimal(1), -7),), "pipeline.not-days"),
        ((Stage("x", "X", Decimal(1), 3651),), "pipeline.not-days"),
    ],
)
def test_stages_that_make_no_sense(stages, code):
    change = ChangePipeline(id=ID, name="Export", stages=stages)
    spec(PIPELINE).given(SET_UP).when(change).then_rejected(code, field="stages")
    begin = SetUpPipeline(id=ID, code="export", name="Export", stages=stages)
    spec(PIPELINE).when(begin).then_rejected(code, field="stages")


def test_nothing_happens_to_what_is_not_there_or_is_over():
    change = ChangePipeline(id=ID, name="Other", stages=(OFFER,))
    for command in (change, END):
        spec(PIPELINE).when(command).then_rejected("pipeline.unknown")
        over = spec(PIPELINE).given(SET_UP, PipelineWithdrawn())
        over.when(command).then_rejected("pipeline.withdrawn")


def test_it_is_withdrawn():
    spec(PIPELINE).given(SET_UP).when(END).then(PipelineWithdrawn()).then_state(Withdrawn())
    assert spec(PIPELINE).given(SET_UP).active
    assert not spec(PIPELINE).given(SET_UP, PipelineWithdrawn()).active


def test_the_standard_pipeline_is_there_until_it_is_replaced_or_withdrawn():
    built_in = [stage.code for stage in stages_of(Absent(), STANDARD)]
    assert built_in == ["contact", "need", "proposal", "follow-up"]
    assert stages_of(Absent(), "export") == ()
    assert stages_of(InUse(STANDARD, "Ours", (OFFER,)), STANDARD) == (OFFER,)
    assert stages_of(Withdrawn(), STANDARD) == ()


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_pipeline_is_set_up_changed_and_withdrawn_over_http(api, company):
    code = company.word("export")
    made = api.post("/pipelines", {"code": code, "name": "Export", "stages": STAGES})
    shown = api.get(f"/pipelines/{made.went_well().id}", after=made).went_well()
    assert shown.json["stages"] == STAGES
    again = {"code": code, "name": "Again", "stages": STAGES}
    api.post("/pipelines", again).refused(409, "pipeline.exists", "/code")
    twice = {"name": "Twice", "stages": [STAGES[0], STAGES[0]]}
    path = f"/pipelines/{made.id}"
    api.ask("PUT", path, twice, seen=1).refused(409, "pipeline.stage-twice", "/stages")
    ended = company.do(f"{path}/withdraw", {}, seen=1)
    assert api.get(path, after=ended).json["status"] == "withdrawn"
    assert [each["code"] for each in api.get(path, at_version=1).json["stages"]] == [
        "first",
        "offer",
    ]


@pytest.mark.parametrize("wrong", ["-1", "12,5", "1e2", " 1", "1000", "1.23456", "", "NaN"])
def test_a_probability_is_an_exact_number(wrong, api, company):
    body = {"code": company.word("p"), "name": "x", "stages": [STAGES[0] | {"probability": wrong}]}
    answer = api.post("/pipelines", body)
    answer.refused(422, "fields.invalid", "/stages/0/probability")


def test_what_is_in_a_stage_that_is_gone_stays_readable_and_can_be_closed(api, company):
    code = company.word("short")
    made = pipeline(company, code=code)
    deal = opportunity(company, pipeline=code)
    left = {"name": "Short", "stages": [STAGES[1]]}
    changed = api.ask("PUT", f"/pipelines/{made.id}", left, seen=1).went_well()
    shown = api.get(f"/opportunities/{deal.id}", after=changed).json
    assert (shown["stage"], shown["stage_name"], shown["probability"]) == (
        "first",
        "First talk",
        "10",
    )
    path = f"/opportunities/{deal.id}"
    gone = api.post(f"{path}/stage", {"stage": "first"}, seen=deal)
    gone.refused(409, "opportunity.no-stage", "/stage")
    board = api.get("/opportunities/board", pipeline=code, after=changed).json["stages"]
    assert [(each["stage"], each["name"], each["count"]) for each in board] == [
        ("offer", "Offer", 0),
        ("first", None, 1),
    ]
    company.do(f"{path}/win", {}, seen=deal)


def test_nothing_begins_in_a_pipeline_that_is_withdrawn_or_was_never_there(api, company):
    code = company.word("over")
    made = pipeline(company, code=code)
    company.do(f"/pipelines/{made.id}/withdraw", {}, seen=made)
    for wanted in (code, "never-there"):
        body = {"title": "x", "holder_id": company.member().id, "pipeline": wanted}
        path = f"/customers/{company.customer().id}/opportunities"
        api.post(path, body).refused(409, "opportunity.no-pipeline", "/pipeline")
