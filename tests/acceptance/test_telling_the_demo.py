"""Telling the sample company into a log: once, whole, and only where there is nothing yet."""

import pytest

from application.crm import Crm
from application.demo import facts, is_told, landmarks, tell
from application.demo.people import ANA_SOUZA
from application.demo.story import written
from domain.customers import ownership
from domain.customers.ownership import ownership_id
from domain.kernel import Actor, Rejected
from domain.teams import department

TOLD = landmarks()


def test_telling_it(crm: Crm):
    heard = []
    assert not is_told(crm)
    assert tell(crm, progress=lambda done, total: heard.append((done, total))) == TOLD
    assert is_told(crm)
    assert heard[0] == (0, TOLD.facts)
    assert heard[-1] == (TOLD.facts, TOLD.facts)
    assert heard == sorted(heard)
    told = [fact for page in crm.facts.pages() for fact in page]
    assert [(fact.event, fact.envelope) for fact in told] == [
        (fact.event, fact.envelope) for fact in facts()
    ]
    tell(crm)
    assert crm.facts.head() == told[-1].position


class Killed(Exception):
    """The power goes."""


def test_a_telling_cut_off_in_the_middle_is_completed(crm: Crm):
    def pull_the_plug(done: int, _: int) -> None:
        if done >= 4_000:
            raise Killed

    with pytest.raises(Killed):
        tell(crm, progress=pull_the_plug)
    assert not is_told(crm)
    tell(crm)
    told = [fact for page in crm.facts.pages() for fact in page]
    assert [(fact.stream_id, fact.version) for fact in told] == [
        (fact.stream_id, fact.version) for fact in facts()
    ]


def test_what_people_add_afterwards_does_not_matter(crm: Crm, envelope):
    tell(crm)
    crm.handle(
        ownership.ReleaseCustomer(id=ownership_id(TOLD.disputed_customer_id)),
        envelope(actor=Actor.member(ANA_SOUZA.id), occurred_at=facts()[-1].occurred_at),
    )
    head = crm.facts.head()
    tell(crm)
    assert is_told(crm)
    assert crm.facts.head() == head


def test_it_is_not_told_into_a_log_in_use(crm: Crm, envelope):
    sales = department.CreateDepartment(
        id=department.department_id("sales"),
        code="sales",
        name="Sales",
        kind=department.DepartmentKind.CORE,
    )
    crm.handle(sales, envelope())
    with pytest.raises(Rejected, match="empty log"):
        tell(crm)
    assert not is_told(crm)


def test_the_same_commands_lead_to_the_same_facts_through_the_front_door(crm: Crm):
    lines = written()[:1_000]
    for line in lines:
        crm.handle(line.command, line.envelope)
    told = [fact for page in crm.facts.pages() for fact in page]
    expected = [fact for line in lines for fact in line.facts]
    assert [(fact.stream_id, fact.version, fact.event, fact.envelope) for fact in told] == [
        (fact.stream_id, fact.version, fact.event, fact.envelope) for fact in expected
    ]
