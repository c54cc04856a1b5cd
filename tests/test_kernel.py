"""The words all of Concord shares, and what holds for every decider whatever it decides."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, SALES, TUESDAY, at, by, sample_id, spec

import domain
from domain.access.api_key import KeyCreated, Scope
from domain.customers.ownership import OwnershipTransferred
from domain.ids import CustomerId, KeyId, MemberId, OwnershipId, named_id
from domain.kernel import (
    EVENTS,
    Actor,
    Channel,
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Personal,
    Recorded,
    Reference,
    Rejected,
    Subject,
    classes,
    command,
    event,
    kind_of,
    personal_fields,
    references,
)
from domain.reviews.review_cycle import RolePolicy
from domain.sales.split import Share

ENVELOPE = Envelope(occurred_at=MONDAY, actor=Actor.member(ANA), channel=Channel.API)

# --- Events and commands ----------------------------------------------------------------------


@pytest.fixture
def passing_events():
    """Let a test declare events that are forgotten after it."""
    known = dict(EVENTS)
    yield
    EVENTS.clear()
    EVENTS.update(known)


@pytest.fixture
def lamp_lit(passing_events):
    @event("lamp.lit", zh="点灯")
    class LampLit:
        """Lamp lit.

        The keeper climbs the stairs each evening.
        """

        colour: str
        keeper_id: MemberId

    return LampLit


def test_an_event_is_known_by_its_permanent_name(lamp_lit):
    assert EVENTS["lamp.lit"] is lamp_lit
    assert lamp_lit.__event_name__ == "lamp.lit"
    assert lamp_lit.__event_shape__ == 1


def test_an_event_is_labelled_by_the_first_line_of_its_docstring_and_in_chinese(lamp_lit):
    assert lamp_lit.__event_labels__ == {"en": "Lamp lit", "zh": "点灯"}


def test_an_event_is_never_changed(lamp_lit):
    lit = lamp_lit(colour="red", keeper_id=ANA)
    with pytest.raises(FrozenInstanceError):
        lit.colour = "green"


def test_an_event_has_its_fields_by_name_and_no_others(lamp_lit):
    with pytest.raises(TypeError):
        lamp_lit("red", ANA)
    assert not hasattr(lamp_lit(colour="red", keeper_id=ANA), "__dict__")


def test_the_same_fields_make_the_same_event(lamp_lit):
    assert lamp_lit(colour="red", keeper_id=ANA) == lamp_lit(colour="red", keeper_id=ANA)
    assert lamp_lit(colour="red", keeper_id=ANA) != lamp_lit(colour="red", keeper_id=BO)


def test_an_event_tells_how_often_its_shape_has_changed(passing_events):
    @event("lamp.dimmed", zh="调暗", shape=3)
    class LampDimmed:
        """Lamp dimmed."""

    assert LampDimmed.__event_shape__ == 3


def test_an_event_may_say_that_the_thing_never_was(passing_events, lamp_lit):
    @event("lamp.retracted", zh="撤回", retracts=True)
    class LampRetracted:
        """Lamp taken back."""

    assert fact_of(LampRetracted(), sample_id(1)).retracts is True
    assert fact_of(lamp_lit(colour="red", keeper_id=ANA), sample_id(1)).retracts is False


@pytest.mark.parametrize(
    "name",
    [
        "",
        "lit",
        "lamp.",
        ".lit",
        "lamp.lit.twice",
        "Lamp.lit",
        "lamp.Lit",
        "lamp lit",
        "lamp_lit",
        "lamp.lit-",
        "-lamp.lit",
        "lamp.re--lit",
        "lamp.lit2",
        "lamp.lit\n",
        "灯.亮",
    ],
)
def test_an_event_name_is_two_plain_words(name):
    with pytest.raises(ValueError, match=r"must look like 'request\.resolved'"):
        event(name, zh="点灯")


def test_either_word_may_be_compound(passing_events):
    @event("signal-lamp.re-lit-twice", zh="点灯")
    class LampRelit:
        """Lamp lit again."""

    assert EVENTS["signal-lamp.re-lit-twice"] is LampRelit


def test_an_event_needs_a_docstring(passing_events):
    with pytest.raises(ValueError, match="LampLit needs a docstring"):

        @event("lamp.lit", zh="点灯")
        class LampLit:
            colour: str

    assert "lamp.lit" not in EVENTS


def test_no_two_events_share_a_name(lamp_lit):
    with pytest.raises(ValueError, match=r"'lamp\.lit' is taken by LampLit"):

        @event("lamp.lit", zh="又点灯")
        class LampLitAgain:
            """Lamp lit again."""

    assert EVENTS["lamp.lit"] is lamp_lit


def test_a_command_is_a_frozen_dataclass_with_fields_by_name():
    @command
    class LightLamp:
        """Light a lamp."""

        id: UUID
        colour: str = "white"

    light = LightLamp(id=ANA)
    assert light == LightLamp(id=ANA, colour="white")
    with pytest.raises(FrozenInstanceError):
        light.colour = "red"
    with pytest.raises(TypeError):
        LightLamp(ANA)


def test_a_command_names_the_thing_it_is_for():
    with pytest.raises(ValueError, match="LightLamp needs a field 'id'"):

        @command
        class LightLamp:
            """Light a lamp."""

            lamp_id: UUID


def test_a_refusal_has_a_code_for_machines_and_a_sentence_for_people():
    refusal = Rejected("lamp.broken", "The lamp is broken.", field="id")
    assert refusal.code == "lamp.broken"
    assert refusal.sentence == "The lamp is broken."
    assert str(refusal) == "The lamp is broken."
    assert refusal.field == "id"


def test_a_refusal_need_not_blame_a_field():
    assert Rejected("lamp.broken", "The lamp is broken.").field is None


# --- Personal data and references -------------------------------------------------------------

LampId = NewType("LampId", UUID)
SignalLampId = NewType("SignalLampId", UUID)
Colour = NewType("Colour", str)


def test_personal_fields_are_found_with_the_person_they_belong_to():
    class Visit:
        keeper_id: MemberId
        name: Annotated[str, Personal(of="keeper_id")]
        phone: Annotated[str | None, "as dialled", Personal(of="self")]
        colour: Annotated[str, "of the light"]

    assert personal_fields(Visit) == {"name": "keeper_id", "phone": "self"}


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (CustomerId, "customer"),
        (OwnershipId, "ownership"),
        (SignalLampId, "signal-lamp"),
        (Colour, None),
        (UUID, None),
        (str, None),
    ],
)
def test_a_typed_id_stands_for_a_kind_of_thing(hint, kind):
    assert kind_of(hint) == kind


def test_references_are_the_typed_ids_optional_ones_included():
    class Handover:
        lamp_id: LampId
        lit_at: datetime
        from_id: MemberId | None
        to_id: Annotated[MemberId, MustBeActive()]
        witness_id: Annotated[MemberId | None, MustBeActive()]
        relief_id: Annotated[MemberId, "on Sundays"]
        colour: Colour
        note: str | None
        trace: UUID

    assert references(Handover) == (
        Reference("lamp_id", "lamp", must_be_active=False),
        Reference("from_id", "member", must_be_active=False),
        Reference("to_id", "member", must_be_active=True),
        Reference("witness_id", "member", must_be_active=True),
        Reference("relief_id", "member", must_be_active=False),
    )


def fact_of(it: Any, stream_id: UUID) -> Fact[Any]:
    return Fact(stream_id=stream_id, version=1, event=it, envelope=ENVELOPE)


def test_a_fact_is_about_the_thing_itself_and_each_typed_id():
    ownership = sample_id(0x0E)
    handed_over = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=BO)
    assert set(fact_of(handed_over, ownership).subjects) == {
        Subject("ownership", ownership),
        Subject("customer", HARBOUR),
        Subject("member", ANA),
        Subject("member", BO),
    }


def key_created(acts_as_id):
    return KeyCreated(
        label="Export",
        secret_sha256="5e",
        acts_as_id=acts_as_id,
        scopes=(Scope.READ,),
        expires_at=None,
    )


def test_an_optional_id_is_a_subject_only_where_it_is_given():
    key = KeyId(sample_id(0x4E7))
    service = key_created(None)
    anas_own = key_created(ANA)
    assert fact_of(service, key).subjects == (Subject("key", key),)
    assert fact_of(anas_own, key).subjects == (Subject("key", key), Subject("member", ANA))


def test_a_subject_named_twice_counts_once_and_their_order_is_always_the_same():
    to_oneself = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=ANA)
    assert fact_of(to_oneself, sample_id(1)).subjects == (
        Subject("customer", HARBOUR),
        Subject("member", ANA),
        Subject("ownership", sample_id(1)),
    )


def test_a_subject_reads_as_kind_and_id():
    assert str(Subject("member", ANA)) == "member:01954d00-0000-7000-8000-0000000000a1"


def test_the_id_of_a_name_never_changes():
    assert named_id("department", "sales") == UUID("86b4f0fe-5d36-5b74-a773-84a3f01587cd")


def test_words_do_not_run_together():
    assert named_id("import", "ab", "c") != named_id("import", "a", "bc")


# --- The envelope -----------------------------------------------------------------------------


def test_actors_are_members_services_and_parts_of_concord():
    assert str(Actor.member(ANA)) == "member:01954d00-0000-7000-8000-0000000000a1"
    assert str(Actor.service(sample_id(5))) == "service:01954d00-0000-7000-8000-000000000005"
    assert str(Actor.system("timer")) == "system:timer"


def test_only_a_member_has_a_members_id():
    assert Actor.member(ANA).member_id == ANA
    assert Actor.service(sample_id(5)).member_id is None
    assert Actor.system("timer").member_id is None


@pytest.mark.parametrize(
    ("actor", "on_behalf_of", "performer"),
    [
        (Actor.member(ANA), None, ANA),
        (Actor.member(ANA), BO, BO),
        (Actor.service(sample_id(5)), BO, BO),
        (Actor.service(sample_id(5)), None, None),
        (Actor.system("timer"), None, None),
    ],
    ids=["oneself", "for another", "a program for a member", "a program", "a timer"],
)
def test_the_work_is_that_of_the_member_acted_for(actor, on_behalf_of, performer):
    envelope = Envelope(
        occurred_at=MONDAY, actor=actor, channel=Channel.API, on_behalf_of=on_behalf_of
    )
    assert envelope.performer == performer


def test_an_envelope_need_not_say_more_than_when_who_and_how():
    bare = Envelope(occurred_at=MONDAY, actor=Actor.member(ANA), channel=Channel.API)
    assert bare == Envelope(
        occurred_at=MONDAY,
        actor=Actor.member(ANA),
        channel=Channel.API,
        department_id=None,
        role=None,
        on_behalf_of=None,
        correlation_id=None,
        cause=None,
        reason=None,
        imported=None,
    )


def test_a_fact_tells_its_name_its_kind_and_when_it_happened():
    handed_over = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=BO)
    recorded = Recorded(
        stream_id=sample_id(1),
        version=4,
        event=handed_over,
        envelope=ENVELOPE,
        position=77,
        recorded_at=TUESDAY,
    )
    assert recorded.name == "ownership.transferred"
    assert recorded.kind == "ownership"
    assert recorded.occurred_at == MONDAY
    assert recorded.recorded_at == TUESDAY


# --- Deciders, and the spec that tells their stories -------------------------------------------


@pytest.fixture
def lamp(lamp_lit):
    """A decider that remembers every fact, and refuses what is neither red nor white."""

    @command
    class LightLamp:
        """Light the lamp."""

        id: UUID
        colour: str

    def decide(light, seen, envelope):
        if light.colour not in {"red", "white"}:
            raise Rejected("lamp.colour", "The lamp is red or white.", field="colour")
        return [lamp_lit(colour=light.colour, keeper_id=envelope.performer)]

    decider = Decider(
        kind="lamp",
        commands=LightLamp,
        events=lamp_lit,
        initial=(),
        decide=decide,
        evolve=lambda seen, fact: (*seen, fact),
        active=bool,
    )
    return decider, LightLamp, lamp_lit


def test_the_fold_takes_the_facts_in_their_order(lamp):
    decider, _, lit = lamp
    first, second = (fact_of(lit(colour=c, keeper_id=ANA), sample_id(1)) for c in ("red", "white"))
    assert decider.fold([]) == ()
    assert decider.fold([first, second]) == (first, second)
    assert decider.fold(iter([second, first])) == (second, first)


def test_a_decider_knows_its_classes_one_or_many(lamp):
    decider, light, lit = lamp
    assert decider.command_types == (light,)
    assert decider.event_types == (lit,)
    assert classes(KeyCreated | OwnershipTransferred) == (KeyCreated, OwnershipTransferred)


@pytest.mark.parametrize("union", [str, KeyCreated | str])
def test_only_events_and_commands_make_its_unions(union):
    with pytest.raises(TypeError, match="not a union of events or commands"):
        classes(union)


def test_a_story_tells_when_and_by_whom(lamp):
    decider, light, lit = lamp
    red = lit(colour="red", keeper_id=ANA)
    seen = spec(decider).given(red, at(TUESDAY, by(LI_NA, red)), by(BO, red)).state
    assert [(fact.version, fact.occurred_at, fact.envelope.performer) for fact in seen] == [
        (1, MONDAY, ANA),
        (2, TUESDAY, LI_NA),
        (3, MONDAY, BO),
    ]
    asked = spec(decider).when(light(id=ANA, colour="white"), on_behalf_of=BO)
    asked.then(lit(colour="white", keeper_id=BO))


def test_a_story_with_another_end_fails(lamp):
    decider, light, lit = lamp
    red, green = light(id=ANA, colour="red"), light(id=ANA, colour="green")
    wrong_ends: list[Callable[[], object]] = [
        lambda: spec(decider).when(red).then_nothing(),
        lambda: spec(decider).when(red).then(lit(colour="white", keeper_id=ANA)),
        lambda: spec(decider).when(red).then_rejected("lamp.colour", field="colour"),
        lambda: spec(decider).when(red).then_state(()),
        lambda: spec(decider).when(green).then_nothing(),
        lambda: spec(decider).when(green).then_rejected("lamp.broken", field="colour"),
        lambda: spec(decider).when(green).then_rejected("lamp.colour"),
    ]
    for wrong_end in wrong_ends:
        with pytest.raises(AssertionError):
            wrong_end()


def test_a_story_of_strangers_fails(lamp):
    decider, light, lit = lamp
    stray = key_created(None)
    astray = Decider(
        kind="lamp",
        commands=light,
        events=lit,
        initial=(),
        decide=lambda *_: [stray],
        evolve=decider.evolve,
        active=bool,
    )
    with pytest.raises(AssertionError, match="KeyCreated"):
        spec(decider).given(stray)
    with pytest.raises(AssertionError, match="KeyCreated"):
        spec(decider).when(stray)
    with pytest.raises(AssertionError, match="KeyCreated"):
        spec(astray).when(light(id=ANA, colour="red"))


# --- What holds for every decider -------------------------------------------------------------


def deciders() -> list[Decider[Any, Any, Any]]:
    """Return every decider of the domain, one of each kind, in the order of their kinds."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(domain.__path__, prefix="domain.")
    ]
    found = {
        value.kind: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Decider)
    }
    return [found[kind] for kind in sorted(found)]


