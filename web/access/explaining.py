"""Explaining access over HTTP: whether somebody may do something, and which grant or lack decides.

The answer is the policy's own: what is decided here is decided as for every change and look.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response, g
from marshmallow import fields, validate

from application.access import Authority, Check
from application.catalogue import BY_KIND
from application.permissions import resource_of
from domain.access.conditions import Condition, Row, Without
from domain.access.policy import Rule, Standpoint, Verdict, decide
from domain.access.principal import Enrolled
from domain.access.principal_rules import PRINCIPAL
from domain.access.roles import ROLES, Action, Reach, Resource, Role
from domain.confidential import FieldClass
from domain.ids import PrincipalId
from projections.documents import utc
from web.access.seeing import Access, access
from web.bodies import Routes
from web.fields import ID, Id, Moment
from web.openapi import NAMES_A_THING
from web.problems import not_found
from web.running import concord, json_response
from web.views import await_log

bp = Routes("access", "access", description="Who may what, and why.")

# --- Schemas --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody would do something with: a kind of resource, or one thing."""

    resource: Resource
    kind: str | None = None
    id: UUID | None = None


_KINDS = "|".join(sorted(BY_KIND))
_RESOURCES = "|".join(sorted(Resource))


class ThingField(fields.String):
    """A kind of resource, or one thing as kind:id."""

    def __init__(self, **kwargs: Any) -> None:
        about = "A kind of resource, such as customer; or one thing, as kind:id."
        pattern = f"^(({_RESOURCES})|({_KINDS}):{ID})$"
        super().__init__(metadata={"description": about, "pattern": pattern}, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        kind, colon, id_ = text.partition(":")
        if not colon and kind in set(Resource):
            return Asked(Resource(kind))
        if kind not in BY_KIND or not re.fullmatch(ID, id_):
            resources = ", ".join(Resource)
            raise ma.ValidationError(f"Write one of {resources}; or kind:id, as customer:0190….")
        return Asked(resource_of(kind), kind, UUID(id_))


class ExplainQuery(ma.Schema):
    """Who would do what with which."""

    principal = Id(metadata={"description": "Whose account; your own, unless said."})
    action = fields.Enum(Action, by_value=True, required=True)
    resource = ThingField(required=True)


class ValuesSchema(ma.Schema):
    """The values that a field may have: those, or (null where those are) all but some."""

    is_in = fields.List(
        fields.String(allow_none=True), required=True, allow_none=True, data_key="in"
    )
    is_not_in = fields.List(
        fields.String(allow_none=True), required=True, allow_none=True, data_key="not_in"
    )


class RuleSchema(ma.Schema):
    """One reason: a grant, the line of its role, and what that covers."""

    grant_id = fields.UUID(required=True, allow_none=True)
    role = fields.String(required=True)
    department_id = fields.UUID(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    starts_at = Moment()
    ends_at = Moment(allow_none=True)
    reach = fields.Enum(Reach, by_value=True, required=True)
    covers = fields.List(
        fields.Dict(keys=fields.String(), values=fields.Nested(ValuesSchema)),
        required=True,
        metadata={"description": "Alternatives; an empty one covers everything."},
    )


class ExplanationSchema(ma.Schema):
    """Whether they may, and why."""

    principal_id = fields.UUID(required=True)
    action = fields.Enum(Action, by_value=True, required=True)
    resource = fields.Enum(Resource, by_value=True, required=True)
    id = fields.UUID(required=True, allow_none=True)
    allowed = fields.String(
        required=True,
        validate=validate.OneOf(["yes", "no", "some"]),
        metadata={"description": "some: of the kind, those that are covered and no others."},
    )
    because = fields.List(fields.Nested(RuleSchema), required=True)
    shows = fields.List(
        fields.Enum(FieldClass, by_value=True),
        required=True,
        metadata={"description": "The classes of fields that are not masked."},
    )
    refused_because = fields.String(required=True, allow_none=True)


# --- The route ------------------------------------------------------------------------------------


@bp.get("/access/explain")
@bp.doc(**{NAMES_A_THING: True})
@bp.arguments(ExplainQuery, location="query")
@bp.response(200, ExplanationSchema, description="The decision and its reasons.")
def explain_access(args: dict[str, Any]) -> Response:
    """Explain whether an account may do something: by which grants, or what is missing."""
    await_log()
    caller: Authority = g.asking.authority
    authority, asked = caller, args["resource"]
    if args.get("principal", caller.principal_id) != caller.principal_id:
        access().require(Action.READ, Resource.ACCESS, everywhere=True)
        authority = Authority(PrincipalId(args["principal"]), caller.at)
        if not access().sight.of(PRINCIPAL, authority.principal_id).version:
            raise not_found()
    return json_response(orjson.dumps(_explained(authority, args["action"], asked)))


def _explained(authority: Authority, action: Action, asked: Asked) -> dict[str, Any]:
    sight = access().sight
    row: Row | None = None
    if asked.kind is not None and asked.id is not None:
        known = sight.of(BY_KIND[asked.kind], asked.id).version > 0
        if not known or not Check(g.asking.authority, sight).readable(asked.kind, asked.id):
            raise not_found()
        row = sight.row(asked.kind, asked.id)
    standpoint, verdict = _decided(authority, action, asked.resource, row)
    reasons = [rule for rule in verdict.rules if _counts(rule, row)]
    allowed = _allowed(verdict, row)
    return {
        "principal_id": str(authority.principal_id),
        "action": action,
        "resource": asked.resource,
        "id": asked.id,
        "allowed": allowed,
        "because": [_reason(rule, standpoint.principal) for rule in reasons],
        "shows": sorted({kind for rule in reasons for kind in rule.shows}),
        "refused_because": (
            _lacking(standpoint, verdict, action, asked.resource, row) if allowed == "no" else None
        ),
    }


def _decided(
    authority: Authority, action: Action, resource: Resource, row: Row | None
) -> tuple[Standpoint, Verdict]:
    """Decide as for a change, where it is about one thing; else as for a list of them."""
    sight = access().sight
    if row is None:
        standpoint = Access(concord(), authority, sight).standpoint
        return standpoint, decide(standpoint, action, resource)
    check = Check(authority, sight)
    return check.standpoint, check.verdict(action, resource, row)


def _allowed(verdict: Verdict, row: Row | None) -> str:
    condition = verdict.condition
    if row is not None:
        return "yes" if condition.holds(row) else "no"
    if condition.always:
        return "yes"
    return "no" if condition.never else "some"


def _counts(rule: Rule, row: Row | None) -> bool:
    return not rule.condition.never if row is None else rule.condition.holds(row)


# --- The reasons ----------------------------------------------------------------------------------


def _reason(rule: Rule, account: Enrolled) -> dict[str, Any]:
    grant = rule.grant
    return {
        "grant_id": next((id_ for id_, each in account.grants.items() if each is grant), None),
        "role": grant.role,
        "department_id": grant.department_id,
        "customer_id": grant.customer_id,
        "starts_at": utc(grant.starts_at),
        "ends_at": grant.ends_at and utc(grant.ends_at),
        "reach": rule.permission.reach,
        "covers": _covered(rule.condition),
    }


def _covered(condition: Condition) -> list[dict[str, Any]]:
    return [
        {name: _written(values) for name, values in alternative.items()}
        for alternative in condition.alternatives
    ]


def _written(values: Iterable[str | None] | Without) -> dict[str, list[str | None] | None]:
    if isinstance(values, Without):
        return {"in": None, "not_in": _in_order(values.values)}
    return {"in": _in_order(values), "not_in": None}


def _in_order(values: Iterable[str | None]) -> list[str | None]:
    return sorted(values, key=lambda value: value or "")


# --- What is missing ------------------------------------------------------------------------------


def _lacking(
    standpoint: Standpoint, verdict: Verdict, action: Action, resource: Resource, row: Row | None
) -> str:
    """Say in a sentence why not."""
    if standpoint.principal.suspended:
        return "The account is suspended."
    if not standpoint.grants():
        return "No grant is in force: none was given, or all are over or to come."
    if not verdict.rules:
        able = [
            name for name, each in _roles(standpoint).items() if _permits(each, action, resource)
        ]
        those = f" These do: {', '.join(able)}." if able else " No role there is does."
        held = ", ".join(sorted({grant.role for grant in standpoint.grants()}))
        return (
            f"No grant in force is of a role that permits to {action} {resource} ({held}).{those}"
        )
    if row is None:
        return f"The grants that permit to {action} {resource} cover nothing."
    failed = sorted({name for rule in verdict.rules for name in _failing(rule.condition, row)})
    roles = ", ".join(sorted({rule.grant.role for rule in verdict.rules}))
    by = f": not by {', '.join(failed)}" if failed else ""
    return f"It lies outside of what {roles} may {action} there{by}."


def _roles(standpoint: Standpoint) -> Mapping[str, Role]:
    return {**ROLES, **standpoint.roles}


def _permits(role: Role, action: Action, resource: Resource) -> bool:
    return any(each.resource is resource and action in each.actions for each in role.permissions)


def _failing(condition: Condition, row: Row) -> set[str]:
    """Return the fields of a row by which it is not covered."""
    return {
        name
        for alternative in condition.alternatives
        for name, values in alternative.items()
        if not Condition(({name: values},)).holds(row)
    }
