"""The tiering report: measures replayed from the log, suggestions with their facts, what if."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from spec import HARBOUR, YUNHE, sample_id

from application.store.log import Window
from domain.customers.customer import (
    ChangeCustomerDetails,
    CustomerDetails,
    RegisterCustomer,
    RetractCustomer,
    TierCustomer,
)
from domain.customers.interaction import Direction, LogInteraction, RetractInteraction
from domain.customers.tier_policy import (
    DraftTierPolicy,
    PublishTierPolicy,
    RedraftTierPolicy,
    TierLabels,
    tier_policy_id,
)
from domain.customers.tiering import TierBand, TierCriterion, TierFamily, TierMeasure, TierRules
from domain.ids import CustomerId, InteractionId, MemberId, RequestId
from domain.kernel import Rejected
from domain.support.request import OpenRequest, VoidRequest
from domain.support.words import RequestKind
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.values import ContactChannel, Tier
from projections.reports.tiering import Replay, as_json, tiering, what_if
from tests.web.stories_tiers import named, published
from web.commands.accounts import create_key, enrolled, grant
from web.commands.tier_table import draw

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGAN = datetime(2025, 1, 10, 2, tzinfo=UTC)
LATER = CustomerId(sample_id(0xC3))
SERVICE = department_id("service")
VALUE = tier_policy_id("value")
NOON = datetime(2025, 7, 1, 4, tzinfo=UTC)
"""When the policy is published: noon where the company is."""


def criterion(measure, weight, *bands, **told):
    return TierCriterion(
        family=TierFamily.COOPERATION,
        measure=measure,
        weight=weight,
        bands=tuple(TierBand(at_least=least, points=points) for least, points in bands),
        **told,
    )


CALLS = criterion(TierMeasure.INTERACTIONS, 40, (1, 50), (3, 100), window_days=30)
ASKED = criterion(TierMeasure.REQUESTS, 10, (1, 100))
PEOPLE = criterion(TierMeasure.EMPLOYEES, 30, (100, 60), (1000, 100))
YEARS = criterion(TierMeasure.TENURE_DAYS, 20, (100, 50), (365, 100))
RULES = TierRules(criteria=(CALLS, ASKED, PEOPLE, YEARS), strategic_from=80, key_from=40)
BY_SIZE = TierRules(
    criteria=(criterion(TierMeasure.EMPLOYEES, 100, (120, 100)),), strategic_from=90, key_from=50
)


class Story:
    """Tells the log of these tests, and remembers where each fact stands."""

    def __init__(self, crm, envelope):
        self.crm, self.envelope, self.positions = crm, envelope, {}

    def tell(self, name, command, at, reason="Because"):
        done = self.crm.handle(command, self.envelope(occurred_at=at, reason=reason))
        self.positions[name] = str(done.position)

    def registered(self, name, id_, at, employees, tier=Tier.NORMAL):
        details = CustomerDetails(name=name, employees=employees)
        self.tell(name, RegisterCustomer(id=id_, details=details, tier=tier), at)

    def called(self, name, number, customer, at):
        command = LogInteraction(
            id=InteractionId(sample_id(number)),
            customer_id=customer,
            channel=ContactChannel.PHONE,
            direction=Direction.OUTBOUND,
            summary="Called",
        )
        self.tell(name, command, at)

    def asked(self, name, number, customer, at):
        command = OpenRequest(
            id=RequestId(sample_id(number)),
            customer_id=customer,
            department_id=SERVICE,
            kind=RequestKind.SUPPORT,
            channel=ContactChannel.EMAIL,
            title="Where is it?",
        )
        self.tell(name, command, at)

    def published(self, rules=RULES, months=6, day=date(2025, 7, 1), at=NOON):
        labels = TierLabels.VALUE
        self.tell(
            "drafted",
            DraftTierPolicy(
                id=VALUE, name="value", rules=rules, labels=labels, review_months=months
            ),
            at,
        )
        self.tell("published", PublishTierPolicy(id=VALUE, effective_from=day), at)


@pytest.fixture
def story(crm, envelope):
    """Harbour, who talks with us a lot; Yunhe, large and silent; one of whom little is known."""
    told = Story(crm, envelope)
    code = CreateDepartment(id=SERVICE, code="service", name="Service", kind=DepartmentKind.SUPPORT)
    told.tell("service", code, BEGAN)
    told.registered("Harbour", HARBOUR, BEGAN, 120)
    told.registered("Yunhe", YUNHE, BEGAN + timedelta(days=100), 5000, Tier.STRATEGIC)
    told.registered("Later", LATER, BEGAN + timedelta(days=120), None)
    told.called("long ago", 1, HARBOUR, NOON - timedelta(days=30))
    told.called("in the window", 2, HARBOUR, NOON - timedelta(days=30) + timedelta(seconds=1))
    told.called("yesterday", 3, HARBOUR, NOON - timedelta(days=1))
    told.called("mistaken", 4, HARBOUR, NOON - timedelta(days=1))
    told.tell("taken back", RetractInteraction(id=InteractionId(sample_id(4))), NOON)
    told.asked("asked", 5, HARBOUR, NOON - timedelta(days=90))
    told.asked("spam", 6, YUNHE, NOON - timedelta(days=2))
    told.tell("voided", VoidRequest(id=RequestId(sample_id(6))), NOON - timedelta(days=1))
    told.published()
    return told


def reported(story, version=None, **window):
    return tiering(Replay(story.crm.facts, SHANGHAI, Window(**window)), "value", version)


def by_name(report):
    return {each["name"]: each for each in report["items"]}


# --- What is suggested ------------------------------------------------------------------------


def test_each_customer_is_measured_and_scored(story):
    report = reported(story)
    head = {name: report[name] for name in ("policy", "version", "labels", "measured_to")}
    assert head == {
        "policy": "value",
        "version": 1,
        "labels": "high|mid|low",
        "measured_to": "2025-07-01T04:00:00.000000Z",
    }
    found = by_name(report)
    # 40 x 50 (two calls) + 10 x 100 (one request) + 30 x 60 (120 people) + 20 x 50 (172 days)
    assert (found["Harbour"]["score"], found["Harbour"]["suggested"]) == ("58.00", "key")
    # nothing + nothing + 30 x 100 + nothing (72 days)
    assert (found["Yunhe"]["score"], found["Yunhe"]["suggested"]) == ("30.00", "normal")
    assert (found["Later"]["score"], found["Later"]["complete"]) == ("0.00", False)
    assert report["present"] == {"strategic": 1, "key": 0, "normal": 2}
    assert report["suggested"] == {"strategic": 0, "key": 1, "normal": 2}
    assert (report["customers"], report["differing"]) == (3, 2)


def test_each_figure_names_its_facts(story):
    calls, asked, people, years = by_name(reported(story))["Harbour"]["criteria"]
    at = story.positions
    assert (calls["value"], calls["band"], calls["points"]) == ("2", 1, 50)
    assert calls["facts"] == [at["in the window"], at["yesterday"]]
    assert (asked["value"], asked["facts"]) == ("1", [at["asked"]])
    assert (people["value"], people["facts"]) == ("120", [at["Harbour"]])
    assert (years["value"], years["facts"]) == ("172", [at["Harbour"]])
    _, none_asked, _, _ = by_name(reported(story))["Yunhe"]["criteria"]
    assert (none_asked["value"], none_asked["facts"]) == ("0", [])  # what is void was never asked
    unknown = by_name(reported(story))["Later"]["criteria"][2]
    assert (unknown["value"], unknown["band"], unknown["points"]) == (None, None, 0)
    assert unknown["facts"] == []


def test_the_same_log_and_question_give_the_same_bytes(story):
    runs = {as_json(reported(story)) for _ in range(3)}
    assert len(runs) == 1
    (before,) = runs
    position = int(json.loads(before)["position"])
    story.called("afterwards", 7, YUNHE, NOON + timedelta(days=1))
    story.tell("bigger", _grown(20), NOON + timedelta(days=1))
    assert as_json(reported(story, position=position)) == before
    assert as_json(reported(story)) != before


def _grown(employees):
    details = CustomerDetails(name="Harbour", employees=employees)
    return ChangeCustomerDetails(id=HARBOUR, details=details)


def test_as_of_a_time_only_what_had_happened_counts(story):
    story.tell("grown", _grown(1000), NOON + timedelta(days=1))
    story.called("tomorrow", 8, HARBOUR, NOON + timedelta(days=1))
    then = by_name(reported(story, as_of=NOON))["Harbour"]
    assert then["score"] == "58.00"
    # 40 x 50: the window has moved on (two calls again), 30 x 100 now
    now = by_name(reported(story, as_of=NOON + timedelta(days=2)))["Harbour"]
    assert (now["score"], now["criteria"][2]["facts"]) == ("70.00", [story.positions["grown"]])


def test_what_a_mistake_was_is_not_measured(story):
    story.tell("mistake", RetractCustomer(id=LATER), NOON)
    assert set(by_name(reported(story))) == {"Harbour", "Yunhe"}


# --- When a tier is looked at again -----------------------------------------------------------


def test_a_tier_is_due_so_many_months_after_it_was_given(story):
    # Registered on 10 January, 20 April and 10 May; six months; measured on 1 July.
    due = {
        name: (each["due_on"], each["overdue"]) for name, each in by_name(reported(story)).items()
    }
    assert due == {
        "Harbour": ("2025-07-10", False),
        "Yunhe": ("2025-10-20", False),
        "Later": ("2025-11-10", False),
    }
    tiered = datetime(2025, 7, 9, 17, tzinfo=UTC)  # the tenth where the company is
    story.tell("tiered", TierCustomer(id=HARBOUR, tier=Tier.KEY), tiered)
    report = reported(story, as_of=datetime(2025, 10, 20, 17, tzinfo=UTC))
    found = by_name(report)
    assert (found["Harbour"]["due_on"], found["Harbour"]["tier"]) == ("2026-01-10", "key")
    assert (found["Yunhe"]["overdue"], report["overdue"]) == (True, 1)


# --- Which version ----------------------------------------------------------------------------


def test_the_version_in_force_counts_unless_another_is_named(story):
    summer = date(2025, 8, 1)
    story.tell("redrafted", RedraftTierPolicy(id=VALUE, rules=BY_SIZE), NOON)
    story.tell("second", PublishTierPolicy(id=VALUE, effective_from=summer), NOON)
    assert reported(story)["version"] == 1
    assert reported(story, as_of=datetime(2025, 7, 31, 15, tzinfo=UTC))["version"] == 1
    later = reported(story, as_of=datetime(2025, 7, 31, 16, tzinfo=UTC))  # August, over there
    assert (later["version"], later["review_months"]) == (2, 12)
    assert reported(story, version=2)["version"] == 2
    assert by_name(reported(story, version=2))["Harbour"]["suggested"] == "strategic"


@pytest.mark.parametrize(
    ("asked", "window", "code", "field"),
    [
        (("other", None), {}, "tier-policy.unknown", "policy"),
        (("value", 2), {}, "tier-policy.no-version", "version"),
        (("value", None), {"as_of": BEGAN}, "tier-policy.not-in-force", "policy"),
        (("value", None), {"position": 1}, "tier-policy.unknown", "policy"),
    ],
)
def test_what_cannot_be_asked(story, asked, window, code, field):
    with pytest.raises(Rejected) as refused:
        tiering(Replay(story.crm.facts, SHANGHAI, Window(**window)), *asked)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_version_by_its_number_may_be_tried_on_any_time(story):
    assert by_name(reported(story, version=1, as_of=BEGAN))["Harbour"]["score"] == "18.00"


# --- What if ----------------------------------------------------------------------------------


def test_a_draft_is_tried_against_tiers_and_the_version_in_force(story):
    story.tell("redrafted", RedraftTierPolicy(id=VALUE, rules=BY_SIZE), NOON)
    before = story.crm.facts.head()
    report = what_if(Replay(story.crm.facts, SHANGHAI), "value")
    assert story.crm.facts.head() == before
    assert (report["customers"], report["version"]) == (3, 1)
    assert report["from_present"] == [{"from": "normal", "to": "strategic", "customers": 1}]
    assert report["from_policy"] == [
        {"from": "key", "to": "strategic", "customers": 1},
        {"from": "normal", "to": "strategic", "customers": 1},
    ]
    told = [
        (each["name"], each["tier"], each["by_policy"], each["suggested"])
        for each in report["items"]
    ]
    assert told == [
        ("Harbour", "normal", "key", "strategic"),
        ("Yunhe", "strategic", "normal", "strategic"),
    ]


def test_before_a_policy_is_in_force_a_draft_is_tried_against_tiers_only(crm, envelope):
    told = Story(crm, envelope)
    told.registered("Harbour", HARBOUR, BEGAN, 5000)
    draft = DraftTierPolicy(id=VALUE, name="value", rules=BY_SIZE)
    told.tell("drafted", draft, NOON)
    report = what_if(Replay(crm.facts, SHANGHAI), "value")
    assert (report["version"], report["from_policy"]) == (None, None)
    assert [each["by_policy"] for each in report["items"]] == [None]


def test_without_a_draft_there_is_no_what_if(story):
    with pytest.raises(Rejected) as refused:
        what_if(Replay(story.crm.facts, SHANGHAI), "value")
    assert refused.value.code == "tier-policy.no-draft"


# --- For people -------------------------------------------------------------------------------


def test_the_table_shows_who_would_change_by_the_policys_own_words(story):
    page = io.StringIO()
    draw(reported(story), Console(file=page, width=120))
    text = page.getvalue()
    assert "value version 1: 3 customers, 2 with another tier suggested, 0 overdue" in text
    (harbour,) = [line for line in text.splitlines() if "Harbour" in line]
    assert [cell.strip() for cell in harbour.split("│")[1:-1]] == [
        "Harbour", "low", "mid", "58.00", "2025-07-10",
    ]  # fmt: skip
    assert "Later" not in text


def test_the_command_prints_the_reports_own_bytes(story, command, dsn):
    def report(*words):
        return command.run("report", "tiering", *words, DATABASE_URL=dsn)

    printed = report("--policy", "value", "--json")
    assert printed.stdout.encode() == as_json(reported(story)) + b"\n", printed.stderr
    then = report("--policy", "value", "--as-of", "2025-07-01", "--version", "1", "--json")
    midnight = datetime(2025, 6, 30, 16, tzinfo=UTC)  # where the company is
    assert then.stdout.encode() == as_json(reported(story, version=1, as_of=midnight)) + b"\n"
    drawn = report("--policy", "value").stdout
    assert "Yunhe" in drawn
    nobody = report("--policy", "nobody-s")
    assert (nobody.returncode, nobody.stderr.strip()) == (
        1,
        "There is no policy 'nobody-s'.",
    )


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_the_report_over_http_is_the_reports_own_bytes(api, company, running):
    name = named(company, published)
    last = company.customer(details={"employees": 100})
    answer = api.get("/reports/tiering", policy=name, after=last).went_well()
    position = answer.json["position"]
    again = Replay(running.crm.facts, SHANGHAI, Window(position=int(position)))
    assert as_json(tiering(again, name)) == answer.body
    same = api.get("/reports/tiering", policy=name, position=position).went_well()
    assert same.body == answer.body
    api.get("/reports/tiering/what-if", policy=name).refused(422, "tier-policy.no-draft", "policy")
    api.get("/reports/tiering", policy=name, version=2).refused(
        422, "tier-policy.no-version", "version"
    )
    api.get("/reports/tiering", policy="nobody-s").refused(404, "not-found")


def test_money_and_customers_are_shown_to_those_who_may_see_them(api, company, running):
    paid = {
        "family": "value",
        "measure": "paid_amount",
        "currency": "CNY",
        "weight": 100,
        "bands": [{"at_least": 1000, "points": 100}],
    }
    rules = {"criteria": [paid], "strategic_from": 80, "key_from": 40}
    name = company.word("policy")
    published(company, name=name, rules=rules)
    customer = company.customer()
    shown = api.get("/reports/tiering", policy=name, after=customer).went_well()

    def asked_by(role):
        member = MemberId(UUID(company.member().id))
        grant(running.crm, enrolled(running.crm, member), role)
        key = create_key(running.crm, role, member).text
        who = api.acting_as(key)
        return who.get("/reports/tiering", policy=name, after=customer).went_well().json

    (all_of_it,) = [each for each in shown.json["items"] if each["customer_id"] == customer.id]
    (criterion_shown,) = all_of_it["criteria"]
    assert (criterion_shown["value"], criterion_shown["masked"]) == ("0", False)
    for role, value in (("finance", "0"), ("marketing", None)):
        report = asked_by(role)
        (found,) = [each for each in report["items"] if each["customer_id"] == customer.id]
        (told,) = found["criteria"]
        assert (told["value"], told["masked"]) == (value, value is None)
    assert asked_by("hr")["items"] == []
    assert asked_by("hr")["customers"] >= len(shown.json["items"])
