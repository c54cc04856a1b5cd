"""Surveys over HTTP: sent by programs, answered by link or recorded, and who may not."""

from uuid import UUID

import pytest

from domain.ids import MemberId
from tests.web.client import API
from tests.web.stories_surveys import (
    OVERALL,
    QUESTIONS,
    SAID,
    answered,
    drafted,
    form,
    link,
    programme,
    survey,
)
from web.access.rates import LIMITED, Rate
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

GIVEN = {"answers": [{"aspect": "recommend", "score": 9}, {"aspect": "overall", "score": 5}]}


@pytest.fixture(scope="module")
def anybody(api):
    """Somebody without a key."""
    return api.acting_as(None)


# --- Links ------------------------------------------------------------------------------------


def test_a_link_shows_the_form_in_the_reader_s_language_and_is_answered_once(api, anybody, company):
    customer = company.customer().id
    sent = survey(company, customer)
    path = link(company, sent)
    shown = anybody.get(path).went_well()
    assert shown.json | {"expires_at": ""} == {
        "language": "en",
        "title": "How did we do?",
        "aspects": [
            {"aspect": "overall", "label": "All in all?", "least": 1, "most": 5},
            {"aspect": "recommend", "label": "Would you recommend us?", "least": 0, "most": 10},
        ],
        "asks_comment": True,
        "expires_at": "",
    }
    chinese = anybody.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9"}).json
    assert (chinese["language"], chinese["title"]) == ("zh", "您对我们满意吗？")
    assert chinese["aspects"][0]["label"] == "总体满意度？"
    done = anybody.post(path, GIVEN | {"comment": "Quick"})
    assert (done.status, done.body) == (204, b"")
    for again in (anybody.get(path), anybody.post(path, GIVEN)):
        again.refused(410, "survey.link-used")
    history = api.get(f"/surveys/{sent.id}/history").json["items"]
    assert [each["name"] for each in history] == [
        "survey.sent", "survey.link-issued", "survey.answered", "survey.answered",
        "survey.commented",
    ]  # fmt: skip
    assert "token_sha256" not in history[1]["data"]
    assert history[2]["actor"] == {"kind": "system", "id": "survey-link"}
    document = api.get(f"/surveys/{sent.id}", after=history[-1]["id"]).json
    assert {each["aspect"]: each["score"] for each in document["answers"]} == {
        "recommend": 9,
        "overall": 5,
    }
    assert (document["status"], document["comment"]) == ("answered", "Quick")
    assert (document["customer_id"], document["due_at"]) == (customer, None)


def test_a_link_that_opens_nothing_is_the_same_404_whatever_is_wrong_with_it(anybody, company):
    sent = survey(company)
    first = link(company, sent)
    second = link(company, sent)
    body, secret = first.removeprefix("/survey-links/").split("_", 1)
    another = survey(company).id.replace("-", "")
    wrong = [
        first,  # replaced by the second
        f"/survey-links/{body}_{'x' * 43}",
        f"/survey-links/{another}_{secret}",
        f"/survey-links/{'0' * 32}_{secret}",
        "/survey-links/nothing",
        f"/survey-links/{body.upper()}_{secret}",
    ]
    told = set()
    for path in wrong:
        for answer in (anybody.get(path), anybody.post(path, GIVEN)):
            answer.refused(404, "not-found")
            told.add(answer.json["detail"])
    assert len(told) == 1
    anybody.get(second).went_well()