DECIDERS = deciders()
EVENT_TYPES = [event_type for decider in DECIDERS for event_type in decider.event_types]
COMMAND_TYPES = [command_type for decider in DECIDERS for command_type in decider.command_types]

every_decider = pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.kind)
every_event = pytest.mark.parametrize("event_type", EVENT_TYPES)
every_command = pytest.mark.parametrize("command_type", COMMAND_TYPES)


def test_all_deciders_are_found():
    assert {"customer", "department", "import", "interaction", "key", "member", "request"} <= {
        decider.kind for decider in DECIDERS
    }


def test_every_event_has_one_decider():
    ours = [name for name, made in EVENTS.items() if made.__module__.startswith("domain.")]
    assert sorted(event_type.__event_name__ for event_type in EVENT_TYPES) == sorted(ours)


@every_decider
def test_events_and_commands_are_of_the_deciders_kind(decider):
    """The name's first word and the type of ``id`` both tell whose stream it is."""
    for event_type in decider.event_types:
        assert event_type.__event_name__.partition(".")[0] == decider.kind
    for command_type in decider.command_types:
        assert kind_of(get_type_hints(command_type)["id"]) == decider.kind


@every_event
def test_every_event_is_labelled_in_both_languages(event_type):
    labels = event_type.__event_labels__
    assert re.fullmatch(r"[A-Z][\w' ,:-]+[a-z]", labels["en"])
    assert re.search(r"[\u4e00-\u9fff]", labels["zh"])


