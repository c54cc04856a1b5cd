"""What a field of a fact can say beyond what its type tells: what commands would refuse, too.

Facts are read again by every report: one that holds what no command lets through could stop them
all.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast, get_args, get_type_hints
from uuid import UUID

from application.catalogue import BY_KIND
from application.deciding import Load
from domain.kernel import Rejected, kind_of, references
from domain.money import LARGEST, Money
from domain.reviews.feedback import HIGHEST, LOWEST, FeedbackGiven
from domain.sales.split import Share, check_split
from domain.support.survey import SurveyAnswered
from domain.values import TEXT

MOST = 1000
"""How many values a field may hold."""
LEAST_DIGIT, MOST_DIGITS = -10, 15
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


def wrong(name: str, sentence: str) -> Rejected:
    """Return the refusal of what a field should have said."""
    return Rejected("correction.value", sentence, field=f"set/{name}")


def check_believable(name: str, before: Any, event: Any, load: Load) -> None:
    """Check what a field of an event says now, where its former one said something else.

    Raises ``Rejected``: correction.value, and correction.identity for a field that says which fact
    it is.
    """
    value = getattr(event, name)
    for each in _inside(value):
        if sentence := _flaw(each):
            raise wrong(name, sentence)
    if isinstance(value, Money) and isinstance(before, Money) and value.currency != before.currency:
        raise wrong(name, f"Say it in {before.currency}, as it was recorded.")
    if isinstance(value, tuple) and any(isinstance(each, Share) for each in value):
        _check_shares(name, value)
    for kind, id_ in _named(event, name):
        check_there(name, kind, id_, load)
    _check_score(event)


def check_there(name: str, kind: str, id_: UUID, load: Load) -> None:
    """Check that what a field names is there.

    Raises ``Rejected``: correction.value, correction.identity.
    """
    if kind not in BY_KIND:  # a payment, a contact: part of a thing, and told by this very fact
        raise Rejected("correction.identity", f"{name} says which fact it is.", field=f"set/{name}")
    if not load(BY_KIND[kind], id_).version:
        raise wrong(name, f"The {kind} {id_} does not exist.")


def _inside(value: Any) -> Iterator[Any]:
    """Yield a value and all that it holds."""
    yield value
    if isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _inside(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _inside(getattr(value, field.name))


def _flaw(value: Any) -> str | None:
    match value:
        case str():
            return _flaw_of_text(value)
        case Decimal():
            exponent = value.as_tuple().exponent
            if not isinstance(exponent, int) or not _fits(exponent, value.adjusted()):
                return "A number is finite, with at most 10 digits after the point."
        case datetime() if value.tzinfo is None:
            return "The offset is missing, such as +08:00 or Z."
        case date() if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            return "That year cannot be meant."
        case Money() if not 0 <= value.minor <= LARGEST:
            return "An amount is zero or more, and not more than can be meant."
        case int() if abs(value) >= 2**63:
            return "That is more than can be meant."
        case tuple() | list() | frozenset() if len(value) > MOST:
            return f"At most {MOST} of them."
        case _:
            pass
    return None


def _fits(last_digit: int, first_digit: int) -> bool:
    # Not by its size: reckoning with a number that is much too large fails itself.
    return last_digit >= LEAST_DIGIT and first_digit <= MOST_DIGITS


def _flaw_of_text(value: str) -> str | None:
    if not value.strip():
        return "Say something: it is blank."
    if len(value) > TEXT:
        return f"At most {TEXT} characters."
    if any(unicodedata.category(each) == "Cc" and each not in "\t\n\r" for each in value):
        return "Control characters are not text."
    return None


def _check_shares(name: str, shares: tuple[Share, ...]) -> None:
    try:
        check_split(shares)
    except Rejected as refusal:
        raise wrong(name, refusal.sentence) from refusal


def _check_score(event: Any) -> None:
    match event:
        case SurveyAnswered(scale=scale, score=score) if not scale.holds(score):
            raise wrong("score", f"The scale is {scale}.")
        case FeedbackGiven(rating=rating) if not LOWEST <= rating <= HIGHEST:
            raise wrong("rating", f"A rating is {LOWEST} to {HIGHEST}.")
        case _:
            pass


def _named(event: Any, name: str) -> Iterator[tuple[str, UUID]]:
    """Yield all that a field names by typed ids, by kind and id, also inside of what it holds."""
    for reference in references(cast("Any", type(event))):
        if reference.field == name and (id_ := getattr(event, name)) is not None:
            yield reference.kind, id_
    value = getattr(event, name)
    if isinstance(value, tuple | frozenset):
        kinds = [kind for hint in get_args(_hint(event, name)) if (kind := kind_of(hint))]
        yield from ((kind, each) for kind in kinds for each in value)
    for each in _inside(value):
        if is_dataclass(each) and not isinstance(each, type):
            for field in fields(each):
                yield from _named(each, field.name)


def _hint(event: Any, name: str) -> Any:
    return get_type_hints(type(event))[name]
