"""What becomes due: promises that have a clock, and what Concord does when it has run out.

A read model keeps the time at which something is due in a field of its documents; a timer names
that field and the command that follows. Whether it is still so is for the rules to say: a command
that comes twice, or too late, changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.customers.offer import ExpireOffer
from domain.ids import OfferId
from projections.documents import Document, ReadModel
from projections.segments import OFFERS


@dataclass(frozen=True, kw_only=True)
class Timer:
    """One kind of promise: where it stands when it is due, and the command that follows.

    ``field`` is one of the model's ``fields``: the time it is due as documents write it
    (``utc``), null where nothing is. ``reason`` is what people read of it on the timeline.
    """

    name: str
    model: ReadModel
    field: str
    command: Callable[[Document], Any]
    reason: str


TIMERS: tuple[Timer, ...] = (
    Timer(
        name="offers",
        model=OFFERS,
        field="expires_at",
        command=lambda document: ExpireOffer(id=OfferId(UUID(document["id"]))),
        reason="Nobody answered the offer in time.",
    ),
)
"""Every timer, one entry each."""
