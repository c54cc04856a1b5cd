"""A story: facts in the order they were recorded, and questions with their exact answers.

Its facts are recorded by the commands of Concord (``actions.py``) into a log of its own, its
questions asked of the reports and read models (``questions.py``). When something was learned,
nobody can claim: what a story says was known at a time is known by the position of the last fact
recorded until then.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from application.crm import Crm
from domain.kernel import Actor, Channel, Envelope, Rejected

_STORIES = UUID("5a1d7b0e-6c1f-5e0a-9d53-0c6f1a2b3c4d")

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ANYHOW = frozenset({"department.exists", "order.exists"})
"""Refusals that say that something is there, whenever that began."""

Line = dict[str, Any]
"""One fact of a story, as the file tells it."""


def code_of(aspect: str) -> str:
    """Return the code of an aspect, whatever a story calls it."""
    return aspect if _CODE.fullmatch(aspect) else f"aspect-{uuid5(_STORIES, aspect).hex}"


@dataclass(frozen=True)
class Story:
    """What a file tells."""

    name: str
    told: dict[str, Any]
    settled: bool = False
    """Whether its corrections are made already, and its facts in the order of events."""

    @staticmethod
    def read(file: Path) -> "Story":
        return Story(file.stem, json.loads(file.read_text(encoding="utf-8")))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.told["timezone"])

    @property
    def lines(self) -> list[Line]:
        return list(self.told["story"])

    @property
    def questions(self) -> list[dict[str, Any]]:
        return list(self.told["expect"])

    @property
    def in_order(self) -> bool:
        """Whether it learned of its facts in the order in which they happened."""
        return self.lines == sorted(self.lines, key=happened_at)

    def known(self, question: dict[str, Any]) -> Iterator[Line]:
        """Yield the facts that a question may see: those recorded until it asks."""
        until = datetime.fromisoformat(question["known_at"])
        return (line for line in self.lines if recorded_at(line) <= until)

    def as_it_happened(self, *actions: str) -> list[Line]:
        """Return the facts of some actions in order of time; equal times in the file's order."""
        found = [line for line in self.lines if line["do"] in actions]
        return sorted(found, key=happened_at)


def happened_at(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])


def recorded_at(line: Line) -> datetime:
    return datetime.fromisoformat(line.get("recorded_at", line["at"]))


@dataclass
class Telling:
    """A story being told into a log: which ids its names have, and where its facts stand."""

    crm: Crm
    story: Story
    positions: dict[str, list[int]] = field(default_factory=dict)
    """Where the facts of the story stand in the log, by their ids."""
    missing: dict[str, set[str]] = field(default_factory=dict)
    """The facts that could not be recorded, by their action: there is no command for it."""
    broken: Exception | None = None
    """Why it could not be told to its end."""
    strained: bool = False
    """Whether what was told does not say all that is known now: a fact was left out as if it were
    so already, though it happened before others that had been told; or what had been promised
    would be promised otherwise now."""
    retell: Callable[[str], "Telling"] | None = None
    """How it is told once more, as it was known at a time."""
    _names: dict[UUID, str] = field(default_factory=dict)

    def as_known(self, known_at: str) -> "Telling":
        """Return the telling that knows what was known at a time: this one wherever it can."""
        if self.retell is None or not (self.broken or self.strained):
            return self
        return self.retell(known_at)

    def id(self, kind: str, name: str) -> Any:
        """Return the id of what a story calls by a name."""
        id_ = uuid5(_STORIES, f"{kind}:{name}")
        self._names[id_] = name
        return id_

    def name(self, id_: str) -> str:
        """Return what the story calls a thing by its id."""
        return self._names[UUID(id_)]

    def facts_at(self, positions: list[str]) -> list[str]:
        """Return the facts of the story that stand at positions of the log, each once."""
        by_position = {at: name for name, told in self.positions.items() for at in told}
        return sorted({by_position[int(position)] for position in positions})

    def do(
        self,
        line: Line,
        command: Any,
        *,
        by: str | None = None,
        reason: str | None = None,
        unless: tuple[str, ...] = (),
    ) -> None:
        """Carry out a command; ``unless``: refusals that say that it is so already."""
        envelope = Envelope(
            occurred_at=happened_at(line),
            actor=Actor.member(self.id("member", by)) if by else Actor.system("story"),
            channel=Channel.IMPORT,
            reason=reason,
        )
        try:
            outcome = self.crm.handle(command, envelope)
        except Rejected as refusal:
            if refusal.code not in unless:
                raise
            if refusal.code not in _ANYHOW and not self.story.in_order:
                self.strained = True
        else:
            if outcome.position is not None:
                self.positions.setdefault(line["id"], []).append(outcome.position)

    def position(self, known_at: str) -> int:
        """Return the position of the log up to which a question may see."""
        until = datetime.fromisoformat(known_at)
        known = [
            position
            for line in self.story.lines
            if recorded_at(line) <= until
            for position in self.positions.get(line["id"], [])
        ]
        return max(known, default=0)
