"""Whether indicators measure anything: by hand, and once more by the statistics module."""

import statistics
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from spec import sample_id

from domain.ids import MemberId
from domain.reviews.card import Status
from domain.reviews.scoring_rules import CreditRule, Rules
from projections.reports.indicators import COUNTERPARTS, looked_at, mean, variance
from projections.scoring.catalogue import METRICS
from tests.reviews.cards import card, measured, unmeasured

NAMES = ("sales_amount", "order_count", "win_rate", "feedback_peer")


def told(*people: tuple[str | Status, ...], names: tuple[str, ...] = NAMES) -> dict:
    """The report over people with these scores, or statuses, in the order of the names."""
    cards = {}
    for number, scores in enumerate(people):
        figures = [
            unmeasured(name, "25", score)
            if isinstance(score, Status)
            else measured(name, "25", score, number + 1, 100)
            for name, score in zip(names, scores, strict=True)
        ]
        cards[MemberId(sample_id(number))] = card("50", *figures)
    terms = tuple(measured(name, "25", "0").term for name in names)
    return looked_at(cards, Rules(terms=terms))


def of(report: dict, metric: str) -> dict:
    (found,) = (each for each in report["indicators"] if each["metric"] == metric)
    return found


def codes(report: dict, metric: str) -> set[str]:
    return {each["code"] for each in report["advice"] if metric in each["metrics"]}


NO, FEW, HIDDEN = Status.NO_DATA, Status.INSUFFICIENT, Status.HIDDEN
TEAM = (
    ("0", "10", "50", NO),
    ("30", "20", "50", NO),
    ("120", "40", "50", NO),
    ("120", "50", "50", HIDDEN),
    ("120", "60", "50", FEW),
    (NO, "90", FEW, NO),
)


def test_the_figures_counted_by_hand():
    report = told(*TEAM)
    sales = of(report, "sales_amount")
    assert (report["basis"], report["members"]) == ("score", 6)
    counted = {name: sales[name] for name in ("measured", "insufficient", "no_data", "hidden")}
    assert counted == {"measured": 5, "insufficient": 0, "no_data": 1, "hidden": 0}
    # 0, 30, 120, 120, 120: mean 78; deviations 78, 48, 42 (three times); variance 13680/5 = 2736.
    assert (sales["mean"], sales["variance"]) == ("78.00", "2736")
    assert sales["standard_deviation"] == "52.31"
    assert (sales["least"], sales["most"], sales["spread"]) == ("0.00", "120.00", "120.00")
    assert (sales["at_floor"], sales["at_cap"], sales["varies"]) == (1, 3, True)
    assert sales["evidence"] == ["1", "2", "3", "4", "5", "100"]


def test_what_nobody_has_and_what_does_not_vary_is_said():
    report = told(*TEAM)
    peer = of(report, "feedback_peer")
    assert (peer["measured"], peer["no_data"], peer["insufficient"], peer["hidden"]) == (0, 4, 1, 1)
    assert (peer["mean"], peer["variance"], peer["varies"], peer["spread"]) == (None,) * 4
    assert codes(report, "feedback_peer") == {"too-few"}
    assert of(report, "win_rate")["varies"] is False
    assert "does-not-vary" in codes(report, "win_rate")
    assert codes(report, "sales_amount") == {"at-cap"}
    nothing = told(*((NO,),) * 3, names=("nps",))
    (advice,) = nothing["advice"]
    assert advice["code"] == "no-data"
    assert advice["en"].startswith("Nobody has data for Net promoter score")
    assert "净推荐值" in advice["zh"]


def test_more_than_half_at_the_floor_is_out_of_reach():
    report = told(("0",), ("0",), ("0",), ("50",), ("60",), names=("nps",))
    assert codes(report, "nps") == {"at-floor"}
    half = told(("0",), ("0",), ("50",), ("60",), names=("nps",))
    assert codes(half, "nps") == set()


def test_nobody_is_measured_twice_as_a_warning_where_nobody_works():
    report = told(names=("nps",))
    assert (report["members"], report["advice"]) == (0, [])


