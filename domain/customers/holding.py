"""On what terms an owner holds a customer, and when it goes back to the pool by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.ids import HandOverId, MemberId, PoolId

LONGEST = 36_500
"""No term is counted beyond a hundred years."""


class Because(StrEnum):
    """Why a claim did not win the customer."""

    TAKEN = "taken"
    """Somebody owns it."""
    PROTECTED = "protected"
    """Somebody owns it, and claimed it so lately that it is protected."""
    DISPUTED = "disputed"
    """Two contest it; nothing moves until that is settled."""
    WAITING = "waiting"
    """The claimant gave it up, or lost it, not long enough ago."""
    LIMIT = "limit"
    """The claimant owns as many customers of the pool as one person may."""
    DUPLICATE = "duplicate"
    """It looks like a customer that somebody else owns."""


class Lapse(StrEnum):
    """Why a customer goes back to the pool."""

    NO_CONTACT = "no-contact"
    NO_PROGRESS = "no-progress"


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Who had the customer before, and when they gave it up or lost it."""

    member_id: MemberId
    at: datetime


@dataclass(frozen=True, slots=True)
class TeamMate:
    """A colleague who works with the owner for the customer, and at what."""

    member_id: MemberId
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """How the owner holds a customer: since when, on which terms, with whom, offered to whom."""

    since: datetime | None = None
    pool_id: PoolId | None = None
    protected_until: datetime | None = None
    protection_days: int | None = None
    idle_days: int | None = None
    stall_days: int | None = None
    offered_to: MemberId | None = None
    team: tuple[TeamMate, ...] = ()
    hand_over_id: HandOverId | None = None
    """The hand-over that moved it, as long as nothing has changed since."""


PLAIN = Hold()
"""On no terms at all."""


class Due(NamedTuple):
    """When a customer goes back to the pool, why, and what it has been without since when."""

    at: datetime
    because: Lapse
    since: datetime


def due(
    hold: Hold, last_contact_at: datetime | None, last_progress_at: datetime | None
) -> Due | None:
    """Return when a customer goes back to the pool by itself; None where it never does."""
    if hold.since is None:
        return None
    found = []
    for because, days, last in (
        (Lapse.NO_CONTACT, hold.idle_days, last_contact_at),
        (Lapse.NO_PROGRESS, hold.stall_days, last_progress_at),
    ):
        if days is not None:
            since = max(hold.since, last or hold.since)
            at = max(after(since, days), hold.protected_until or hold.since)
            found.append(Due(at, because, since))
    return min(found, default=None)


def after(moment: datetime, days: int) -> datetime:
    """Return the moment so many days later; never more than a hundred years."""
    return moment + timedelta(days=min(max(days, 0), LONGEST))


def protected_until(moment: datetime, days: int | None) -> datetime | None:
    """Return until when what was claimed or handed over then is protected."""
    return after(moment, days) if days else None


def waits_until(
    gave_up: tuple[GaveUp, ...], who: MemberId, days: int | None, now: datetime
) -> datetime | None:
    """Return until when somebody waits before claiming the customer again; None: not at all."""
    if not days:  # then the clocks of those who report do not matter either
        return None
    times = [after(each.at, days) for each in gave_up if each.member_id == who]
    return max((time for time in times if time > now), default=None)


def with_mate(team: tuple[TeamMate, ...], mate: TeamMate) -> tuple[TeamMate, ...]:
    """Return a team with a colleague in it, once, with the part they have now."""
    return (*without_mate(team, mate.member_id), mate)


def without_mate(team: tuple[TeamMate, ...], who: MemberId) -> tuple[TeamMate, ...]:
    """Return a team without somebody."""
    return tuple(each for each in team if each.member_id != who)
