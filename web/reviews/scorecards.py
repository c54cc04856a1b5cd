"""Scorecards over HTTP: computed when they are asked for, with every fact behind each figure.

Nothing is written: it is a calculation, by the rules in force or by others, on the log as it is, as
it was, or as it might have been.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
import msgspec
import orjson
from flask import Response
from marshmallow import fields, validate

from application.access import NotPermitted
from application.store.codec import UnknownEvent, decode
from application.store.log import NOW, Window
from domain.access.roles import Action, Resource
from domain.ids import DepartmentId, MemberId
from domain.kernel import EVENTS, Recorded, Rejected
from domain.reviews.review_policy import REVIEW_POLICY, Policy, ReviewPolicyPublished
from domain.reviews.scoring_rules import check_rules
from domain.teams import member
from domain.teams.department import DEPARTMENT
from domain.teams.member import MEMBER
from projections.reports.period import Period
from projections.reviews.cards import shown_card
from projections.scoring import as_is
from projections.scoring.asked import PolicyRef, Terms
from projections.scoring.catalogue import METRICS
from projections.scoring.material import Material
from projections.scoring.scoring import Scored, material_for, scored
from web.access.seeing import access
from web.bodies import Routes
from web.fields import Day, Id, Time, Whole
from web.problems import FieldError, Problem, not_found
from web.reviews.cards import CardSchema
from web.reviews.policy_bodies import RulesSchema
from web.running import concord, json_response, zone
from web.sales.orders import last_day
from web.views import await_log, window

bp = Routes("scorecards", "scorecards", description="Scores computed from the log, and what if.")

MOST = 200
"""So many facts may be left out or made up at once."""
_POSITION = r"^[1-9][0-9]{0,17}$(?!\n)"

# --- Schemas --------------------------------------------------------------------------------------


class MadeUpSchema(ma.Schema):
    """A fact that nobody recorded."""

    name = fields.String(required=True, validate=validate.Length(1, 100))
    stream_id = Id(required=True, metadata={"description": "The thing it would happen to."})
    occurred_at = Time(required=True)
    by_id = Id(load_default=None, allow_none=True, metadata={"description": "Whose work it is."})
    data = fields.Dict(keys=fields.String(), required=True)


class AskScorecardSchema(ma.Schema):
    """Whose scorecard, for which period, by which rules, and what if."""

    member_id = Id(load_default=None, allow_none=True)
    department_id = Id(load_default=None, allow_none=True)
    first = Day(required=True, data_key="from", validate=last_day)
    last = Day(required=True, data_key="to", validate=last_day)
    policy_id = Id(load_default=None, allow_none=True)
    version = Whole(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 100_000),
        metadata={"description": "Of the policy; unless said, the one in force on the first day."},
    )
    rules = fields.Nested(RulesSchema, load_default=None, allow_none=True)
    position = Whole(load_default=None, allow_none=True, validate=validate.Range(0, 2**62))
    known_at = Time(load_default=None, allow_none=True)
    strike = fields.List(
        fields.String(validate=validate.Regexp(_POSITION, error="Not a position.")),
        load_default=list,
        validate=validate.Length(max=MOST),
        metadata={"description": "Facts to leave out: what if they had not happened?"},
    )
    add = fields.List(
        fields.Nested(MadeUpSchema), load_default=list, validate=validate.Length(max=MOST)
    )
    compare_as_is = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Also as if present owners had owned their customers all along."},
    )

    @ma.validates_schema
    def makes_sense(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse what asks for nobody or two, by nothing or two rules, or of no days."""
        if (data["member_id"] is None) == (data["department_id"] is None):
            raise ma.ValidationError("Name a member or a department.", "member_id")
        if (data["policy_id"] is None) == (data["rules"] is None):
            raise ma.ValidationError("Name a policy or give rules.", "policy_id")
        if data["version"] is not None and data["policy_id"] is None:
            raise ma.ValidationError("Of which policy?", "version")
        if data["last"] <= data["first"]:
            raise ma.ValidationError("A period ends after it begins.", "to")


class AddedSchema(ma.Schema):
    """A made-up fact, by the place that evidence names it by."""

    position = fields.String(required=True)
    name = fields.String(required=True)


class ScorecardSchema(ma.Schema):
    """A scorecard, whether it is one that a review could rest on, and the same as things are."""

    official = fields.Boolean(
        required=True,
        metadata={
            "description": "By the published version in force when the period began, on what"
            " happened alone, with nothing kept from who asks."
        },
    )
    card = fields.Nested(CardSchema, required=True)
    as_is = fields.Nested(CardSchema, required=True, allow_none=True)
    struck = fields.List(fields.String(), required=True)
    added = fields.List(fields.Nested(AddedSchema), required=True)


# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/scorecards")
@bp.arguments(AskScorecardSchema)
@bp.response(200, ScorecardSchema, description="The scorecard.")
def compute_scorecard(body: dict[str, Any]) -> Response:
    """Compute the scorecard of a member or a department; one's own may always be asked for.

    What colleagues said in confidence stays out of it, unless who asks may read all feedback.
    """
    _permit(body["member_id"], body["department_id"])
    await_log()
    terms, in_force = _terms(body)
    seen = window({name: body[name] for name in ("position", "known_at")}) or NOW
    terms = replace(terms, added=_made_up(body["add"], material_for(terms)))
    _check_struck(terms, seen, body["strike"])
    also = as_is.NEEDED if body["compare_as_is"] else ()
    found = scored(concord().log, terms, seen, also=also)
    withheld = terms.discreet and any(
        METRICS[term.metric].hidden_below is not None for term in terms.rules.terms
    )
    answer = {
        "official": in_force and not (terms.struck or terms.added or withheld),
        "card": _card(found, body),
        "as_is": _card(as_is.as_is(found), body) if also else None,
        "struck": [str(position) for position in sorted(terms.struck)],
        "added": [{"position": str(each.position), "name": each.name} for each in terms.added],
    }
    return json_response(orjson.dumps(answer))


