"""Conditions on rows: which customers, requests, members … a permission covers.

One form for all of them, so that the check of a single row and the filter of a list cannot differ:
alternatives, each naming fields and the values that they may have.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Row = Mapping[str, str | None]
"""What decides about a thing: who holds it, whose department's it is, which customer's."""


@dataclass(frozen=True)
class Without:
    """Every value but these; not what is not known."""

    values: frozenset[str | None]


Values = frozenset[str | None] | Without
Alternative = Mapping[str, Values]


@dataclass(frozen=True)
class Condition:
    """Holds for a row where every field of one alternative has one of the values named."""

    alternatives: tuple[Alternative, ...] = ()

    def holds(self, row: Row) -> bool:
        """Tell whether a row is covered; what is not known of it matches nothing."""
        return any(
            all(field in row and _has(values, row[field]) for field, values in alternative.items())
            for alternative in self.alternatives
        )

    @property
    def never(self) -> bool:
        """Whether no row at all is covered."""
        return not any(
            all(isinstance(values, Without) or values for values in each.values())
            for each in self.alternatives
        )

    @property
    def always(self) -> bool:
        """Whether every row is covered."""
        return any(not each for each in self.alternatives)

    def __or__(self, other: "Condition") -> "Condition":
        """Cover what either covers."""
        return Condition((*self.alternatives, *other.alternatives))

    def __and__(self, other: "Condition") -> "Condition":
        """Cover what both cover."""
        return Condition(
            tuple(
                _both(mine, others) for mine in self.alternatives for others in other.alternatives
            )
        )


def _both(one: Alternative, other: Alternative) -> Alternative:
    return {
        field: _meet(one[field], other[field])
        if field in one and field in other
        else one.get(field, other.get(field, frozenset()))
        for field in (*one, *(each for each in other if each not in one))
    }


def _has(values: Values, value: str | None) -> bool:
    return value not in values.values if isinstance(values, Without) else value in values


def _meet(one: Values, other: Values) -> Values:
    match one, other:
        case Without(), Without():
            return Without(one.values | other.values)
        case frozenset(), Without():
            return one - other.values
        case Without(), frozenset():
            return other - one.values
        case frozenset(), frozenset():
            return one & other
        case _:  # mypy does not narrow pairs
            raise TypeError(one, other)


EVERYTHING = Condition(({},))
NOTHING = Condition()


def only(field: str, *values: str | None) -> Condition:
    """Cover the rows whose field has one of these values."""
    return Condition(({field: frozenset(values)},))


def without(field: str, *values: str | None) -> Condition:
    """Cover the rows whose field is known and has none of these values."""
    return Condition(({field: Without(frozenset(values))},))
