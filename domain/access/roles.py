"""The roles that every company begins with: what each may do with what, how far, and what it sees.

This table is the whole of it. A permission holds within the place that a grant was given for
(company, department, one customer), there on one's own only, or whatever the place. Classes of
fields that a role does not show are masked. What no role permits is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.confidential import FieldClass


class Resource(StrEnum):
    """What a permission is about."""

    CUSTOMER = "customer"
    OWNERSHIP = "ownership"
    INTERACTION = "interaction"
    REQUEST = "request"
    MEMBER = "member"
    DEPARTMENT = "department"
    IMPORT = "import"
    REPORT = "report"
    AUDIT = "audit"
    ACCESS = "access"
    SHARING = "sharing"
    OPPORTUNITY = "opportunity"
    """Leads, opportunities and their quotes."""
    ORDER = "order"
    """Contracts, orders, payments, and what is owed."""
    CAMPAIGN = "campaign"
    """Campaigns, segments and offers, the market and competitors."""
    POLICY = "policy"
    """The rules the company works by: tiers, service plans, pools, stages of the pipeline."""
    REVIEW = "review"
    """Reviews of people's work; one's own once it is shared."""
    FEEDBACK = "feedback"
    """What colleagues say of each other's work; its own author's."""
    REVIEW_POLICY = "review-policy"
    """By which rules work is scored, and in which periods."""


class Action(StrEnum):
    """What one may do with it."""

    READ = "read"
    CREATE = "create"
    CHANGE = "change"
    SETTLE = "settle"
    """Decide a dispute between others."""
    GRANT = "grant"
    REVIEW = "review"
    EXPORT = "export"


class Reach(StrEnum):
    """How far a permission goes, within the place of the grant."""

    PLACE = "place"
    OWN = "own"
    """What one holds oneself, within the place."""
    SELF = "self"
    """What is one's own, whatever the place: the account."""
    ASKED = "asked"
    """What one is asked to calibrate or to judge, whatever the place."""
    COMPANY = "company"
    """Everywhere, whatever the place: whom to turn to is no department's secret."""


@dataclass(frozen=True)
class Permission:
    """One line of a role: what it may do with a resource, and how far."""

    resource: Resource
    actions: frozenset[Action]
    reach: Reach = Reach.PLACE


@dataclass(frozen=True)
class Role:
    """A named set of permissions, and what it shows."""

    name: str
    permissions: tuple[Permission, ...]
    shows: frozenset[FieldClass] = frozenset()
    oversees: bool = False
    """Whether it sees what a department has agreed with the others to withhold from some."""


def _may(resource: Resource, *actions: Action, reach: Reach = Reach.PLACE) -> Permission:
    return Permission(resource, frozenset(actions), reach)


