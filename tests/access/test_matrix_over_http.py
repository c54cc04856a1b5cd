"""Every operation of the API, by every role, from every place: against the table written by hand.

Two sides: Harbour Foods, owned in Sales, and Yunhe, owned in Service, each with a contact, a
request, an interaction. Each role is granted company-wide, in Sales, for Harbour's team, and not at
all; and each asks everything of both sides. A change names a version that is not the one now: who
may not change it never learns so much.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from uuid import UUID, uuid4

import pytest

from domain.access.roles import Resource
from domain.access.sharing import SHARING_ID
from domain.confidential import FieldClass
from domain.ids import MemberId
from tests.access.asked import CONTACT, PERMITTED, Asked, How
from tests.access.operations import ASKED, MADE
from tests.access.table import CELLS, SHOWN
from tests.web.client import Api
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

ROLES = sorted({role for role, _ in CELLS})
PLACES = ("company", "department", "team", "nowhere")
SIDES = ("sales", "service")


@dataclass(frozen=True)
class Side:
    """One department's customer, and what belongs to it."""

    department: str
    member: str
    customer: str
    contact: str
    request: str
    interaction: str
    taken_in: str
    name: str
    position: str
    """Of the fact that the customer was registered."""
    account: str
    role: str
    told: str
    """The position of the last fact."""
    made: Mapping[str, str] = field(default_factory=dict)
    """What else belongs to it, by the first word of its path."""

    def path(self, template: str) -> str:
        """Put this side's things into a path."""
        first = template.split("/")[1]
        mine = {
            "customers": self.customer,
            "requests": self.request,
            "members": self.member,
            "departments": self.department,
            "interactions": self.interaction,
            "imports": self.taken_in,
            "principals": self.account,
            "roles": self.role,
            "sharing": str(SHARING_ID),
            **self.made,
        }
        told = template.replace("{id_}", mine.get(first, str(uuid4())))
        told = told.replace("{contact_id}", self.contact).replace("{position}", self.position)
        return re.sub(r"\{\w+\}", str(uuid4()), told)


@pytest.fixture(scope="module")
def sides(running, company) -> dict[str, Side]:
    return {name: _side(running, company) for name in SIDES}


def _side(running, company) -> Side:
    department = company.department().id
    member = company.member(department_id=department).id
    name = company.word("Matrix")
    registered = company.customer(name)
    customer = registered.id
    contact = CONTACT | {"email": f"{name.lower()}@matrix.example"}  # one's own: no double
    company.do(f"/customers/{customer}/contacts", contact, seen=1)
    body = {"member_id": member}
    company.api.post(f"/customers/{customer}/ownership/claim", body).went_well()
    request = company.request(customer_id=customer, department_id=department)
    interaction = company.interaction(customer=customer)
    company.api.get("/audit/events", after=interaction).went_well()
    for path in ("/customers", "/members", "/requests", "/departments"):
        company.api.get(path, after=interaction, limit=1).went_well()
    shown = company.api.get(f"/customers/{customer}").went_well().json
    account = str(enrolled(running.crm, MemberId(UUID(member))))
    role = company.api.post("/roles", {"name": company.word("matrix-role")} | PERMITTED)
    objected = {"department_id": department, "dataset": "requests", "reason": "x"}
    other = company.department().id
    done = company.do(
        "/sharing/objections", objected | {"from_ids": [other]}, headers={"If-Match": "*"}
    )
    for path in ("/principals", "/roles", "/sharing"):
        company.api.get(path, after=done).went_well()
    (contact,) = (each["id"] for each in shown["contacts"])
    return Side(
        department=department,
        member=member,
        customer=customer,
        contact=contact,
        request=request.id,
        interaction=interaction.id,
        taken_in=company.imported().json["id"],
        name=name,
        position=registered.position,
        account=account,
        role=role.id,
        told=interaction.position,
        made={path: make(company, customer, member, department) for path, make in MADE.items()},
    )


@pytest.fixture(scope="module")
def probes(running, company, sides) -> dict[tuple[str, str], Api]:
    """Somebody for each role and place: members of Sales who own nothing."""
    return {
        (role, place): _probe(running, company, sides["sales"], role, place)
        for role in ROLES
        for place in PLACES
    }


