"""How the log is cut into parts that can be scored apart from each other: by customer.

All that is told of one customer, and of those merged with them, lies in one part; who works here
and when, and which customers are one, lies in every part. What metrics count is then the sum of
what they count in each part. A metric for which that is not so is counted in one piece.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from domain.customers.customer import CustomerMerged, CustomerUnmerged
from domain.kernel import EVENTS, Recorded
from projections.scoring.material import names_of

_OF_ALL = {"calendar", "department", "member", "sla-policy"}
"""Kinds of things that are no customer's and that every figure may need."""
MERGING = names_of(CustomerMerged, CustomerUnmerged)
EVERYWHERE = frozenset(
    {name for name, event in EVENTS.items() if event.__event_kind__ in _OF_ALL} | set(MERGING)
)
"""The names of the facts that lie in every part."""


def part_of(
    name: str, stream_id: str, customer_id: str | None, parts: int, families: Mapping[str, str]
) -> int | None:
    """Return the part a fact lies in; None: in every one.

    ``families``: of each customer that was ever merged, who stands for all of them. A fact of a
    thing that is no customer's (a survey among staff) lies where its thing does.
    """
    if name in EVERYWHERE:
        return None
    whose = stream_id if customer_id is None or name.startswith("customer.") else customer_id
    return crc32(families.get(whose, whose).encode()) % parts


def apart(name: str) -> bool:
    """Tell whether each fact of a name lies where all of its customer do, or everywhere."""
    event = EVENTS[name]
    about = "customer_id" in event.__dataclass_fields__
    return name in EVERYWHERE or about or event.__event_kind__ == "customer"


def families(facts: Iterable[Recorded[Any]]) -> dict[str, str]:
    """Return who stands for each customer that was ever merged; two that became one stay together.

    That they are two again changes nothing here: one part may hold both.
    """
    found: dict[str, str] = {}

    def root(one: str) -> str:
        while (other := found.get(one, one)) != one:
            one = other
        return one

    for fact in facts:
        if isinstance(fact.event, CustomerMerged):
            first, second = sorted((root(str(fact.stream_id)), root(str(fact.event.into_id))))
            found[second] = first
    return {one: root(one) for one in found}
