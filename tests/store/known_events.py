"""Every event there is, any value of its fields, and a fact of any."""

from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st
from spec import HARBOUR

import application.catalogue
from domain.kernel import Envelope, Fact

KNOWN = {
    each.__event_name__: each
    for decider in application.catalogue.DECIDERS
    for each in decider.event_types
}


def fact(happened: Any, around: Envelope, *, version: int = 1) -> Fact[Any]:
    return Fact(stream_id=HARBOUR, version=version, event=happened, envelope=around)


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
