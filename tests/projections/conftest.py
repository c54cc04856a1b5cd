"""A log in which the service story is told, by commands."""

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, SALES, SERVICE

from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.kernel import Actor, Channel, Envelope
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember
from tests.projections.service_story import STORY, moment


@pytest.fixture
def tell(crm):
    """Carry out a command at a moment of the story."""

    def carry_out(when, command):
        at = moment(when)
        actor = Actor.system("test")
        envelope = Envelope(occurred_at=at, actor=actor, channel=Channel.API, reason="a test")
        return crm.handle(command, envelope)

    return carry_out


@pytest.fixture
def staff(tell):
    """Two departments, three members and a customer, who are in the log too."""
    for code, id_ in (("sales", SALES), ("service", SERVICE)):
        made = CreateDepartment(id=id_, code=code, name=code, kind=DepartmentKind.CORE)
        tell("mon 8", made)
    for name, id_ in (("Ana", ANA), ("Bo", BO), ("李娜", LI_NA)):
        tell("mon 8", JoinMember(id=id_, name=name, department_id=SERVICE, role="agent"))
    tell("mon 8", RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour Foods")))


@pytest.fixture
def story(tell, staff, crm):
    """The whole story, told by commands; the log it stands in."""
    for when, command in STORY:
        tell(when, command)
    return crm.facts
