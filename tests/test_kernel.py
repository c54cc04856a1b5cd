"""The words all of Concord shares: events, commands, envelopes, deciders and their stories."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from uuid import UUID

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, TUESDAY, at, by, sample_id, spec

from domain.access.api_key import KeyCreated
from domain.customers.ownership import OwnershipTransferred
from domain.ids import MemberId
from domain.kernel import (
    EVENTS,
    Actor,
    Channel,
    Decider,
    Envelope,
    Recorded,
    Rejected,
    classes,
    command,
    event,
)
from tests.sample_facts import ENVELOPE, fact_of, key_created

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
