"""What holds for every decider, whatever it decides."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, SALES, sample_id

import domain
from domain.kernel import (
    EVENTS,
    Actor,
    Channel,
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Personal,
    Rejected,
    classes,
    kind_of,
    personal_fields,
    references,
)
from domain.reviews.review_cycle import RolePolicy
from domain.sales.split import Share


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
