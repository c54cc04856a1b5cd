"""Whether calibration treats groups alike, counted by hand from facts fed directly."""

from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import mean
from zoneinfo import ZoneInfo

import pytest
from spec import ANA, BO, SALES, SERVICE, sample_id

from domain.ids import DepartmentId, MemberId, ReviewId
from domain.reviews.card import digest
from domain.reviews.review import (
    CalibrationConfirmed,
    ReviewCalibrated,
    ReviewOpened,
    ReviewSealed,
    ReviewShared,
    ReviewWithdrawn,
    ScorecardDrafted,
)
from domain.reviews.review_answering import AppealUpheld
from domain.teams.department import department_id
from domain.teams.member import MemberJoined, MemberRoleChanged
from projections.reports.calibration import REVIEWS, Scope, compared
from projections.reports.colleagues import ROLES
from projections.reports.period import Period
from projections.scoring.sources import STAFF
from tests.reviews.cards import CYCLE, FIRST, HASH, LAST, POLICY, ZONE, card
from tests.reviews.recorded import Telling

EVA, CHEN = MemberId(sample_id(0xE7)), MemberId(sample_id(0xC3))
LONG_AGO = datetime(2023, 5, 2, 1, tzinfo=UTC)
NEW_YEAR = datetime(2024, 12, 31, 16, tzinfo=UTC)
"""Midnight in Shanghai: the first instant of the period."""
LAST_EVENING = datetime(2025, 3, 31, 15, tzinfo=UTC)
CARE = department_id("care")


class Year(Telling):
    """Reviews of the first quarter."""

    def joined(self, number: int, where: DepartmentId, *, at: datetime = LONG_AGO) -> MemberId:
        who = MemberId(sample_id(number))
        told = MemberJoined(name=f"M{number}", email=None, department_id=where, role="agent")
        self.say(who, told, at=at)
        return who

    def opened(self, member: MemberId, where: DepartmentId, **told: object) -> ReviewId:
        review = ReviewId(sample_id(0x9000 + next(self.numbers)))
        usual = {
            "member_id": member,
            "department_id": where,
            "cycle_id": CYCLE,
            "author_id": ANA,
            "first": FIRST,
            "last": LAST,
            "zone": ZONE,
            "policy_id": POLICY,
            "policy_version": 1,
            "policy_hash": HASH,
        }
        self.say(review, ReviewOpened(**usual | told))
        return review

    def drafted(self, review: ReviewId, total: str | None) -> None:
        made = card(total)
        self.say(review, ScorecardDrafted(card=made, card_hash=digest(made)))

    def calibrated(self, review: ReviewId, points: str, by: MemberId = BO) -> None:
        self.say(review, ReviewCalibrated(adjustment=Decimal(points)), by=by)
        self.say(review, CalibrationConfirmed(adjustment=Decimal(points)), by=CHEN)

    def reviewed(self, number: int, where: DepartmentId, points: str, **told: object) -> ReviewId:
        at = told.pop("at", LONG_AGO)
        review = self.opened(self.joined(number, where, at=at), where)
        self.drafted(review, told.pop("total", "70"))
        self.calibrated(review, points, told.pop("by", BO))
        return review

    def compared(self, **scope: object) -> dict:
        material = self.material(REVIEWS, STAFF, ROLES)
        return compared(material, Scope(**scope), {str(BO): "Bo"})


SALES_POINTS = ("2", "0", "0", "1.5", "0", "-1")
SERVICE_POINTS = ("-1", "-1", "0", "1", "-2")


@pytest.fixture
def year() -> Year:
    """Six reviews in Sales, five in Service, two in Care."""
    year = Year()
    for number, points in enumerate(SALES_POINTS):
        year.reviewed(0x100 + number, SALES, points, total=str(60 + number))
    for number, points in enumerate(SERVICE_POINTS):
        year.reviewed(0x200 + number, SERVICE, points, by=EVA)
    for number in range(2):
        year.reviewed(0x300 + number, CARE, "-10")
    return year


def groups(told: dict) -> dict:
    return {each["group"]: each for each in told["groups"]}


def test_the_figures_of_groups_counted_by_hand(year):
    found = year.compared()
    assert (found["reviews"], found["calibrated"]) == (13, 13)
    sales, service = (groups(found["by_department"])[str(each)] for each in (SALES, SERVICE))
    assert (sales["n"], sales["raised"], sales["lowered"], sales["unchanged"]) == (6, 2, 1, 3)
    assert (service["raised"], service["lowered"], service["unchanged"]) == (1, 3, 1)
    assert sales["mean_total"] == "62.50"
    assert sales["mean_adjustment"] == f"{mean(map(Decimal, SALES_POINTS)):.2f}" == "0.42"
    assert service["mean_adjustment"] == f"{mean(map(Decimal, SERVICE_POINTS)):.2f}" == "-0.60"
    # 5 of 6 were raised or left alone, and 2 of 5: (2/5)/(5/6) = 0.48.
    assert (sales["kept_percent"], service["kept_percent"]) == ("83.33", "40.00")
    assert (sales["ratio"], service["ratio"]) == ("1.0000", "0.4800")
    assert (sales["flagged"], service["flagged"]) == (False, True)


def test_small_groups_are_neither_named_nor_flagged(year):
    found = year.compared()["by_department"]
    assert str(CARE) not in groups(found)
    assert found["insufficient"] == {"groups": 1, "reviews": 2}
    few = Year()
    few.reviewed(1, SALES, "-10")
    told = few.compared()
    assert told["all"] is None
    for kind in ("by_department", "by_role", "by_tenure"):
        assert told[kind] == {"groups": [], "insufficient": {"groups": 1, "reviews": 1}}


