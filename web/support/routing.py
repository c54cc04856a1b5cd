"""Routing over HTTP: rules of departments, requests routed by hand, and how much each has to do."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from application.crm import StaleVersion
from domain.access.roles import Action, Resource
from domain.ids import RoutingId
from domain.kernel import Decider
from domain.support import routing
from domain.support.routing import MOST_LEVEL, MOST_PRIORITY, routing_id
from domain.support.routing_choice import Opening, Rule, SkillWanted, Team, To, When
from domain.support.words import RequestKind
from domain.teams.department import DEPARTMENT
from domain.teams.member import MEMBER
from domain.values import NAME, SHORT, ContactChannel, Tier
from projections.reader import Wanted
from projections.support.requests import REQUESTS
from projections.support.routing import GIVEN, ROUTINGS, Router, away
from projections.teams.teams import DEPARTMENTS, MEMBERS
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.changes import carry_out, change, envelope, expected_version
from web.fields import Change, Id, Moment, OutcomeSchema, Text, YesNo
from web.problems import FieldError, Problem, stale
from web.running import concord, json_response
from web.support.requests import WAITING
from web.views import (
    ItemMomentSchema,
    await_position,
    list_schema,
    must_be_there,
    page_of,
    show,
    show_list,
)

bp = Routes("routing", "routing", description="Who takes which request, and by which rule.")

MOST_RULES = 100
MOST_LOAD = 10_000
STATUS = validate.OneOf(["in-force", "withdrawn"])

# --- Schemas --------------------------------------------------------------------------------------


def _several(of: fields.Field[Any]) -> fields.List[Any]:
    return fields.List(of, load_default=[], validate=validate.Length(max=MOST_RULES))


class CalendarHoursSchema(ma.Schema):
    """Inside (open) or outside the business hours of a calendar."""

    calendar_id = Id(required=True)
    open = YesNo(required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Opening:
        return Opening(**told)


class WhenSchema(ma.Schema):
    """Which requests a rule is for; what is left out does not matter."""

    kinds = _several(fields.Enum(RequestKind, by_value=True))
    channels = _several(fields.Enum(ContactChannel, by_value=True))
    tiers = _several(fields.Enum(Tier, by_value=True))
    least_priority = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MOST_PRIORITY)
    )
    hours = fields.Nested(CalendarHoursSchema, load_default=None, allow_none=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> When:
        lists = {name: tuple(told[name]) for name in ("kinds", "channels", "tiers")}
        return When(**told | lists)


class SkillWantedSchema(ma.Schema):
    """A skill, at this level or above."""

    name = Text(SHORT, required=True)
    level = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, MOST_LEVEL))

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> SkillWanted:
        return SkillWanted(**told)


class TeamSchema(ma.Schema):
    """Whoever of these departments has these skills, with the fewest open requests."""

    departments = fields.List(Id(), required=True, validate=validate.Length(1, MOST_RULES))
    skills = _several(fields.Nested(SkillWantedSchema))
    at_most = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MOST_LOAD),
        metadata={"description": "Who holds as many open requests is given no more."},
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Team:
        return Team(tuple(told["departments"]), tuple(told["skills"]), told["at_most"])


class ToSchema(ma.Schema):
    """Where a request goes: to a department's queue, to one member or to a team; to one of them."""

    queue = Id(load_default=None, allow_none=True)
    member = Id(load_default=None, allow_none=True)
    team = fields.Nested(TeamSchema, load_default=None, allow_none=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> To:
        return To(**told)


class RoutingRuleSchema(ma.Schema):
    """One rule: for which requests, and where they go."""

    name = Text(NAME, required=True)
    when = fields.Nested(WhenSchema, required=True)
    to = fields.Nested(ToSchema, required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Rule:
        return Rule(**told)


class SetRoutingSchema(Change):
    """A department's rules, as a whole, in the order in which they are tried."""

    department_id = Id(required=True)
    rules = fields.List(
        fields.Nested(RoutingRuleSchema), required=True, validate=validate.Length(1, MOST_RULES)
    )


class RoutingSchema(ma.Schema):
    """A department's rules, as they are shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    department_id = fields.UUID(required=True)
    number = fields.Integer(
        required=True, metadata={"description": "Which version of the rules; requests name it."}
    )
    status = fields.String(required=True, validate=STATUS)
    rules = fields.List(fields.Nested(RoutingRuleSchema), required=True)
    set_at = Moment()


class WorkSchema(ma.Schema):
    """How much there is to do: open, of them waiting for somebody else, and the oldest."""

    open = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    oldest = Moment(allow_none=True)


class MemberLoadSchema(WorkSchema):
    """What one member has to do."""

    member_id = fields.UUID(required=True)
    name = fields.String(required=True)
    away = fields.Boolean(required=True)
    last_given_at = Moment(allow_none=True)


class LoadSchema(ma.Schema):
    """What a department has to do: nobody's yet, and each member's."""

    department_id = fields.UUID(required=True)
    queue = fields.Nested(WorkSchema, required=True)
    members = fields.List(fields.Nested(MemberLoadSchema), required=True)


RoutingQuery = list_schema(
    ROUTINGS, {"department_id": Id(), "status": fields.String(validate=STATUS)}, sort="set_at"
)

# --- Rules ----------------------------------------------------------------------------------------


@bp.get("/routings")
@bp.arguments(RoutingQuery, location="query")
@bp.response(200, page_of(RoutingSchema), description="The rules of departments.")
def list_routings(args: dict[str, Any]) -> Response:
    """List the routing rules, one set for each department at most."""
    return show_list(ROUTINGS, args)


@bp.post("/routings")
@bp.arguments(SetRoutingSchema)
@bp.response(200, OutcomeSchema)
def set_routing(body: dict[str, Any]) -> Response:
    """Set a department's rules from now on; the first time they are at version 0."""
    access().require(Action.CREATE, Resource.POLICY, everywhere=True)
    body["rules"] = tuple(body["rules"])
    _check_places(body["rules"])
    try:
        return change(routing.SetRouting, body, id=routing_id(body["department_id"]))
    except StaleVersion as error:  # nothing set yet is version 0, and not unknown
        raise stale(error.current) from error


@bp.get("/routings/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, RoutingSchema, description="The rules.")
def get_routing(args: dict[str, Any], id_: UUID) -> Response:
    """Show a department's rules, now or as of any moment."""
    return show(ROUTINGS, id_, args)


@bp.post("/routings/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_routing(body: dict[str, Any], id_: UUID) -> Response:
    """Withdraw a department's rules: its requests stay in the queue until somebody takes them."""
    return change(routing.WithdrawRouting, body, id=RoutingId(id_))


def _check_places(rules: tuple[Rule, ...]) -> None:
    """Check that whom rules name is there. Raises ``Problem`` 422."""
    crm = concord().crm
    for number, rule in enumerate(rules):
        team = rule.to.team.departments if rule.to.team else ()
        departments = [each for each in (rule.to.queue, *team) if each is not None]
        named: list[tuple[Decider[Any, Any, Any], UUID]] = [
            (DEPARTMENT, each) for each in departments
        ]
        named += [(MEMBER, rule.to.member)] if rule.to.member else []
        for decider, id_ in named:
            if not decider.active(crm.load(decider, id_).state):
                detail = f"The {decider.kind} {id_} is not there, or not any more."
                pointer = FieldError(f"/rules/{number}/to", detail)
                raise Problem(422, f"{decider.kind}.unknown", detail, errors=[pointer])


# --- Routing by hand ------------------------------------------------------------------------------


@bp.post("/requests/<uuid:id_>/route")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def route_request(body: dict[str, Any], id_: UUID) -> Response:
    """Let the rules of the department that a request is in find who takes it, now."""
    expected = expected_version()
    given = envelope(body)
    here = concord()
    router = Router(here.crm, here.reader)
    command = router.command(must_be_there(REQUESTS, id_, {}))
    return carry_out(command, given, expected=expected)


# --- Load -----------------------------------------------------------------------------------------


@bp.get("/departments/<uuid:id_>/load")
@bp.arguments(NoQuery, location="query")
@bp.response(200, LoadSchema, description="Who has how much to do, the busiest first.")
def get_load(_: dict[str, Any], id_: UUID) -> Response:
    """Show how much a department and each of its members has to do now."""
    must_be_there(DEPARTMENTS, id_, {})
    access().require(Action.READ, Resource.REQUEST)
    reached = await_position(REQUESTS.name)
    reader = concord().reader
    here = reader.keys(MEMBERS, "department_id", str(id_))
    given = reader.documents_of(GIVEN, here)
    work = _work({"holder_id": tuple(map(str, here))})
    nobodys = _work({"department_id": str(id_), "holder_id": ""})
    members = [
        {
            "member_id": member["id"],
            "name": member["name"],
            "away": away(member, datetime.now(UTC)),
            "last_given_at": given.get(key, {}).get("last_at"),
            **work.get(member["id"], NOTHING),
        }
        for key, member in reader.documents_of(MEMBERS, here).items()
        if member["status"] == "active" or member["id"] in work
    ]
    body = {
        "department_id": str(id_),
        "queue": nobodys.get("", NOTHING),
        "members": sorted(members, key=lambda each: (-each["open"], each["member_id"])),
    }
    response = json_response(orjson.dumps(body))
    response.headers["Concord-Position"] = str(reached)
    return response


NOTHING = {"open": 0, "waiting": 0, "oldest": None}


def _work(filters: dict[str, Wanted]) -> dict[str, dict[str, Any]]:
    """Return how much each holder has to do of what who asks may see."""
    reader, seen = concord().reader, access().reading(REQUESTS)
    opened: dict[str, Wanted] = {**filters, "status": "open"}
    waiting = reader.count(REQUESTS, "holder_id", {**opened, "waits_for": WAITING}, seen)
    oldest = reader.least(REQUESTS, "opened_at", "holder_id", opened, seen)
    return {
        holder: {"open": number, "waiting": waiting.get(holder, 0), "oldest": oldest.get(holder)}
        for holder, number in reader.count(REQUESTS, "holder_id", opened, seen).items()
    }
