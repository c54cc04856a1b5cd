"""Random grants, revocations, moves and requests, against a short model: no foreign row ever."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from domain.access.principal import RestorePrincipal, RevokeAccess, SuspendPrincipal
from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

# --- The model ------------------------------------------------------------------------------------

SEES_CUSTOMERS = {"sales", "service", "marketing", "auditor"}
SEES_REQUESTS = {"sales", "service", "auditor"}
CHANGES_REQUESTS = {"service"}
ROLES = sorted(SEES_CUSTOMERS | {"administrator"})


@dataclass
class World:
    """Who works where, what belongs to whom, and what the probe was granted."""

    works_in: dict[str, str] = field(default_factory=dict)
    owner: dict[str, str | None] = field(default_factory=dict)
    requests: dict[str, tuple[str, str]] = field(default_factory=dict)
    grants: dict[UUID, tuple[str, str, str | None]] = field(default_factory=dict)
    suspended: bool = False

    def held(self) -> list[tuple[str, str, str | None]]:
        return [] if self.suspended else list(self.grants.values())

    def sees_customer(self, customer: str) -> bool:
        home = self.works_in.get(self.owner[customer] or "")
        return any(
            place == "company"
            or (place == "team" and where == customer)
            or (place == "department" and where in {home, None if home else where})
            for role, place, where in self.held()
            if role in SEES_CUSTOMERS
        )

    def covers(self, roles: set[str], request: str, *, owners: bool) -> bool:
        customer, department = self.requests[request]
        home = self.works_in.get(self.owner[customer] or "")
        return any(
            place == "company"
            or (place == "team" and where == customer)
            or (place == "department" and (where == department or (owners and where == home)))
            for role, place, where in self.held()
            if role in roles
        )

    def sees_request(self, request: str) -> bool:
        return self.covers(SEES_REQUESTS, request, owners=True)

    def changes_request(self, request: str) -> bool:
        return self.covers(CHANGES_REQUESTS, request, owners=False)


# --- The real thing -------------------------------------------------------------------------------


def by_operator() -> Envelope:
    return Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.CLI
    )


def lives(running, company):
    api, crm = running.api, running.crm

    class Lives(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            self.world, self.region = World(), f"region-{uuid4()}"
            self.departments = [company.department().id for _ in range(2)]
            self.last = company.member(department_id=self.departments[0])
            member = MemberId(UUID(self.last.id))
            self.who = enrolled(crm, member)
            self.probe = api.acting_as(create_key(crm, "probe", member).text)
            self.world.works_in[str(member)] = self.departments[0]

        def do(self, path, body):
            self.last = api.post(path, body, headers={"If-Match": "*"}).went_well()
            return self.last.id

        # What happens

        @rule(number=st.integers(0, 1))
        def joins(self, number):
            where = self.departments[number]
            body = {"name": "Ana", "department_id": where, "role": "agent"}
            self.world.works_in[self.do("/members", body)] = where

        @rule(data=st.data(), number=st.integers(0, 1))
        def moves(self, data, number):
            who = data.draw(st.sampled_from(sorted(self.world.works_in)))
            where = self.departments[number]
            if self.world.works_in[who] != where:
                self.do(f"/members/{who}/move", {"department_id": where})
                self.world.works_in[who] = where

        @rule()
        def registers(self):
            name = f"Harbour {len(self.world.owner)}"
            body = {"details": {"name": name, "region": self.region}}
            self.world.owner[self.do("/customers", body)] = None

        @precondition(lambda self: self.world.owner)
        @rule(data=st.data())
        def changes_hands(self, data):
            customer = data.draw(st.sampled_from(sorted(self.world.owner)))
            to = data.draw(st.sampled_from([None, *sorted(self.world.works_in)]))
            path, now = f"/customers/{customer}/ownership", self.world.owner[customer]
            if to == now:
                return
            if now is None:
                self.do(f"{path}/claim", {"member_id": to})
            elif to is None:
                self.do(f"{path}/release", {})
            else:
                self.do(f"{path}/transfer", {"to_id": to, "reason": "Leave"})
            self.world.owner[customer] = to

        @precondition(lambda self: self.world.owner)
        @rule(data=st.data(), number=st.integers(0, 1))
        def asks(self, data, number):
            customer = data.draw(st.sampled_from(sorted(self.world.owner)))
            body = {"customer_id": customer, "department_id": self.departments[number]}
            told = {"kind": "support", "channel": "email", "title": "Where is it?"}
            self.world.requests[self.do("/requests", body | told)] = tuple(body.values())

        @precondition(lambda self: self.world.requests)
        @rule(data=st.data(), number=st.integers(0, 1))
        def is_passed_on(self, data, number):
            request = data.draw(st.sampled_from(sorted(self.world.requests)))
            customer, department = self.world.requests[request]
            if department != self.departments[number]:
                self.do(f"/requests/{request}/queue", {"department_id": self.departments[number]})
                self.world.requests[request] = customer, self.departments[number]

        # Who may

        @rule(data=st.data(), role=st.sampled_from(ROLES))
        def is_granted(self, data, role):
            places = [("company", None), *(("department", each) for each in self.departments)]
            places += [("team", each) for each in sorted(self.world.owner)]
            place, where = data.draw(st.sampled_from(places))
            named = {"department": "department_id", "team": "customer_id"}
            told = {named[place]: UUID(where)} if where else {}
            self.world.grants[grant(crm, self.who, role, **told)] = role, place, where

        @precondition(lambda self: self.world.grants)
        @rule(data=st.data())
        def is_revoked(self, data):
            gone = data.draw(st.sampled_from(sorted(self.world.grants)))
            crm.handle(RevokeAccess(id=self.who, grant_id=gone), by_operator())
            del self.world.grants[gone]

        @rule(suspended=st.booleans())
        def is_suspended_or_not(self, suspended):
            command = SuspendPrincipal if suspended else RestorePrincipal
            crm.handle(command(id=self.who), by_operator())
            self.world.suspended = suspended

        # Who sees

        @rule()
        def looks(self):
            for path in ("/members", "/customers", "/requests"):
                api.get(path, after=self.last, limit=1).went_well()
            world, ask = self.world, self.probe.get
            then = {"position": self.last.position}
            customers = {each for each in world.owner if world.sees_customer(each)}
            for moment in ({}, then):
                found = ask("/customers", **{"filter[region]": self.region}, limit=200, **moment)
                assert set((found.json.get("items") and found.ids) or []) == customers
            for customer in world.owner:
                for path in ("", "/timeline", "/history", "/ownership"):
                    status = ask(f"/customers/{customer}{path}").status
                    assert status == (200 if customer in customers else 404)
                told = ask(f"/customers/{customer}/timeline", limit=200).json.get("items", [])
                streams = {
                    each["stream"]["id"] for each in told if each["stream"]["kind"] == "request"
                }
                assert all(world.sees_request(each) for each in streams)
                found = ask("/requests", **{"filter[customer_id]": customer}).json.get("items", [])
                about = [each for each, (of, _) in world.requests.items() if of == customer]
                seen = {each for each in about if world.sees_request(each)}
                assert {each["id"] for each in found} == seen
                if customer in customers:
                    shown = ask(f"/customers/{customer}").json["open_requests"]
                    assert {each["id"] for each in shown} == seen
            for request in world.requests:
                seen = world.sees_request(request)
                assert ask(f"/requests/{request}").status == (200 if seen else 404)
                wanted = 412 if world.changes_request(request) else 403 if seen else 404
                body = {"kind": "internal", "text": "Ask the yard"}
                done = self.probe.post(f"/requests/{request}/reply", body, seen=999)
                assert done.status == wanted

        def teardown(self):
            if hasattr(self, "world"):
                self.looks()

    return Lives


def test_no_foreign_row_ever(running, company):
    machine = lives(running, company).TestCase
    quick = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine.settings = quick
    machine("runTest").runTest()


@pytest.mark.parametrize("suspended", [True, False])
def test_the_model_itself(suspended):
    """What it says of one case each, so that it is not wrong in the same way."""
    world = World({"ana": "S", "bo": "V"}, {"harbour": "ana", "free": None, "yunhe": "bo"})
    world.requests = {"r": ("harbour", "V")}
    world.grants, world.suspended = {uuid4(): ("sales", "department", "S")}, suspended
    sees = {each for each in world.owner if world.sees_customer(each)}
    assert sees == (set() if suspended else {"harbour", "free"})
    assert world.sees_request("r") != suspended
    assert not world.changes_request("r")
    other = replace(world, grants={uuid4(): ("service", "department", "V")}, suspended=False)
    assert other.changes_request("r")
    assert not other.sees_customer("harbour")