def _card(found: Scored, body: Mapping[str, Any]) -> dict[str, Any]:
    if body["member_id"] is not None:
        return shown_card(found.member(MemberId(body["member_id"])))
    return shown_card(found.department(DepartmentId(body["department_id"])))


# --- Who may ask ----------------------------------------------------------------------------------


def _permit(member_id: UUID | None, department_id: UUID | None) -> None:
    """Check that who asks may read a review of whom they ask about, were there one.

    Raises ``NotPermitted``, ``Problem`` 404 where there is nobody of that id.
    """
    crm = concord().crm
    if member_id is not None:
        state = crm.load(MEMBER, member_id).state
        if isinstance(state, member.Absent):
            raise not_found()
        department_id = state.department_id
    elif department_id is None or not crm.load(DEPARTMENT, department_id).version:
        raise not_found()
    row = {
        "department_id": None if department_id is None else str(department_id),
        "holder_id": None if member_id is None else str(member_id),
        "kept_from_id": None,
    }
    if not access().verdict(Action.READ, Resource.REVIEW).condition.holds(row):
        raise NotPermitted(Action.READ, Resource.REVIEW)


# --- By what rules --------------------------------------------------------------------------------


def _terms(body: Mapping[str, Any]) -> tuple[Terms, bool]:
    """Return the terms asked for, and whether they are those in force when the period began."""
    period = Period(body["first"], body["last"], zone())
    rules, policy, in_force = body["rules"], None, False
    if rules is None:
        version, in_force = _version(body["policy_id"], body["version"], period.first)
        rules, policy = version.rules, PolicyRef(body["policy_id"], version.version, version.hash)
    else:
        try:
            check_rules(rules)
        except Rejected as error:
            raise wrong("/rules", error.sentence) from error
    for number, term in enumerate(rules.terms):
        if term.metric not in METRICS:
            pointer = f"/rules/terms/{number}/metric" if policy is None else "/policy_id"
            raise wrong(pointer, f"There is no metric {term.metric} (any more).")
    about = body["member_id"]
    said = {"holder_id": None, "kept_from_id": None if about is None else str(about)}
    hears = access().verdict(Action.READ, Resource.FEEDBACK).condition.holds(said)
    struck = frozenset(int(position) for position in body["strike"])
    return Terms(
        period=period,
        rules=rules,
        policy=policy,
        known_at=body["known_at"],
        struck=struck,
        discreet=not hears,
    ), in_force


def _version(policy_id: UUID, number: int | None, day: date) -> tuple[ReviewPolicyPublished, bool]:
    policy = concord().crm.load(REVIEW_POLICY, policy_id).state
    if not isinstance(policy, Policy):
        raise wrong("/policy_id", "There is no such policy.")
    in_force = policy.in_force(day)
    version = in_force if number is None else policy.version(number)
    if version is None:
        if number is None:
            raise wrong("/policy_id", "None of its versions was in force when the period began.")
        raise wrong("/version", "The policy has no such version.")
    return version, version == in_force


# --- What if --------------------------------------------------------------------------------------


def _made_up(told: list[dict[str, Any]], material: Material) -> tuple[Recorded[Any], ...]:
    """Return facts that nobody recorded, the first at the lowest position.

    Raises ``Problem`` 422 for what no figure here rests on, and for what is no such fact.
    """
    return tuple(
        _fact(each, number, number - len(told), frozenset(material.names))
        for number, each in enumerate(told)
    )


def _fact(told: Mapping[str, Any], number: int, position: int, names: frozenset[str]) -> Any:
    name, now = told["name"], datetime.now(UTC)
    if _is_feedback(name):
        raise wrong(f"/add/{number}/name", "What colleagues say is not made up.")
    if name not in names:
        raise wrong(f"/add/{number}/name", "No figure of these rules rests on such facts.")
    by_id = told["by_id"]
    actor = {"kind": "system", "id": "what-if"}
    envelope = {"occurred_at": told["occurred_at"], "actor": actor, "channel": "api"}
    if by_id is not None:
        envelope["on_behalf_of"] = by_id
    shape = {"shape": EVENTS[name].__event_shape__} if EVENTS[name].__event_shape__ > 1 else {}
    state = msgspec.json.encode({"event": told["data"], "envelope": envelope} | shape)
    try:
        event, made = decode(name, state)
    except (msgspec.ValidationError, UnknownEvent) as error:
        raise wrong(f"/add/{number}/data", f"{error}.") from error
    return Recorded(
        stream_id=told["stream_id"],
        version=1,
        event=event,
        envelope=made,
        position=position,
        recorded_at=now,
    )


def _check_struck(terms: Terms, seen: Window, told: list[str]) -> None:
    """Check that what is left out is there, and that it tells of nobody what they said."""
    facts = {fact.position: fact for fact in concord().log.at(sorted(terms.struck))}
    for number, position in enumerate(told):
        fact = facts.get(int(position))
        if fact is None or not seen.shows(fact):
            raise wrong(f"/strike/{number}", "There is no such fact.")
        if _is_feedback(fact.name):
            raise wrong(f"/strike/{number}", "What colleagues say is not left out.")


def _is_feedback(name: str) -> bool:
    # The difference that one of them makes would tell who said what.
    return name.startswith("feedback.")


def wrong(pointer: str, detail: str) -> Problem:
    """Return the answer to a field that is well formed and cannot be so."""
    return Problem(422, "fields.invalid", detail, errors=[FieldError(pointer, detail)])
