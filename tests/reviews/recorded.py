"""Facts as the log has them, fed to reports without a log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from spec import ANA, MONDAY

from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope, Recorded
from projections.scoring.material import AnySource, Material


@dataclass
class Telling:
    """Facts told one after the other, from position 1 on, each at an instant and by somebody."""

    facts: list[Recorded[Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def say(self, stream_id: UUID, event: Any, *, at: datetime = MONDAY, by: MemberId = ANA) -> int:
        """Tell a fact, and return its position."""
        position = next(self.numbers)
        envelope = Envelope(occurred_at=at, actor=Actor.member(by), channel=Channel.API)
        told = Recorded(
            stream_id=stream_id,
            version=1,
            event=event,
            envelope=envelope,
            position=position,
            recorded_at=at,
        )
        self.facts.append(told)
        return position

    def material(self, *sources: AnySource) -> Material:
        """Gather what was told."""
        found = Material(sources)
        for fact in self.facts:
            if fact.name in found.names:
                found.take(fact)
        return found