def test_after_its_time_and_when_it_was_voided_it_is_gone(anybody, company):
    old = {"occurred_at": "2025-01-03T09:00:00Z"}
    customer = company.customer(occurred_at="2025-01-02T09:00:00Z").id
    late = survey(company, customer, **old, valid_days=30)
    told = company.do(f"/surveys/{late.id}/link", old, headers={"If-Match": "*"})
    path = told.json["link"].removeprefix(API)
    for answer in (anybody.get(path), anybody.post(path, GIVEN)):
        answer.refused(410, "survey.expired")
    # Whatever its version is: what keeps time may have said so itself by now.
    whatever = {"If-Match": "*"}
    answer = company.api.post(f"/surveys/{late.id}/answers", SAID, headers=whatever)
    answer.refused(409, "survey.expired")
    gone = survey(company)
    path = link(company, gone)
    company.do(f"/surveys/{gone.id}/void", {"reason": "x"}, headers={"If-Match": "*"})
    for answer in (anybody.get(path), anybody.post(path, GIVEN)):
        answer.refused(410, "survey.voided")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "fields.invalid")),
        ({"answers": []}, (422, "fields.invalid")),
        ({"answers": [{"aspect": "overall", "score": "5"}]}, (422, "fields.invalid")),
        ({"answers": [{"aspect": "overall", "score": 11}]}, (422, "fields.invalid")),
        ({"answers": [{"aspect": "overall", "score": 6}]}, (409, "survey.off-the-scale")),
        ({"answers": [{"aspect": "overall", "score": 0}]}, (409, "survey.off-the-scale")),
        ({"answers": [{"aspect": "price", "score": 3}]}, (409, "survey.not-asked")),
        (GIVEN | {"rated": []}, (422, "fields.invalid")),
        (GIVEN | {"occurred_at": "2025-01-03T09:00:00Z"}, (422, "fields.invalid")),
        (GIVEN | {"comment": " "}, (422, "fields.invalid")),
    ],
)
def test_answers_that_are_not_taken_leave_the_link_open(anybody, company, body, expected):
    path = link(company, survey(company))
    told = anybody.post(path, body)
    assert (told.status, told.json["code"]) == expected
    assert anybody.get(path).status == 200


def test_a_link_is_told_once(api, company):
    sent = survey(company)
    headers = {"If-Match": '"1"', "Idempotency-Key": company.word("link")}
    first = api.post(f"/surveys/{sent.id}/link", {}, headers=headers).went_well()
    assert set(first.json) == {"id", "version", "position", "link"}
    assert first.headers["ETag"] == '"2"'
    again = api.post(f"/surveys/{sent.id}/link", {}, headers=headers)
    again.refused(409, "survey.link-told")
    api.post(f"/surveys/{sent.id}/link", {}, seen=1).refused(412, "version.stale")


def test_links_are_counted_by_where_they_are_asked_from():
    counted = {name for name, rate in LIMITED.items() if rate is Rate.LINKS}
    assert counted == {"survey-links.get_survey_link", "survey-links.answer_survey_link"}


def test_too_often_from_one_place(serve, dsn):
    with serve(dsn, CONCORD_RATE_LINKS="3/minute") as running:
        stranger = running.api.acting_as(None)
        for _ in range(3):
            stranger.get("/survey-links/nothing").refused(404, "not-found")
        stranger.get("/survey-links/nothing").refused(429, "rate.limited")


# --- Who has no hand in it --------------------------------------------------------------------


def test_no_person_picks_whom_to_ask(running, company):
    member = running.api.acting_as(running.new_key("person", company.member().id).text)
    asked = {"form_id": form(company).id}
    path = f"/customers/{company.customer().id}/surveys"
    member.post(path, asked).refused(409, "survey.picked-by-hand")
    helped = {"Concord-On-Behalf-Of": company.member().id}
    company.api.post(path, asked, headers=helped).refused(409, "survey.picked-by-hand")


def test_whom_it_rates_neither_records_nor_sends_the_link_nor_voids(running, company):
    """The owner, who held the request and handed it on; and somebody who has no part in it."""
    customer, owner = company.owned()
    held, other = company.member().id, company.member().id
    request = company.request(
        ("assign", {"member_id": held}), ("assign", {"member_id": other}), customer_id=customer
    )
    sent = survey(company, customer, request_id=request.id)
    what = {"answers": SAID, "link": {}, "void": {"reason": "They were angry"}}
    for member in (owner, held, other):
        who = running.api.acting_as(running.new_key("rated", member).text)
        for step, body in what.items():
            told = who.post(f"/surveys/{sent.id}/{step}", body, seen=1)
            told.refused(409, "survey.own-rating")
    fair = running.api.acting_as(running.new_key("fair", company.member().id).text)
    fair.post(f"/surveys/{sent.id}/answers", SAID, seen=1).went_well()