@every_event
def test_taking_back_is_called_so(event_type):
    called_so = event_type.__event_name__.endswith(".retracted")
    assert event_type.__event_retracts__ == called_so


@every_event
def test_every_personal_field_belongs_to_somebody_the_event_names(event_type):
    named = {reference.field for reference in references(event_type)} | {"self"}
    assert set(personal_fields(event_type).values()) <= named


def hidden(hint: Any, wanted: Callable[[Any], bool]) -> bool:
    """Tell whether what is wanted stands anywhere in a hint, however deep."""
    if wanted(hint):
        return True
    inner = [*get_args(hint), *getattr(hint, "__metadata__", ())]
    if is_dataclass(hint) and isinstance(hint, type):
        inner += get_type_hints(hint, include_extras=True).values()
    return any(hidden(part, wanted) for part in inner)


@pytest.mark.parametrize("declared", [*EVENT_TYPES, *COMMAND_TYPES])
def test_no_typed_id_hides_where_references_do_not_see_it(declared):
    """Inside a list, a value object or an ``Annotated`` within a union it would be no subject.

    Those who share a sale and the policies of a cycle are in lists: the event names them itself,
    the route checks them.
    """
    seen = {reference.field for reference in references(declared)}
    for name, hint in get_type_hints(declared, include_extras=True).items():
        if hidden(hint, lambda part: part in {Share, RolePolicy}):
            assert declared in COMMAND_TYPES or hasattr(declared, "also_about"), name
        else:
            assert hidden(hint, kind_of) == (name in seen), name


