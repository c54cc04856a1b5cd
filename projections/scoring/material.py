"""What metrics are computed from: the log, read once, gathered by what each metric needs.

A source is a class that takes the facts of some names one by one, in the log's order. Metrics name
the sources they need; each is filled once, however many metrics read it.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from domain.kernel import Recorded


class Gathering(Protocol):
    """Something that facts are gathered in."""

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact, in the log's order."""


G = TypeVar("G", bound=Gathering)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Source(Generic[G]):
    """Where facts of some names are gathered: ``make`` gives an empty one."""

    make: Callable[[], G]
    names: tuple[str, ...]


AnySource = Source[Any]


def names_of(*events: Any) -> tuple[str, ...]:
    """Return the permanent names of event classes."""
    return tuple(event.__event_name__ for event in events)


class Material:
    """What was gathered of the log for some metrics."""

    def __init__(self, sources: Iterable[AnySource]) -> None:
        self._found: dict[AnySource, Gathering] = {}
        self._takers: dict[str, list[Callable[[Recorded[Any]], None]]] = defaultdict(list)
        self._made: dict[Hashable, Any] = {}
        for source in sources:
            if source not in self._found:
                made = self._found[source] = source.make()
                for name in source.names:
                    self._takers[name].append(made.take)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the facts that it takes."""
        return tuple(sorted(self._takers))

    def take(self, fact: Recorded[Any]) -> None:
        """Give a fact to all that gather its like."""
        for take in self._takers[fact.event.__event_name__]:
            take(fact)

    def __contains__(self, source: AnySource) -> bool:
        """Tell whether anything was to be gathered in a source."""
        return source in self._found

    def __getitem__(self, source: Source[G]) -> G:
        """Return what was gathered in a source."""
        return cast("G", self._found[source])

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what several metrics work out alike of all that was gathered; made once."""
        if key not in self._made:
            self._made[key] = make()
        return cast("T", self._made[key])
