"""Every projection Concord keeps, one line each."""

from projections.access import COMPANY_ROLES, PRINCIPALS, SHARING_TERMS
from projections.behaviours import BEHAVIOURS
from projections.customers import CUSTOMERS
from projections.disputes import DISPUTES
from projections.documents import ReadModel
from projections.imports import IMPORTS
from projections.kernel import Projection
from projections.needs import NEEDS, PREFERENCES
from projections.partners import PARTNERS
from projections.referrals import POINTS, REFERRALS
from projections.requests import REQUESTS
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
    NEEDS,
    PREFERENCES,
    BEHAVIOURS,
    PARTNERS,
    REFERRALS,
    POINTS,
    DISPUTES,
)

PROJECTIONS: tuple[Projection, ...] = (SUBJECTS, *READ_MODELS)

MODELS: dict[str, ReadModel] = {
    model.subject: model for model in READ_MODELS if model.beside is None
}
"""The documents of each kind of thing that has some: those that show the thing itself."""
