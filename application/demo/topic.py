"""A topic: something customers turn to us about, and what is said on the way to an answer."""

from dataclasses import dataclass

from application.demo.words import Words
from domain.support.words import RequestKind


@dataclass(frozen=True)
class Stop:
    """Another department a request may go on to, and why."""

    department: str
    why: Words


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A thing customers turn to us about."""

    kind: RequestKind
    department: str
    """Where it is opened."""
    titles: tuple[Words, ...]
    reply: Words
    """What the first reply says."""
    ask: Words
    """What we need to know from the customer …"""
    answer: Words
    """… and what comes back."""
    note: Words
    """What colleagues tell each other."""
    supplier: Words | None = None
    """What a third party has to do, where one may be needed."""
    steps: tuple[str, ...] = ()
    resolution: Words
    stops: tuple[Stop, ...] = ()

    def concerns(self, department: str) -> bool:
        """Tell whether a department may get to see it."""
        return department in {self.department, *(stop.department for stop in self.stops)}
