"""The catalogue of metrics: every one of the dictionary, told over HTTP, drawn, and as a page."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from projections.scoring.catalogue import FAMILIES, METRICS, WAITING
from projections.scoring.described import GUARDS, catalogue, markdown
from projections.scoring.material import Material
from tests.command import Command

pytest_plugins = ["tests.web.fixtures"]
PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"

DICTIONARY = """
overall_satisfaction aspect_satisfaction complaint_handling_satisfaction nps ces churn_rate
retention_rate repeat_purchase_rate purchase_growth purchase_frequency customer_lifetime_value
referred_customers customers_held sales_amount sales_growth market_share order_count
channel_performance new_customers win_rate sales_velocity profit_contribution overdue_rate
response_time contact_frequency participation feedback_closed_loop maintenance_cost
interdepartment_communication cooperation cross_department_projects task_punctuality
task_quality knowledge_sharing learning collaboration_satisfaction handovers ping_pongs waiting
workload_balance resolution_rate first_contact_resolution complaint_timeliness complaint_rate
reopen_rate work_performance work_attitude innovation training_effect crm_usage
process_compliance cycle_time process_cost risk_response first_response_met resolution_met
goal_progress feedback_manager feedback_peer feedback_upward notices_acknowledged
notices_handled notices_ack_minutes
"""
"""Every metric that METRICS.md and the stories name."""


@pytest.mark.parametrize("name", DICTIONARY.split())
def test_every_metric_can_be_computed_or_says_what_it_waits_for(name):
    assert (name in METRICS) != (name in WAITING)


def test_no_metric_is_registered_twice():
    assert sum(len(family) for family in FAMILIES) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_says_what_it_is(metric):
    assert metric.definition.endswith(".")
    assert metric.en
    assert any(letter > "\u4e00" for letter in metric.zh)
    assert set(metric.guards) <= GUARDS.keys()
    assert metric.source
    assert Material(metric.needs).names


def test_the_page_is_what_the_registry_says():
    """Write it anew with ``concord metrics --markdown > docs/metrics.md``."""
    assert PAGE.read_text() == markdown()


def test_it_is_told_over_http(api):
    found = api.get("/metrics-catalogue").went_well().json
    assert found == catalogue()
    told = {each["name"]: each for each in found["metrics"]}
    assert told.keys() == METRICS.keys()
    sales = told["sales_amount"]
    assert (sales["credit"], sales["prorated"], sales["measure"]) == ("split", True, "sum")
    assert told["churn_rate"]["guards"][0]["code"] == "c"
    assert {"name": "learning", "waits_for": "trainings"} in found["waiting"]


def test_it_is_drawn_and_printed(command: Command, dsn: str, tmp_path: Any):
    concord = partial(command.run, DATABASE_URL=dsn, CONCORD_DATA=str(tmp_path / "unused"))
    assert "customers_held" in concord("metrics").stdout
    assert concord("metrics", "--markdown").stdout == markdown()
