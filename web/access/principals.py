"""Accounts over HTTP: who may use Concord, what was granted to them, and what is to be reviewed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from application.deciding import UnknownReference
from domain.access import principal
from domain.access.principal import principal_id
from domain.access.role import role_id
from domain.access.roles import ROLES, Action, Resource
from domain.ids import DelegationId, GrantId, PrincipalId
from domain.values import SHORT
from projections.access.accounts import PRINCIPALS, to_review
from projections.documents import utc
from projections.reader import After, ListQuery, Page
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, Moment, OutcomeSchema, Time, Whole
from web.problems import FieldError, Problem
from web.running import concord
from web.teams.teams import SLUG
from web.views import (
    LIMIT,
    MAX_LIMIT,
    Cursor,
    ItemMomentSchema,
    await_position,
    list_response,
    list_schema,
    open_cursor,
    page_of,
    show,
    show_list,
)

bp = Routes(
    "principals", "principals", description="Accounts: who may use Concord, and what they may."
)

KIND = validate.OneOf(["person", "service"])
STATUS = validate.OneOf(["active", "suspended"])

# --- Schemas --------------------------------------------------------------------------------------


class GrantSchema(ma.Schema):
    """A role, where it holds, how long, and by when it must be confirmed again."""

    id = fields.UUID(required=True)
    role = fields.String(required=True)
    department_id = fields.UUID(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    starts_at = Moment()
    ends_at = Moment(allow_none=True)
    reviewed_at = Moment()
    review_due_at = Moment()


class DelegationSchema(ma.Schema):
    """A colleague who may act for this person, and how long."""

    id = fields.UUID(required=True)
    to_id = fields.UUID(required=True)
    starts_at = Moment()
    ends_at = Moment()


class PrincipalSchema(ma.Schema):
    """An account, as it is shown: a member's, or a program's."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, validate=KIND)
    member_id = fields.UUID(required=True, allow_none=True)
    label = fields.String(
        required=True, allow_none=True, metadata={"description": "Which program it is."}
    )
    status = fields.String(required=True, validate=STATUS)
    grants = fields.List(fields.Nested(GrantSchema), required=True)
    delegations = fields.List(fields.Nested(DelegationSchema), required=True)
    next_review_due_at = Moment(
        allow_none=True,
        metadata={"description": "Of its grants, the first one's; null: there is none to review."},
    )


