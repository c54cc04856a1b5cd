"""Customers that were merged, shown as one: nothing is moved or rewritten, they are read together.

Each keeps its own document. As of a moment before they were merged they are apart, and so they are
after the merging was undone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from projections.documents import Document

Look = Callable[[Sequence[UUID]], dict[UUID, Document]]
"""Return the customers' documents that there are, at whatever moment is asked about."""


@dataclass(frozen=True)
class Family:
    """A customer and those merged into it, also by way of others."""

    survivor: UUID
    merged: tuple[Document, ...] = ()

    @property
    def others(self) -> tuple[UUID, ...]:
        """The ids of those that were merged."""
        return tuple(UUID(document["id"]) for document in self.merged)

    @property
    def texts(self) -> tuple[str, ...]:
        """All ids, as documents have them."""
        return (str(self.survivor), *(document["id"] for document in self.merged))


def family(id_: UUID, look: Look) -> Family:
    """Return the customer that an id stands for, and all that are one with it."""
    found = look([id_])
    survivor, passed = id_, {id_}
    while survivor in found and (into := found[survivor]["merged_into"]):
        above = look([UUID(into)])
        if not above or UUID(into) in passed:  # taken back; or told in another order than recorded
            break
        found, survivor = above, UUID(into)
        passed.add(survivor)
    seen, merged, latest = {survivor}, [], list(found.values())
    while latest:
        below = {UUID(text) for document in latest for text in document["merged_from"]} - seen
        latest = list(look(sorted(below)).values()) if below else []
        merged += latest
        seen |= below
    return Family(survivor, tuple(sorted(merged, key=lambda document: document["id"])))


def composed(document: Document, merged: Sequence[Document]) -> Document:
    """Return a customer's document with what was recorded of those merged into it."""
    if not merged:
        return document
    every = [document, *merged]
    contacts = [
        contact | {"customer_id": other["id"]} for other in merged for contact in other["contacts"]
    ]
    return document | {
        "contacts": [*document["contacts"], *contacts],
        "totals": {
            name: sum(each["totals"].get(name, 0) for each in every) for name in document["totals"]
        },
        "last_contact_at": max(each["last_contact_at"] or "" for each in every) or None,
        "merged_from": [other["id"] for other in merged],
    }
