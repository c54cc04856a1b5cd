"""The fields and schemas that routes share."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from domain.money import CURRENCIES, LARGEST, Money, digits
from domain.values import NAME, TEXT

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_BLANKS = r"\t\n\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROL = re.compile(f"[{_CONTROLS}]")
_YEAR = "(19|[2-9][0-9])[0-9]{2}"
_CLOCK = r"-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]+)?"
_OFFSET = "(Z|[+-][0-9]{2}:[0-9]{2})"
_TIME = re.compile(f"[0-9]{{4}}{_CLOCK}{_OFFSET}?")  # without an offset it has its own sentence

ID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""An id, as a pattern."""


class Text(fields.String):
    """Text that says something: not blank, not over-long, no control characters."""

    def __init__(self, limit: int = TEXT, **kwargs: Any) -> None:
        told = {"pattern": f"^[^{_CONTROLS}]*[^{_CONTROLS}{_BLANKS}][^{_CONTROLS}]*$"}
        told |= kwargs.pop("metadata", {})
        long_enough = validate.Length(min=1, max=limit)
        super().__init__(validate=[long_enough, _speaks], metadata=told, **kwargs)


def _speaks(text: str) -> None:
    if not text.strip():
        raise ma.ValidationError("Say something: it is blank.")
    if _CONTROL.search(text):
        raise ma.ValidationError("Control characters are not text.")


class Time(fields.AwareDateTime):
    """A time with its offset, as RFC 3339 has it."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"pattern": f"^{_YEAR}{_CLOCK}{_OFFSET}$"} | kwargs.pop("metadata", {})
        super().__init__(format="iso", metadata=told, **kwargs)
        self.error_messages["invalid"] = "Not a date and time, such as 2026-03-01T09:30:00+08:00."
        self.error_messages["invalid_awareness"] = "The offset is missing, such as +08:00 or Z."

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            raise self.make_error("invalid")  # Python takes weeks, too, and times without seconds
        try:
            time: datetime = super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
            if time < EARLIEST:
                raise ma.ValidationError("Before 1900: that cannot be meant.")
        except OverflowError as error:
            raise self.make_error("invalid") from error
        return time


class Whole(fields.Integer):
    """A whole number in a query, in digits: not 1_0, not +1, not blanks around it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch("-?[0-9]+", value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Words(fields.String):
    """Text to look for in a query: anything that can be kept."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"pattern": r"^[^\x00]*$"} | kwargs.pop("metadata", {})
        super().__init__(validate=validate.Length(max=NAME), metadata=told, **kwargs)


class Id(fields.UUID):
    """An id as it is written everywhere: in groups of 8, 4, 4, 4 and 12 digits."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(ID, value):
            raise self.make_error("invalid_uuid")
        return super()._deserialize(value, attr, data, **kwargs)


class IdOrNone(fields.String):
    """An id to filter by, or nothing for what has none."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"pattern": f"^({ID})?$"} | kwargs.pop("metadata", {})
        super().__init__(metadata=told, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return text if text == "" else Id().deserialize(text)


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


class Day(fields.Date):
    """A date in the organisation's time zone: 2026-03-01."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"pattern": f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}$"} | kwargs.pop("metadata", {})
        super().__init__(format="iso", metadata=told, **kwargs)
        self.error_messages["invalid"] = "Not a date, such as 2026-03-01."

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(_YEAR + "-[0-9]{2}-[0-9]{2}", value):
            raise self.make_error("invalid")  # Python takes weeks, too
        return super()._deserialize(value, attr, data, **kwargs)


class MoneySchema(ma.Schema):
    """An amount of money: the amount as text, the currency by its ISO 4217 code."""

    amount = fields.String(required=True, metadata={"pattern": "^-?[0-9]{1,15}([.][0-9]{1,4})?$"})
    currency = fields.String(required=True, validate=validate.OneOf(sorted(CURRENCIES)))


class Amount(fields.Nested):
    """Money in a body: ``{"amount": "6451.50", "currency": "CNY"}``; at least ``least`` fen."""

    def __init__(self, *, least: int = 1, **kwargs: Any) -> None:
        super().__init__(MoneySchema, **kwargs)
        self.least = least

    def _deserialize(self, value: Any, attr: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        told = super()._deserialize(value, attr, data, *args, **kwargs)
        currency = told["currency"]
        point = digits(currency)
        if not re.fullmatch(
            r"-?[0-9]{1,15}" + (f"([.][0-9]{{1,{point}}})?" if point else ""), told["amount"]
        ):
            form = f"at most {point} digits after the point" if point else "no digits after a point"
            raise ma.ValidationError({"amount": [f"Write it like 6451, with {form}."]})
        money = Money.of(told["amount"], currency)
        if money.minor < self.least:
            least = "above zero" if self.least == 1 else "zero or more"
            raise ma.ValidationError({"amount": [f"The amount must be {least}."]})
        if money.minor > LARGEST:
            raise ma.ValidationError({"amount": ["That is more than can be meant."]})
        return money


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
