"""Corrections in what is computed again: the recorded fact, or what it should have said.

Which of both counts is a matter of what is known (the position), as with what was taken back: a
question that sees a correction takes the corrected fact as of any moment, also as of one before the
correction was made, and a question about what was known before takes the recorded one. A corrected
time decides on which side of ``as_of``, and in which period, the fact lies. Evidence names the
corrected fact by its own position: there it stands as it was recorded, with its corrections.

Documents that are kept live (lists, boards, the customer's 360) show what was recorded, and the
correction on the timeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from application.correcting import corrected
from application.store.log import Log
from domain.audit.correction import CORRECTION, CorrectionMade
from domain.kernel import Recorded

NAMES = tuple(event.__event_name__ for event in CORRECTION.event_types)


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections that hold as far as a log is known, by the position of what they correct."""

    by_target: Mapping[int, CorrectionMade]

    @staticmethod
    def known(log: Log, position: int | None = None) -> "Corrections":
        """Return those that hold as known up to a position: of each fact the last one."""
        found: dict[int, CorrectionMade] = {}
        for page in log.pages(names=NAMES, upto=position):
            for fact in page:
                if isinstance(fact.event, CorrectionMade):
                    found[fact.event.target] = fact.event
                else:
                    found.pop(fact.event.target, None)
        return Corrections(found)

    def of(self, facts: list[Recorded[Any]]) -> list[Recorded[Any]]:
        """Return facts as they should have been recorded, in the log's order as before."""
        known = self.by_target
        if not known:
            return facts
        return [
            corrected(fact, known[fact.position]) if fact.position in known else fact
            for fact in facts
        ]
