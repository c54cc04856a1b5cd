"""The field dictionary: what is recorded of each kind of thing, read from the events themselves.

Nobody keeps it by hand: a field stands here because an event carries it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import EnumType
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from application.catalogue import DECIDERS
from domain.confidential import Confidential, Secret
from domain.kernel import Personal, kind_of
from domain.money import Money
from projections.documents import Document

_PLAIN: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "yes or no",
    Decimal: "number",
    datetime: "time",
    date: "date",
    Money: "money",
    UUID: "id",
    bytes: "bytes",
    time: "time of day",
}


@cache
def entries() -> Sequence[Document]:
    """Return every field of every kind of thing, by kind and name."""
    found: dict[tuple[str, str], Document] = {}
    for decider in DECIDERS:
        for event in decider.event_types:
            for name, told in _fields(event, ""):
                begun: Document = {"kind": decider.kind, "name": name} | told | {"events": []}
                known = found.setdefault((decider.kind, name), begun)
                known["events"].append(event.__event_name__)
    return [found[key] for key in sorted(found)]


def _fields(cls: Any, before: str) -> Iterator[tuple[str, Document]]:
    for name, hint in get_type_hints(cls, include_extras=True).items():
        marks, plain, optional = _taken_apart(hint)
        if any(isinstance(mark, Secret) for mark in marks):
            continue
        several = get_origin(plain) in {tuple, frozenset, list}
        inner = get_args(plain)[0] if several else plain
        if is_dataclass(inner) and inner is not Money:
            yield from _fields(inner, f"{before}{name}.")
            continue
        shown = next((mark.kind for mark in marks if isinstance(mark, Confidential)), None)
        yield (
            before + name,
            {
                "type": f"list of {_type(inner)}" if several else _type(inner),
                "codes": _codes(inner),
                "optional": optional,
                "personal": any(isinstance(mark, Personal) for mark in marks),
                "class": shown,
            },
        )


def _taken_apart(hint: Any) -> tuple[tuple[Any, ...], Any, bool]:
    """Return the marks of a hint, what it is without them, and whether it may be nothing."""
    marks = getattr(hint, "__metadata__", ())
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(plain) not in {Union, UnionType}:
        return marks, plain, False
    options = [option for option in get_args(plain) if option is not NoneType]
    return marks, options[0], NoneType in get_args(plain)


def _codes(plain: Any) -> list[str] | None:
    codes: list[Any] = list(plain) if type(plain) is EnumType else []
    return [str(code.value) for code in codes] or None


def _type(plain: Any) -> str:
    if kind := kind_of(plain):
        return f"id of a {kind}"
    if type(plain) is EnumType:
        return "code"
    return _PLAIN.get(plain, "structure")
