"""How facts are written and read again, whatever they say and however old their shape.

``tests/golden/events.json`` pins the shape of every event. After adding an event, or raising the
shape of one, write it anew with ``CONCORD_UPDATE_GOLDEN=1 pytest tests/store/test_codec.py``.
"""

import json
import os
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import JSONTranscoder, StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, HARBOUR, LI_NA, MONDAY, SALES, sample_id

import application.catalogue
from application.store.codec import FactMapper, UnknownEvent, decode, encode, recorded
from application.store.upcasts import UPCASTS, upcast
from domain.customers.customer import CustomerDetails, CustomerRegistered
from domain.customers.interaction import Direction, InteractionLogged
from domain.exchange.import_run import ImportFinished, Tally
from domain.ids import CustomerId, ImportId
from domain.kernel import (
    EVENTS,
    Actor,
    ActorKind,
    Channel,
    Envelope,
    Fact,
    Imported,
    Personal,
    Recorded,
    Rejected,
    event,
)
from domain.values import ContactChannel, Tier

KNOWN = {
    each.__event_name__: each
    for decider in application.catalogue.DECIDERS
    for each in decider.event_types
}
CHINA = timezone(timedelta(hours=8))


def fact(happened: Any, around: Envelope, *, version: int = 1) -> Fact[Any]:
    return Fact(stream_id=HARBOUR, version=version, event=happened, envelope=around)


def logged(summary: str) -> InteractionLogged:
    return InteractionLogged(
        customer_id=HARBOUR,
        channel=ContactChannel.PHONE,
        direction=Direction.INBOUND,
        summary=summary,
        contact_id=None,
        about_request_id=None,
    )


@pytest.fixture
def passing_events():
    """Let a test declare events and upcasts that are forgotten after it."""
    events, upcasts = dict(EVENTS), dict(UPCASTS)
    yield
    for known, before in ((EVENTS, events), (UPCASTS, upcasts)):
        known.clear()
        known.update(before)


# --- Every event there and back ---------------------------------------------------------------

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
ZONED = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the zone is added
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    UUID: st.uuids(),
    datetime: ZONED,
    date: st.dates(),
    time: st.times(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    NoneType: st.none(),
}


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that events have in their fields."""
    if isinstance(hint, NewType):
        return values(hint.__supertype__)
    if get_origin(hint) is Annotated:
        return values(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*map(values, get_args(hint)))
    if is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        return st.builds(hint, **{name: values(each) for name, each in hints.items()})
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return PLAIN[hint]  # a new kind of type needs a line there


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


# --- Older shapes, newer shapes, strangers ----------------------------------------------------


class Colour(StrEnum):
    RED = "red"


def written_in(shape: int, body: dict[str, Any]) -> str:
    around = {
        "occurred_at": "2025-03-03T09:00:00Z",
        "actor": {"kind": "system", "id": "test"},
        "channel": "api",
    }
    return json.dumps({"event": body, "envelope": around} | ({"shape": shape} if shape > 1 else {}))


@pytest.fixture
def third_shape(passing_events):
    """An event that has changed twice: ``who`` became ``customer_id``, ``days`` was added."""

    @event("thing.measured", zh="测量", shape=3)
    class ThingMeasured:
        """Thing measured."""

        customer_id: CustomerId
        days: tuple[date, ...]
        at: datetime
        clock: time | None
        colour: Colour
        weight: Decimal
        parts: frozenset[UUID]
        by_id: dict[UUID, int]
        details: CustomerDetails

    @upcast("thing.measured", shape=1)
    def _who_is_a_customer(body):
        body["customer_id"] = body.pop("who")
        return body

    @upcast("thing.measured", shape=2)
    def _days(body):
        return {"days": ["2025-03-03"]} | body

    return ThingMeasured


BODY = {
    "at": "2025-03-03T17:00:00+08:00",
    "clock": None,
    "colour": "red",
    "weight": "6451.50",
    "parts": [str(ANA), str(LI_NA)],
    "by_id": {str(ANA): 7},
    "details": {"name": "云河科技"},
}


@pytest.mark.parametrize(
    "state",
    [
        written_in(1, BODY | {"who": str(HARBOUR)}),
        written_in(2, BODY | {"customer_id": str(HARBOUR)}),
        written_in(3, BODY | {"customer_id": str(HARBOUR), "days": ["2025-03-03"]}),
    ],
    ids=["1", "2", "3"],
)
def test_an_older_shape_is_lifted_step_by_step(third_shape, envelope, state):
    expected = third_shape(
        customer_id=HARBOUR,
        days=(date(2025, 3, 3),),
        at=MONDAY,
        clock=None,
        colour=Colour.RED,
        weight=Decimal("6451.50"),
        parts=frozenset({ANA, LI_NA}),
        by_id={ANA: 7},
        details=CustomerDetails(name="云河科技"),
    )
    happened, around = decode("thing.measured", state)
    assert (happened, around) == (expected, envelope())
    assert type(happened.customer_id) is UUID
    assert type(happened.weight) is Decimal
    written = encode(fact(happened, around))
    assert json.loads(written)["shape"] == 3  # written in the shape of today
    assert decode("thing.measured", written) == (happened, around)


def test_a_lifted_fact_is_still_checked(third_shape):
    with pytest.raises(ValueError, match="weight"):
        decode("thing.measured", written_in(1, BODY | {"who": str(HARBOUR), "weight": "heavy"}))


def test_a_newer_shape_is_not_guessed_at(third_shape):
    with pytest.raises(UnknownEvent, match="shape 4"):
        decode("thing.measured", written_in(4, BODY))


def test_an_unknown_event_is_not_guessed_at(crm):
    with pytest.raises(UnknownEvent, match=r"thing\.unheard-of"):
        decode("thing.unheard-of", written_in(1, {}))
    stream = uuid4()
    crm.log_recorder.insert_events(
        [StoredEvent(stream, 1, "thing.unheard-of", written_in(1, {}).encode())]
    )
    with pytest.raises(UnknownEvent):
        crm.facts.page(0)
    with pytest.raises(UnknownEvent):
        crm.facts.stream(stream)


def test_every_older_shape_has_its_upcast():
    steps = {
        (name, shape) for name, each in KNOWN.items() for shape in range(1, each.__event_shape__)
    }
    assert set(UPCASTS) == steps


# --- The golden file --------------------------------------------------------------------------

GOLDEN = Path(__file__).parents[1] / "golden" / "events.json"
HOW = "Write the golden file anew: CONCORD_UPDATE_GOLDEN=1 pytest tests/store/test_codec.py"

Golden = dict[str, Any]
"""``events``: name → shape, fields and labels; ``types``: what the fields' types are made of."""


