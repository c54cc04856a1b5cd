"""What one step of scoring everybody hands to the next: tallies in a file, cards to the caller."""

import pickle
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from typing import Any

import msgspec

from domain.reviews.card import Card


class Cards(list[Card]):
    """Cards, which another process is told as JSON: pickled they would be larger and slower."""

    def __reduce__(self) -> tuple[Callable[[bytes], "Cards"], tuple[bytes]]:
        return _cards, (msgspec.json.encode(list(self)),)


def _cards(told: bytes) -> Cards:
    return Cards(msgspec.json.decode(told, type=list[Card]))


class _Packer(pickle.Pickler):
    """Writes fractions as two numbers; by themselves they are written as text, and read slowly."""

    dispatch_table = {Fraction: lambda each: (Fraction, each.as_integer_ratio())}  # noqa: RUF012 - as its base has it


def packed(told: object) -> bytes:
    """Write what was counted."""
    file = BytesIO()
    _Packer(file, pickle.HIGHEST_PROTOCOL).dump(told)
    return file.getvalue()


def unpacked(told: bytes) -> Any:
    """Read what ``packed`` wrote, and nobody else."""
    return pickle.loads(told)  # noqa: S301 - we wrote it ourselves
