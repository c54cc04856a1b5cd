"""Which cards a review takes."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from spec import BO, SALES, sample_id

from domain.kernel import Rejected
from domain.reviews.card import Status, digest
from domain.reviews.card_checks import check_card
from domain.reviews.review import ScorecardDrafted
from tests.reviews.cards import card, measured, nothing_measured, unmeasured
from tests.reviews.one_review import BEGUN, DRAFT, NEW, OPENED, WHOLE, note

OTHERS = [
    {"member_id": BO},
    {"first": date(2025, 1, 2)},
    {"last": date(2025, 4, 2)},
    {"zone": "Europe/Berlin"},
    {"policy_version": 2},
    {"policy_hash": "00" * 32},
    {"policy_id": None},
]


@pytest.mark.parametrize("other", OTHERS)
def test_a_card_of_something_else_is_refused(other):
    told = replace(DRAFT, card=card(**other))
    BEGUN.when(told).then_rejected("review.other-card", field="card")
    WHOLE.when(note(position=90, **other)).then_rejected("review.other-card", field="card")


def test_a_teams_card_is_of_that_team():
    team = NEW.given(replace(OPENED, member_id=None))
    told = card(member_id=None, department_id=SALES)
    team.when(replace(DRAFT, card=told)).then(ScorecardDrafted(card=told, card_hash=digest(told)))
    other = card(member_id=None, department_id=sample_id(5))
    team.when(replace(DRAFT, card=other)).then_rejected("review.other-card", field="card")


def test_a_total_is_the_weighted_mean_of_what_is_measured():
    """By hand: (60*50 + 25*80)/85 = 5000/85 = 1000/17, and 85 percent are measured."""
    figures = (
        measured("sales_amount", "60", "50", 3),
        measured("win_rate", "25", "80", 4),
        unmeasured("nps", "15"),
    )
    right = card("1000/17", *figures, coverage="85")
    check_card(right)
    assert Fraction(1000, 17) == Fraction(60 * 50 + 25 * 80, 85)
    for wrong, code in (
        ({"total": "59"}, "review.total"),
        ({"total": "58.82"}, "review.total"),
        ({"coverage": "100"}, "review.coverage"),
        ({"total": "many"}, "review.card-unreadable"),
        ({"coverage": "1/0"}, "review.card-unreadable"),
    ):
        with pytest.raises(Rejected) as refused:
            check_card(replace(right, **wrong))
        assert (refused.value.code, refused.value.field) == (code, "card")


def test_too_little_measured_may_have_no_total():
    check_card(card(None, measured("nps", "40", "50", 3), unmeasured("ces", "60"), coverage="40"))
    check_card(nothing_measured())


def refused_draft(told):
    BEGUN.when(replace(DRAFT, card=told)).then_rejected("review.no-evidence", field="card")


def test_no_ids_no_number():
    bare = replace(measured("nps", "100", "70", 3), evidence=())
    refused_draft(card("70", bare))
    refused_draft(card("70", replace(measured("nps", "100", "70", 3), n=0)))
    refused_draft(card("70", replace(measured("nps", "100", "70", 3), score=None)))
    refused_draft(card("70", replace(measured("nps", "100", "70", 3), status=Status.HIDDEN)))


def test_a_sum_of_nothing_is_a_number():
    check_card(card("0", measured("sales_amount", "100", "0")))


def test_a_whole_card_has_a_total():
    told = card(None, measured("nps", "100", "50", 3))
    BEGUN.when(replace(DRAFT, card=told)).then_rejected("review.total", field="card")
