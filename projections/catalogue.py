"""Every projection Concord keeps, one line each."""

from projections.access import COMPANY_ROLES, PRINCIPALS, SHARING_TERMS
from projections.customers import CUSTOMERS
from projections.documents import ReadModel
from projections.imports import IMPORTS
from projections.kernel import Projection
from projections.likeness import LIKENESSES
from projections.requests import REQUESTS
from projections.search import SEARCH
from projections.subjects import SUBJECTS
from projections.teams import DEPARTMENTS, MEMBERS

READ_MODELS: tuple[ReadModel, ...] = (
    CUSTOMERS,
    REQUESTS,
    DEPARTMENTS,
    MEMBERS,
    IMPORTS,
    PRINCIPALS,
    COMPANY_ROLES,
    SHARING_TERMS,
    LIKENESSES,
)

PROJECTIONS: tuple[Projection, ...] = (SUBJECTS, *READ_MODELS, SEARCH)

MODELS: dict[str, ReadModel] = {model.subject: model for model in reversed(READ_MODELS)}
"""The documents of each kind of thing that has some: where there are several, the first."""
