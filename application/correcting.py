"""Correcting a recorded fact: from what somebody says of its fields to a command, and back.

What a field should have said is given as the fact's data shows it, and must be what such a field
can say: the log is never asked to believe what no command could have recorded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, cast, get_type_hints
from uuid import UUID

import msgspec

from application.catalogue import BY_KIND
from application.deciding import Load
from application.store.log import Log
from domain.audit.correction import (
    CORRECTION,
    CorrectFact,
    CorrectionMade,
    FieldChange,
    Standing,
    check_field,
    correctable,
    correction_id,
)
from domain.ids import MemberId
from domain.kernel import Recorded, Rejected, Subject, kind_of, references
from domain.money import LARGEST, Money
from domain.reviews.feedback import HIGHEST, LOWEST, FeedbackGiven
from domain.sales.split import Share, check_split
from domain.support.survey import SurveyAnswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a fact should have said: fields as its data shows them, when it was, whose work."""

    set: Mapping[str, Any]
    at: datetime | None = None
    by_id: MemberId | None = None


def correcting(log: Log, load: Load, position: int, said: Said) -> CorrectFact:
    """Return the command that corrects the fact at a position.

    Raises ``Rejected``: correction.unknown (no such fact), correction.not-correctable,
    correction.field-unknown, correction.personal, correction.words, correction.identity,
    correction.value, correction.nothing-changed.
    """
    fact = next(iter(log.at([position])), None)
    if fact is None:
        raise Rejected("correction.unknown", "There is no such fact.")
    kind = correctable(fact.name)
    for name in said.set:
        check_field(kind, name)
    changes = tuple(FieldChange(name, _written(value)) for name, value in said.set.items())
    made = _changed(fact, changes, said.at, said.by_id)
    _check_sense(fact, made, said, load)
    stands = isinstance(load(CORRECTION, correction_id(position)).state, Standing)
    if not stands and (made.event, made.envelope) == (fact.event, fact.envelope):
        raise Rejected(
            "correction.nothing-changed", "That is what was recorded already.", field="set"
        )
    return CorrectFact(
        id=correction_id(position),
        target=position,
        event_name=fact.name,
        changes=changes,
        about=_about(fact, made),
        corrected_at=said.at,
        by_id=said.by_id,
    )


def corrected(fact: Recorded[Any], correction: CorrectionMade) -> Recorded[Any]:
    """Return a fact as it should have been recorded; where it stands in the log stays."""
    changes = (*correction.changes, *correction.review_changes)
    return _changed(fact, changes, correction.corrected_at, correction.by_id)


def _written(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _about(fact: Recorded[Any], made: Recorded[Any]) -> tuple[Subject, ...]:
    itself = Subject(fact.kind, fact.stream_id)
    others = {Subject(*each) for each in fact.about | made.about} - {itself}
    return (itself, *sorted(others))


def _changed(
    fact: Recorded[Any],
    changes: tuple[FieldChange, ...],
    at: datetime | None,
    by_id: MemberId | None,
) -> Recorded[Any]:
    kind: Any = type(fact.event)
    values = {change.field: _read(kind, change) for change in changes}
    envelope = fact.envelope
    if at is not None:
        envelope = replace(envelope, occurred_at=at)
    if by_id is not None:
        envelope = replace(envelope, on_behalf_of=by_id)
    return replace(fact, event=replace(fact.event, **values), envelope=envelope)


def _read(kind: Any, change: FieldChange) -> Any:
    try:
        return _decoder(kind, change.field).decode(change.value)
    except msgspec.ValidationError as error:
        raise _wrong(change.field, f"{error}.") from error


@cache
def _decoder(kind: Any, name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(get_type_hints(kind, include_extras=True)[name])


def _wrong(name: str, sentence: str) -> Rejected:
    return Rejected("correction.value", sentence, field=f"set/{name}")


# --- What a fact can say --------------------------------------------------------------------------


def _check_sense(fact: Recorded[Any], made: Recorded[Any], said: Said, load: Load) -> None:
    """Check what no type tells: what commands would have refused, too.

    Raises ``Rejected``: correction.value.
    """
    for name in said.set:
        before, value = getattr(fact.event, name), getattr(made.event, name)
        if isinstance(value, Money):
            _check_money(name, before, value)
        if value and isinstance(value, tuple) and isinstance(value[0], Share):
            _check_shares(name, value)
        for kind, id_ in _named(made.event, name):
            if kind in BY_KIND and not load(BY_KIND[kind], id_).version:
                raise _wrong(name, f"The {kind} {id_} does not exist.")
            if kind not in BY_KIND:
                raise Rejected(
                    "correction.identity", f"{name} says which fact it is.", field=f"set/{name}"
                )
    if said.by_id is not None and not load(BY_KIND["member"], said.by_id).version:
        raise Rejected("correction.value", f"The member {said.by_id} does not exist.", field="by")
    _check_score(made.event)


def _check_money(name: str, before: Money | None, value: Money) -> None:
    if before is not None and value.currency != before.currency:
        raise _wrong(name, f"Say it in {before.currency}, as it was recorded.")
    if not 0 <= value.minor <= LARGEST:
        raise _wrong(name, "The amount is zero or more, and not more than can be meant.")


def _check_shares(name: str, shares: tuple[Share, ...]) -> None:
    try:
        check_split(shares)
    except Rejected as refusal:
        raise _wrong(name, refusal.sentence) from refusal


def _check_score(event: Any) -> None:
    match event:
        case SurveyAnswered(scale=scale, score=score) if not scale.holds(score):
            raise _wrong("score", f"The scale is {scale}.")
        case FeedbackGiven(rating=rating) if not LOWEST <= rating <= HIGHEST:
            raise _wrong("rating", f"A rating is {LOWEST} to {HIGHEST}.")
        case _:
            pass


def _named(value: Any, only: str) -> Iterator[tuple[str, UUID]]:
    """Yield all that a field names by typed ids, also inside of what it holds."""
    for reference in references(cast("Any", type(value))):
        if reference.field == only and (id_ := getattr(value, reference.field)) is not None:
            yield reference.kind, id_
    yield from _inside(getattr(value, only), get_type_hints(type(value))[only])


def _inside(value: Any, hint: Any) -> Iterator[tuple[str, UUID]]:
    if isinstance(value, tuple | list | frozenset):
        for each in value:
            if isinstance(each, UUID):
                yield from ((kind, each) for kind in _kinds(hint))
            else:
                yield from _inside(each, type(each))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _named(value, field.name)


def _kinds(hint: Any) -> Iterator[str]:
    for inner in getattr(hint, "__args__", ()):
        if kind := kind_of(inner):
            yield kind
