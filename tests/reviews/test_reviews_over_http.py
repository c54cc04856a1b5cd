"""A review over HTTP, by people with keys of their own: nobody does what is another's part."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from projections.reviews.deadlines import deadline
from tests.reviews.filing import agreed, lead, sealed
from tests.web.stories_reviews import PERIOD, WHY, policy

pytest_plugins = ["tests.web.fixtures"]


def test_the_reviewee_finds_nothing_before_it_is_shared(file):
    agreed(file)
    reviewee = file.keys["reviewee"]
    file.shows("reviewee").refused(404, "not-found")
    assert file.path.removeprefix("/reviews/") not in reviewee.get("/reviews").json["items"]
    reviewee.get(f"{file.path}/timeline").refused(404, "not-found")
    file.ask("reviewee", "acknowledge").refused(404, "not-found")
    file.does("author", "share")
    shown = file.shows("reviewee").went_well().json
    assert shown["holder_id"] == file.ids["reviewee"]
    assert reviewee.get("/reviews", after=file.seen).went_well().ids == [shown["id"]]
    reviewee.get(f"{file.path}/timeline", after=file.seen).went_well()
    file.shows("colleague").refused(404, "not-found")


def test_the_card_is_computed_and_opens_to_its_facts(file):
    told = file.manager_says("4", by="author")
    file.does("author", "draft")
    shown = file.shows("author").went_well().json
    (figure,) = shown["card"]["figures"]
    # From 1 to 5 in a straight line: 4 is three quarters of the way.
    assert (figure["value"], figure["score"], figure["status"]) == ("4.00", "75.00", "measured")
    assert figure["evidence"] == [{"position": told.position, "share": "1"}]
    assert (shown["card"]["total"], shown["card"]["coverage"]) == ("75.00", "100.00")
    assert shown["card"]["policy_hash"] == shown["policy_hash"]
    assert int(shown["card"]["position"]) >= int(told.position)


def test_the_calibrated_total_stands_beside_the_card(file):
    agreed(file)
    shown = file.shows("author").went_well().json
    assert shown["card"]["total"] == "75.00"
    assert (shown["calibration"]["adjustment"], shown["calibration"]["total"]) == ("-2.50", "72.50")
    assert shown["calibration"]["proposed"]["by"] == file.ids["first"]
    assert [each["by"] for each in shown["calibration"]["confirmed"]] == [file.ids["second"]]


def test_nobody_does_what_is_anothers_part(file):
    file.manager_says("4", by="author")
    file.does("author", "draft")
    file.does("author", "collect-inputs")
    points = {"adjustment": "1.00"} | WHY
    file.ask("author", "calibrate", points).refused(409, "review.four-eyes")
    file.ask("first", "calibrate", {"adjustment": "1.00"}).refused(
        409, "review.reason-missing", "/reason"
    )
    file.does("first", "calibrate", points)
    file.ask("first", "confirm", WHY).refused(409, "review.four-eyes")
    file.ask("author", "share").refused(409, "review.not-calibrated")
    file.does("second", "confirm", WHY)
    file.does("author", "share")
    file.ask("colleague", "acknowledge").refused(404, "not-found")
    file.ask("author", "acknowledge").refused(409, "review.not-yours")
    file.ask("reviewee", "draft").refused(409, "review.already-shared")
    file.ask("reviewee", "seal").refused(403, "access.refused")
    file.ask("sealer", "seal").refused(409, "review.too-early")
    file.does("reviewee", "acknowledge", {"comment": "Seen"})
    file.ask("author", "seal").refused(409, "review.four-eyes")
    file.does("sealer", "seal")
    shown = file.shows("reviewee").went_well().json
    assert shown["status"] == "sealed"
    assert shown["seal"]["card_hash"] == shown["card"]["hash"]
    assert shown["seal"]["authors"] == [file.ids["author"]]
    assert shown["seal"]["calibrators"] == [file.ids["first"], file.ids["second"]]
    assert shown["seal"]["sealer_id"] == file.ids["sealer"]
    assert [each["what"] for each in shown["steps"]] == [
        "opened", "drafted", "inputs-collected", "calibrated", "calibration-confirmed", "shared",
        "acknowledged", "sealed",
    ]  # fmt: skip


def test_two_who_save_at_once(file):
    file.does("author", "draft")
    before = file.seen
    file.does("author", "collect-inputs")
    for verb in ("draft", "collect-inputs"):
        path = f"{file.path}/{verb}"
        file.keys["sealer"].post(path, {}, seen=before).refused(412, "version.stale")
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(file.ask, who, "draft") for who in ("author", "sealer")]
    assert sorted(each.result().status for each in asked) == [200, 412]
    file.keys["sealer"].post(f"{file.path}/draft", {}).refused(428, "version.missing", "If-Match")


def test_an_appeal_before_sealing_is_judged_and_leads_to_another_card(file):
    agreed(file).does("author", "share")
    (proof,) = file.shows("reviewee").json["card"]["figures"][0]["evidence"]
    appeal = {"text": "Chen said 5", "figures": ["feedback_manager"], "facts": [proof["position"]]}
    file.ask("reviewee", "appeal", appeal | {"figures": ["nps"]}).refused(
        409, "review.no-such-figure", "/figures"
    )
    file.ask("reviewee", "appeal", appeal | {"facts": ["999999999999"]}).refused(
        422, "fields.invalid", "/facts/0"
    )
    file.does("reviewee", "appeal", appeal)
    assert file.shows("author").json["appealed"] == "yes"
    for involved in ("author", "first", "second"):
        file.ask(involved, "uphold", WHY).refused(409, "review.not-uninvolved")
    file.ask("reviewee", "uphold", WHY).refused(403, "access.refused")
    file.manager_says("5", by="second")
    file.does("judge", "uphold", WHY)
    file.does("author", "draft")
    # (4 + 5) / 2 = 4.5 of 1 to 5: 87.5
    assert file.shows("author").json["card"]["total"] == "87.50"
    file.ask("author", "share").refused(409, "review.not-calibrated")
    file.does("first", "calibrate", {"adjustment": "0"} | WHY)
    file.does("second", "confirm", WHY)
    file.does("author", "share")
    (judged,) = file.shows("reviewee").json["appeals"]
    decision = judged["decision"]
    assert (decision["what"], decision["by"], decision["late"]) == (
        "upheld", file.ids["judge"], False,
    )  # fmt: skip


def test_whoever_wrote_it_down_or_is_heard_in_it_judges_no_appeal(file, running):
    file.manager_says("5", by="judge")
    agreed(file).does("author", "share")
    letter = {"text": "Chen said 5", "figures": ["feedback_manager"], "by_letter": True}
    file.ask("first", "appeal", letter).refused(409, "review.four-eyes")
    file.does("sealer", "appeal", letter)
    file.ask("sealer", "uphold", WHY).refused(409, "review.not-uninvolved")
    file.ask("judge", "uphold", WHY).refused(409, "review.not-uninvolved")
    file.ask("judge", "dismiss", WHY).refused(409, "review.not-uninvolved")
    other = lead(running, file, file.department)
    other.post(f"{file.path}/dismiss", WHY, seen=file.seen).went_well()


def test_what_is_learned_after_sealing_makes_a_supplement(file):
    sealed(file)
    before = file.shows("reviewee").json
    file.does("sealer", "note-impact")
    file.ask("sealer", "supplement", WHY).refused(409, "review.no-supplement-due")
    file.manager_says("3", by="second")
    file.does("sealer", "note-impact")
    # (4 + 3) / 2 = 3.5 of 1 to 5: 62.5, that is 12.5 less
    noted = file.shows("sealer").json["impacts"]
    assert [(each["delta"], each["follow_up"]) for each in noted] == [
        ("0.00", "none"),
        ("-12.50", "supplement"),
    ]
    assert noted[1]["changed"] == ["feedback_manager"]
    file.ask("author", "supplement", WHY).refused(409, "review.four-eyes")
    file.does("sealer", "supplement", WHY)
    after = file.shows("reviewee").json
    assert (after["card"], after["seal"]) == (before["card"], before["seal"])
    assert [(each["total"], each["because"]) for each in after["versions"]] == [
        ("75.00", "sealed"),
        ("62.50", "impact"),
    ]
    assert after["versions"][1]["card"]["total"] == "62.50"
    assert after["status"] == "supplemented"


def test_an_appeal_after_sealing_never_changes_what_is_sealed(file):
    sealed(file)
    before = file.shows("reviewee").json
    file.manager_says("4.04", by="second")
    file.does("reviewee", "appeal", {"text": "Chen said more", "figures": ["feedback_manager"]})
    file.does("judge", "uphold", WHY)
    # (4 + 4.04) / 2 = 4.02 of 1 to 5: 75.5; little, but the appeal was upheld
    file.does("judge", "supplement", WHY)
    after = file.shows("reviewee").json
    assert (after["card"], after["seal"]) == (before["card"], before["seal"])
    assert after["appeals"][0]["after_sealing"] is True
    assert [(each["total"], each["because"]) for each in after["versions"]] == [
        ("75.00", "sealed"),
        ("75.50", "appeal"),
    ]
    assert after["versions"][1]["by"] == file.ids["judge"]


def test_a_person_decides_what_it_leads_to(file):
    agreed(file).does("author", "share")
    plan = {"text": "Visits with Bo", "until": "2999-01-01"}
    file.ask("reviewee", "agree-help-plan", plan).refused(409, "review.own")
    file.does("author", "agree-help-plan", plan)
    outcome = {"kind": "promotion", "text": "Senior from July on"}
    file.ask("author", "decide-outcome", outcome | WHY).refused(409, "review.not-sealed")
    file.does("reviewee", "acknowledge")
    file.does("sealer", "seal")
    file.ask("author", "decide-outcome", outcome).refused(409, "review.reason-missing", "/reason")
    path = f"{file.path}/decide-outcome"
    machine = file.company.api.post(path, outcome | WHY, seen=file.seen)
    machine.refused(409, "review.nobody")
    file.does("author", "decide-outcome", outcome | WHY)
    shown = file.shows("reviewee").json
    assert [each["kind"] for each in shown["outcomes"]] == ["promotion"]
    assert [each["until"] for each in shown["help_plans"]] == ["2999-01-01"]


def test_a_department_is_reviewed_by_its_own_card(file):
    body = {"department_id": file.department, "policy_id": policy(file.company)} | PERIOD
    made = file.keys["author"].post("/reviews", body).went_well()
    path = f"/reviews/{made.id}/draft"
    done = file.keys["author"].post(path, {}, seen=made).went_well()
    shown = file.keys["author"].get(f"/reviews/{made.id}", after=done).json
    assert (shown["member_id"], shown["card"]["department_id"]) == (None, file.department)


def test_who_has_left_is_still_reviewed(file):
    joined = file.company.member(department_id=file.department)
    gone = file.company.do(f"/members/{joined.id}/leave", {}, seen=1)
    file.company.api.get("/members", after=gone, limit=1).went_well()
    body = {"member_id": joined.id, "policy_id": policy(file.company)} | PERIOD
    made = file.keys["author"].post("/reviews", body).went_well()
    file.keys["author"].post(f"/reviews/{made.id}/draft", {}, seen=made).went_well()


def test_a_review_follows_a_policy_in_force_when_its_period_began(file):
    body = {"member_id": file.ids["reviewee"], "policy_id": policy(file.company)} | PERIOD
    author = file.keys["author"]
    author.post("/reviews", body | {"from": "2024-12-31"}).refused(
        422, "fields.invalid", "/policy_id"
    )
    other = file.ids["reviewee"]  # an id of no policy
    author.post("/reviews", body | {"policy_id": other}).refused(
        422, "fields.invalid", "/policy_id"
    )
    author.post("/reviews", body | {"department_id": file.department}).refused(
        422, "fields.invalid", "/member_id"
    )
    author.post("/reviews", body | {"to": "2025-01-01"}).refused(422, "fields.invalid", "/to")
    file.keys["colleague"].post("/reviews", body).refused(403, "access.refused")


def test_leads_elsewhere_find_nothing(file, running, company):
    other = lead(running, file, company.department().id)
    other.get(file.path).refused(404, "not-found")
    other.post(f"{file.path}/draft", {}, seen=1).refused(404, "not-found")
    body = {"member_id": file.ids["reviewee"], "policy_id": policy(company)} | PERIOD
    other.post("/reviews", body).refused(403, "access.refused")


def test_lists_are_filtered_and_sorted_by_period(file):
    agreed(file)
    author, mine = file.keys["author"], {"filter[member_id]": file.ids["reviewee"]}
    body = {"member_id": file.ids["reviewee"], "policy_id": policy(file.company)}
    later = {"from": "2025-04-01", "to": "2025-07-01"}
    made = author.post("/reviews", body | later).went_well()
    first, second = file.path.removeprefix("/reviews/"), made.id
    assert author.get("/reviews", after=made, **mine).ids == [second, first]
    assert author.get("/reviews", sort="from", **mine).ids == [first, second]
    assert author.get("/reviews", **mine, **{"filter[status]": "calibrated"}).ids == [first]
    there = author.get("/reviews", **{"filter[department_id]": file.department}).ids
    assert set(there) == {first, second}


# --- By when --------------------------------------------------------------------------------------

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Silent:
    """A log without a calendar."""

    def head(self) -> int:
        return 0

    def pages(self, **_: Any) -> list[Any]:
        return []


@pytest.mark.parametrize(
    ("shared", "days", "over"),
    [
        # Friday 7 March 2025 09:00 in Shanghai: Monday to Friday are five days.
        ("2025-03-07T01:00:00+00:00", 5, "2025-03-14T16:00:00+00:00"),
        # Friday 23:30 UTC is Saturday there.
        ("2025-03-07T23:30:00+00:00", 5, "2025-03-14T16:00:00+00:00"),
        # Wednesday: Thursday, Friday, Monday, Tuesday, Wednesday.
        ("2025-03-05T01:00:00+00:00", 5, "2025-03-12T16:00:00+00:00"),
        ("2025-03-05T01:00:00+00:00", 10, "2025-03-19T16:00:00+00:00"),
    ],
)
def test_days_to_answer_are_business_days(shared, days, over):
    """Each is over at the end of its last day: 24:00 in Shanghai is 16:00 UTC."""
    found = deadline(Silent(), datetime.fromisoformat(shared), days, SHANGHAI)
    assert found == datetime.fromisoformat(over)


def test_a_backdated_share_takes_no_days_from_the_reviewee(file):
    agreed(file)
    file.does("author", "share", {"occurred_at": datetime.now(UTC).isoformat()})
    shown = file.shows("reviewee").json
    upto = datetime.fromisoformat(shown["sealable_from"])
    assert upto - datetime.now(UTC) > timedelta(days=3)
