"""Every projection Concord keeps, one line each."""

from projections.access.accounts import COMPANY_ROLES, PRINCIPALS, SHARING_TERMS
from projections.audit.corrections import CORRECTIONS
from projections.customers.behaviours import BEHAVIOURS
from projections.customers.customers import CUSTOMERS
from projections.customers.disputes import DISPUTES
from projections.customers.likeness import LIKENESSES
from projections.customers.needs import NEEDS, PREFERENCES
from projections.customers.ownership import HAND_OVERS, POOLS
from projections.customers.partners import PARTNERS
from projections.customers.referrals import POINTS, REFERRALS
from projections.customers.search_index import SEARCH
from projections.customers.segments import OFFERS, SEGMENTS
from projections.customers.tiers import SERVICE_PLANS, TIER_POLICIES
from projections.documents import ReadModel
from projections.exchange.imports import IMPORTS
from projections.kernel import Projection
from projections.reviews.feedback import FEEDBACK_GIVEN
from projections.reviews.review_policies import REVIEW_CYCLES, REVIEW_POLICIES
from projections.reviews.reviews import REVIEWS
from projections.sales.campaigns import CAMPAIGNS, COMPETITORS, MARKETS
from projections.sales.contracts import CONTRACTS
from projections.sales.leads import LEADS
from projections.sales.opportunities import OPPORTUNITIES
from projections.sales.orders import ORDERS
from projections.sales.pipelines import PIPELINES
from projections.sales.quotes import QUOTES
from projections.sales.value_models import VALUE_MODELS
from projections.subjects import SUBJECTS
from projections.support.complaint_summaries import COMPLAINT_SUMMARIES
from projections.support.complaints import COMPLAINT_CAUSES, COMPLAINTS
from projections.support.follow_ups import FOLLOW_UPS
from projections.support.improvements import IMPROVEMENTS
from projections.support.requests import REQUESTS
from projections.support.routing import GIVEN, ROUTINGS
from projections.support.sla_board import SLA_BOARD
from projections.support.standards import CALENDARS, SLA_POLICIES
from projections.support.surveys import SURVEY_FORMS, SURVEY_PROGRAMMES, SURVEYS
from projections.teams.teams import DEPARTMENTS, MEMBERS

READ_MODELS: tuple[ReadModel, ...] = (
    CUSTOMERS,
    REQUESTS,
    POOLS,
    HAND_OVERS,
    DEPARTMENTS,
    MEMBERS,
    IMPORTS,
    PRINCIPALS,
    COMPANY_ROLES,
    SHARING_TERMS,
    CAMPAIGNS,
    MARKETS,
    COMPETITORS,
    ORDERS,
    CONTRACTS,
    PIPELINES,
    LEADS,
    OPPORTUNITIES,
    QUOTES,
    VALUE_MODELS,
    NEEDS,
    PREFERENCES,
    BEHAVIOURS,
    PARTNERS,
    REFERRALS,
    POINTS,
    DISPUTES,
    TIER_POLICIES,
    SERVICE_PLANS,
    SEGMENTS,
    OFFERS,
    LIKENESSES,
    ROUTINGS,
    GIVEN,
    CALENDARS,
    SLA_POLICIES,
    SURVEY_FORMS,
    SURVEY_PROGRAMMES,
    SURVEYS,
    SLA_BOARD,
    COMPLAINTS,
    COMPLAINT_CAUSES,
    FOLLOW_UPS,
    COMPLAINT_SUMMARIES,
    IMPROVEMENTS,
    REVIEW_POLICIES,
    REVIEW_CYCLES,
    REVIEWS,
    FEEDBACK_GIVEN,
    CORRECTIONS,
)

PROJECTIONS: tuple[Projection, ...] = (SUBJECTS, *READ_MODELS, SEARCH)

MODELS: dict[str, ReadModel] = {
    model.subject: model for model in READ_MODELS if model.beside is None
}
"""The documents of each kind of thing that has some: those that show the thing itself."""
