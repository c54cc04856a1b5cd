"""Review policies over HTTP: drafted, published, compared and listed."""

import pytest

from tests.web.stories_review_policies import CONTENT, LATER, TERMS, drafted, published, redrafted
from web.reviews.policy_bodies import EXAMPLE

pytest_plugins = ["tests.web.fixtures"]


def shown(api, policy):
    return api.get(f"/review-policies/{policy.id}", after=policy).went_well().json


def test_a_policy_is_shown_with_its_draft_and_all_versions(api, company):
    made = drafted(company)
    first = shown(api, made)
    assert (first["status"], first["versions"]) == ("draft", [])
    terms = first["draft"]["rules"]["terms"]
    assert terms[0] == TERMS[0] | {
        "version": 1,
        "direction": "higher",
        "minimum_sample": None,
        "credit": None,
        "aspect": None,
    }
    assert first["draft"]["rules"]["cap"] == "120"
    assert first["draft"]["blend"] == {"individual": "70", "team": "30"}
    later = company.do(f"/review-policies/{made.id}/publish", LATER, seen=made)
    told = shown(api, later)
    (version,) = told["versions"]
    assert (told["status"], told["draft"], version["version"]) == ("published", None, 1)
    assert version["effective_from"] == LATER["effective_from"]
    assert len(version["hash"]) == 64
    assert version["rules"] == first["draft"]["rules"]


def test_what_is_published_later_leaves_what_was_published(api, company):
    made = redrafted(company, rules={"terms": [TERMS[0] | {"weight": "100"}]})
    (before,) = shown(api, made)["versions"]
    body = {"effective_from": "2090-07-01"}
    again = company.do(f"/review-policies/{made.id}/publish", body, seen=made)
    first, second = shown(api, again)["versions"]
    assert first == before
    assert second["hash"] != first["hash"]
    assert [len(each["rules"]["terms"]) for each in (first, second)] == [3, 1]


def test_the_same_rules_written_otherwise_are_no_other_draft(api, company):
    made = drafted(company)
    same = CONTENT | {"rules": {"terms": [TERMS[0] | {"weight": "40.00"}, *TERMS[1:]]}}
    told = company.do(f"/review-policies/{made.id}/redraft", same, seen=made)
    assert (told.version, told.position) == (made.version, None)


def test_a_policy_is_published_before_the_period(api, company):
    made = drafted(company)
    path = f"/review-policies/{made.id}/publish"
    refused = api.post(path, {"effective_from": "2025-01-01"}, seen=made)
    refused.refused(409, "review-policy.not-before-period", "/effective_from")
    told = {"occurred_at": "2024-12-31T16:00:00Z", "effective_from": "2025-01-01"}
    code = company.word("dated")
    dated = drafted(company, code=code, occurred_at="2024-12-01T00:00:00Z")
    path = f"/review-policies/{dated.id}/publish"
    api.post(path, told, seen=dated).refused(
        409, "review-policy.not-before-period", "/effective_from"
    )  # it is New Year's Day in Shanghai
    company.do(path, told | {"occurred_at": "2024-12-31T15:59:59Z"}, seen=dated)


def test_weights_of_99_percent_are_refused(api, company):
    terms = [TERMS[0] | {"weight": "39"}, *TERMS[1:]]
    body = CONTENT | {"code": company.word(), "role": "agent", "rules": {"terms": terms}}
    answer = api.post("/review-policies", body)
    answer.refused(409, "review-policy.weights", "/rules")
    assert "these make 99" in answer.problem()["detail"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"metric": "charm"}, "metric"),
        ({"metric": "goal_progress"}, "metric"),  # nobody records goals yet
        ({"metric": "Resolution Met"}, "metric"),
        ({"version": 2}, "version"),
        ({"metric": "aspect_satisfaction"}, "aspect"),
        ({"aspect": "price"}, "aspect"),
        ({"weight": 40}, "weight"),
        ({"weight": "-40"}, "weight"),
        ({"floor": "1e3"}, "floor"),
        ({"minimum_sample": 0}, "minimum_sample"),
        ({"direction": "sideways"}, "direction"),
        ({"credit": "split"}, "credit"),  # it is its holder's
        ({"credit": "mine"}, "credit"),
    ],
)
def test_a_term_names_what_there_is(api, company, wrong, pointer):
    terms = [TERMS[0] | wrong, *TERMS[1:2], TERMS[2] | {"aspect": "speed"}]
    body = CONTENT | {"code": company.word(), "role": "agent", "rules": {"terms": terms}}
    answer = api.post("/review-policies", body)
    answer.refused(422, "fields.invalid", f"/rules/terms/0/{pointer}")