# --- Forms, programmes, and what is not there -------------------------------------------------


def test_a_form_that_was_not_published_asks_nobody(api, company):
    unpublished = {"form_id": drafted(company).id}
    path = f"/customers/{company.customer().id}/surveys"
    api.post(path, unpublished).refused(422, "survey-form.not-active", "/form_id")
    unknown = {"form_id": company.customer().id}
    api.post(path, unknown).refused(422, "survey-form.unknown", "/form_id")
    ready = {"name": company.word("programme")} | {"sampling": SAMPLED}
    api.post("/survey-programmes", ready | unknown).refused(422, "survey-form.unknown", "/form_id")


SAMPLED = {"trigger": "all-staff", "share": 0, "rest_days": 1, "valid_days": 9, "every_days": 9}


def test_staff_are_not_asked_by_a_form_for_customers(api, company):
    body = {"name": company.word("p"), "form_id": form(company).id, "sampling": SAMPLED}
    told = api.post("/survey-programmes", body)
    told.refused(409, "survey-programme.audience", "/form_id")
    body["form_id"] = form(company, audience="staff").id
    made = api.post("/survey-programmes", body).went_well()
    shown = api.get(f"/survey-programmes/{made.id}", after=made).json
    assert shown["sampling"] == SAMPLED | {"channel": "link"}


def test_whether_they_would_recommend_us_is_asked_from_nought_to_ten(api, company):
    wrong = [OVERALL, OVERALL | {"code": "recommend"}]
    body = {"name": company.word("f"), "questions": QUESTIONS | {"aspects": wrong}}
    api.post("/survey-forms", body).refused(422, "fields.invalid", "/questions/aspects/1")


def test_a_request_of_another_customer_is_not_asked_about(api, company):
    body = {"form_id": form(company).id, "request_id": company.request().id}
    told = api.post(f"/customers/{company.customer().id}/surveys", body)
    told.refused(422, "request.unknown", "/request_id")


def test_a_programme_has_one_name(api, company):
    first = programme(company, name=company.word("name"))
    shown = api.get(f"/survey-programmes/{first.id}", after=first).json
    body = {name: shown[name] for name in ("name", "form_id", "sampling")}
    api.post("/survey-programmes", body).refused(409, "survey-programme.exists", "/name")


def test_who_may_not_see_notes_sees_no_comment(running, company):
    said = answered(company)
    seen = {}
    for role in ("marketing", "service"):
        member = MemberId(UUID(company.member().id))
        grant(running.crm, enrolled(running.crm, member), role)
        who = running.api.acting_as(create_key(running.crm, role, member).text)
        seen[role] = who.get(f"/surveys/{said.id}", after=said).went_well().json
    assert (seen["service"]["comment"], seen["service"].get("masked")) == ("Quick", None)
    assert (seen["marketing"]["comment"], seen["marketing"]["masked"]) == (None, ["notes"])


# --- The report -------------------------------------------------------------------------------


def test_the_report_over_http(api, company):
    sent = survey(company)
    last = company.do(f"/surveys/{sent.id}/answers", SAID, seen=sent)
    query = {"aspect": "overall", "from": "2020-01-01", "to": "2090-01-01", "by": "department"}
    found = api.get("/reports/satisfaction", after=last, **query).went_well().json
    assert last.position in found["evidence"]
    assert found["n"] == sum(each["n"] for each in found["groups"])
    assert found["n"] == sum(each["n"] for each in found["months"])
    first = int(sent.position) - 1
    known = api.get("/reports/satisfaction", position=first, **query).went_well().json
    assert last.position not in known["evidence"]
    backwards = query | {"from": "2025-02-01", "to": "2025-01-01"}
    api.get("/reports/satisfaction", **backwards).refused(422, "fields.invalid", "to")
