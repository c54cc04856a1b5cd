"""Contracts: signed, changed, renewed by people or by themselves, and ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from spec import HARBOUR, MONDAY, TUESDAY, sample_id, spec

from domain.confidential import FieldClass, confidential_fields
from domain.ids import ContractId
from domain.kernel import Actor, Recorded, Reference, references
from domain.money import Money
from domain.sales.contract import (
    CONTRACT,
    MOST_MONTHS,
    ChangeContract,
    ContractChanged,
    ContractEnded,
    ContractRenewed,
    ContractRetracted,
    ContractSigned,
    EndContract,
    EndedBecause,
    PassContractEnd,
    Renewal,
    RenewContract,
    RetractContract,
    SignContract,
    months_later,
)
from projections.sales.contracts import CONTRACTS

ID = ContractId(sample_id(0xC0))
SHANGHAI = timezone(timedelta(hours=8))
START = datetime(2025, 1, 1, tzinfo=SHANGHAI)
END = datetime(2026, 1, 1, tzinfo=SHANGHAI)
VALUE = Money(9_800_000, "CNY")

TERMS: dict[str, Any] = {
    "customer_id": HARBOUR,
    "number": "C-17",
    "title": "Cold chain",
    "value": VALUE,
    "starts_at": START,
    "ends_at": END,
    "renewal": Renewal.NONE,
    "renewal_months": None,
    "opportunity_id": None,
    "quote_id": None,
}
SIGNED = ContractSigned(**TERMS)
SIGN = SignContract(id=ID, **TERMS)
BY_ITSELF: dict[str, Any] = {"renewal": Renewal.AUTOMATIC, "renewal_months": 12}
RENEWS = replace(SIGNED, **BY_ITSELF)
ENDED = ContractEnded(customer_id=HARBOUR, ended_at=TUESDAY, because=EndedBecause.TERMINATED)
RETRACTED = ContractRetracted(customer_id=HARBOUR)
PASS = PassContractEnd(id=ID)
TIMER = Actor.system("timer")


def renewed(ends_at: datetime | None) -> ContractRenewed:
    return ContractRenewed(customer_id=HARBOUR, ends_at=ends_at)


def day(year: int, month: int, day_: int) -> datetime:
    return datetime(year, month, day_, 9, tzinfo=UTC)


# --- Signed -----------------------------------------------------------------------------------


def test_a_contract_is_signed_once():
    spec(CONTRACT).when(SIGN).then(SIGNED)
    spec(CONTRACT).given(SIGNED).when(SIGN).then_rejected("contract.exists")
    spec(CONTRACT).given(SIGNED, ENDED).when(SIGN).then_rejected("contract.exists")
    spec(CONTRACT).given(SIGNED, RETRACTED).when(SIGN).then(SIGNED)


@pytest.mark.parametrize("ends_at", [START, START - timedelta(days=1)])
def test_no_contract_ends_before_it_starts(ends_at):
    told = spec(CONTRACT).when(replace(SIGN, ends_at=ends_at))
    told.then_rejected("contract.ends-before-start", field="ends_at")


@pytest.mark.parametrize("months", [None, 0, -12, MOST_MONTHS + 1])
def test_what_renews_itself_says_by_how_long(months):
    sign = replace(SIGN, renewal=Renewal.AUTOMATIC, renewal_months=months)
    spec(CONTRACT).when(sign).then_rejected("contract.renewal-incomplete", field="renewal_months")


def test_what_renews_itself_has_an_end():
    sign = replace(SIGN, **BY_ITSELF, ends_at=None)
    spec(CONTRACT).when(sign).then_rejected("contract.renewal-incomplete", field="ends_at")


def test_its_value_is_shown_to_those_who_see_money():
    assert confidential_fields(SIGNED) == {"value": FieldClass.MONEY}


def test_only_a_customer_we_serve_signs():
    assert Reference("customer_id", "customer", must_be_active=True) in references(SignContract)


# --- Changed, renewed, ended --------------------------------------------------------------------


def test_number_title_and_value_are_replaced():
    change = ChangeContract(id=ID, number=None, title="Cold chain, east", value=None)
    changed = ContractChanged(
        customer_id=HARBOUR, number=None, title="Cold chain, east", value=None
    )
    spec(CONTRACT).given(SIGNED).when(change).then(changed)
    spec(CONTRACT).given(SIGNED, changed).when(change).then_nothing()


@pytest.mark.parametrize("ends_at", [END + timedelta(seconds=1), END.replace(year=2030), None])
def test_a_contract_is_renewed_to_run_longer(ends_at):
    spec(CONTRACT).given(SIGNED).when(RenewContract(id=ID, ends_at=ends_at)).then(renewed(ends_at))


@pytest.mark.parametrize(
    ("history", "ends_at"),
    [
        ((SIGNED,), END),
        ((SIGNED,), END - timedelta(days=1)),
        ((SIGNED, renewed(None)), END.replace(year=2030)),
        ((SIGNED, renewed(None)), None),
    ],
)
def test_and_not_to_run_shorter(history, ends_at):
    told = spec(CONTRACT).given(*history).when(RenewContract(id=ID, ends_at=ends_at))
    told.then_rejected("contract.not-later", field="ends_at")


@pytest.mark.parametrize("because", EndedBecause)
@pytest.mark.parametrize("ended_at", [START, TUESDAY, END.replace(year=2099)])
def test_a_contract_is_ended_also_with_notice(because, ended_at):
    end = EndContract(id=ID, ended_at=ended_at, because=because)
    ended = ContractEnded(customer_id=HARBOUR, ended_at=ended_at, because=because)
    spec(CONTRACT).given(SIGNED).when(end).then(ended)


def test_it_does_not_end_before_it_starts():
    end = EndContract(
        id=ID, ended_at=START - timedelta(microseconds=1), because=EndedBecause.TERMINATED
    )
    told = spec(CONTRACT).given(SIGNED).when(end)
    told.then_rejected("contract.ends-before-start", field="ended_at")


@pytest.mark.parametrize(
    "command",
    [
        ChangeContract(id=ID, number=None, title="x", value=None),
        RenewContract(id=ID, ends_at=None),
        EndContract(id=ID, ended_at=TUESDAY, because=EndedBecause.TERMINATED),
    ],
    ids=["change", "renew", "end"],
)
def test_nothing_happens_to_a_contract_that_has_ended_or_never_was(command):
    spec(CONTRACT).given(SIGNED, ENDED).when(command).then_rejected("contract.ended")
    spec(CONTRACT).given(SIGNED, RETRACTED).when(command).then_rejected("contract.unknown")
    spec(CONTRACT).when(command).then_rejected("contract.unknown")


def test_a_contract_recorded_by_mistake_is_taken_back():
    retract = RetractContract(id=ID)
    spec(CONTRACT).given(SIGNED).when(retract).then(RETRACTED)
    spec(CONTRACT).given(SIGNED, ENDED).when(retract).then(RETRACTED)
    spec(CONTRACT).when(retract).then_rejected("contract.unknown")


# --- When its time is up ------------------------------------------------------------------------


@pytest.mark.parametrize("renewal", [Renewal.NONE, Renewal.BY_AGREEMENT])
def test_a_contract_expires_at_its_end(renewal):
    told = spec(CONTRACT).given(replace(SIGNED, renewal=renewal))
    told.when(PASS, at=END - timedelta(microseconds=1), by=TIMER).then_nothing()
    expired = ContractEnded(customer_id=HARBOUR, ended_at=END, because=EndedBecause.EXPIRED)
    told.when(PASS, at=END, by=TIMER).then(expired)


@pytest.mark.parametrize(
    "history",
    [(), (SIGNED, ENDED), (SIGNED, RETRACTED), (SIGNED, renewed(None))],
    ids=["never signed", "ended", "taken back", "without an end"],
)
def test_the_timer_leaves_alone_what_does_not_end(history):
    spec(CONTRACT).given(*history).when(PASS, at=END.replace(year=2099)).then_nothing()


def test_a_contract_renews_itself_period_after_period():
    told = spec(CONTRACT).given(RENEWS)
    told.when(PASS, at=END - timedelta(microseconds=1)).then_nothing()
    told.when(PASS, at=END, by=TIMER).then(renewed(END.replace(year=2027)))
    told = spec(CONTRACT).given(RENEWS, renewed(END.replace(year=2027)))
    told.when(PASS, at=END, by=TIMER).then_nothing()
    told.when(PASS, at=END.replace(year=2040), by=TIMER).then(renewed(END.replace(year=2028)))


def test_the_end_of_the_month_stays_the_end_of_the_month():
    monthly = replace(RENEWS, ends_at=datetime(2026, 1, 31, tzinfo=SHANGHAI), renewal_months=1)
    told, ends = spec(CONTRACT).given(monthly), []
    for _ in range(4):
        (event,) = told.when(PASS, at=END.replace(year=2099)).events
        ends.append((event.ends_at.month, event.ends_at.day))
        told = told.given(event)
    assert ends == [(2, 28), (3, 31), (4, 30), (5, 31)]


def test_what_people_agree_on_is_counted_from_anew():
    agreed = renewed(datetime(2026, 2, 28, tzinfo=SHANGHAI))
    monthly = replace(RENEWS, ends_at=datetime(2026, 1, 15, tzinfo=SHANGHAI), renewal_months=1)
    told = spec(CONTRACT).given(monthly, agreed)
    told.when(PASS, at=END.replace(year=2099)).then(renewed(datetime(2026, 3, 28, tzinfo=SHANGHAI)))


@pytest.mark.parametrize(
    ("begin", "months", "end"),
    [
        (day(2026, 1, 31), 1, day(2026, 2, 28)),
        (day(2024, 1, 31), 1, day(2024, 2, 29)),
        (day(2024, 2, 29), 12, day(2025, 2, 28)),
        (day(2024, 2, 29), 48, day(2028, 2, 29)),
        (day(2026, 11, 30), 3, day(2027, 2, 28)),
        (day(2026, 12, 1), 1, day(2027, 1, 1)),
        (day(2026, 5, 15), 1200, day(2126, 5, 15)),
        (day(9999, 12, 31), 1, None),
    ],
)
def test_months_are_those_of_the_calendar(begin, months, end):
    assert months_later(begin, months) == end


def test_months_are_counted_where_the_end_was_agreed():
    """1 March in Shanghai is still 28 February in London."""
    begin = datetime(2026, 3, 1, tzinfo=SHANGHAI)
    assert months_later(begin, 1) == datetime(2026, 4, 1, tzinfo=SHANGHAI)
    assert months_later(begin.astimezone(UTC), 1) == datetime(2026, 3, 28, 16, tzinfo=UTC)


# --- Its document -----------------------------------------------------------------------------


def document(*events: Any) -> dict[str, Any] | None:
    """What the contract book makes of these facts."""
    facts = [
        Recorded(
            stream_id=ID,
            version=fact.version,
            event=fact.event,
            envelope=fact.envelope,
            position=fact.version,
            recorded_at=MONDAY,
        )
        for fact in spec(CONTRACT).given(*events).facts
    ]
    return CONTRACTS.run(None, ID, facts)


def test_what_the_contract_book_shows():
    until = "2025-12-31T16:00:00.000000Z"
    shown = document(SIGNED)
    assert shown is not None
    assert (shown["status"], shown["ends_at"], shown["term_ends_at"]) == ("running", until, until)
    assert shown["value"] == {"amount": "98000.00", "currency": "CNY"}
    ended = document(SIGNED, ENDED)
    assert ended is not None
    assert (ended["status"], ended["because"], ended["term_ends_at"]) == (
        "ended",
        "terminated",
        None,
    )
    without_end = document(RENEWS, renewed(END.replace(year=2027)), renewed(None))
    assert without_end is not None
    assert (without_end["ends_at"], without_end["renewals"]) == (None, 2)
    assert document(SIGNED, RETRACTED) is None