def test_exactly_four_fifths_is_enough():
    year = Year()
    for number in range(5):
        year.reviewed(0x100 + number, SALES, "0")
        year.reviewed(0x200 + number, SERVICE, "-1" if number == 0 else "0")
    (one, other) = year.compared()["by_department"]["groups"]
    assert {one["ratio"], other["ratio"]} == {"1.0000", "0.8000"}
    assert not one["flagged"]
    assert not other["flagged"]


def test_nobody_kept_is_no_ratio():
    year = Year()
    for number in range(5):
        year.reviewed(0x100 + number, SALES, "-1")
    (found,) = year.compared()["by_department"]["groups"]
    assert (found["kept_percent"], found["ratio"], found["flagged"]) == ("0.00", None, False)


def test_roles_and_tenure_are_those_of_the_reviewed_period():
    year = Year()
    for number in range(5):
        year.reviewed(0x100 + number, SALES, "0", at=NEW_YEAR)
        year.reviewed(0x200 + number, SALES, "0")
        later = MemberRoleChanged(role="lead")
        day = LAST_EVENING if number < 2 else datetime(2025, 4, 2, tzinfo=UTC)
        year.say(sample_id(0x200 + number), later, at=day)
    found = year.compared()
    assert {name: each["n"] for name, each in groups(found["by_tenure"]).items()} == {
        "during": 5, "before": 5,
    }  # fmt: skip
    # Two were leads when the period ended; who became one later was an agent then.
    assert {name: each["n"] for name, each in groups(found["by_role"]).items()} == {"agent": 8}
    assert found["by_role"]["insufficient"] == {"groups": 1, "reviews": 2}


def test_what_counts_is_what_was_confirmed_last(year):
    anew = year.reviewed(0x400, SALES, "-10")
    year.say(anew, ReviewShared(sealable_from=NEW_YEAR))
    year.say(anew, AppealUpheld(number=1, late=False, after_sealing=False))
    before = groups(year.compared()["by_department"])[str(SALES)]
    assert before["n"] == 6  # it has no calibration that stands
    year.drafted(anew, "80")
    year.say(anew, ReviewCalibrated(adjustment=Decimal(9)), by=BO)
    assert groups(year.compared()["by_department"])[str(SALES)]["n"] == 6
    year.say(anew, CalibrationConfirmed(adjustment=Decimal(9)), by=CHEN)
    found = year.compared()
    after = groups(found["by_department"])[str(SALES)]
    assert (after["n"], after["raised"], after["lowered"]) == (7, 3, 1)
    bo = next(each for each in found["calibrators"] if each["member_id"] == str(BO))
    assert bo["proposed"] == 6 + 2 + 2  # Sales, Care, and both of this one


def test_withdrawn_reviews_and_those_of_departments_do_not_count(year):
    gone = year.reviewed(0x400, SALES, "-10")
    year.say(gone, ReviewWithdrawn())
    team = year.opened(None, SALES)
    year.drafted(team, "50")
    year.calibrated(team, "-10")
    assert year.compared()["reviews"] == 13


def test_shared_and_sealed_are_counted(year):
    one = year.reviewed(0x400, SALES, "0")
    other = year.reviewed(0x401, SALES, "0")
    for each in (one, other):
        year.say(each, ReviewShared(sealable_from=NEW_YEAR))
    seal = ReviewSealed(
        card_hash=HASH, policy_hash=HASH, position=40, total="70", adjustment=Decimal(0),
        authors=(ANA,), calibrators=(BO, CHEN), sealer_id=EVA, hash=HASH,
    )  # fmt: skip
    year.say(one, seal)
    found = year.compared()
    assert (found["shared"], found["sealed"]) == (2, 1)


def test_who_calibrated_and_how(year):
    found = {each["member_id"]: each for each in year.compared()["calibrators"]}
    bo, eva, chen = (found[str(each)] for each in (BO, EVA, CHEN))
    assert (bo["name"], bo["proposed"], bo["confirmed"]) == ("Bo", 8, 0)
    assert bo["mean_adjustment"] == f"{mean([*map(Decimal, SALES_POINTS), -10, -10]):.2f}"
    assert (eva["proposed"], eva["lowered"], eva["mean_adjustment"]) == (5, 3, "-0.60")
    assert (chen["proposed"], chen["confirmed"], chen["mean_adjustment"]) == (0, 13, None)


def test_every_figure_names_the_facts_behind_it(year):
    facts = {str(fact.position): fact for fact in year.facts}
    found = year.compared()
    sales = groups(found["by_department"])[str(SALES)]
    names = [facts[each].name for each in sales["evidence"]]
    assert names.count("review.opened") == names.count("review.calibrated") == 6
    eva = next(each for each in found["calibrators"] if each["member_id"] == str(EVA))
    assert {facts[each].envelope.performer for each in eva["evidence"]} == {EVA}


def test_a_cycle_or_a_period_is_asked_for(year):
    other = year.opened(year.joined(0x500, SALES), SALES, cycle_id=None, last=date(2025, 4, 2))
    year.drafted(other, "70")
    assert year.compared(cycle_id=CYCLE)["reviews"] == 13
    zone = ZoneInfo(ZONE)
    quarter, longer = Period(FIRST, LAST, zone), Period(FIRST, date(2025, 4, 2), zone)
    assert year.compared(period=quarter)["reviews"] == 13
    assert year.compared(period=longer)["reviews"] == 14
    assert year.compared()["calibrated"] == 13


def test_the_same_facts_give_the_same(year):
    assert year.compared() == year.compared()
