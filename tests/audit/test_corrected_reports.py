"""What is computed again takes corrected facts from the correction on, and recorded ones before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, SALES

from application.crm import Crm
from application.store.log import NOW, Window
from domain.kernel import Recorded
from domain.money import Money
from projections.reports.corrected import NAMES, Corrections
from projections.reports.lives import Lives
from projections.reports.measures import measures
from projections.reports.names import names_in
from projections.reports.replaying import silent
from projections.reports.retention import Basis, Question, retention
from projections.reports.satisfaction import Question as SurveyQuestion
from projections.reports.satisfaction import satisfaction
from projections.reports.service_flow import service_flow
from tests.audit.shop import APRIL, MARCH, MAY, Shop, day, yuan

# --- As known then, as known now --------------------------------------------------------------


def test_the_corrected_amount_counts_from_the_correction_on(shop):
    before = shop.crm.facts.head()
    after = shop.correct("paid", amount=yuan(2010_00))
    assert shop.credit(window=Window(before))["total"] == "100.00"
    now = shop.credit()
    assert (now["total"], now["members"]) == (
        "2010.00",
        {str(ANA): "1206.00", str(BO): "804.00"},
    )
    assert shop.credit(window=Window(after)) == now
    assert shop.credit(window=Window(after - 1))["total"] == "100.00"


def test_the_evidence_is_the_fact_as_it_was_recorded(shop):
    shop.correct("paid", amount=yuan(1))
    assert shop.credit()["evidence"] == [str(shop.at["paid"])]
    (fact,) = shop.crm.facts.at([shop.at["paid"]])
    assert fact.event.amount == Money(100_00, "CNY")


def test_a_correction_is_corrected_as_a_whole(shop):
    first = shop.correct("paid", amount=yuan(500))
    second = shop.correct("paid", at=day(4, 1))
    assert shop.credit(window=Window(first))["total"] == "5.00"
    assert shop.credit(APRIL, Window(second))["total"] == "100.00"
    assert shop.credit(MARCH, Window(second))["total"] is None


def test_what_was_withdrawn_counts_no_more(shop):
    wrong = shop.correct("paid", amount=yuan(500))
    shop.withdraw("paid")
    assert shop.credit()["total"] == "100.00"
    assert shop.credit(window=Window(wrong))["total"] == "5.00"


def test_money_is_said_as_people_write_it_too(shop):
    shop.correct("paid", amount={"amount": "20.5", "currency": "CNY"})
    assert shop.credit()["total"] == "20.50"


def test_another_split_shares_all_payments(shop):
    shares = [{"member_id": str(BO), "percent": "75"}, {"member_id": None, "percent": "25"}]
    shop.correct("placed", split=shares)
    found = shop.credit()
    assert (found["members"], found["unattributed"]) == ({str(BO): "75.00"}, "25.00")
    assert found["conserved"] is True


def test_a_time_moves_a_fact_into_a_period_and_out_of_it(shop):
    assert (shop.credit(MARCH)["total"], shop.credit(APRIL)["total"]) == ("100.00", None)
    shop.correct("paid", at=APRIL.start)
    assert (shop.credit(MARCH)["total"], shop.credit(APRIL)["total"]) == (None, "100.00")
    shop.correct("paid", at=APRIL.start - timedelta(microseconds=1))
    assert (shop.credit(MARCH)["total"], shop.credit(APRIL)["total"]) == ("100.00", None)


def test_as_of_a_moment_the_corrected_time_decides(shop):
    """Also as of a moment before the correction was made: what is known counts."""
    early, late = day(3, 9), day(3, 11)
    assert shop.credit(window=Window(as_of=early))["total"] is None
    assert shop.credit(window=Window(as_of=late))["total"] == "100.00"
    shop.correct("placed", at=day(3, 8))
    shop.correct("paid", at=day(3, 8))
    assert shop.credit(window=Window(as_of=early))["total"] == "100.00"
    shop.correct("paid", at=day(3, 20))
    assert shop.credit(window=Window(as_of=late))["total"] is None


def test_a_contract_ended_earlier_and_was_anothers(shop):
    question = Question(MARCH, Basis.CONTRACT)
    assert retention(shop.crm.facts, question)["lost"] == {}
    shop.correct("ended", ended_at="2025-03-20T09:00:00Z")
    shop.correct("claimed", owner_id=str(BO))
    (lost,) = retention(shop.crm.facts, question)["lost"].values()
    assert lost["lost_on"] == "2025-03-20"
    assert lost["share"] == {str(BO): "100.00"}


def test_an_answer_was_misheard(shop):
    question = SurveyQuestion("overall", MARCH)
    assert satisfaction(shop.crm.facts, question)["value"] == "0.00"
    shop.correct("answered", score=5)
    found = satisfaction(shop.crm.facts, question)
    assert (found["value"], found["mean"]) == ("100.00", "5.00")
    assert found["evidence"] == [str(shop.at["answered"])]


def test_clocks_stop_when_it_really_was_and_by_whom(shop):
    def resolved() -> tuple[Any, ...]:
        lives = Lives.gather(shop.crm.facts, NOW)
        (id_,) = lives.by_id
        found = lives.life(id_, int(MAY.timestamp()))
        return tuple(datetime.fromtimestamp(each.at, UTC) for each in found.resolvers), tuple(
            each.by for each in found.resolvers
        )

    assert resolved() == ((day(3, 13),), (ANA,))
    shop.correct("resolved", at=day(3, 12, 17), by_id=BO)
    assert resolved() == ((day(3, 12, 17),), (BO,))


def test_requests_flow_and_measures_and_names_as_corrected(shop):
    flow = service_flow(shop.crm.facts)
    assert flow["cycle_times"]["opening_to_resolution"]["median_days"] == "2.0000"
    shop.correct("resolved", at=day(3, 12))
    flow = service_flow(shop.crm.facts)
    assert flow["cycle_times"]["opening_to_resolution"]["median_days"] == "1.0000"
    shop.correct("registered", tier="key")
    assert measures(shop.crm.facts, NOW, silent).customers[HARBOUR].tier == "key"
    shop.correct("department", name="Sales and more")
    assert names_in(shop.crm.facts, NOW)[str(SALES)] == "Sales and more"


# --- Whatever the order, and back again -------------------------------------------------------

CHANGES: dict[str, list[dict[str, Any]]] = {
    "paid": [{"amount": yuan(1)}, {"amount": yuan(99_99)}, {"at": day(4, 3)}],
    "placed": [{"split": [{"member_id": str(BO), "percent": "100"}]}, {"split": []}],
    "claimed": [{"owner_id": str(BO)}, {"at": day(2, 1)}],
    "ended": [{"ended_at": "2025-03-02T00:00:00Z"}],
    "answered": [{"score": 4}, {"at": day(4, 4)}],
    "resolved": [{"at": day(3, 14)}, {"by_id": BO}],
    "opened": [{"kind": "complaint"}, {"holder_id": None}],
}


def original(shop: Shop, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """What the fact said of these fields, and of its time and whose work it was."""
    (fact,) = shop.crm.facts.at([shop.at[name]])
    data = msgspec.to_builtins(fact.event)
    own = {field: data[field] for field in said if field not in {"at", "by_id"}}
    return own | {"at": fact.occurred_at, "by_id": fact.envelope.performer}


corrections = st.dictionaries(st.sampled_from(sorted(CHANGES)), st.integers(0, 2), min_size=1)
few = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _each(drawn: dict[str, int]) -> dict[str, dict[str, Any]]:
    return {name: CHANGES[name][n % len(CHANGES[name])] for name, n in drawn.items()}


@few
@given(corrections)
def test_what_is_corrected_back_is_as_if_it_had_never_been_corrected(told, drawn):
    untouched = told.everything(told.at["feedback"])
    for name, said in _each(drawn).items():
        told.correct(name, **said)
    for name, said in _each(drawn).items():
        told.correct(name, **original(told, name, said))
    assert told.everything() == untouched
    for name in drawn:
        told.withdraw(name)
    assert told.everything() == untouched


@few
@given(corrections, st.randoms(use_true_random=False))
def test_in_which_order_different_facts_are_corrected_does_not_matter(told, drawn, random):
    found = []
    for _ in range(2):
        order = list(_each(drawn).items())
        random.shuffle(order)
        for name, said in order:
            told.correct(name, **said)
        found.append(told.everything())
        for name in drawn:
            told.withdraw(name)
    assert found[0] == found[1]


# --- What it costs --------------------------------------------------------------------------------


def test_without_corrections_pages_go_through_as_they_are():
    page: list[Recorded[Any]] = []
    assert Corrections({}).of(page) is page


def test_whether_there_are_any_is_asked_of_an_index(crm: Crm):
    with crm.pool.reading() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(
            "explain select id from log.events where id > %s and id <= %s and id < log.horizon()"
            " and (%s or name = any(%s)) order by id limit 1000",
            (0, 2**62, False, list(NAMES)),
        )
        plan = "\n".join(line for (line,) in cursor)
    assert "events_corrections" in plan