def test_floors_and_targets_may_be_below_zero(api, company):
    terms = [{"metric": "nps", "weight": "100", "floor": "-20", "target": "40.5"}]
    made = drafted(company, rules={"terms": terms})
    (term,) = shown(api, made)["draft"]["rules"]["terms"]
    assert (term["floor"], term["target"]) == ("-20", "40.5")


def test_of_two_managers_who_save_at_once_the_second_looks_again(api, company):
    made = drafted(company)
    path = f"/review-policies/{made.id}/redraft"
    saved = company.do(path, CONTENT | {"blend": {"individual": "60", "team": "40"}}, seen=made)
    api.post(path, CONTENT | {"blend": {"individual": "50", "team": "50"}}, seen=made).refused(
        412, "version.stale"
    )
    assert shown(api, saved)["draft"]["blend"] == {"individual": "60", "team": "40"}


def test_lists_are_filtered_by_code_role_and_status(api, company):
    role = company.word("role")
    draft_, made = drafted(company, role=role), published(company, role=role)
    api.get("/review-policies", after=made, limit=1).went_well()

    def found(**filters):
        named = {f"filter[{name}]": value for name, value in filters.items()}
        return set(api.get("/review-policies", **named).went_well().ids)

    assert found(role=role) == {draft_.id, made.id}
    assert found(role=role, status="published") == {made.id}
    assert found(code=shown(api, draft_)["code"]) == {draft_.id}


# Differences


def test_what_a_new_version_changes_is_told_term_by_term(api, company):
    terms = [
        TERMS[0] | {"weight": "45", "target": "97.5"},
        TERMS[2] | {"minimum_sample": None, "weight": "50.0", "credit": "team"},
        {"metric": "feedback_peer", "weight": "5", "floor": "1", "target": "5"},
    ]
    made = redrafted(
        company,
        rules={"terms": terms, "cap": "100", "missing": "withhold"},
        blend={"individual": "80", "team": "20"},
    )
    path = f"/review-policies/{made.id}/differences"
    told = api.get(path, after=made, from_version=1).went_well().json
    assert (told["from_version"], told["to_version"]) == (1, None)
    assert [term["metric"] for term in told["added"]] == ["feedback_peer"]
    assert [term["metric"] for term in told["removed"]] == ["reopen_rate"]
    assert told["changed"] == [
        {
            "metric": "resolution_met",
            "aspect": None,
            "fields": [
                {"field": "weight", "before": "40", "after": "45"},
                {"field": "target", "before": "95", "after": "97.5"},
            ],
        },
        {
            "metric": "aspect_satisfaction",
            "aspect": "attitude",
            "fields": [
                {"field": "minimum_sample", "before": "8", "after": None},
                {"field": "credit", "before": None, "after": "team"},
            ],
        },
    ]
    assert told["around"] == [
        {"field": "cap", "before": "120", "after": "100"},
        {"field": "missing", "before": "renormalise", "after": "withhold"},
        {"field": "individual", "before": "70", "after": "80"},
        {"field": "team", "before": "30", "after": "20"},
    ]
    body = {"effective_from": "2090-07-01"}
    again = company.do(f"/review-policies/{made.id}/publish", body, seen=made)
    between = api.get(path, after=again, from_version=1, to_version=2).went_well().json
    assert between == told | {"to_version": 2}
    back = api.get(path, from_version=2, to_version=1).went_well().json
    assert (back["added"], back["removed"]) == (told["removed"], told["added"])
    nothing = api.get(path, from_version=2, to_version=2).went_well().json
    assert [nothing[name] for name in ("added", "removed", "changed", "around")] == [[]] * 4
    api.get(path, from_version=1).refused(422, "fields.invalid", "to_version")
    api.get(path, from_version=3, to_version=1).refused(422, "fields.invalid", "from_version")


def test_the_example_of_the_documentation_is_one_that_goes_well(api, company):
    document = api.get("/openapi.json").json
    body = document["paths"]["/api/v1/review-policies"]["post"]["requestBody"]
    example = body["content"]["application/json"]["example"]
    assert example == EXAMPLE
    api.post("/review-policies", example | {"code": company.word("example")}).went_well()