def type_name(hint: Any) -> str:
    """The type of a field as one writes it: ``"CustomerId | None"``."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        of = [f" (personal: {mark.of})" for mark in marks if isinstance(mark, Personal)]
        return type_name(inner) + "".join(of)
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(type_name(each) for each in get_args(hint))
    if arguments := get_args(hint):
        return f"{get_origin(hint).__name__}[{', '.join(map(type_name, arguments))}]"
    names = {NoneType: "None", ...: "..."}
    return names.get(hint) or hint.__name__


def made_of(hint: Any) -> dict[str, Any]:
    """The enums and value objects in a type, down to the last: their values, their fields."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {hint.__name__: [each.value for each in hint]}
    found: dict[str, Any] = {}
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        if not hasattr(hint, "__event_name__"):
            found[hint.__name__] = {
                field.name: type_name(hints[field.name])
                + ("" if field.default is MISSING else f" = {field.default}")
                for field in fields(hint)
            }
        for each in hints.values():
            found |= made_of(each)
    for argument in get_args(hint):
        found |= made_of(argument)
    return found


def shapes(events: dict[str, Any]) -> Golden:
    """Describe events as the golden file pins them."""
    types: dict[str, Any] = {}
    described = {}
    for name, each in sorted(events.items()):
        hints = get_type_hints(each, include_extras=True)
        described[name] = {
            "shape": each.__event_shape__,
            "fields": {field.name: type_name(hints[field.name]) for field in fields(each)},
            "labels": each.__event_labels__,
        }
        made = made_of(each)
        assert all(types.get(key, made[key]) == made[key] for key in made), "two types of one name"
        types |= made
    return {"events": described, "types": dict(sorted(types.items()))}


def breaks(pinned: Golden, present: Golden) -> list[str]:
    """What of the pinned shapes can not be read any more as things stand; empty: all of it can."""
    changed = {
        name
        for name, before in pinned["types"].items()
        if not _still_read(before, present["types"].get(name))
    }
    found = []
    for name, before in pinned["events"].items():
        now = present["events"].get(name)
        if now is None:
            found.append(f"{name}: a name is permanent, but the event is gone.")
        elif now["shape"] < before["shape"]:
            found.append(f"{name}: shape {before['shape']} was published, not {now['shape']}.")
        elif now["shape"] == before["shape"]:
            used = sorted(changed & _types_in(before["fields"], pinned["types"]))
            if now["fields"] != before["fields"]:
                used.append("its fields")
            if used:
                found.append(
                    f"{name}: {' and '.join(used)} changed: raise its shape to"
                    f" {now['shape'] + 1} and add the upcast"
                    " (or take it out of the golden file, if it was never released)."
                )
    return found


