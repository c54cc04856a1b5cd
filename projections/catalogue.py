"""Every projection Concord keeps, one line each."""

from projections.access import COMPANY_ROLES, PRINCIPALS, SHARING_TERMS
from projections.customers import CUSTOMERS
from projections.documents import ReadModel
from projections.imports import IMPORTS
from projections.kernel import Projection
from projections.ownership import HAND_OVERS, POOLS
from projections.requests import REQUESTS
from projections.signs import SIGNS
from projections.subjects import SUBJECTS
from projections.teams import DEPARTMENTS, MEMBERS

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
)

PROJECTIONS: tuple[Projection, ...] = (SUBJECTS, *READ_MODELS, SIGNS)

MODELS: dict[str, ReadModel] = {model.subject: model for model in READ_MODELS}
"""The documents of each kind of thing that has some."""
