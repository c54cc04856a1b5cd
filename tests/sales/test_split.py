"""Who gets the credit: shares that make a whole."""

from decimal import Decimal

import pytest
from spec import ANA, BO, LI_NA

from domain.kernel import Rejected
from domain.sales.split import Share, check_split


def split(*shares):
    return tuple(Share(member, Decimal(percent)) for member, percent in shares)


@pytest.mark.parametrize(
    "whole",
    [
        split((ANA, "100")),
        split((None, "100")),
        split((ANA, "99.99"), (BO, "0.01")),
        split((ANA, "33.3333"), (BO, "33.3333"), (LI_NA, "33.3334")),
        split((ANA, "1E+2")),
    ],
)
def test_shares_that_make_a_whole(whole):
    check_split(whole)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (split(), "split.not-whole"),
        (split((ANA, "99")), "split.not-whole"),
        (split((ANA, "50"), (BO, "49.9999")), "split.not-whole"),
        (split((ANA, "50"), (BO, "50.0001")), "split.not-whole"),
        (split((ANA, "50"), (ANA, "50")), "split.member-twice"),
        (split((None, "50"), (None, "50")), "split.member-twice"),
        (split((ANA, "100"), (BO, "0")), "split.not-positive"),
        (split((ANA, "150"), (BO, "-50")), "split.not-positive"),
    ],
)
def test_shares_that_do_not(wrong, code):
    with pytest.raises(Rejected) as refused:
        check_split(wrong)
    assert (refused.value.code, refused.value.field) == (code, "split")
