"""Review policies over HTTP: drafted, published, all their versions and what they differ in."""

from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import validate

from domain.ids import ReviewPolicyId
from domain.reviews import review_policy
from domain.reviews.review_policy import review_policy_id
from projections.documents import Document
from projections.reviews.policy_difference import difference
from projections.reviews.review_policies import REVIEW_POLICIES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Day, OutcomeSchema, Whole, Words
from web.problems import FieldError, Problem
from web.reviews.policy_bodies import (
    EXAMPLE,
    DifferenceSchema,
    DraftReviewPolicySchema,
    RedraftReviewPolicySchema,
    ReviewPolicySchema,
)
from web.running import json_response, zone
from web.sales.orders import last_day
from web.views import (
    ItemMomentSchema,
    MomentSchema,
    list_schema,
    must_be_there,
    page_of,
    show,
    show_list,
)

bp = Routes("review-policies", "review-policies", description="By which rules work is scored.")

# --- Schemas --------------------------------------------------------------------------------------


class PublishReviewPolicySchema(Change):
    """From which day on: for periods that begin then or later."""

    effective_from = Day(required=True, validate=last_day)


ReviewPolicyQuery = list_schema(
    REVIEW_POLICIES,
    {
        "code": Words(),
        "role": Words(),
        "status": ma.fields.String(validate=validate.OneOf(["draft", "published", "retired"])),
    },
    sort="code",
)
_VERSION = validate.Range(1, 2**31 - 1)


class DifferenceQuery(MomentSchema):
    """Between which two versions."""

    before = Whole(required=True, data_key="from_version", validate=_VERSION)
    after = Whole(
        data_key="to_version",
        validate=_VERSION,
        metadata={"description": "Unless said: the draft."},
    )


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/review-policies")
@bp.arguments(ReviewPolicyQuery, location="query")
@bp.response(200, page_of(ReviewPolicySchema), description="A page of review policies.")
def list_review_policies(args: dict[str, Any]) -> Response:
    """List review policies."""
    return show_list(REVIEW_POLICIES, args)


@bp.post("/review-policies")
@bp.arguments(DraftReviewPolicySchema, example=EXAMPLE)
@bp.response(201, OutcomeSchema)
def draft_review_policy(body: dict[str, Any]) -> Response:
    """Draft the review policy of a role; nobody is scored by it before it is published."""
    given = envelope(body)
    command = review_policy.DraftReviewPolicy(id=review_policy_id(body["code"]), **body)
    return carry_out(command, given, created="review-policies.get_review_policy")


@bp.get("/review-policies/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ReviewPolicySchema, description="The policy.")
def get_review_policy(args: dict[str, Any], id_: UUID) -> Response:
    """Show a review policy with its draft and versions, now or as of any moment."""
    return show(REVIEW_POLICIES, id_, args)


@bp.get("/review-policies/<uuid:id_>/differences")
@bp.arguments(DifferenceQuery, location="query")
@bp.response(200, DifferenceSchema, description="What is different.")
def compare_review_policy(args: dict[str, Any], id_: UUID) -> Response:
    """Show what is different between two versions of a policy, or a version and the draft."""
    policy = must_be_there(REVIEW_POLICIES, id_, args)
    before, after = args["before"], args.get("after")
    found = difference(
        _version(policy, before, "from_version"),
        _draft(policy) if after is None else _version(policy, after, "to_version"),
    )
    told = {"policy_id": policy["id"], "from_version": before, "to_version": after} | found
    return json_response(orjson.dumps(told))


@bp.post("/review-policies/<uuid:id_>/redraft")
@bp.arguments(RedraftReviewPolicySchema)
@bp.response(200, OutcomeSchema)
def redraft_review_policy(body: dict[str, Any], id_: UUID) -> Response:
    """Draft a policy's next version, or draft it anew."""
    return change(review_policy.RedraftReviewPolicy, body, id=ReviewPolicyId(id_))


@bp.post("/review-policies/<uuid:id_>/publish")
@bp.arguments(PublishReviewPolicySchema)
@bp.response(200, OutcomeSchema)
def publish_review_policy(body: dict[str, Any], id_: UUID) -> Response:
    """Publish the draft as the policy's next version, before the first period that it is for."""
    return change(review_policy.PublishReviewPolicy, body, id=ReviewPolicyId(id_), zone=str(zone()))


@bp.post("/review-policies/<uuid:id_>/retire")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def retire_review_policy(body: dict[str, Any], id_: UUID) -> Response:
    """Retire a policy, with a reason: what is open goes on by it, nothing more begins by it."""
    return change(review_policy.RetireReviewPolicy, body, id=ReviewPolicyId(id_), zone=str(zone()))


# --- Versions -------------------------------------------------------------------------------------


def _version(policy: Document, number: int, name: str) -> Document:
    for version in policy["versions"]:
        if version["version"] == number:
            found: Document = version
            return found
    raise _no_such(name, f"There is no version {number}; the last is {len(policy['versions'])}.")


def _draft(policy: Document) -> Document:
    if policy["draft"] is None:
        raise _no_such("to_version", "There is no draft; name a version.")
    draft: Document = policy["draft"]
    return draft


def _no_such(name: str, detail: str) -> Problem:
    return Problem(422, "fields.invalid", detail, errors=[FieldError(name, detail)])