@pytest.mark.parametrize("declared", [*EVENT_TYPES, *COMMAND_TYPES])
def test_no_mark_hides_where_it_is_not_seen(declared):
    personal = set(personal_fields(declared))
    active = {reference.field for reference in references(declared) if reference.must_be_active}
    for name, hint in get_type_hints(declared, include_extras=True).items():
        assert hidden(hint, lambda part: isinstance(part, Personal)) == (name in personal), name
        assert hidden(hint, lambda part: isinstance(part, MustBeActive)) == (name in active), name


# Refusals as documented

CODE = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*")


@cache
def documented(decider: Decider[Any, Any, Any]) -> set[str]:
    """Return the codes that the docstring of ``decide`` names after ``Rejected``."""
    _, _, named = inspect.getdoc(decider.decide).partition("Raises ``Rejected``:")
    return set(CODE.findall(named))


def raised(decider: Decider[Any, Any, Any]) -> set[str]:
    """Return the codes that the decider's module, and the checks it takes from others, raise."""
    module: Any = inspect.getmodule(decider.decide)
    checks = [
        it
        for name, it in vars(module).items()
        if name.startswith("check_") and it.__module__ != module.__name__
    ]
    trees = [ast.parse(inspect.getsource(it)) for it in (module, *checks)]
    refusals = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == "Rejected"
    ]
    return {ast.literal_eval(refusal.args[0]) for refusal in refusals}