def _still_read(before: Any, now: Any) -> bool:
    """Tell whether what was written with an enum or value object can be read with it now."""
    if isinstance(before, list):
        return isinstance(now, list) and set(before) <= set(now)
    if not isinstance(now, dict) or any(now.get(name) != before[name] for name in before):
        return False
    return all(" = " in now[name] for name in now if name not in before)


def _types_in(described: dict[str, str], types: dict[str, Any]) -> set[str]:
    words = {word.strip("[](),") for each in described.values() for word in each.split()}
    found = words & types.keys()
    for name in list(found):
        if isinstance(types[name], dict):
            found |= _types_in(types[name], types)
    return found


def test_the_shapes_are_those_of_the_golden_file():
    pinned = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {"events": {}, "types": {}}
    present = shapes(KNOWN)
    broken = breaks(pinned, present)
    assert not broken, "\n".join(broken)
    if os.environ.get("CONCORD_UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(present, ensure_ascii=False, indent=2) + "\n")
    else:
        assert pinned == present, HOW


@pytest.fixture
def pinned():
    """A golden file of one event with a value object and an enum in it."""
    return {
        "events": {
            "thing.made": {
                "shape": 1,
                "fields": {"size": "Size | None", "note": "str (personal: self)"},
                "labels": {"en": "Thing made", "zh": "制成"},
            }
        },
        "types": {
            "Size": {"length": "int", "unit": "Unit", "name": "str | None = None"},
            "Unit": ["m", "kg"],
        },
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("events/thing.made", None),
        ("events/thing.made/shape", 0),
        ("events/thing.made/fields/note", None),
        ("events/thing.made/fields/note", "str"),
        ("events/thing.made/fields/more", "int"),
        ("types/Unit", ["m"]),
        ("types/Unit", None),
        ("types/Size", None),
        ("types/Size/length", None),
        ("types/Size/length", "str"),
        ("types/Size/more", "int"),
    ],
)
def test_the_golden_file_guards_what_was_published(pinned, path, value):
    (said,) = breaks(pinned, changed(pinned, path, value))
    assert said.startswith("thing.made: ")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("events/thing.made/labels/en", "Thing was made"),
        ("events/thing.lost", {"shape": 1, "fields": {}, "labels": {}}),
        ("events/thing.made", {"shape": 2, "fields": {"anything": "int"}, "labels": {}}),
        ("types/Unit", ["kg", "m", "s"]),
        ("types/Size/more", "int | None = None"),
        ("types/Other", ["x"]),
    ],
)
def test_the_golden_file_lets_grow_what_stays_readable(pinned, path, value):
    assert breaks(pinned, changed(pinned, path, value)) == []


def changed(golden: Golden, path: str, value: Any) -> Golden:
    copy = json.loads(json.dumps(golden))
    *way, last = path.split("/")
    place = copy
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


def test_the_golden_file_describes_events_down_to_the_last_value(third_shape):
    present = shapes({"thing.measured": third_shape, "interaction.logged": InteractionLogged})
    assert present["events"]["interaction.logged"] == {
        "shape": 1,
        "fields": {
            "customer_id": "CustomerId",
            "channel": "ContactChannel",
            "direction": "Direction",
            "summary": "str (personal: customer_id)",
            "contact_id": "ContactId | None",
            "about_request_id": "RequestId | None",
        },
        "labels": {"en": "Interaction logged", "zh": "互动记录"},
    }
    measured = present["events"]["thing.measured"]
    assert measured["shape"] == 3
    assert measured["fields"]["days"] == "tuple[date, ...]"
    assert measured["fields"]["by_id"] == "dict[UUID, int]"
    assert present["types"]["Direction"] == ["inbound", "outbound"]
    assert present["types"]["Colour"] == ["red"]
    assert present["types"]["CustomerDetails"]["name"] == "str"
    assert present["types"]["CustomerDetails"]["phase"] == "BusinessPhase | None = None"
    assert "growing" in present["types"]["BusinessPhase"]
