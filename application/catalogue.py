"""Every kind of thing Concord knows, one line each."""

from typing import Any

from domain.access.api_key import KEY
from domain.access.data import DATA
from domain.access.principal_rules import PRINCIPAL
from domain.access.record import RECORD
from domain.access.role import ROLE
from domain.access.sharing import SHARING
from domain.access.sign_in import SIGN_IN
from domain.audit.correction import CORRECTION
from domain.customers.behaviour import BEHAVIOUR
from domain.customers.customer_rules import CUSTOMER
from domain.customers.dispute import DISPUTE
from domain.customers.hand_over import HAND_OVER
from domain.customers.interaction import INTERACTION
from domain.customers.likeness import LIKENESS
from domain.customers.need import NEED
from domain.customers.offer import OFFER
from domain.customers.ownership_rules import OWNERSHIP
from domain.customers.partner_link import PARTNER_LINK
from domain.customers.points import POINTS
from domain.customers.pool import POOL
from domain.customers.preference import PREFERENCE
from domain.customers.referral import REFERRAL
from domain.customers.segment import SEGMENT
from domain.customers.service_plan import SERVICE_PLAN
from domain.customers.tier_policy import TIER_POLICY
from domain.exchange.import_run import IMPORT_RUN
from domain.kernel import Decider
from domain.reviews.feedback import FEEDBACK
from domain.reviews.review_cycle import REVIEW_CYCLE
from domain.reviews.review_policy import REVIEW_POLICY
from domain.reviews.review_rules import REVIEW
from domain.sales.campaign import CAMPAIGN
from domain.sales.competitor import COMPETITOR
from domain.sales.contract import CONTRACT
from domain.sales.lead import LEAD
from domain.sales.market import MARKET
from domain.sales.opportunity_rules import OPPORTUNITY
from domain.sales.order_rules import ORDER
from domain.sales.pipeline import PIPELINE
from domain.sales.quote import QUOTE
from domain.sales.value_model import VALUE_MODEL
from domain.support.calendar import CALENDAR
from domain.support.complaint import COMPLAINT
from domain.support.complaint_summary import COMPLAINT_SUMMARY
from domain.support.follow_up import FOLLOW_UP
from domain.support.improvement_rules import IMPROVEMENT
from domain.support.request_rules import REQUEST
from domain.support.routing import ROUTING
from domain.support.sla_policy import SLA_POLICY
from domain.support.survey_form import SURVEY_FORM
from domain.support.survey_programme import SURVEY_PROGRAMME
from domain.support.survey_rules import SURVEY
from domain.teams.department import DEPARTMENT
from domain.teams.member import MEMBER

DECIDERS: tuple[Decider[Any, Any, Any], ...] = (
    DEPARTMENT,
    MEMBER,
    CUSTOMER,
    OWNERSHIP,
    POOL,
    HAND_OVER,
    INTERACTION,
    REQUEST,
    KEY,
    PRINCIPAL,
    ROLE,
    SHARING,
    SIGN_IN,
    RECORD,
    DATA,
    IMPORT_RUN,
    CAMPAIGN,
    MARKET,
    COMPETITOR,
    ORDER,
    CONTRACT,
    PIPELINE,
    LEAD,
    OPPORTUNITY,
    QUOTE,
    VALUE_MODEL,
    NEED,
    PREFERENCE,
    BEHAVIOUR,
    PARTNER_LINK,
    REFERRAL,
    POINTS,
    DISPUTE,
    TIER_POLICY,
    SERVICE_PLAN,
    SEGMENT,
    OFFER,
    LIKENESS,
    ROUTING,
    CALENDAR,
    SLA_POLICY,
    SURVEY_FORM,
    SURVEY_PROGRAMME,
    SURVEY,
    COMPLAINT,
    FOLLOW_UP,
    COMPLAINT_SUMMARY,
    IMPROVEMENT,
    FEEDBACK,
    REVIEW_POLICY,
    REVIEW_CYCLE,
    REVIEW,
    CORRECTION,
)

BY_KIND: dict[str, Decider[Any, Any, Any]] = {decider.kind: decider for decider in DECIDERS}
BY_COMMAND: dict[type[Any], Decider[Any, Any, Any]] = {
    command: decider for decider in DECIDERS for command in decider.command_types
}