@pytest.mark.parametrize("seed", range(20))
def test_mean_and_spread_are_those_of_the_statistics_module(seed):
    random = Random(seed)
    numbers = [Fraction(random.randint(0, 12000), 100) for _ in range(random.randint(2, 40))]
    assert mean(numbers) == statistics.mean(numbers)
    assert variance(numbers) == statistics.pvariance(numbers)
    report = told(*((str(each),) for each in numbers), names=("nps",))
    exact = Decimal(of(report, "nps")["standard_deviation"])
    assert abs(float(exact) - statistics.pstdev(map(float, numbers))) <= 0.00500001


@pytest.mark.parametrize("seed", range(20))
def test_correlation_is_that_of_the_statistics_module(seed):
    random = Random(seed)
    people = []
    for _ in range(random.randint(5, 30)):
        x = random.randint(0, 100)
        people.append((str(x), str(x + random.randint(0, 60))))
    report = told(*people, names=("nps", "win_rate"))
    (pair,) = report["correlations"]
    x, y = (tuple(float(each[place]) for each in people) for place in (0, 1))
    assert float(pair["r"]) == pytest.approx(statistics.correlation(x, y), abs=0.000051)
    assert pair["flagged"] is (statistics.correlation(x, y) > 0.95)
    assert (pair["n"], pair["metrics"]) == (len(people), ["nps", "win_rate"])


def test_the_same_told_twice_is_flagged_and_the_opposite_is_not():
    people = [(str(x), str(2 * x), str(100 - x)) for x in (0, 10, 20, 30, 50)]
    report = told(*people, names=("nps", "win_rate", "sales_amount"))
    found = {
        tuple(each["metrics"]): (each["r"], each["flagged"]) for each in report["correlations"]
    }
    assert found["nps", "win_rate"] == ("1.0000", True)
    assert found["nps", "sales_amount"] == ("-1.0000", False)
    (advice,) = (each for each in report["advice"] if each["code"] == "same")
    assert advice["metrics"] == ["nps", "win_rate"]


def test_of_four_members_nothing_is_said_about_pairs():
    people = [(str(x), str(x)) for x in (0, 10, 20, 30)]
    assert told(*people, names=("nps", "win_rate"))["correlations"] == []
    with_one_more = [*people, ("40", NO)]  # five, but only four have both
    assert told(*with_one_more, names=("nps", "win_rate"))["correlations"] == []


def test_a_metric_without_its_counter_metric_is_listed():
    assert told(names=("win_rate", "nps"))["unpaired"] == ["win_rate"]
    assert told(names=("win_rate", "sales_amount"))["unpaired"] == []
    assert told(names=("resolution_rate", "reopen_rate"))["unpaired"] == []
    assert told(names=("reopen_rate", "nps"))["unpaired"] == ["reopen_rate"]
    assert codes(told(names=("win_rate", "nps")), "win_rate") == {"unpaired"}


def test_every_metric_that_needs_a_counter_metric_has_one():
    needing = {name for name, each in METRICS.items() if "c" in each.guards}
    assert needing <= COUNTERPARTS.keys()
    for name, others in COUNTERPARTS.items():
        assert name not in others


def test_values_are_looked_at_where_no_policy_gives_scores():
    figure = measured("nps", "100", "0", 1)
    people = [MemberId(sample_id(number)) for number in range(2)]
    cards = {each: card("0", figure) for each in people}
    values = {figure.term: {people[0]: Fraction(-50), people[1]: Fraction(100)}}
    report = looked_at(cards, Rules(terms=(figure.term,)), values)
    found = report["indicators"][0]
    assert (report["basis"], found["mean"], found["spread"]) == ("value", "25.00", "150.00")
    assert (found["at_floor"], found["at_cap"], found["weight"]) == (None, None, None)
    assert report["unpaired"] == []


TEAM_ONLY = [name for name, each in METRICS.items() if each.credit is CreditRule.TEAM]


@pytest.mark.parametrize("name", TEAM_ONLY)
def test_what_is_a_teams_alone_is_no_lack_of_data(name):
    report = told((NO,), (NO,), names=(name,))
    assert of(report, name)["team_only"] is True
    assert "team-only" in codes(report, name)
    assert "no-data" not in codes(report, name)