def _probe(running, company, sales: Side, role: str, place: str) -> Api:
    joined = company.member(department_id=sales.department)
    member = MemberId(UUID(joined.id))
    where = {
        "company": {},
        "department": {"department_id": UUID(sales.department)},
        "team": {"customer_id": UUID(sales.customer)},
    }
    if place in where:
        grant(running.crm, enrolled(running.crm, member), role, **where[place])
    company.api.get("/members", after=joined, limit=1).went_well()
    return running.api.acting_as(create_key(running.crm, role, member).text)


# --- What the table says --------------------------------------------------------------------------

ABOUT_CUSTOMERS = {
    Resource.CUSTOMER,
    Resource.OWNERSHIP,
    Resource.INTERACTION,
    Resource.REQUEST,
    Resource.OPPORTUNITY,
    Resource.ORDER,
}
OF_DEPARTMENTS = ABOUT_CUSTOMERS | {
    Resource.MEMBER,
    Resource.DEPARTMENT,
    Resource.CAMPAIGN,
    Resource.REVIEW,
}


def inside(role: str, place: str, side: str, resource: Resource, letter: str) -> bool:
    """Whether the table lets a role do this with one side's thing, which is somebody else's."""
    cell = CELLS[role, resource]
    if place == "nowhere":
        return False
    if letter in "rcs" and letter.upper() in cell:
        return True
    if letter not in cell:
        return False
    match place:
        case "company":
            return True
        case "department":
            changes_terms = resource is Resource.SHARING and letter != "r"
            return side == "sales" and (resource in OF_DEPARTMENTS or changes_terms)
        case _:
            return side == "sales" and resource in ABOUT_CUSTOMERS


def asked_path(asked: Asked) -> str:
    return next(operation for operation, each in ASKED.items() if each is asked)


def expected(role: str, place: str, side: str, asked: Asked) -> int:
    """The status that the table says an operation has."""
    if place == "team" and not asked.of_customers:
        side = "nobody's"
    if place == "department" and not asked.of_departments:
        side = "nobody's"
    may = partial(inside, role, place, side)
    resource, letter = asked.resource, asked.letter
    granted = place != "nowhere" and letter in CELLS[role, resource].lower()
    match asked.how:
        case How.LIST:
            own = place != "nowhere" and "i" in CELLS[role, resource]
            return 200 if granted or own else 403
        case How.TERMS:
            return 412 if may(resource, letter) else 403
        case How.READ:
            return 200 if may(resource, "r") else 404
        case How.QUEUE:
            if not may(Resource.DEPARTMENT, "r"):
                return 404
            return 200 if granted else 403
        case How.FACT:
            if not granted:
                return 403
            return 200 if may(resource, "r") or may(Resource.CUSTOMER, "r") else 404
        case How.EVERYWHERE:
            everywhere = place == "company" or "R" in CELLS[role, resource]
            return 200 if granted and everywhere else 403
        case How.CHANGE:
            if may(resource, letter):
                return 412
            return 403 if may(resource, "r") else 404
        case How.CREATE_THERE:
            if may(resource, letter):
                return asked.done
            return 403 if may(resource, "r") else 404
        case How.REGISTER:  # nobody's yet: any department's, and in no team
            return 201 if granted and place in {"company", "department"} else 403
        case How.JOIN:
            return 201 if may(resource, letter) else 403
        case How.COMPUTE:
            return 200 if may(resource, letter) else 403
        case How.OFFER:
            if not may(resource, letter):
                return 403
            return 201 if may(Resource.CUSTOMER, "r") else 404
        case How.FOUND:
            return 201 if granted and place == "company" else 403
        case How.OPEN:
            if not granted:
                return 403
            return 201 if may(Resource.CUSTOMER, "r") else 422
        case How.COMPANY_READ:
            return 200 if granted and place == "company" else 404
        case How.COMPANY:
            if granted and place == "company":
                return asked.done
            readable = may(resource, "r") and (place == "company" or "R" in CELLS[role, resource])
            of_a_kind = "{" not in asked_path(asked)
            return 403 if readable or of_a_kind else 404
        case _:
            raise AssertionError(asked)


# --- Asked over HTTP ------------------------------------------------------------------------------


