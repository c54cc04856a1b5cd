"""What routes about sales share: exact numbers, and who gets the credit."""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import marshmallow as ma
from marshmallow import fields

from domain.ids import MemberId
from domain.money import digits
from domain.sales.split import Share
from domain.teams.member import MEMBER
from projections.documents import Document
from projections.tallies import Sum
from web.fields import Id, MoneySchema
from web.problems import FieldError, Problem
from web.running import concord


class Exact(fields.String):
    """A number as exact text, ``"12.5"``: with at most so many decimal places.

    It is zero or more; ``signed``: it may be less.
    """

    def __init__(
        self, *, whole: int = 9, places: int = 4, signed: bool = False, **kwargs: Any
    ) -> None:
        form = f"{'-?' if signed else ''}[0-9]{{1,{whole}}}([.][0-9]{{1,{places}}})?"
        told = {"pattern": f"^{form}$"} | kwargs.pop("metadata", {})
        super().__init__(metadata=told, **kwargs)
        self._form = re.compile(form)
        self.error_messages["invalid"] = (
            f"Write it as text, like 12.5, with at most {whole} digits before the point and"
            f" {places} after it."
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self._form.fullmatch(text):
            raise self.make_error("invalid")
        return Decimal(text)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        text = f"{value:f}" if isinstance(value, Decimal) else value
        return super()._serialize(text, attr, obj, **kwargs)


class ShareSchema(ma.Schema):
    """A member's part of the credit, in percent; nobody's where no member is named."""

    member_id = Id(required=True, allow_none=True)
    percent = Exact(whole=3, required=True)


def split_of(shares: Iterable[dict[str, Any]]) -> tuple[Share, ...]:
    """Return who shares the credit. Raises ``Problem`` 422 for somebody who is not there."""
    split = tuple(Share(each["member_id"], each["percent"]) for each in shares)
    _check_there([share.member_id for share in split])
    return split


def _check_there(members: Sequence[MemberId | None]) -> None:
    wanted = [(MEMBER, id_) for id_ in members if id_ is not None]
    states = concord().crm.states.look(wanted) if wanted else {}
    errors = [
        FieldError(f"/split/{place}/member_id", f"The member {id_} does not exist.")
        for place, id_ in enumerate(members)
        if id_ is not None and not states[MEMBER.kind, id_].version
    ]
    if errors:
        raise Problem(422, "member.unknown", errors[0].detail, errors=errors)


class SumSchema(MoneySchema):
    """Amounts of one currency added up, and added up by how likely each is."""

    weighted = fields.String(
        required=True,
        metadata={"description": "Each amount by its stage's probability; halves to the even."},
    )


def shown_sum(found: Sum) -> Document:
    """Write a sum as answers do."""
    unit = Decimal(1).scaleb(-digits(found.currency))
    return {
        "amount": f"{found.amount.quantize(unit):f}",
        "currency": found.currency,
        "weighted": f"{found.weighted.quantize(unit, ROUND_HALF_EVEN):f}",
    }