_READ, _CREATE, _CHANGE = Action.READ, Action.CREATE, Action.CHANGE
_ORIENTATION = (
    *(
        _may(resource, _READ, reach=Reach.COMPANY)
        for resource in (
            Resource.DEPARTMENT,
            Resource.MEMBER,
            Resource.SHARING,
            Resource.POLICY,
            Resource.REVIEW_POLICY,
        )
    ),
    _may(Resource.ACCESS, _READ, _CHANGE, reach=Reach.SELF),
    _may(Resource.REVIEW, _READ, _CHANGE, reach=Reach.SELF),
    _may(Resource.REVIEW, _READ, Action.SETTLE, reach=Reach.ASKED),
    _may(Resource.FEEDBACK, _CREATE, reach=Reach.COMPANY),
    _may(Resource.FEEDBACK, _READ, reach=Reach.SELF),
)
"""Everybody finds colleagues and departments, knows the rules, sees what they were granted, and may
delegate it; answers to their own review, takes the part in another's that they are asked for, and
says how working with others is."""
_PICTURE = (
    *_ORIENTATION,
    *(
        _may(resource, _READ)
        for resource in (Resource.CUSTOMER, Resource.OWNERSHIP, Resource.INTERACTION)
    ),
)
"""A customer's one picture, for every department: who they are, whose they are, what was said."""
_LOGGING = (
    _may(Resource.INTERACTION, _CREATE),
    _may(Resource.INTERACTION, _CHANGE, reach=Reach.OWN),
)
_ASKING = _may(Resource.REQUEST, _CREATE, reach=Reach.COMPANY)
"""A request goes to the department that can help."""
_MARKET = _may(Resource.CAMPAIGN, _READ, reach=Reach.COMPANY)
"""What marketing does is no department's secret."""
_ACCOUNTS = (
    *_PICTURE,
    *_LOGGING,
    _may(Resource.CUSTOMER, _CREATE),
    _may(Resource.CUSTOMER, _CHANGE, reach=Reach.OWN),
    _may(Resource.OWNERSHIP, _CREATE),
    _may(Resource.OWNERSHIP, _CHANGE, reach=Reach.OWN),
    _may(Resource.REQUEST, _READ),
    _ASKING,
    *(
        permission
        for resource in (Resource.OPPORTUNITY, Resource.ORDER)
        for permission in (
            _may(resource, _READ, _CREATE),
            _may(resource, _CHANGE, reach=Reach.OWN),
        )
    ),
    _MARKET,
)
_OBSERVING = _may(Resource.CAMPAIGN, _CREATE, reach=Reach.COMPANY)
"""Who sells meets competitors."""

ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        *(
            Role(
                name,
                (*_ACCOUNTS, _OBSERVING),
                frozenset({FieldClass.CONTACT, FieldClass.NOTES, FieldClass.MONEY}),
            )
            for name in ("account-manager", "sales")
        ),
        Role(
            "service",
            (
                *_PICTURE,
                *_LOGGING,
                _may(Resource.REQUEST, _READ, _CHANGE),
                _ASKING,
                _may(Resource.ORDER, _READ),
                _MARKET,
            ),
            frozenset({FieldClass.CONTACT, FieldClass.NOTES}),
        ),
        Role(
            "marketing",
            (
                *_PICTURE,
                _may(Resource.REPORT, _READ),
                _may(Resource.OPPORTUNITY, _READ, _CREATE),
                _MARKET,
                _may(Resource.CAMPAIGN, _CREATE, _CHANGE),
            ),
        ),
        Role(
            "finance",
            (
                *_PICTURE,
                _may(Resource.REPORT, _READ),
                _may(Resource.OPPORTUNITY, _READ),
                _may(Resource.ORDER, _READ, _CREATE, _CHANGE),
                _MARKET,
            ),
            frozenset({FieldClass.MONEY}),
        ),
        Role(
            "logistics",
            (*_PICTURE, _may(Resource.REQUEST, _READ, _CHANGE), _may(Resource.ORDER, _READ)),
            frozenset({FieldClass.CONTACT}),
        ),
        Role(
            "team-lead",
            (
                *_ACCOUNTS,
                _may(Resource.CUSTOMER, _CHANGE),
                _may(Resource.OWNERSHIP, _CHANGE, Action.SETTLE),
                _may(Resource.INTERACTION, _CHANGE),
                _may(Resource.REQUEST, _CHANGE),
                _may(Resource.REPORT, _READ),
                _may(Resource.AUDIT, _READ, _CREATE),
                _may(Resource.REVIEW, _READ, _CREATE, _CHANGE),
                _may(Resource.REVIEW, Action.SETTLE, reach=Reach.COMPANY),
                _may(Resource.SHARING, _CHANGE),
                _may(Resource.SHARING, Action.SETTLE, reach=Reach.COMPANY),
                _may(Resource.OPPORTUNITY, _CHANGE),
                _may(Resource.ORDER, _CHANGE),
                _may(Resource.CAMPAIGN, _CREATE, _CHANGE),
                _may(Resource.POLICY, _CREATE, _CHANGE),
            ),
            frozenset({FieldClass.CONTACT, FieldClass.NOTES, FieldClass.MONEY}),
        ),
        Role(
            "hr",
            (
                *_ORIENTATION,
                _may(Resource.MEMBER, _CREATE, _CHANGE),
                _may(Resource.REPORT, _READ),
                _may(Resource.REVIEW, _READ, _CREATE, _CHANGE, Action.SETTLE),
                _may(Resource.FEEDBACK, _READ),
                _may(Resource.REVIEW_POLICY, _CREATE, _CHANGE),
            ),
            frozenset({FieldClass.CONTACT, FieldClass.REVIEW}),
        ),
        Role(
            "auditor",
            (
                *(_may(resource, _READ) for resource in Resource),
                _may(Resource.AUDIT, Action.EXPORT),
            ),
            frozenset(FieldClass),
            oversees=True,
        ),
        Role(
            "administrator",
            (
                *_ORIENTATION,
                _may(Resource.DEPARTMENT, _CREATE, _CHANGE),
                _may(Resource.MEMBER, _CREATE, _CHANGE),
                _may(Resource.IMPORT, _READ, _CREATE, _CHANGE),
                _may(Resource.ACCESS, _READ, _CHANGE, Action.GRANT, Action.REVIEW),
                _may(Resource.POLICY, _CREATE, _CHANGE),
            ),
        ),
    )
}
"""The roles that every company begins with."""
EVERYTHING_TOGETHER = ("team-lead", "hr", "administrator", "auditor")
"""Roles that together permit all there is: for who looks after Concord itself, and the demo."""