def test_every_operation_is_in_the_table(api):
    document = api.get("/openapi.json").json
    operations = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in document["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    }
    assert operations == set(ASKED)


def test_every_role_is_in_it():
    assert len(ROLES) == 10
    assert set(SHOWN) == set(ROLES)


WHERE = [
    (place, side)
    for place in PLACES
    for side in (SIDES if place in {"department", "team"} else SIDES[:1])
]
TURN = 3


def cells(role: str, turn: int = 1) -> Iterator[tuple[str, str, str]]:
    """Every cell of a role; with a turn of 3, a third: each operation has all of them, by turns."""
    operations = (name for name, asked in ASKED.items() if asked.how is not How.OWN)
    for number, operation in enumerate(operations, start=ROLES.index(role)):
        for index, (place, side) in enumerate(WHERE):
            if (index + number) % turn == 0:
                yield operation, place, side


def test_by_turns_every_operation_is_asked_from_everywhere():
    asked = {cell for role in ROLES for cell in cells(role, TURN)}
    assert asked == set(cells(ROLES[0]))


@pytest.mark.campaign
@pytest.mark.parametrize("role", ROLES)
def test_the_matrix(role, probes, sides):
    assert answered_otherwise(role, cells(role), probes, sides) == []


@pytest.mark.parametrize("role", ROLES)
def test_a_third_of_the_matrix(role, probes, sides):
    assert answered_otherwise(role, cells(role, TURN), probes, sides) == []


def answered_otherwise(role, asked_for, probes, sides):
    """The cells of a role whose answer is not what the table says."""
    wrong = []
    for operation, place, side in asked_for:
        asked, there = ASKED[operation], sides[side]
        method, _, template = operation.partition(" ")
        answer = probes[role, place].ask(
            method,
            there.path(template),
            asked.body(there) if asked.body else None,
            seen=999
            if asked.how in {How.CHANGE, How.COMPANY, How.TERMS} and asked.done != 201
            else None,
            **asked.query,
        )
        wanted = expected(role, place, side, asked)
        if answer.status != wanted:
            wrong.append((operation, place, side, wanted, answer.status, answer.body[:160]))
    return wrong


def without_its_own(answer):
    """An answer without what is different in each."""
    body = {name: told for name, told in answer.json.items() if name != "request_id"}
    own = {"Date", "X-Request-Id"}
    return answer.status, body, {n: t for n, t in answer.headers.items() if n not in own}


def test_what_one_may_not_know_of_answers_as_what_is_not_there(probes, sides):
    """For somebody in Sales: each operation on what is Service's, and on nothing at all."""
    names = (each.name for each in fields(Side) if each.name not in {"position", "made"})
    strange = Side(**{name: str(uuid4()) for name in names}, position="1")
    tried = 0
    for role in ("sales", "service", "hr"):
        who = probes[role, "team"]
        for operation, asked in ASKED.items():
            if asked.how not in {How.READ, How.CHANGE, How.CREATE_THERE, How.QUEUE}:
                continue
            method, _, template = operation.partition(" ")
            hidden, nothing = (
                who.ask(
                    method,
                    side.path(template),
                    asked.body(sides["service"]) if asked.body else None,
                    seen=1 if asked.how is How.CHANGE else None,
                )
                for side in (sides["service"], strange)
            )
            if hidden.status == 404:
                assert without_its_own(hidden) == without_its_own(nothing), operation
                tried += 1
    assert tried > 60


@pytest.mark.parametrize("role", ROLES)
def test_lists_hold_what_the_table_says_and_nothing_else(role, probes, sides):
    for place in PLACES[:3]:
        who = probes[role, place]
        for name, side in sides.items():
            for resource, path, query, id_ in (
                (Resource.CUSTOMER, "/customers", {"filter[name]": side.name}, side.customer),
                (Resource.REQUEST, "/requests", {"filter[customer_id]": side.customer},
                 side.request),
                (Resource.MEMBER, "/members", {"filter[department_id]": side.department},
                 side.member),
            ):  # fmt: skip
                if "r" not in CELLS[role, resource].lower():
                    continue
                covered = inside(role, place, name, resource, "r")
                for moment in ({}, {"position": sides["service"].told}):
                    found = who.get(path, **query, **moment).went_well().ids
                    assert (id_ in found) == covered, (place, name, path, moment)
                    assert covered or found == []


@pytest.mark.parametrize("role", ROLES)
def test_contacts_are_shown_to_the_roles_that_show_them(role, probes, sides):
    for place in PLACES[:3]:
        if not inside(role, place, "sales", Resource.CUSTOMER, "r"):
            continue
        side, who = sides["sales"], probes[role, place]
        single = who.get(f"/customers/{side.customer}").json
        (listed,) = who.get("/customers", **{"filter[name]": side.name}).json["items"]
        shown = FieldClass.CONTACT in SHOWN[role]
        for customer in (single, listed):
            assert customer.get("masked", []) == ([] if shown else ["contact"])
            assert (customer["contacts"][0]["email"] is None) != shown
