"""Versions: what is drafted, then published, and stays as it was published from then on.

A draft changes nothing. What was published is kept as the fact of its publishing, so that whatever
was done by it can be explained by what stood in it then.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, Protocol, Self, TypeVar


class Version(Protocol):
    """What was published: under which number, from 1, and in force from which day on."""

    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def effective_from(self) -> date: ...  # noqa: D102


D = TypeVar("D")
V = TypeVar("V", bound=Version)


@dataclass(frozen=True, kw_only=True)
class Versions(Generic[D, V]):
    """A thing with its draft (None: published) and all its versions, the first first."""

    draft: D | None = None
    versions: tuple[V, ...] = ()

    @property
    def latest(self) -> V | None:
        """The version published last, or None."""
        return self.versions[-1] if self.versions else None

    @property
    def next_number(self) -> int:
        """The number under which the draft would be published."""
        return self.latest.version + 1 if self.latest else 1

    def version(self, number: int) -> V | None:
        """Return a version by its number, or None."""
        return next((each for each in self.versions if each.version == number), None)

    def in_force(self, day: date) -> V | None:
        """Return the version in force on a day, or None before the first."""
        begun = [each for each in self.versions if each.effective_from <= day]
        return begun[-1] if begun else None

    def drafted(self, draft: D) -> Self:
        """Return it with this draft in the place of the former one."""
        return replace(self, draft=draft)

    def published(self, version: V) -> Self:
        """Return it with another version, and no draft any more."""
        return replace(self, draft=None, versions=(*self.versions, version))
