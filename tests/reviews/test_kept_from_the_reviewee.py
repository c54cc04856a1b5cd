"""Nobody reads their own review before it is shared with them, whatever role they have."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.ids import MemberId
from tests.reviews.filing import agreed
from tests.web.stories_reviews import PERIOD, WHY, policy
from web.commands.accounts import enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

PAGES = ("", "/timeline", "/history", "/explanation", "/evidence", "/replay", "?at_version=1")
ASKED = {
    "draft": {},
    "collect-inputs": {},
    "calibrate": {"adjustment": "10"} | WHY,
    "confirm": WHY,
    "share": {},
    "acknowledge": {},
    "appeal": {"figures": ["feedback_manager"], "text": "No"},
    "uphold": WHY,
    "seal": {},
    "withdraw": WHY,
}


@pytest.fixture(params=["team-lead", "hr", "auditor"])
def role(request):
    return request.param


@pytest.fixture
def reviewee(running, file, role):
    """The reviewee, who by their role reads the reviews of others in their department."""
    who = enrolled(running.crm, MemberId(UUID(file.ids["reviewee"])))
    where = {} if role != "team-lead" else {"department_id": UUID(file.department)}
    grant(running.crm, who, role, **where)
    return file.keys["reviewee"]


def test_a_reviewee_finds_nothing_of_it_before_it_is_shared(file, reviewee):
    agreed(file)
    file.shows("author").went_well()
    id_ = file.path.removeprefix("/reviews/")
    for page in PAGES:
        reviewee.get(f"{file.path}{page}").refused(404, "not-found")
    for moment in ({}, {"position": file.seen.position}):
        assert id_ not in reviewee.get("/reviews", **moment).went_well().ids
    told = reviewee.get(f"/members/{file.ids['reviewee']}/timeline").went_well().json["items"]
    assert told
    assert not [each for each in told if each["stream"]["kind"] in {"review", "feedback"}]


def test_nor_do_they_any_step_of_it(file, reviewee):
    agreed(file)
    for verb, body in ASKED.items():
        file.ask("reviewee", verb, body).refused(404, "not-found")


def test_once_it_is_shared_they_see_all_of_it(file, reviewee):
    agreed(file).does("author", "share")
    file.shows("reviewee").went_well()
    for page in PAGES:
        reviewee.get(f"{file.path}{page}", after=file.seen).went_well()
    assert file.path.removeprefix("/reviews/") in reviewee.get("/reviews").ids


@pytest.mark.parametrize("role", ["auditor"], indirect=True)
def test_nor_is_it_in_what_auditors_read(file, reviewee):
    agreed(file)
    id_ = file.path.removeprefix("/reviews/")
    facts = file.keys["author"].get(f"{file.path}/history", after=file.seen).json["items"]
    found = reviewee.get("/audit/events", subject=f"review:{id_}").went_well().json["items"]
    assert (len(facts), found) == (5, [])
    for fact in facts:
        reviewee.get(f"/audit/events/{fact['id']}").refused(404, "not-found")
    explained = {"action": "read", "resource": f"review:{id_}"}
    reviewee.get("/access/explain", **explained).refused(404, "not-found")
    file.does("author", "share")
    found = reviewee.get("/audit/events", subject=f"review:{id_}", after=file.seen).json["items"]
    assert len(found) == 6
    told = reviewee.get("/access/explain", **explained).went_well().json
    assert told["allowed"] == "yes"


@pytest.mark.parametrize("role", ["team-lead"], indirect=True)
def test_nor_is_it_shown_to_them_with_the_grants_of_whom_they_act_for(file, reviewee, running):
    agreed(file)
    author = file.ids["author"]
    account = enrolled(running.crm, MemberId(UUID(author)))
    later = datetime.now(UTC) + timedelta(days=30)
    body = {"to_id": file.ids["reviewee"], "ends_at": later.isoformat()}
    path = f"/principals/{account}/delegations"
    file.keys["author"].post(path, body, headers={"If-Match": "*"}).went_well()
    acting = {"Concord-On-Behalf-Of": author}
    reviewee.get("/members", headers=acting, limit=1).went_well()
    reviewee.get(file.path, headers=acting).refused(404, "not-found")
    assert file.path.removeprefix("/reviews/") not in reviewee.get("/reviews", headers=acting).ids
    file.keys["reviewee"].post(f"{file.path}/share", {}, seen=file.seen, headers=acting).refused(
        404, "not-found"
    )


@pytest.mark.parametrize("role", ["hr"], indirect=True)
def test_what_colleagues_say_of_one_stays_kept_from_one(file, reviewee):
    told = file.manager_says("4", by="author")
    sealer = file.keys["sealer"]
    sealer.get(f"/feedback/{told.id}", after=told).went_well()
    reviewee.get(f"/feedback/{told.id}", after=told).refused(404, "not-found")
    mine = {"filter[about_id]": file.ids["reviewee"]}
    assert sealer.get("/feedback", **mine).ids == [told.id]
    assert reviewee.get("/feedback", **mine).ids == []
    agreed(file).does("author", "share")
    shown = reviewee.get(f"{file.path}/evidence", after=file.seen).went_well().json["items"]
    assert {each["stream"] is None and each["data"] == {} for each in shown} == {True}
    own = reviewee.post(
        f"/members/{file.ids['reviewee']}/feedback", {"source": "self", "rating": "5"}
    ).went_well()
    reviewee.get(f"/feedback/{own.id}", after=own).went_well()


@pytest.mark.parametrize("role", ["hr"], indirect=True)
def test_who_reads_all_reviews_still_has_the_reports_of_all(file, reviewee):
    reviewee.get("/reports/calibration").went_well()
    period = {"from": PERIOD["from"], "to": PERIOD["to"]}
    reviewee.get("/reports/indicators", **period).went_well()
    asked = {"policy": policy(file.company), **period}
    reviewee.get("/reports/department-review", **asked).went_well()
