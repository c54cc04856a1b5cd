"""Requests are routed exactly once, whatever process does it and whenever it was ended."""

import threading
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from application.crm import Crm
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.ids import CustomerId, MemberId, RequestId
from domain.kernel import Actor, Channel, Envelope
from domain.support.request import AssignRequest, OpenRequest
from domain.support.routing import SetRouting, routing_id
from domain.support.routing_choice import Rule, Team, To, When
from domain.support.words import RequestKind
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember
from domain.values import ContactChannel
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from projections.reader import Reader
from projections.timekeeper import Timekeeper
from projections.timers import TIMERS

HOME = department_id("routed")
(ROUTES,) = (timer for timer in TIMERS if timer.name == "request.route")


def by() -> Envelope:
    return Envelope(occurred_at=datetime.now(UTC), actor=Actor.system("test"), channel=Channel.CLI)


@pytest.fixture
def people(crm: Crm) -> list[MemberId]:
    """Three members of a department whose rule shares out what comes."""
    create = CreateDepartment(id=HOME, code="routed", name="Care", kind=DepartmentKind.CORE)
    crm.handle(create, by())
    ids = [MemberId(uuid4()) for _ in range(3)]
    for id_ in ids:
        crm.handle(JoinMember(id=id_, name="Ana", department_id=HOME, role="agent"), by())
    rules = (Rule("Share", When(), To(team=Team((HOME,)))),)
    crm.handle(SetRouting(id=routing_id(HOME), department_id=HOME, rules=rules), by())
    return ids


@pytest.fixture
def read_side(crm: Crm) -> Projections:
    made = Projections(crm.pool, PROJECTIONS)
    made.ensure()
    return made


def opened(crm: Crm, number: int) -> list[RequestId]:
    customer = CustomerId(uuid4())
    crm.handle(RegisterCustomer(id=customer, details=CustomerDetails(name="Harbour")), by())
    ids = [RequestId(uuid4()) for _ in range(number)]
    for id_ in ids:
        command = OpenRequest(
            id=id_,
            customer_id=customer,
            department_id=HOME,
            kind=RequestKind.SUPPORT,
            channel=ContactChannel.PHONE,
            title="It leaks",
            to_route=True,
        )
        crm.handle(command, by())
    return ids


def keeper(crm: Crm) -> Timekeeper:
    return Timekeeper(crm, Reader(crm.pool), [ROUTES])


def lives(crm: Crm, ids: list[RequestId]) -> list[list[str]]:
    return [[fact.name for fact in crm.facts.stream(id_)] for id_ in ids]


ONCE = ["request.opened", "request.assigned"]


def holders(crm: Crm, ids: list[RequestId]) -> Counter[MemberId]:
    return Counter(list(crm.facts.stream(id_))[-1].event.member_id for id_ in ids)


def test_a_burst_is_shared_out_though_no_read_model_shows_it_yet(crm, read_side, people):
    ids = opened(crm, 30)
    read_side.catch_up()
    assert keeper(crm).sweep() == 30  # all in one hand
    assert lives(crm, ids) == [ONCE] * 30
    assert holders(crm, ids) == dict.fromkeys(people, 10)


def test_several_that_route_at_once_route_each_once(crm, read_side, people):
    ids = opened(crm, 20)
    read_side.catch_up()
    together = threading.Barrier(3)

    def route() -> None:
        together.wait()
        keeper(crm).sweep()

    threads = [threading.Thread(target=route) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lives(crm, ids) == [ONCE] * 20
    assert set(holders(crm, ids)) <= set(people)


def test_another_process_goes_on_where_one_ended_though_the_read_model_is_behind(
    crm, read_side, people
):
    ids = opened(crm, 5)
    read_side.catch_up()
    keeper(crm).sweep()
    assert keeper(crm).sweep() == 5  # still shown as due: tried, and refused
    assert lives(crm, ids) == [ONCE] * 5
    read_side.catch_up()
    assert keeper(crm).sweep() == 0


def test_whoever_took_it_meanwhile_keeps_it(crm, read_side, people):
    (id_,) = opened(crm, 1)
    read_side.catch_up()
    taker = people[2]
    crm.handle(AssignRequest(id=id_, member_id=taker), by())
    keeper(crm).sweep()
    assert lives(crm, [id_]) == [ONCE]
    assert holders(crm, [id_]) == {taker: 1}
