"""Every metric, one line for each family; and those that wait for facts nobody records yet."""

from collections.abc import Mapping

from projections.scoring.metric import Metric
from projections.scoring.metrics.earnings import EARNINGS_METRICS
from projections.scoring.metrics.feedback import FEEDBACK_METRICS
from projections.scoring.metrics.interaction import INTERACTION_METRICS
from projections.scoring.metrics.market import MARKET_METRICS
from projections.scoring.metrics.retention import RETENTION_METRICS
from projections.scoring.metrics.sales import SALES_METRICS
from projections.scoring.metrics.satisfaction import SATISFACTION_METRICS
from projections.scoring.metrics.service import SERVICE_METRICS
from projections.scoring.metrics.team import TEAM_METRICS

FAMILIES = (
    SATISFACTION_METRICS,
    RETENTION_METRICS,
    SALES_METRICS,
    EARNINGS_METRICS,
    MARKET_METRICS,
    INTERACTION_METRICS,
    SERVICE_METRICS,
    FEEDBACK_METRICS,
    TEAM_METRICS,
)
METRICS: Mapping[str, Metric] = {name: each for family in FAMILIES for name, each in family.items()}

WAITING: Mapping[str, str] = {
    "goal_progress": "goals",
    "work_performance": "goals and tasks",
    "task_punctuality": "tasks",
    "task_quality": "tasks",
    "cross_department_projects": "tasks",
    "notices_acknowledged": "notices",
    "notices_handled": "notices",
    "notices_ack_minutes": "notices",
    "interdepartment_communication": "notices",
    "knowledge_sharing": "articles",
    "learning": "trainings",
    "training_effect": "trainings",
    "process_compliance": "procedures",
    "risk_response": "risks",
    "customer_lifetime_value": "what a run of a value model found for each customer",
    "maintenance_cost": "what looking after customers costs",
    "process_cost": "what requests cost",
    "cooperation": "help that was asked for and accepted",
    "work_attitude": "commitments, and whether they were kept",
    "innovation": "ideas, and who verified that they were of use",
}
"""Metrics that METRICS.md defines, and what has to be recorded before they can be computed."""
