"""What a command names, and who gives it: they must be there."""

from dataclasses import replace
from datetime import datetime

import pytest
from spec import (
    ANA,
    BO,
    FRIDAY,
    HARBOUR,
    SALES,
    SERVICE,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    YUNHE,
    sample_id,
)

from application.crm import StaleVersion
from application.deciding import UnknownReference
from domain.customers.customer import RegisterCustomer, RetractCustomer, TierCustomer
from domain.customers.interaction import Direction, LogInteraction
from domain.customers.ownership import ClaimCustomer, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import InteractionId, MemberId, RequestId
from domain.kernel import Actor, Channel, Rejected
from domain.support.request import OpenRequest, VoidRequest
from domain.support.request_rules import REQUEST
from domain.support.words import RequestKind
from domain.teams.department import (
    CloseDepartment,
    DepartmentCreated,
    DepartmentKind,
    RenameDepartment,
)
from domain.teams.member import ChangeMemberRole, LeaveMember, MoveMember, RetractMember
from domain.values import ContactChannel, Tier
from tests.store.small_company import RENAME, details, events, join

# --- References -------------------------------------------------------------------------------


def interaction(customer=HARBOUR, request=None) -> LogInteraction:
    return LogInteraction(
        id=InteractionId(sample_id(0x11)),
        customer_id=customer,
        channel=ContactChannel.CHAT,
        direction=Direction.INBOUND,
        summary="询价",
        about_request_id=request,
    )


@pytest.mark.parametrize(
    ("command", "field", "code"),
    [
        (interaction(YUNHE), "customer_id", "customer.unknown"),
        (interaction(request=RequestId(sample_id(7))), "about_request_id", "request.unknown"),
        (join(sample_id(8), "New", sample_id(9)), "department_id", "department.unknown"),
        (
            ClaimCustomer(
                id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=MemberId(sample_id(8))
            ),
            "member_id",
            "member.unknown",
        ),
        # The id of another kind of thing names nothing either.
        (interaction(ANA), "customer_id", "customer.unknown"),
        (interaction(request=RequestId(HARBOUR)), "about_request_id", "request.unknown"),
        (join(sample_id(8), "New", HARBOUR), "department_id", "department.unknown"),
        (
            ClaimCustomer(id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=HARBOUR),
            "member_id",
            "member.unknown",
        ),
    ],
)
@pytest.mark.usefixtures("nothing_more")
def test_what_a_command_names_must_exist(company, envelope, command, field, code):
    with pytest.raises(UnknownReference) as unknown:
        company.handle(command, envelope())
    assert (unknown.value.field, unknown.value.code) == (field, code)


@pytest.mark.parametrize(
    "command",
    [
        LeaveMember(id=HARBOUR),
        join(HARBOUR, "New"),
        RenameDepartment(id=ANA, name="x"),
        TierCustomer(id=ANA, tier=Tier.KEY),
        RegisterCustomer(id=ANA, details=details("x")),
        ClaimCustomer(id=ANA, customer_id=HARBOUR, member_id=ANA),
    ],
)
def test_a_command_for_another_kind_of_thing_is_refused(company, envelope, nothing_more, command):
    with pytest.raises((Rejected, UnknownReference, StaleVersion)):
        company.handle(command, envelope())


def test_who_has_left_is_given_nothing_new(company, envelope):
    company.handle(LeaveMember(id=BO), envelope())
    claim = ClaimCustomer(id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=BO)
    with pytest.raises(UnknownReference) as unknown:
        company.handle(claim, envelope())
    assert (unknown.value.field, unknown.value.code) == ("member_id", "member.not-active")
    assert str(unknown.value) == f"The member {BO} is not active any more."
    assert company.load(OWNERSHIP, ownership_id(HARBOUR)).version == 0


def test_a_closed_department_is_given_nothing_new(company, envelope):
    company.handle(CloseDepartment(id=SERVICE), envelope())
    request = OpenRequest(
        id=RequestId(sample_id(7)),
        customer_id=HARBOUR,
        department_id=SERVICE,
        kind=RequestKind.SUPPORT,
        channel=ContactChannel.EMAIL,
        title="Wrong invoice",
    )
    for command in (request, join(MemberId(sample_id(8)), "New", SERVICE)):
        with pytest.raises(UnknownReference) as unknown:
            company.handle(command, envelope())
        assert (unknown.value.field, unknown.value.code) == (
            "department_id",
            "department.not-active",
        )
    assert company.handle(replace(request, department_id=SALES), envelope()).version == 1


def test_what_only_has_to_be_known_may_be_over(company, envelope):
    request = OpenRequest(
        id=RequestId(sample_id(7)),
        customer_id=HARBOUR,
        department_id=SALES,
        kind=RequestKind.SUPPORT,
        channel=ContactChannel.EMAIL,
        title="Wrong invoice",
    )
    company.handle(request, envelope())
    company.handle(VoidRequest(id=request.id), envelope(reason="spam"))
    assert not REQUEST.active(company.load(REQUEST, request.id).state)
    assert company.handle(interaction(request=request.id), envelope()).version == 1


