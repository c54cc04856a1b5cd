"""Every projection Concord keeps, one line each."""

from projections.access import COMPANY_ROLES, PRINCIPALS, SHARING_TERMS
from projections.behaviours import BEHAVIOURS
from projections.campaigns import CAMPAIGNS, COMPETITORS, MARKETS
from projections.contracts import CONTRACTS
from projections.customers import CUSTOMERS
from projections.disputes import DISPUTES
from projections.documents import ReadModel
from projections.imports import IMPORTS
from projections.kernel import Projection
from projections.leads import LEADS
from projections.likeness import LIKENESSES
from projections.needs import NEEDS, PREFERENCES
from projections.opportunities import OPPORTUNITIES
from projections.orders import ORDERS
from projections.ownership import HAND_OVERS, POOLS
from projections.partners import PARTNERS
from projections.pipelines import PIPELINES
from projections.quotes import QUOTES
from projections.referrals import POINTS, REFERRALS
from projections.requests import REQUESTS
from projections.search import SEARCH
from projections.segments import OFFERS, SEGMENTS
from projections.subjects import SUBJECTS
from projections.teams import DEPARTMENTS, MEMBERS
from projections.tiers import SERVICE_PLANS, TIER_POLICIES
from projections.value_models import VALUE_MODELS

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
)

PROJECTIONS: tuple[Projection, ...] = (SUBJECTS, *READ_MODELS, SEARCH)

MODELS: dict[str, ReadModel] = {
    model.subject: model for model in READ_MODELS if model.beside is None
}
"""The documents of each kind of thing that has some: those that show the thing itself."""
