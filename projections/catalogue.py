"""Every projection Concord keeps, one line each."""

from projections.access import COMPANY_ROLES, PRINCIPALS, SHARING_TERMS
from projections.campaigns import CAMPAIGNS, COMPETITORS, MARKETS
from projections.contracts import CONTRACTS
from projections.customers import CUSTOMERS
from projections.documents import ReadModel
from projections.imports import IMPORTS
from projections.kernel import Projection
from projections.orders import ORDERS
from projections.requests import REQUESTS
from projections.subjects import SUBJECTS
from projections.teams import DEPARTMENTS, MEMBERS
from projections.value_models import VALUE_MODELS

READ_MODELS: tuple[ReadModel, ...] = (
    CUSTOMERS,
    REQUESTS,
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
    VALUE_MODELS,
)

PROJECTIONS: tuple[Projection, ...] = (SUBJECTS, *READ_MODELS)

MODELS: dict[str, ReadModel] = {model.subject: model for model in READ_MODELS}
"""The documents of each kind of thing that has some."""
