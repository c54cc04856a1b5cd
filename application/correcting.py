"""Correcting a recorded fact: from what somebody says of its fields to a command, and back.

What a field should have said is given as the fact's data shows it (money also as people write it:
``{"amount": "6451.50", "currency": "CNY"}``), and must be what such a field can say: the log is
never asked to believe what no command could have recorded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, get_type_hints

import msgspec

from application.believable import check_believable, wrong
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
from domain.kernel import Recorded, Rejected, Subject
from domain.money import Money, digits
from domain.teams.member import MEMBER


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
    changes = tuple(_written(name, value) for name, value in said.set.items())
    made = _changed(fact, changes, said.at, said.by_id)
    for name in said.set:
        check_believable(name, getattr(fact.event, name), made.event, load)
    if said.by_id is not None and not load(MEMBER, said.by_id).version:
        raise Rejected("correction.value", f"There is no member {said.by_id}.", field="by_id")
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


_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.([0-9]{1,4}))?")


def _written(name: str, value: Any) -> FieldChange:
    try:
        return FieldChange(name, msgspec.json.encode(_as_data(name, value)).decode())
    except (OverflowError, TypeError) as error:
        raise wrong(name, "That cannot be written down.") from error


def _as_data(name: str, value: Any) -> Any:
    """Return a value as data has it: money, which people write otherwise, in minor units."""
    match value:
        case {"amount": str(amount), "currency": str(currency), **more} if not more:
            found = _AMOUNT.fullmatch(amount)
            if found is None or len(found[1] or "") > digits(currency):
                raise wrong(name, "Write an amount like 6451.50, with its currency's digits.")
            return {"minor": Money.of(amount, currency).minor, "currency": currency}
        case dict():
            return {key: _as_data(name, each) for key, each in value.items()}
        case list():
            return [_as_data(name, each) for each in value]
        case _:
            return value


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
        raise wrong(change.field, f"{error}.") from error


@cache
def _decoder(kind: Any, name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(get_type_hints(kind, include_extras=True)[name])