class ReviewSchema(ma.Schema):
    """An account of which grants are to be reviewed: each is kept by a review, or revoked."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, validate=KIND)
    member_id = fields.UUID(required=True, allow_none=True)
    label = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=STATUS)
    due_since = Moment(metadata={"description": "Since when its longest waiting grant is due."})
    grants = fields.List(
        fields.Nested(GrantSchema),
        required=True,
        metadata={"description": "Those to review, each since its review_due_at."},
    )


class EnrolSchema(Change):
    """A member who shall use Concord."""

    member_id = Id(required=True)


class GiveSchema(Change):
    """A role: in the whole company, in a department, or for one customer."""

    role = fields.String(
        required=True,
        validate=[validate.Length(1, SHORT), SLUG],
        metadata={"description": "A built-in role, or one of the company's own: GET /roles."},
    )
    department_id = Id(load_default=None, allow_none=True)
    customer_id = Id(load_default=None, allow_none=True)
    starts_at = Time(
        load_default=None,
        allow_none=True,
        metadata={"description": "Now, unless said.", "format": "date-time"},
    )
    ends_at = Time(
        load_default=None,
        allow_none=True,
        metadata={"description": "Until it is revoked, unless said.", "format": "date-time"},
    )


class DelegateSchema(Change):
    """A colleague who shall act for this person, and until when."""

    to_id = Id(required=True)
    starts_at = Time(
        load_default=None,
        allow_none=True,
        metadata={"description": "Now, unless said.", "format": "date-time"},
    )
    ends_at = Time(required=True, metadata={"format": "date-time"})


PrincipalQuery = list_schema(
    PRINCIPALS,
    {
        "member_id": Id(),
        "kind": fields.String(validate=KIND),
        "status": fields.String(validate=STATUS),
    },
    sort="member_id",
)


class ReviewQuery(ma.Schema):
    """What is to be reviewed by when."""

    at = Time(metadata={"description": "Due by this time; now, unless said."})
    limit = Whole(
        load_default=LIMIT,
        validate=validate.Range(1, MAX_LIMIT),
        metadata={"description": "How many accounts a page has at most."},
    )
    cursor = Cursor()


# --- Accounts -------------------------------------------------------------------------------------


@bp.get("/principals")
@bp.arguments(PrincipalQuery, location="query")
@bp.response(200, page_of(PrincipalSchema), description="A page of accounts.")
def list_principals(args: dict[str, Any]) -> Response:
    """List accounts, with what was granted to each."""
    return show_list(PRINCIPALS, args)


@bp.post("/principals")
@bp.arguments(EnrolSchema)
@bp.response(201, OutcomeSchema)
def enrol_person(body: dict[str, Any]) -> Response:
    """Let a member use Concord; what they may do is granted next."""
    access().require(Action.GRANT, Resource.ACCESS, everywhere=True)
    given = envelope(body)
    command = principal.EnrolPerson(id=principal_id(body["member_id"]), **body)
    return carry_out(command, given, created="principals.get_principal")


@bp.get("/principals/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, PrincipalSchema, description="The account.")
def get_principal(args: dict[str, Any], id_: UUID) -> Response:
    """Show an account with its grants and delegations, now or as of any moment."""
    return show(PRINCIPALS, id_, args)


@bp.post("/principals/<uuid:id_>/suspend")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def suspend_principal(body: dict[str, Any], id_: UUID) -> Response:
    """Stop an account at once; it keeps its grants for later."""
    return change(principal.SuspendPrincipal, body, id=PrincipalId(id_))


@bp.post("/principals/<uuid:id_>/restore")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def restore_principal(body: dict[str, Any], id_: UUID) -> Response:
    """Let a suspended account work again, with the grants it had."""
    return change(principal.RestorePrincipal, body, id=PrincipalId(id_))


# --- Grants ---------------------------------------------------------------------------------------


@bp.post("/principals/<uuid:id_>/grants")
@bp.arguments(GiveSchema)
@bp.response(200, OutcomeSchema)
def grant_access(body: dict[str, Any], id_: UUID) -> Response:
    """Grant a role: company-wide, in a department or for a customer; for good or for a time."""
    own = None if body["role"] in ROLES else role_id(body["role"])
    given: dict[str, Any] = {"grant_id": GrantId(uuid7()), "role_id": own}
    try:
        return change(principal.GrantAccess, body, id=PrincipalId(id_), **given)
    except UnknownReference as error:
        if error.field != "role_id":
            raise
        detail = "There is no such role: GET /roles shows those there are."
        errors = [FieldError("/role", detail)]
        raise Problem(422, "role.unknown", detail, errors=errors) from error


@bp.post("/principals/<uuid:id_>/grants/<uuid:grant_id>/revoke")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def revoke_access(body: dict[str, Any], id_: UUID, grant_id: UUID) -> Response:
    """Take a grant back: from the next request on it opens nothing."""
    return _of_a_grant(principal.RevokeAccess, body, id_, grant_id)


@bp.post("/principals/<uuid:id_>/grants/<uuid:grant_id>/review")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def review_access(body: dict[str, Any], id_: UUID, grant_id: UUID) -> Response:
    """Confirm that a grant is still needed; it is due again half a year from now."""
    return _of_a_grant(principal.ReviewAccess, body, id_, grant_id)


def _of_a_grant(
    command: Callable[..., Any], body: dict[str, Any], id_: UUID, grant_id: UUID
) -> Response:
    return change(command, body, id=PrincipalId(id_), grant_id=GrantId(grant_id))


# --- Delegations ----------------------------------------------------------------------------------


@bp.post("/principals/<uuid:id_>/delegations")
@bp.arguments(DelegateSchema)
@bp.response(200, OutcomeSchema)
def delegate(body: dict[str, Any], id_: UUID) -> Response:
    """Let a colleague act for this person, for at most 90 days."""
    delegation_id = DelegationId(uuid7())
    return change(principal.Delegate, body, id=PrincipalId(id_), delegation_id=delegation_id)


@bp.post("/principals/<uuid:id_>/delegations/<uuid:delegation_id>/end")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def end_delegation(body: dict[str, Any], id_: UUID, delegation_id: UUID) -> Response:
    """End a delegation, at once."""
    ended = DelegationId(delegation_id)
    return change(principal.EndDelegation, body, id=PrincipalId(id_), delegation_id=ended)


# --- The review -----------------------------------------------------------------------------------


@bp.get("/access/reviews")
@bp.arguments(ReviewQuery, location="query")
@bp.response(200, page_of(ReviewSchema), description="A page of accounts.")
def list_reviews(args: dict[str, Any]) -> Response:
    """List the accounts of which grants are due for review, the longest waiting first."""
    access().require(Action.READ, Resource.ACCESS, everywhere=True)
    at = utc(args.get("at") or datetime.now(UTC))
    asked = ["reviews", utc(args["at"]) if "at" in args else "now"]
    # What has no review to come stands first in the order: after it.
    start = (
        open_cursor(args["cursor"], asked) if "cursor" in args else ["", str(UUID(int=2**128 - 1))]
    )
    position = await_position(PRINCIPALS.name)
    return list_response(_due(at, args["limit"], After(*start)), asked, position)


def _due(at: str, limit: int, after: After | None) -> Page:
    """Return a page of accounts with the grants of each that are due by a time."""
    items: list[str] = []
    while after is not None:
        page = concord().reader.documents(
            PRINCIPALS,
            ListQuery(
                sort="next_review_due_at",
                condition=access().reading(PRINCIPALS),
                limit=limit,
                after=after,
            ),
        )
        for document in map(orjson.loads, page.items):
            due_since = document["next_review_due_at"]
            if due_since > at:
                return Page(items, None)
            if len(items) == limit:
                return Page(items, after)
            after = After(due_since, document["id"])
            if grants := [each for each in document["grants"] if to_review(each, at)]:
                items.append(_review(document, grants))
        after = page.next
    return Page(items, None)


def _review(document: dict[str, Any], grants: list[dict[str, Any]]) -> str:
    shown = {
        name: document[name] for name in ("id", "version", "kind", "member_id", "label", "status")
    }
    shown |= {"due_since": min(each["review_due_at"] for each in grants), "grants": grants}
    return orjson.dumps(shown).decode()
