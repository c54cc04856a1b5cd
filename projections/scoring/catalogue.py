"""Every metric, one line for each family; and those that wait for facts nobody records yet."""

from collections.abc import Mapping

from projections.scoring.metric import Metric
from projections.scoring.metrics.feedback import FEEDBACK_METRICS
from projections.scoring.metrics.sales import SALES_METRICS
from projections.scoring.metrics.satisfaction import SATISFACTION_METRICS
from projections.scoring.metrics.service import SERVICE_METRICS

FAMILIES = (
    SATISFACTION_METRICS,
    SALES_METRICS,
    SERVICE_METRICS,
    FEEDBACK_METRICS,
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
}
"""Metrics that METRICS.md defines, and what has to be recorded before they can be computed."""
