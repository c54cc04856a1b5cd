"""Scorecards: on how many days somebody was there, and from how many facts on a figure is told.

The quarter has 91 days, all of them business days: nobody has published a calendar.
"""

from dataclasses import replace

import pytest
from spec import ANA, BO, HARBOUR, SALES, SERVICE

from domain.reviews.card import Status
from domain.support.scale import Scale
from domain.teams.member import MemberLeft
from tests.scoring.facts import Story, on, scored, team, term_of

SOLD = term_of("sales_amount")
PRAISED = term_of("nps")


def left(story: Story, day: str) -> None:
    story.tell(MemberLeft(department_id=SERVICE), on(day), BO)


def test_who_left_and_came_back_was_there_in_both_times():
    story = team()
    left(story, "04-11")
    assert scored(story, SOLD).member(BO).eligible_days == 10
    story.joined(BO, SALES, "06-21")
    assert scored(story, SOLD).member(BO).eligible_days == 20
    left(story, "06-26")
    assert scored(story, SOLD).member(BO).eligible_days == 15


def test_coming_back_after_the_period_takes_no_day_of_it_away():
    story = team()
    left(story, "04-11")
    story.joined(BO, SALES, "08-01")
    assert scored(story, SOLD).member(BO).eligible_days == 10


@pytest.mark.parametrize(
    ("least", "status"),
    [
        (None, Status.INSUFFICIENT),
        (2, Status.INSUFFICIENT),
        (1, Status.MEASURED),
        (0, Status.MEASURED),  # below it is 0 < n < 0, says the stories' README, 4: nothing is
    ],
)
def test_a_rate_says_nothing_below_the_minimum_sample(least, status):
    story = team()
    story.owned(HARBOUR, ANA)
    story.answered(story.sent("05-02"), "05-03", 9, aspect="recommend", scale=Scale.ELEVEN)
    (figure,) = scored(story, replace(PRAISED, minimum_sample=least)).member(ANA).figures
    assert (figure.n, figure.status) == (1, status)
