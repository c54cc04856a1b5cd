"""What a customer was promised for a request: the times, and by which policy and calendar.

A promise names the versions that it was made by and keeps its times: what is published later never
changes it.
"""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from domain.support.words import Clock
from domain.values import Tier


@dataclass(frozen=True)
class Targets:
    """The most business minutes that may pass, by clock."""

    first_response: int
    next_response: int
    resolution: int

    def seconds(self, clock: Clock) -> int:
        """Return the business seconds that a clock may run."""
        match clock:
            case Clock.FIRST_RESPONSE:
                return 60 * self.first_response
            case Clock.NEXT_RESPONSE:
                return 60 * self.next_response
            case Clock.RESOLUTION:
                return 60 * self.resolution
        assert_never(clock)


@dataclass(frozen=True)
class Promise:
    """The promise made for one request.

    Without a calendar (``calendar_id`` None, its version 0) every second counts. The ids are plain:
    a request is no news of the policy and the calendar that it was promised by.
    """

    policy_id: UUID
    policy_version: int
    calendar_id: UUID | None
    calendar_version: int
    tier: Tier
    targets: Targets
