"""Fields that not everybody sees who sees the rest: declared at the event, decided by the role.

And those that nobody sees at all.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, cast

from domain.kernel import marks


class FieldClass(StrEnum):
    """Classes of fields that are masked where a role does not show them."""

    CONTACT = "contact"
    """How to reach a natural person."""
    MONEY = "money"
    NOTES = "notes"
    """What colleagues tell each other and not the customer."""
    REVIEW = "review"


@dataclass(frozen=True)
class Confidential:
    """Marks an event's field: ``Annotated[str, Confidential(FieldClass.NOTES)]``.

    ``unless`` is a field and its value with which it is nobody's secret: a reply that the customer
    has read.
    """

    kind: FieldClass
    unless: tuple[str, str] | None = None

    def applies(self, event: Any) -> bool:
        """Tell whether this event's field is confidential."""
        return self.unless is None or getattr(event, self.unless[0]) != self.unless[1]


@cache
def _declared(cls: Any) -> tuple[tuple[str, Confidential], ...]:
    return tuple((name, mark) for name, mark in marks(cls) if isinstance(mark, Confidential))


def confidential_fields(event: Any) -> dict[str, FieldClass]:
    """Return the confidential fields of an event, each with its class."""
    return {
        name: mark.kind for name, mark in _declared(cast("Any", type(event))) if mark.applies(event)
    }


@dataclass(frozen=True)
class Secret:
    """Marks a field that is kept and never shown, such as the hash of a key's secret."""


@cache
def secret_fields(cls: Any) -> frozenset[str]:
    """Return the fields of an event that are never shown."""
    return frozenset(name for name, mark in marks(cls) if isinstance(mark, Secret))