@every_decider
def test_every_refusal_is_named_in_the_docstring_and_none_besides(decider):
    assert raised(decider) == documented(decider)
    assert raised(decider)


# Any history, any command

IDS = [ANA, BO, LI_NA, HARBOUR, SALES]
"""Few ids and words, so that they meet often."""
WORDS = ["", "sales", "李娜", "Harbour Foods", "重开 🙂\n\x00"]


@cache
def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a type: what the domain's types need is spelled out, and nothing more."""
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([anything(option) for option in get_args(hint)])
    if isinstance(hint, NewType):
        return anything(hint.__supertype__)
    if is_dataclass(hint):
        return st.builds(
            hint, **{name: anything(part) for name, part in get_type_hints(hint).items()}
        )
    if get_origin(hint) is tuple:
        return st.lists(anything(get_args(hint)[0]), max_size=3).map(tuple)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    plain = {
        NoneType: st.none(),
        UUID: st.sampled_from(IDS),
        str: st.sampled_from(WORDS),
        bool: st.booleans(),
        int: st.integers(),
        datetime: st.integers(-5, 30).map(lambda days: MONDAY + timedelta(days=days)),
        timedelta: st.timedeltas(),
        time: st.integers(0, 23).map(time),
        date: st.integers(-5, 30).map(lambda days: (MONDAY + timedelta(days=days)).date()),
        Decimal: st.decimals(-1000, 1000, places=2),
    }
    return plain[hint]


