"""What a correction can say: all that such a field can, and nothing that would stop a report."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args, get_type_hints
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA

from application.correcting import Said, corrected, correcting
from application.store.log import NOW
from domain.audit.correction import (
    CorrectionMade,
    FieldChange,
    check_field,
    is_correctable,
)
from domain.customers.ownership import ownership_id
from domain.kernel import EVENTS, Actor, Channel, Envelope, Recorded, Rejected
from domain.money import Money
from domain.sales.split import Share
from projections.reports.lives import Lives
from projections.reports.measures import measures
from projections.reports.names import names_in
from projections.reports.replaying import silent
from tests.audit.shop import MAY, day, yuan
from tests.store.known_events import values

# --- What a fact can say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said", "field"),
    [
        ("paid", {"amount": "100"}, "amount"),
        ("paid", {"amount": {"minor": 1.5, "currency": "CNY"}}, "amount"),
        ("paid", {"amount": {"minor": 1}}, "amount"),
        ("paid", {"amount": yuan(-1)}, "amount"),
        ("paid", {"amount": yuan(10**16)}, "amount"),
        ("paid", {"amount": yuan(10**40)}, "amount"),
        ("paid", {"amount": {"minor": 1, "currency": "EUR"}}, "amount"),
        ("paid", {"amount": {"amount": "1.001", "currency": "CNY"}}, "amount"),
        ("paid", {"amount": {"amount": "1E9", "currency": "CNY"}}, "amount"),
        ("paid", {"amount": {"amount": "-1", "currency": "CNY"}}, "amount"),
        ("paid", {"amount": None}, "amount"),
        ("paid", {"method": " "}, "method"),
        ("paid", {"method": "\x1b[31m"}, "method"),
        ("paid", {"method": "x" * 10_001}, "method"),
        ("placed", {"split": [{"member_id": str(ANA), "percent": "99"}]}, "split"),
        ("placed", {"split": [{"member_id": str(ANA), "percent": "NaN"}]}, "split"),
        ("placed", {"split": [{"member_id": str(ANA), "percent": "1E+99999999"}]}, "split"),
        ("placed", {"split": [{"member_id": str(uuid4()), "percent": "100"}]}, "split"),
        ("placed", {"due_at": "2025-03-10T09:00:00"}, "due_at"),
        ("placed", {"due_on": "0001-01-01"}, "due_on"),
        ("claimed", {"owner_id": str(uuid4())}, "owner_id"),
        ("claimed", {"owner_id": "Bo"}, "owner_id"),
        ("opened", {"kind": "no-such"}, "kind"),
        ("ended", {"ended_at": "yesterday"}, "ended_at"),
        ("answered", {"score": 6}, "score"),
        ("answered", {"score": "5"}, "score"),
        ("feedback", {"rating": "5.01"}, "rating"),
        ("feedback", {"rating": "NaN"}, "rating"),
    ],
)
def test_what_no_command_would_have_recorded_is_refused(shop, name, said, field):
    with pytest.raises(Rejected) as refused:
        shop.said(name, **said)
    assert (refused.value.code, refused.value.field) == ("correction.value", f"set/{field}")


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("paid", {"payment_id": str(uuid4())}, "correction.identity"),
        ("paid", {"amount": yuan(100_00)}, "correction.nothing-changed"),
        ("paid", {"at": day(3, 10)}, "correction.nothing-changed"),
        ("paid", {}, "correction.nothing-changed"),
        ("drafted", {"name": "b"}, "correction.not-correctable"),
        ("ana", {"name": "Bo"}, "correction.personal"),
    ],
)
def test_what_is_refused_before_it_is_asked(shop, name, said, code):
    with pytest.raises(Rejected) as refused:
        shop.said(name, **said)
    assert refused.value.code == code


def test_whose_work_it_was_is_somebody_known(shop):
    with pytest.raises(Rejected) as refused:
        shop.said("resolved", by_id=LI_NA)
    assert (refused.value.code, refused.value.field) == ("correction.value", "by_id")


def test_there_is_no_correction_of_nothing(shop):
    with pytest.raises(Rejected) as refused:
        correcting(shop.crm.facts, shop.crm.load, 5, Said(set={}, at=MAY))
    assert refused.value.code == "correction.unknown"


def test_it_is_about_what_the_fact_is_about_before_and_after(shop):
    about = shop.said("claimed", owner_id=str(BO)).about
    assert (about[0].kind, about[0].id) == ("ownership", ownership_id(HARBOUR))
    assert {each.id for each in about[1:]} == {HARBOUR, ANA, BO}


FIELDS = [
    (name, field)
    for name, kind in sorted(EVENTS.items())
    if kind.__module__.startswith("domain.") and is_correctable(kind)
    for field in kind.__dataclass_fields__
]


def _correctable(name: str, field: str) -> bool:
    try:
        check_field(EVENTS[name], field)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize(("name", "field"), [each for each in FIELDS if _correctable(*each)])
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_whatever_a_field_can_say_a_correction_can(name, field, data):
    kind = EVENTS[name]
    happened, other = data.draw(values(kind)), data.draw(values(get_type_hints(kind)[field]))
    fact = _fact(happened)
    written = msgspec.json.encode(json.loads(msgspec.json.encode(other))).decode()
    made = replace(_nothing(name), changes=(FieldChange(field, written),))
    found = corrected(fact, made)
    assert getattr(found.event, field) == other
    assert found == replace(fact, event=replace(happened, **{field: other}))
    assert corrected(fact, _nothing(name)) == fact


SANE = {
    str: st.text("abc 文字", min_size=1, max_size=9),
    int: st.integers(-9, 9),
    datetime: st.datetimes(day(1, 1).replace(tzinfo=None), timezones=st.just(UTC)),
    Decimal: st.decimals(-1, 200, places=2),
    Money: st.builds(Money, st.integers(-1, 10**15), st.just("CNY")),
    tuple[Share, ...]: st.lists(
        st.builds(
            Share, st.sampled_from([ANA, BO, None]), st.sampled_from([Decimal(50), Decimal(100)])
        ),
        max_size=2,
    ),
}
"""What people might say, so that more of it is let through."""


def sayings(hint: Any) -> st.SearchStrategy[Any]:
    options = [each for each in (hint, *get_args(hint)) if each in SANE]
    return st.one_of([values(hint), *(SANE[each] for each in options)])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_correction_that_is_let_through_stops_a_report(told, data):
    name = data.draw(st.sampled_from(sorted(told.at)))
    (fact,) = told.crm.facts.at([told.at[name]])
    hints = get_type_hints(type(fact.event))
    assume(hints)
    field = data.draw(st.sampled_from(sorted(hints)))
    value = msgspec.to_builtins(data.draw(sayings(hints[field])))
    try:
        told.correct(name, **{field: value})
    except Rejected as refused:
        event(refused.code)
        return
    event("corrected")
    told.everything()
    Lives.gather(told.crm.facts, NOW)
    measures(told.crm.facts, NOW, silent)
    names_in(told.crm.facts, NOW)
    told.withdraw(name)


def _fact(happened: Any) -> Recorded[Any]:
    around = Envelope(occurred_at=MAY, actor=Actor.system("test"), channel=Channel.API)
    return Recorded(
        position=7, recorded_at=MAY, stream_id=HARBOUR, version=1, event=happened, envelope=around
    )


def _nothing(name: str) -> CorrectionMade:
    return CorrectionMade(
        target=7,
        target_name=name,
        changes=(),
        review_changes=(),
        corrected_at=None,
        by_id=None,
        about=(),
    )