def test_a_customer_taken_back_is_given_nothing_new(company, envelope):
    company.handle(RetractCustomer(id=HARBOUR), envelope(reason="imported by mistake"))
    with pytest.raises(UnknownReference) as unknown:
        company.handle(interaction(), envelope())
    assert (unknown.value.field, unknown.value.code) == ("customer_id", "customer.not-active")


# --- Who acts ---------------------------------------------------------------------------------


def test_the_department_and_role_of_who_acts_are_stamped(company, envelope):
    ana = envelope(actor=Actor.member(ANA))
    company.handle(RENAME, ana)
    company.handle(MoveMember(id=ANA, department_id=SERVICE), envelope())
    company.handle(ChangeMemberRole(id=ANA, role="lead"), envelope())
    company.handle(RenameDepartment(id=SALES, name="Third"), ana)
    created, second, third = company.facts.stream(SALES)
    assert (created.envelope.department_id, created.envelope.role) == (None, None)
    assert second.envelope == replace(ana, department_id=SALES, role="agent")
    assert third.envelope == replace(ana, department_id=SERVICE, role="lead")


def test_nobody_tells_their_own_role(company, envelope):
    company.handle(
        RENAME, envelope(actor=Actor.member(ANA), department_id=SERVICE, role="director")
    )
    stamp = company.facts.stream(SALES)[1].envelope
    assert (stamp.department_id, stamp.role) == (SALES, "agent")


def test_what_is_taken_back_is_dated_to_where_it_began(company, envelope):
    def tell(command, day: datetime, channel=Channel.API) -> None:
        told = envelope(occurred_at=day, reason="by mistake", channel=channel)
        company.handle(command, told)

    def days() -> list[datetime]:
        return [fact.occurred_at for fact in company.facts.stream(YUNHE)]

    tell(RegisterCustomer(id=YUNHE, details=details("云河科技")), WEDNESDAY)
    tell(TierCustomer(id=YUNHE, tier=Tier.KEY), TUESDAY, Channel.IMPORT)  # happened before
    tell(RetractCustomer(id=YUNHE), FRIDAY)
    assert days() == [WEDNESDAY, TUESDAY, TUESDAY]
    tell(RegisterCustomer(id=YUNHE, details=details("云河科技")), THURSDAY)
    tell(RetractCustomer(id=YUNHE), FRIDAY)
    assert days()[3:] == [THURSDAY, THURSDAY]  # it began anew


def test_who_acts_for_another_keeps_their_own_department(company, envelope):
    ana_for_bo = envelope(actor=Actor.member(ANA), on_behalf_of=BO)
    company.handle(RENAME, ana_for_bo)
    renamed = company.facts.stream(SALES)[1]
    assert renamed.envelope == replace(ana_for_bo, department_id=SALES, role="agent")
    assert renamed.envelope.performer == BO


@pytest.mark.parametrize(
    ("story", "code"),
    [
        ([], "member.unknown"),
        ([join(sample_id(8), "New"), LeaveMember(id=sample_id(8))], "member.not-active"),
        ([join(sample_id(8), "New"), RetractMember(id=sample_id(8))], "member.unknown"),
        ([RegisterCustomer(id=sample_id(8), details=details("New"))], "member.unknown"),
    ],
)
@pytest.mark.parametrize("field", ["actor", "on_behalf_of"])
def test_who_is_not_at_work_does_not_act(company, envelope, field, story, code):
    for command in story:
        company.handle(command, envelope())
    nobody = MemberId(sample_id(8))
    told = {"actor": Actor.member(nobody)} if field == "actor" else {"on_behalf_of": nobody}
    with pytest.raises(UnknownReference) as unknown:
        company.handle(RENAME, envelope(**told))
    assert (unknown.value.field, unknown.value.code) == (field, code)
    assert events(company, SALES) == [
        DepartmentCreated(code="sales", name="Sales", kind=DepartmentKind.CORE)
    ]


def test_an_actor_is_stamped_as_of_the_command_even_after_a_conflict(company, racing, envelope):
    ana, bo = (envelope(actor=Actor.member(member)) for member in (ANA, BO))
    commands = [RenameDepartment(id=SALES, name=name) for name in ("A", "B")]
    racing([(commands[0], ana, {}), (commands[1], bo, {})])
    stamped = {
        fact.event.name: (fact.envelope.actor, fact.envelope.department_id)
        for fact in company.facts.stream(SALES)[1:]
    }
    assert stamped == {"A": (ana.actor, SALES), "B": (bo.actor, SERVICE)}
