"""How facts are written and read again, whatever they say."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from eventsourcing.persistence import JSONTranscoder, StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, HARBOUR, LI_NA, MONDAY, SALES, sample_id

from application.store.codec import FactMapper, decode, encode, recorded
from domain.customers.customer import CustomerDetails, CustomerRegistered
from domain.customers.interaction import Direction, InteractionLogged
from domain.exchange.import_run import ImportFinished, Tally
from domain.ids import ImportId
from domain.kernel import EVENTS, Actor, ActorKind, Channel, Envelope, Imported, Recorded, Rejected
from domain.values import ContactChannel, Tier
from tests.store.known_events import KNOWN, fact, values

CHINA = timezone(timedelta(hours=8))


def logged(summary: str) -> InteractionLogged:
    return InteractionLogged(
        customer_id=HARBOUR,
        channel=ContactChannel.PHONE,
        direction=Direction.INBOUND,
        summary=summary,
        contact_id=None,
        about_request_id=None,
    )


@pytest.mark.parametrize("name", sorted(KNOWN))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_event_comes_back_as_it_went(name, data):
    happened = data.draw(values(KNOWN[name]))
    around = data.draw(values(Envelope))
    written = encode(fact(happened, around))
    assert decode(name, written) == decode(name, written.decode()) == (happened, around)


def test_nothing_else_is_declared_than_what_the_catalogue_knows():
    ours = {name: each for name, each in EVENTS.items() if each.__module__.startswith("domain.")}
    assert ours == KNOWN


TEXTS = [
    "云河科技：第二季度的合同，价格 ¥6,451.50。",
    "𠮷野家 𡃁",  # beyond the first 65,536 characters
    "👩🏽‍🚒🇨🇳👍",
    "مرحبا \u202e rtl",
    "e\u0301 is not é",
    "\\u0000 written out, \\\\u0000 and \\n too",
    "\\",
    "\"quoted\" 'quoted' %s %(name)s {} $1 ; -- drop",
    "\t\r\n\x01\x1f\x7f\x85\u2028\u2029\ufeff\ufffd\uffff\U0010ffff",
    "",
    "x" * 100_000,
]


@pytest.mark.parametrize("text", TEXTS, ids=[str(number) for number in range(len(TEXTS))])
def test_any_text_comes_back_from_the_database(crm, envelope, text):
    around = envelope(reason=text, correlation_id=text)
    written = fact(logged(text), around)
    (position,) = crm.append([written])
    read = crm.facts.stream(HARBOUR) + crm.facts.page(0) + crm.facts.at([position])
    assert [(each.event, each.envelope) for each in read] == [(written.event, around)] * 3
    assert list(crm.events.get(HARBOUR)) == [written]


NULS = ["\0", "\0x", "x\0", "云\0河", "\\\0", "\\\\\0", "\\u0000\0"]


@pytest.mark.parametrize("text", NULS, ids=map(ascii, NULS))
@pytest.mark.parametrize("place", ["event", "envelope"])
def test_the_nul_character_is_refused(envelope, text, place):
    around = envelope(reason=text if place == "envelope" else None)
    with pytest.raises(Rejected) as refused:
        encode(fact(logged(text if place == "event" else "x"), around))
    assert refused.value.code == "text.nul"


@settings(deadline=None)
@given(text=st.text(st.sampled_from("\\u0\0 ")))
def test_nothing_but_the_nul_character_is_refused(text):
    around = Envelope(occurred_at=MONDAY, actor=Actor.system("test"), channel=Channel.API)
    if "\0" in text:
        with pytest.raises(Rejected):
            encode(fact(logged(text), around))
    else:
        written = encode(fact(logged(text), around))
        assert decode("interaction.logged", written) == (logged(text), around)


def test_half_a_character_is_refused(envelope):
    """JSON may carry a lone surrogate ("\\ud800"), which no UTF-8 text can hold."""
    with pytest.raises(Rejected):
        encode(fact(logged("\ud800"), envelope()))


# --- The written form -------------------------------------------------------------------------


def test_the_written_form_is_plain_json():
    tally = Tally(rows=7, added=5, facts=9, known=1, unmapped=1, bad=0, as_steps=2)
    around = Envelope(
        occurred_at=datetime(2025, 3, 3, 17, 0, 0, 250_000, CHINA),
        actor=Actor.member(LI_NA),
        channel=Channel.IMPORT,
        department_id=SALES,
        role="lead",
        on_behalf_of=ANA,
        correlation_id="c-1",
        cause=2**40,
        reason="导入",
        imported=Imported(ImportId(sample_id(1)), 12, "ab12", "Take in charge ticket", True),
    )
    written = encode(fact(ImportFinished(tally=tally), around))
    assert written.decode() == (
        '{"event":{"tally":{"rows":7,"added":5,"facts":9,"known":1,"unmapped":1,"bad":0,'
        '"as_steps":2}},'
        '"envelope":{"occurred_at":"2025-03-03T09:00:00.250000Z",'
        '"actor":{"kind":"member","id":"01954d00-0000-7000-8000-000000000071"},'
        f'"channel":"import","department_id":"{SALES}","role":"lead",'
        '"on_behalf_of":"01954d00-0000-7000-8000-0000000000a1","correlation_id":"c-1",'
        '"cause":1099511627776,"reason":"导入",'
        '"imported":{"import_id":"01954d00-0000-7000-8000-000000000001","line":12,"row":"ab12",'
        '"label":"Take in charge ticket","derived":true}}}'
    )
    assert decode("import.finished", written) == (ImportFinished(tally=tally), around)


def test_what_the_envelope_does_not_say_is_not_written(envelope):
    written = json.loads(encode(fact(logged("x"), envelope())))
    assert written["envelope"] == {
        "occurred_at": "2025-03-03T09:00:00Z",
        "actor": {"kind": "system", "id": "test"},
        "channel": "api",
    }
    assert "shape" not in written


def test_a_fact_written_long_ago_is_read():
    happened, around = decode(
        "customer.registered",
        '{"event":{"details":{"name":"Harbour Foods","employees":120},"tier":"key"},'
        '"envelope":{"occurred_at":"2019-06-01T00:30:00+08:00",'
        '"actor":{"kind":"service","id":"billing"},"channel":"cli"}}',
    )
    details = CustomerDetails(name="Harbour Foods", employees=120)
    assert happened == CustomerRegistered(details=details, tier=Tier.KEY)
    assert around == Envelope(
        occurred_at=datetime(2019, 5, 31, 16, 30, tzinfo=UTC),
        actor=Actor(ActorKind.SERVICE, "billing"),
        channel=Channel.CLI,
    )


@pytest.mark.parametrize("hours", [-11, 0, 8, 14])
def test_the_time_is_kept_in_utc(envelope, hours):
    occurred_at = MONDAY.astimezone(timezone(timedelta(hours=hours)))
    written = encode(fact(logged("x"), envelope(occurred_at=occurred_at)))
    _, around = decode("interaction.logged", written)
    assert around.occurred_at == MONDAY
    assert around.occurred_at.utcoffset() == timedelta(0)
    assert b'"occurred_at":"2025-03-03T09:00:00Z"' in written


def test_a_row_of_the_log_becomes_a_recorded_fact(envelope):
    written = encode(fact(logged("x"), envelope()))
    row = (7 << 20, HARBOUR, 3, "interaction.logged", written.decode(), MONDAY)
    assert recorded(*row) == Recorded(
        stream_id=HARBOUR,
        version=3,
        event=logged("x"),
        envelope=envelope(),
        position=7 << 20,
        recorded_at=MONDAY,
    )


def test_the_librarys_mapper_maps_facts(envelope):
    mapper = FactMapper(transcoder=JSONTranscoder())
    written = fact(logged("云河"), envelope(), version=4)
    row = mapper.to_stored_event(written)
    assert row == StoredEvent(HARBOUR, 4, "interaction.logged", encode(written))
    assert mapper.to_domain_event(row) == written
