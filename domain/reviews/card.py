"""A scorecard as it is kept: every figure with what it is made of, down to the facts in the log.

Numbers are exact: a fraction such as ``"1317/2"`` where they are kept, two decimals where they are
shown. Facts are named by their positions in the log.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.reviews.scoring_rules import Term


class Status(StrEnum):
    """What a figure comes to."""

    MEASURED = "measured"
    INSUFFICIENT = "insufficient"
    """Too few facts to say anything."""
    NO_DATA = "no_data"
    HIDDEN = "hidden"
    """Too few people said something to keep their names out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A fact that counts, with the part of it that is credited here (1: all of it)."""

    position: int
    share: str
    """Exact, such as ``"1"`` or ``"73/90"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A fact that would be credited here and does not count, with the reason."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFigure:
    """One line of a scorecard.

    ``value`` = ``numerator`` / ``denominator``, in the metric's unit, rounded half up to two
    decimals; the two are exact. ``floor`` and ``target`` are those applied: shortened for who was
    there only part of the period, where the metric says so.
    """

    term: Term
    status: Status
    value: str | None
    numerator: str | None
    denominator: str | None
    n: int | None
    floor: str
    target: str
    score: str | None
    """Exact points."""
    evidence: tuple[Proof, ...]
    excluded: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A scorecard: of whom, of which period, by which rules, at which position of the log.

    The period is ``[first, last)``, in local dates of ``zone``. ``code`` names the version of
    Concord that computed it. Its ids are plain ones: events that carry a card name themselves whom
    they are about.
    """

    member_id: UUID | None
    department_id: UUID | None
    first: date
    last: date
    zone: str
    policy_id: UUID | None
    policy_version: int | None
    policy_hash: str
    position: int
    known_at: datetime
    """As of when what was still open is judged."""
    code: str
    figures: tuple[ScoredFigure, ...]
    total: str | None
    """Exact points; None where too little is measured."""
    coverage: str
    eligible_days: int
    """Business days of the period on which they were there."""
    period_days: int


def exact(value: Fraction | int) -> str:
    """Write a number so that nothing of it is lost."""
    return str(value if isinstance(value, int | Fraction) else Fraction(value))


def number(told: str) -> Fraction:
    """Read a number that was written exactly."""
    return Fraction(told)


def digest(told: Any) -> str:
    """Return the SHA-256 of what something tells, whatever computer asks: the same gives the same.

    Written as JSON with sorted names, no blanks and ASCII only; decimals without trailing zeros.
    """
    text = json.dumps(_plain(told), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(told: Any) -> Any:
    match told:
        case None | bool() | int() | str():
            return told
        case Decimal():
            return format(told.normalize() if told else Decimal(0), "f")
        case UUID() | Fraction():
            return str(told)
        case date() | datetime():
            return told.isoformat()
        case Mapping():
            return {str(name): _plain(each) for name, each in told.items()}
        case Sequence():
            return [_plain(each) for each in told]
        case _ if is_dataclass(told):
            return {field.name: _plain(getattr(told, field.name)) for field in fields(told)}
        case _:
            raise TypeError(f"{type(told).__name__} cannot be hashed.")
