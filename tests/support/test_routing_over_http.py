"""Requests find who takes them: by themselves, by hand, and never against a person."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.web.client import wait_until
from tests.web.stories_routing import absent, routed, rule, skilled
from tests.web.stories_standards import calendar

pytest_plugins = ["tests.web.fixtures"]

NOW_ON = {
    "starts_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
    "ends_at": (datetime.now(UTC) + timedelta(days=3)).isoformat(),
}


def team(department, **told):
    return {"team": {"departments": [department]} | told}


@pytest.fixture
def held(api):
    """Wait until something is done with a request, and return it."""

    def look(id_):
        def done():
            return api.get(f"/requests/{id_}").went_well().json["route_at"] is None

        wait_until(done, seconds=40)
        return api.get(f"/requests/{id_}").json

    return look


def opened(company, department, **told):
    """Open a request and wait for it to be listed."""
    made = company.request(department_id=department, **told)
    company.api.get(f"/requests/{made.id}", after=made).went_well()
    return made.id


def test_a_new_request_is_routed_once_and_says_by_which_rule(api, company, held):
    department = company.department().id
    member = company.member(department_id=department).id
    routed(company, rule("Everything", member=member), department_id=department)
    id_ = opened(company, department)
    shown = held(id_)
    assert (shown["holder_id"], shown["rule"]) == (member, "Everything (version 1)")
    facts = api.get(f"/requests/{id_}/history").json["items"]
    assert [fact["name"] for fact in facts] == ["request.opened", "request.assigned"]
    assert facts[1]["actor"]["id"] == "timer"


def test_those_who_have_the_skill_share_what_comes(api, company, held):
    department = company.department().id
    two = [skilled(company, department_id=department).id for _ in range(2)]
    skilled(company, level=2, department_id=department)
    absent(company, NOW_ON, department_id=department)
    wanted = [{"name": "Hydraulics", "level": 3}]
    routed(company, rule("Skilled", **team(department, skills=wanted)), department_id=department)
    holders = [held(id_)["holder_id"] for id_ in [opened(company, department) for _ in range(6)]]
    assert sorted(holders) == sorted(two * 3)
    load = api.get(f"/departments/{department}/load").went_well().json
    assert [(each["member_id"] in two, each["open"]) for each in load["members"]] == [
        (True, 3),
        (True, 3),
        (False, 0),
        (False, 0),
    ]
    assert sum(each["away"] for each in load["members"]) == 1


def test_a_full_team_leaves_it_in_the_queue_and_says_so(api, company, held):
    department = company.department().id
    company.member(department_id=department)
    routed(company, rule("One each", **team(department, at_most=1)), department_id=department)
    first, second = (held(opened(company, department)) for _ in range(2))
    assert first["rule"] == "One each (version 1)"
    assert (second["holder_id"], second["rule"]) == (None, None)
    facts = api.get(f"/requests/{second['id']}/history").json["items"]
    assert [fact["name"] for fact in facts] == ["request.opened", "request.left-queued"]
    refused = api.post(f"/requests/{second['id']}/route", {}, seen=second["version"])
    refused.refused(409, "request.nobody-found")


def test_priority_channel_and_tier_choose_the_rule(company, held):
    department, other = company.department().id, company.department().id
    member = company.member(department_id=other).id
    routed(
        company,
        rule("Pressing", when={"least_priority": 6, "tiers": ["key"]}, member=member),
        rule("By mail", when={"channels": ["email"]}, queue=other),
        rule("Rest", queue=department),
        department_id=department,
    )
    key = company.customer(tier="key").id
    pressing = {"urgency": "high", "importance": "medium"}
    taken = held(opened(company, department, customer_id=key, **pressing))
    assert (taken["holder_id"], taken["priority"]) == (member, 6)
    normal = held(opened(company, department, **pressing))
    assert (normal["department_id"], normal["rule"]) == (other, "By mail (version 1)")
    rest = held(opened(company, department, channel="phone"))
    assert (rest["department_id"], rest["holder_id"]) == (department, None)
    assert rest["rule"] == "Rest (version 1)"


def test_what_was_there_before_the_rules_is_routed_by_hand(api, company):
    department = company.department().id
    made = company.request(department_id=department)
    member = company.member(department_id=department).id
    api.post(f"/requests/{made.id}/route", {}, seen=made).refused(409, "request.nobody-found")
    routed(company, rule("All", member=member), department_id=department)
    done = company.do(f"/requests/{made.id}/route", {}, seen=made)
    shown = api.get(f"/requests/{made.id}", after=done).json
    assert (shown["holder_id"], shown["rule"]) == (member, "All (version 1)")
    again = api.post(f"/requests/{made.id}/route", {}, seen=done)
    again.refused(409, "request.already-held")


def test_rules_name_whom_they_can_reach(api, company):
    department = company.department().id
    gone = company.member()
    company.do(f"/members/{gone.id}/leave", {}, seen=gone)
    for to in ({"member": gone.id}, {"queue": gone.id}, team(gone.id)):
        body = {"department_id": department, "rules": [rule(**to)]}
        answer = api.post("/routings", body, seen=0)
        assert answer.status == 422
        assert answer.problem()["errors"][0]["pointer"] == "/rules/0/to"


def test_what_is_withdrawn_routes_nothing(api, company):
    department = company.department().id
    made = routed(company, rule("All", queue=department), department_id=department)
    company.do(f"/routings/{made.id}/withdraw", {}, seen=made)
    opened_ = company.request(department_id=department)
    assert api.get(f"/requests/{opened_.id}", after=opened_).json["route_at"] is None


def test_who_is_away_is_given_nothing_unless_one_says_so(api, company):
    member = absent(company, NOW_ON).id
    made = company.request()
    path = f"/requests/{made.id}/assign"
    api.post(path, {"member_id": member}, seen=made).refused(409, "member.away", "/member_id")
    company.do(path, {"member_id": member, "even_if_away": True}, seen=made)


def test_who_has_left_is_given_nothing(api, company):
    gone = company.member()
    company.do(f"/members/{gone.id}/leave", {}, seen=gone)
    made = company.request()
    body = {"member_id": gone.id}
    api.post(f"/requests/{made.id}/assign", body, seen=made).refused(
        422, "member.not-active", "/member_id"
    )


def test_a_queue_shows_the_most_pressing_first_then_the_oldest(api, company):
    department = company.department().id
    low, middling, first, second = (
        company.request(department_id=department, urgency=urgency, importance=importance)
        for urgency, importance in (
            ("low", "low"), ("medium", "medium"), ("high", "high"), ("high", "high"),
        )
    )  # fmt: skip
    plain = company.request(department_id=department)
    waits = company.do(f"/requests/{low.id}/wait", {"on": "customer"}, seen=low)
    queue = f"/departments/{department}/queue"
    ordered = api.get(queue, after=waits, sort="queue_order").went_well().ids
    assert ordered == [first.id, second.id, middling.id, low.id, plain.id]
    assert api.get(queue, **{"filter[waits_for]": "customer"}).ids == [low.id]
    assert api.get(queue, **{"filter[priority]": "9"}).ids == [first.id, second.id]
    todo = api.get(queue, sort="queue_order", **{"filter[waits_for]": "", "filter[holder_id]": ""})
    assert todo.ids == [first.id, second.id, middling.id, plain.id]


def test_the_load_tells_open_waiting_and_the_oldest(api, company):
    department = company.department().id
    member = company.member(department_id=department).id
    oldest = company.request(department_id=department)
    took = company.do(f"/requests/{oldest.id}/assign", {"member_id": member}, seen=oldest)
    company.do(f"/requests/{oldest.id}/wait", {"on": "third-party"}, seen=took)
    company.request(department_id=department, holder_id=member)
    done = company.request(department_id=department, holder_id=member)
    company.do(f"/requests/{done.id}/resolve", {"resolution": "There"}, seen=done)
    last = company.request(department_id=department)
    load = api.get(f"/departments/{department}/load", after=last).went_well().json
    (mine,) = load["members"]
    first = api.get(f"/requests/{oldest.id}").json["opened_at"]
    assert (mine["open"], mine["waiting"], mine["oldest"]) == (2, 1, first)
    assert mine["last_given_at"] is not None
    waiting = api.get(f"/requests/{last.id}").json["opened_at"]
    assert load["queue"] == {"open": 1, "waiting": 0, "oldest": waiting}


def test_outside_business_hours_somebody_else_takes_it(company, held):
    department = company.department().id
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    always = [{"opens": "00:00", "closes": "00:00"}]
    round_the_clock = calendar(
        company, hours={"zone": "Asia/Shanghai", "week": dict.fromkeys(days, always)}
    ).id
    day, night = (company.member(department_id=department).id for _ in range(2))
    routed(
        company,
        rule("Night", when=_hours(round_the_clock, open_=False), member=night),
        rule("Day", when=_hours(round_the_clock, open_=True), member=day),
        department_id=department,
    )
    shown = held(opened(company, department))
    assert (shown["holder_id"], shown["rule"]) == (day, "Day (version 1)")


def _hours(calendar_id, *, open_):
    return {"hours": {"calendar_id": calendar_id, "open": open_}}
