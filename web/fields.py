"""The fields and schemas that routes share."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from domain.values import TEXT

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Text(fields.String):
    """Text that says something: not blank, not over-long, no control characters."""

    def __init__(self, limit: int = TEXT, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(min=1, max=limit), _speaks], **kwargs)


def _speaks(text: str) -> None:
    if not text.strip():
        raise ma.ValidationError("Say something: it is blank.")
    if _CONTROL.search(text):
        raise ma.ValidationError("Control characters are not text.")


class Time(fields.AwareDateTime):
    """A time with its offset, as RFC 3339 has it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)
        self.error_messages["invalid"] = "Not a date and time, such as 2026-03-01T09:30:00+08:00."
        self.error_messages["invalid_awareness"] = "The offset is missing, such as +08:00 or Z."

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            time: datetime = super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
            if time < EARLIEST:
                raise ma.ValidationError("Before 1900: that cannot be meant.")
        except OverflowError as error:
            raise self.make_error("invalid") from error
        return time


class IdOrNone(fields.UUID):
    """An id to filter by, or nothing for what has none."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return value if value == "" else super()._deserialize(value, attr, data, **kwargs)


class YesNo(fields.Boolean):
    """True or false, and nothing that might be meant so."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


def not_in_future(time: datetime) -> None:
    """Refuse a fact that has not happened yet (five minutes are left to wrong clocks)."""
    if time > datetime.now(UTC) + CLOCK_SKEW:
        raise ma.ValidationError("It lies in the future; a fact has happened.")


class Change(ma.Schema):
    """What every change may say beside its own fields."""

    occurred_at = Time(
        validate=not_in_future,
        metadata={"description": "When it happened; now, unless said.", "format": "date-time"},
    )
    reason = Text(metadata={"description": "Why; the rules ask for it where it matters."})


class OutcomeSchema(ma.Schema):
    """What a change led to."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"description": "The ETag for If-Match."})
    position = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Wait for it by Concord-Min-Position; null: nothing changed."},
    )


class Moment(fields.AwareDateTime):
    """A time in an answer: RFC 3339 in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", required=True, **kwargs)


class ProblemErrorSchema(ma.Schema):
    """What is wrong with one field."""

    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(ma.Schema):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True, allow_none=True)
    errors = fields.List(fields.Nested(ProblemErrorSchema))
