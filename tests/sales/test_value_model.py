"""Value models: rules, runs that anybody can repeat, the value card, and who is shown money."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from spec import spec

from application.store.log import Window
from domain.ids import MemberId
from domain.sales.value_model import (
    VALUE_MODEL,
    Parameters,
    PublishValueModel,
    RecordValueRun,
    ReviseValueModel,
    Settings,
    ValueModelComputed,
    ValueModelPublished,
    value_model_id,
)
from projections.reports.customer_value import customer_value
from projections.value.runs import digest, question, settings_of
from tests.web.stories_value import PERIOD, SETTINGS, bought, model, sold
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

ID = value_model_id("retail")
FIRST = Settings(
    calibration_end=date(2025, 12, 31),
    timezone="Asia/Shanghai",
    currency="CNY",
    horizon_weeks=52,
    discount=Decimal("0.10"),
    margin=None,
)
NEXT = replace(FIRST, horizon_weeks=26)
LEARNED = Parameters(**{name: Decimal("1.5") for name in Parameters.__slots__})
PUBLISHED = ValueModelPublished(name="retail", version=1, settings=FIRST)
REVISED = ValueModelPublished(name="retail", version=2, settings=NEXT)
RAN = RecordValueRun(
    id=ID, version=1, position=17, customers=3, parameters=LEARNED, digest="5e" * 32
)

# --- Rules ----------------------------------------------------------------------------------------


def test_a_model_is_published_once_by_its_name():
    publish = PublishValueModel(id=ID, name="retail", settings=FIRST)
    spec(VALUE_MODEL).given().when(publish).then(PUBLISHED)
    again = spec(VALUE_MODEL).given(PUBLISHED).when(publish)
    again.then_rejected("value-model.exists", field="name")


def test_other_settings_are_the_next_version_and_the_same_ones_nothing():
    model = spec(VALUE_MODEL).given(PUBLISHED)
    model.when(ReviseValueModel(id=ID, settings=NEXT)).then(REVISED)
    model.when(ReviseValueModel(id=ID, settings=FIRST)).then_nothing()


def test_a_run_keeps_what_it_learned_and_from_how_much_of_the_log():
    ran = ValueModelComputed(
        version=1, position=17, customers=3, parameters=LEARNED, digest="5e" * 32
    )
    spec(VALUE_MODEL).given(PUBLISHED).when(RAN).then(ran)


def test_a_run_of_an_earlier_version_is_refused():
    superseded = spec(VALUE_MODEL).given(PUBLISHED, REVISED).when(RAN)
    superseded.then_rejected("value-model.superseded")


def test_a_run_that_learned_nothing_is_refused():
    empty = spec(VALUE_MODEL).given(PUBLISHED).when(replace(RAN, parameters=None))
    empty.then_rejected("value-model.too-little")


@pytest.mark.parametrize("margin", ["-0.01", "1.01"])
def test_a_margin_is_a_part(margin):
    settings = replace(FIRST, margin=Decimal(margin))
    outside = (
        spec(VALUE_MODEL).given().when(PublishValueModel(id=ID, name="retail", settings=settings))
    )
    outside.then_rejected("value-model.margin-outside", field="settings")


@pytest.mark.parametrize("command", [RAN, ReviseValueModel(id=ID, settings=NEXT)])
def test_there_is_nothing_to_run_or_revise_before_it_is_published(command):
    spec(VALUE_MODEL).given().when(command).then_rejected("value-model.unknown")


# --- Over HTTP ------------------------------------------------------------------------------------


@pytest.fixture
def ran(api, company):
    """A customer who bought twice, and a model with its run."""
    customer, made = bought(company), model(company)
    done = company.do(f"/value-models/{made.id}/run", {}, seen=made)
    shown = api.get(f"/value-models/{made.id}", after=done).went_well().json
    return customer, shown


def test_the_card_has_the_figures_of_the_run(api, ran):
    customer, shown = ran
    run = shown["last_run"]
    card = api.get(f"/customers/{customer}/value", model_id=shown["id"]).went_well().json
    assert card["model"]["last_run"] == run
    report = (
        api.get("/reports/customer-value", position=run["position"], **SETTINGS).went_well().json
    )
    (line,) = (each for each in report["customers"] if each["customer_id"] == customer)
    assert card["value"] == line
    assert run["customers"] == report["calibration"]["customers"] == len(report["customers"])


def test_what_was_brought_is_what_was_paid_less_what_it_cost(api, ran):
    customer, shown = ran
    value = api.get(f"/customers/{customer}/value", model_id=shown["id"]).json["value"]
    assert (value["first_on"], value["last_on"]) == ("2025-01-06", "2025-02-10")
    assert (value["x"], value["t_x"], value["T"]) == (1, 5.0, round(359 / 7, 6))
    assert (value["net"], value["contribution"]) == ("160.00", "80.00")
    ahead = Decimal(value["expected_revenue"]) / 2  # half of what comes in is profit
    assert abs(Decimal(value["lifetime_value"]) - 80 - ahead) <= Decimal("0.01")
    assert 0 <= value["alive"] <= 1
    assert value["expected_purchases"] >= 0


def test_a_run_can_be_repeated_to_the_byte(running, ran):
    _, shown = ran
    run = shown["last_run"]
    settings = settings_of(run["settings"])
    window = Window(position=int(run["position"]))
    again = customer_value(running.crm.facts, question(settings), window)
    assert digest(again) == run["digest"]
    for name in ("r", "alpha", "a", "b", "log_likelihood"):
        assert Decimal(run["parameters"][name]) == Decimal(str(again["bg_nbd"][name])), name
    for name in ("p", "q", "gamma"):
        assert Decimal(run["parameters"][name]) == Decimal(str(again["gamma_gamma"][name])), name


def test_a_card_stays_as_it_was_run_until_the_next_run(api, company, ran):
    customer, shown = ran
    sold(company, customer, "2025-03-03", "500.00")
    card = api.get(f"/customers/{customer}/value", model_id=shown["id"]).json
    assert card["value"]["net"] == "160.00"
    done = company.do(f"/value-models/{shown['id']}/run", {}, headers={"If-Match": "*"})
    card = api.get(f"/customers/{customer}/value", after=done, model_id=shown["id"]).json
    assert (card["value"]["net"], card["value"]["x"]) == ("660.00", 2)
    assert card["value"]["contribution"] is None  # of the new one nobody told the cost
    assert card["value"]["lifetime_value"] is None


def test_who_bought_nothing_has_no_figures(api, company, ran):
    _, shown = ran
    stranger = company.customer()
    api.get("/customers", after=stranger, limit=1).went_well()
    card = api.get(f"/customers/{stranger.id}/value", model_id=shown["id"]).went_well().json
    assert card["value"] is None
    assert card["model"]["id"] == shown["id"]
    never_run = model(company)
    card = api.get(f"/customers/{stranger.id}/value", after=never_run, model_id=never_run.id).json
    assert (card["model"], card["value"]) == (None, None)


def test_nobody_runs_what_they_have_not_seen(api, company, ran):
    _, shown = ran
    path = f"/value-models/{shown['id']}/run"
    api.post(path, {}, seen=1).refused(412, "version.stale")
    api.post(path, {}).refused(428, "version.missing", "If-Match")


def somebody(running, company, role):
    """A colleague with a role in the whole company."""
    joined = company.member()
    member = MemberId(UUID(joined.id))
    grant(running.crm, enrolled(running.crm, member), role)
    company.api.get("/members", after=joined, limit=1).went_well()
    return running.api.acting_as(create_key(running.crm, role, member).text)


def test_who_is_not_shown_money_sees_how_often_and_not_how_much(running, company, ran):
    customer, _ = ran
    card = somebody(running, company, "service").get(f"/customers/{customer}/value").json
    assert card["masked"] == ["money"]
    value = card["value"]
    assert [value[name] for name in ("net", "contribution", "lifetime_value")] == [None] * 3
    assert value["x"] >= 1
    marketing = somebody(running, company, "marketing")
    report = marketing.get("/reports/customer-value", currency="CHF").json
    assert report["masked"] == ["money"]
    assert report["counts"]["net"] is report["gamma_gamma"] is None
    assert all(each["net"] is None for each in report["customers"])
    found = marketing.get(f"/reports/credit?{PERIOD}").json
    assert found["masked"] == ["money"]
    assert all(each["total"] is each["members"] is None for each in found["currencies"])
    marketing.get(f"/customers/{customer}/value").refused(404, "not-found")


def test_finance_sees_how_much(running, company, ran):
    finance = somebody(running, company, "finance")
    found = finance.get(f"/reports/credit?{PERIOD}").json
    assert "masked" not in found
    (francs,) = (each for each in found["currencies"] if each["currency"] == "CHF")
    assert Decimal(francs["total"]) >= Decimal("420.00")
    assert francs["conserved"] is True


@pytest.mark.parametrize(
    ("question", "pointer"),
    [
        ("from=2025-04-01&to=2025-04-01", "/to"),
        ("from=2025-04-01", "/to"),
        ("from=2025-02-30&to=2025-04-01", "/from"),
    ],
)
@pytest.mark.parametrize("report", ["credit", "retention"])
def test_a_period_ends_after_it_begins(api, report, question, pointer):
    answer = api.get(f"/reports/{report}?{question}")
    assert (answer.status, answer.problem()["code"]) == (422, "fields.invalid")
    assert [each.lstrip("/") for each in answer.pointers] == [pointer.lstrip("/")]
