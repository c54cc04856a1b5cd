"""Who gets the credit for a sale: shares of members that make a whole, frozen at its close."""

from dataclasses import dataclass
from decimal import Decimal

from domain.ids import MemberId
from domain.kernel import Rejected

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Share:
    """A member's part of the credit, in percent; nobody's where no member is named."""

    member_id: MemberId | None
    percent: Decimal


def check_split(split: tuple[Share, ...]) -> None:
    """Check that shares make a whole: Rejected split.not-positive, split.member-twice,
    split.not-whole.
    """
    if any(share.percent <= 0 for share in split):
        raise Rejected("split.not-positive", "Each share is above zero percent.", field="split")
    if len({share.member_id for share in split}) < len(split):
        raise Rejected("split.member-twice", "Name each member once.", field="split")
    if (told := sum((share.percent for share in split), Decimal(0))) != WHOLE:
        raise Rejected(
            "split.not-whole", f"Shares add up to 100 percent; these make {told}.", field="split"
        )
