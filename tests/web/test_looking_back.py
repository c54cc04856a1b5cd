"""Timeline, history and audit: what happened, in which order, who did it, in whose language."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.kernel import EVENTS
from tests.web.client import Answer

pytest_plugins = ["tests.web.fixtures"]


def ago(**time: float) -> str:
    """A moment in the past, as it is written."""
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def facts(pages: list[Answer]) -> list[dict[str, Any]]:
    """All facts on all pages."""
    return [fact for page in pages for fact in page.json["items"]]


def names(pages: list[Answer]) -> list[str]:
    """What happened, in the order it is told."""
    return [fact["name"] for fact in facts(pages)]


class Story:
    """A customer with a request and an interaction, recorded in another order than it happened."""

    def __init__(self, company: Any) -> None:
        self.api = company.api
        self.department = company.department().id
        self.member = company.member(department_id=self.department).id
        self.customer = company.customer(occurred_at=ago(days=9)).id
        opened = company.request(
            customer_id=self.customer, department_id=self.department, occurred_at=ago(days=8)
        )
        self.request = opened.id
        path = f"/requests/{self.request}"
        assigned = company.do(
            f"{path}/assign", {"member_id": self.member, "occurred_at": ago(days=6)}, seen=opened
        )
        replied = company.do(
            f"{path}/reply", {"text": "Soon", "occurred_at": ago(days=2)}, seen=assigned
        )
        late = {"occurred_at": ago(days=7), "about_request_id": self.request}
        self.interaction = company.interaction(customer=self.customer, **late).id
        self.last = company.do(
            f"{path}/resolve",
            {"resolution": "Found it", "occurred_at": ago(days=1), "reason": "It was there"},
            seen=replied,
        )


@pytest.fixture(scope="module")
def story(company) -> Story:
    """The story, once the index has it."""
    story = Story(company)
    company.api.get("/audit/events", limit=1, after=story.last).went_well()
    return story


# --- Timeline ---------------------------------------------------------------------------------

AS_IT_HAPPENED = [
    "request.resolved",
    "request.replied",
    "request.assigned",
    "interaction.logged",
    "request.opened",
    "customer.registered",
]


def test_the_timeline_tells_it_as_it_happened_the_latest_first(api, story):
    told = facts([api.get(f"/customers/{story.customer}/timeline").went_well()])
    assert [fact["name"] for fact in told] == AS_IT_HAPPENED
    moments = [fact["occurred_at"] for fact in told]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_page_after_page(limit, api, story):
    pages = api.pages(f"/customers/{story.customer}/timeline", limit=limit)
    assert names(pages) == AS_IT_HAPPENED
    assert len(pages) == -(-6 // limit)


def test_everything_around_each_thing_is_on_its_timeline(api, story):
    for path, expected in (
        (f"/requests/{story.request}", AS_IT_HAPPENED[:5]),
        (f"/members/{story.member}", ["member.joined", "request.assigned"]),
        (f"/interactions/{story.interaction}", ["interaction.logged"]),
        (
            f"/departments/{story.department}",
            ["member.joined", "department.created", "request.opened"],
        ),
    ):
        assert names(api.pages(f"{path}/timeline")) == expected


def test_things_of_the_same_moment_stand_in_the_order_recorded(api, company):
    moment = ago(days=3)
    customer = company.customer(occurred_at=moment).id
    logged = [company.interaction(customer=customer, occurred_at=moment) for _ in range(5)]
    path = f"/customers/{customer}/timeline"
    api.get(path, after=logged[-1]).went_well()
    told = facts(api.pages(path, limit=2))
    assert [fact["id"] for fact in told[:-1]] == [one.position for one in reversed(logged)]
    assert told[-1]["name"] == "customer.registered"


@pytest.mark.parametrize(
    ("reader", "language"),
    [
        ("", "en"),
        ("en", "en"),
        ("en-GB,en;q=0.8", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans", "zh"),
        ("de,zh;q=0.5,en;q=0.1", "zh"),
        ("de, fr", "en"),
        ("*", "en"),
        ("x" * 1000, "en"),
        (";;;q=,,", "en"),
    ],
)
def test_labels_are_in_the_readers_language(reader, language, api, story):
    for path in (
        f"/customers/{story.customer}/timeline",
        f"/requests/{story.request}/history",
        "/audit/events",
    ):
        told = api.get(path, headers={"Accept-Language": reader}).went_well().json["items"]
        assert [fact["label"] for fact in told] == [
            EVENTS[fact["name"]].__event_labels__[language] for fact in told
        ]
    one = api.get(f"/audit/events/{story.last.position}", headers={"Accept-Language": reader}).json
    assert one["label"] == {"en": "Request resolved", "zh": "请求解决"}[language]


def test_a_timeline_of_a_moment(api, story):
    path = f"/customers/{story.customer}/timeline"
    assert names([api.get(path, as_of=ago(days=6.5))]) == AS_IT_HAPPENED[3:]
    recorded = facts([api.get(path)])
    first = min(recorded, key=lambda fact: int(fact["id"]))
    assert names([api.get(path, position=first["id"])]) == ["customer.registered"]
    assert names([api.get(path, known_at=first["recorded_at"])]) == ["customer.registered"]
    for limit in (1, 2):
        assert names(api.pages(path, limit=limit, as_of=ago(days=6.5))) == AS_IT_HAPPENED[3:]


# --- History ----------------------------------------------------------------------------------


def test_the_history_tells_a_things_own_facts_version_by_version(api, story):
    path = f"/requests/{story.request}/history"
    for limit in (1, 3, 200):
        told = facts(api.pages(path, limit=limit))
        assert [fact["name"] for fact in told] == [
            "request.opened", "request.assigned", "request.replied", "request.resolved",
        ]  # fmt: skip
        assert [fact["stream"]["version"] for fact in told] == [1, 2, 3, 4]
        assert {fact["stream"]["id"] for fact in told} == {story.request}


def test_the_history_shows_a_write_at_once(company):
    made = company.customer()
    assert names([company.api.get(f"/customers/{made.id}/history")]) == ["customer.registered"]


def test_what_was_taken_back_stays_in_the_history(api, company):
    interaction = company.interaction()
    path = f"/interactions/{interaction.id}"
    company.do(f"{path}/retract", {"reason": "Another customer's"}, seen=interaction)
    told = facts([api.get(f"{path}/history")])
    assert [fact["name"] for fact in told] == ["interaction.logged", "interaction.retracted"]
    assert told[1]["reason"] == "Another customer's"


# --- A fact -----------------------------------------------------------------------------------


def test_a_fact_says_everything_about_itself(api, story):
    told = api.get(f"/audit/events/{story.last.position}").went_well().json
    assert told["id"] == story.last.position
    assert told["name"] == "request.resolved"
    assert told["stream"] == {"kind": "request", "id": story.request, "version": 4}
    assert told["data"] == {"customer_id": story.customer, "resolution": "Found it"}
    assert told["reason"] == "It was there"
    assert told["channel"] == "api"
    assert told["actor"]["kind"] == "service"
    assert told["subjects"] == [
        {"kind": "customer", "id": story.customer},
        {"kind": "request", "id": story.request},
    ]
    assert told["occurred_at"] < told["recorded_at"]
    assert all(told[name].endswith("Z") for name in ("occurred_at", "recorded_at"))
    assert told["cause"] is told["imported"] is told["on_behalf_of"] is None


def test_a_fact_is_the_same_wherever_it_is_shown(api, story):
    alone = api.get(f"/audit/events/{story.last.position}").json
    assert alone.pop("corrections") == []
    for path in (
        f"/customers/{story.customer}/timeline",
        f"/requests/{story.request}/timeline",
        f"/requests/{story.request}/history",
    ):
        assert alone in api.get(path).json["items"]


def test_positions_are_text_a_browser_cannot_round(api, story):
    for path in ("/audit/events", f"/customers/{story.customer}/timeline"):
        for fact in api.get(path).json["items"]:
            assert isinstance(fact["id"], str)
            assert fact["id"].isdecimal()
    assert isinstance(api.get("//health").json["position"], str)


# --- Audit ------------------------------------------------------------------------------------


def audited(api: Any, **asked: Any) -> list[dict[str, Any]]:
    """All facts an auditor finds, page by page; the last recorded is told first."""
    found = facts(api.pages("/audit/events", limit=4, **asked))
    positions = [int(fact["id"]) for fact in found]
    assert positions == sorted(positions, reverse=True)
    assert len(set(positions)) == len(positions)
    return found


def test_audit_by_subject(api, story):
    found = audited(api, subject=f"customer:{story.customer}")
    assert sorted(fact["name"] for fact in found) == sorted(AS_IT_HAPPENED)
    found = audited(api, subject=f"member:{story.member}")
    assert {fact["name"] for fact in found} == {"member.joined", "request.assigned"}


def test_audit_by_contact_and_ownership(api, company):
    customer = company.customer().id
    contact = company.contact(customer)
    claim = {"member_id": company.member().id}
    claimed = company.do(f"/customers/{customer}/ownership/claim", claim)
    api.get("/audit/events", after=claimed).went_well()
    found = audited(api, subject=f"contact:{contact}")
    assert [fact["name"] for fact in found] == ["customer.contact-added"]
    found = audited(api, subject=f"ownership:{claimed.id}")
    assert [fact["name"] for fact in found] == ["ownership.claimed"]


def test_audit_by_actor(api, company, running):
    member = company.member().id
    own = running.api.acting_as(running.new_key(member=member).text)
    made = own.post("/customers", {"details": {"name": "Ana's"}}).went_well()
    api.get("/audit/events", after=made)
    found = audited(api, actor=f"member:{member}")
    assert [fact["id"] for fact in found] == [made.position]
    assert found[0]["actor"] == {"kind": "member", "id": member}


def test_audit_by_name(api, story):
    found = audited(api, _name="request.resolved", subject=f"request:{story.request}")
    assert [fact["id"] for fact in found] == [story.last.position]
    assert {fact["name"] for fact in audited(api, _name="member.joined")} == {"member.joined"}


def test_audit_by_time_of_recording_half_open(api, story):
    subject = f"customer:{story.customer}"
    everything = list(reversed(audited(api, subject=subject)))
    times = [fact["recorded_at"] for fact in everything]
    assert times == sorted(set(times))
    found = audited(api, subject=subject, to=times[2], _from=times[1])
    assert [fact["id"] for fact in found] == [everything[1]["id"]]
    assert audited(api, subject=subject, _from=times[0]) == everything[::-1]
    assert audited(api, subject=subject, to=times[0]) == []
    assert audited(api, subject=subject, _from=times[3], to=times[1]) == []


def test_all_conditions_hold_together(api, story, running):
    actor = api.get(f"/audit/events/{story.last.position}").json["actor"]
    asked = {
        "subject": f"customer:{story.customer}",
        "actor": f"{actor['kind']}:{actor['id']}",
        "_name": "request.opened",
        "_from": ago(days=1),
        "to": "2999-01-01T00:00:00Z",
    }
    assert [fact["stream"]["id"] for fact in audited(api, **asked)] == [story.request]
    for name, other in (
        ("subject", f"request:{story.customer}"),
        ("actor", "system:operator"),
        ("_name", "request.closed"),
        ("_from", "2999-01-01T00:00:00Z"),
        ("to", ago(days=1)),
    ):
        assert audited(api, **asked | {name: other}) == []


def test_the_audit_finds_every_fact_there_is(api, running):
    last = api.get("/audit/events", limit=1).json["items"][0]
    pages = api.pages("/audit/events", limit=200)
    found = [int(fact["id"]) for fact in facts(pages) if int(fact["id"]) <= int(last["id"])]
    written = running.query("select id from log.events where id <= %s order by id desc", last["id"])
    assert found == [position for (position,) in written]