@cache
def any_of(types: tuple[type[Any], ...]) -> st.SearchStrategy[Any]:
    return st.one_of([anything(one) for one in types])


MEMBERS = st.sampled_from([ANA, BO, LI_NA])
ENVELOPES = st.builds(
    Envelope,
    occurred_at=st.integers(0, 20).map(lambda days: MONDAY + timedelta(days=days)),
    actor=st.one_of(MEMBERS.map(Actor.member), st.just(Actor.system("timer"))),
    channel=st.sampled_from(Channel),
    on_behalf_of=st.none() | MEMBERS,
    reason=st.none() | st.sampled_from(WORDS),
)


@cache
def states(decider: Decider[Any, Any, Any]) -> tuple[type[Any], ...]:
    return classes(get_type_hints(decider.evolve)["return"])


def fold(decider: Decider[Any, Any, Any], state: Any, events: list[Any], envelope: Envelope) -> Any:
    for version, it in enumerate(events, start=1):
        state = decider.evolve(
            state, Fact(stream_id=sample_id(0), version=version, event=it, envelope=envelope)
        )
        assert isinstance(state, states(decider))
        assert decider.active(state) in {True, False}
    return state


def decided(
    decider: Decider[Any, Any, Any], wish: Any, state: Any, envelope: Envelope
) -> list[Any] | Rejected:
    try:
        return decider.decide(wish, state, envelope)
    except Rejected as refusal:
        return refusal


@cache
def histories(decider: Decider[Any, Any, Any]) -> st.SearchStrategy[list[tuple[Any, Envelope]]]:
    return st.lists(st.tuples(any_of(decider.event_types), ENVELOPES), max_size=8)


@every_decider
@settings(deadline=None)
@given(data=st.data())
def test_history_is_never_refused(decider, data):
    """Any of its events in any order fold into one of its states, always the same."""
    history = data.draw(histories(decider))
    first = second = decider.initial
    for it, envelope in history:
        first = fold(decider, first, [it], envelope)
    for it, envelope in history:
        second = fold(decider, second, [it], envelope)
    assert first == second
    assert not any(it.__event_retracts__ for it, _ in history[-1:]) or not decider.active(first)


@every_decider
@settings(deadline=None)
@given(data=st.data())
def test_a_command_is_refused_by_a_documented_code_or_decided_into_its_events(decider, data):
    state = decider.initial
    for it, envelope in data.draw(histories(decider)):
        state = fold(decider, state, [it], envelope)
    asked = st.tuples(any_of(decider.command_types), ENVELOPES)
    for wish, envelope in data.draw(st.lists(asked, min_size=1, max_size=8)):
        answer = decided(decider, wish, state, envelope)
        if isinstance(answer, Rejected):
            assert answer.code in documented(decider)
            assert re.fullmatch(r"[A-Z].+\.", answer.sentence, re.DOTALL)
            assert answer.field in {None, "reason", *(field.name for field in fields(wish))}
        else:
            assert all(isinstance(it, decider.event_types) for it in answer)
            state = fold(decider, state, answer, envelope)
