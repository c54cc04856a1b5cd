"""What came of campaigns, told by real commands and counted by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from spec import ANA, MONDAY, SALES, sample_id

from domain.customers.behaviour import CaptureBehaviour, Place
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.customers.interaction import Direction, LogInteraction, RetractInteraction
from domain.ids import (
    BehaviourId,
    CampaignId,
    CustomerId,
    InteractionId,
    LeadId,
    OrderId,
    PaymentId,
    RefundId,
)
from domain.money import Money
from domain.sales.campaign import (
    Answer,
    BookCost,
    CampaignChannel,
    CampaignPlan,
    LogAnswer,
    PlanCampaign,
)
from domain.sales.lead import CaptureLead, LeadSource, QualifyLead
from domain.sales.order import OrderLine, PlaceOrder, RecordPayment, RecordRefund, VoidOrder
from domain.sales.split import Share
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember
from domain.values import ContactChannel
from projections.reports.campaign_return import campaign_return
from projections.reports.replaying import as_json

FAIR, MAILING = (CampaignId(sample_id(0xF0 + number)) for number in range(2))
CUSTOMERS = [CustomerId(sample_id(0xC00 + number)) for number in range(6)]
FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH = CUSTOMERS


@pytest.fixture
def tell(crm, envelope):
    def carry_out(command, day=0, reason=None):
        when = MONDAY + timedelta(days=day)
        return crm.handle(command, envelope(occurred_at=when, reason=reason)).position

    return carry_out


@pytest.fixture
def sales(tell):
    tell(CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE))
    tell(JoinMember(id=ANA, name="Ana", department_id=SALES, role="agent"))
    for number, customer in enumerate(CUSTOMERS):
        tell(RegisterCustomer(id=customer, details=CustomerDetails(name=f"Customer {number}")))
    for id_, name, channel in (
        (FAIR, "Fair", CampaignChannel.EVENT),
        (MAILING, "Mailing", CampaignChannel.EMAIL),
    ):
        plan = CampaignPlan(name=name, channel=channel, starts_on=MONDAY.date())
        tell(PlanCampaign(id=id_, department_id=SALES, plan=plan))
    return tell


def order(tell, number, customer, amount, day):
    id_ = OrderId(sample_id(0xD00 + number))
    price = Money(amount, "CNY")
    placed = PlaceOrder(
        id=id_,
        customer_id=customer,
        number=None,
        currency="CNY",
        lines=(OrderLine("Map", None, Decimal(1), price, None),),
        split=(Share(ANA, Decimal(100)),),
        due_on=None,
        due_at=None,
        opportunity_id=None,
        contract_id=None,
        channel=None,
    )
    tell(placed, day)
    payment = PaymentId(sample_id(0xE00 + number))
    paid = RecordPayment(id=id_, payment_id=payment, amount=price, method=None, reference=None)
    return id_, tell(paid, day)


def test_what_came_of_two_campaigns(crm, sales):
    tell = sales
    # First touched by the fair, although the phone call was recorded before it.
    call = LogInteraction(
        id=InteractionId(sample_id(1)), customer_id=FIRST, channel=ContactChannel.PHONE,
        direction=Direction.INBOUND, summary="Called after the fair",
    )  # fmt: skip
    tell(call, 9)
    answered = tell(LogAnswer(id=FAIR, answer=Answer.ATTENDED, customer_id=FIRST), 1)
    # Called first: the mailing is not their first touch.
    other = InteractionId(sample_id(2))
    tell(LogInteraction(id=other, customer_id=SECOND, channel=ContactChannel.PHONE,
                        direction=Direction.INBOUND, summary="Hello"), 1)  # fmt: skip
    opened = tell(LogAnswer(id=MAILING, answer=Answer.OPENED, customer_id=SECOND), 2)
    # A lead of the fair that was qualified, one of nobody that was not.
    lead = LeadId(sample_id(3))
    tell(CaptureLead(id=lead, name="Third", source=LeadSource.EVENT, department_id=SALES,
                     campaign_id=FAIR), 3)  # fmt: skip
    tell(CaptureLead(id=LeadId(sample_id(4)), name="?", source=LeadSource.EVENT,
                     department_id=SALES, campaign_id=FAIR), 3)  # fmt: skip
    tell(QualifyLead(id=lead, customer_id=THIRD), 5)
    # What they did on the web because of the mailing, and a call that never was.
    tell(CaptureBehaviour(id=BehaviourId(sample_id(5)), customer_id=FOURTH, channel=Place.WEB,
                          what="viewed", campaign_id=MAILING), 4)  # fmt: skip
    wrong = InteractionId(sample_id(6))
    tell(LogInteraction(id=wrong, customer_id=FOURTH, channel=ContactChannel.CHAT,
                        direction=Direction.INBOUND, summary="x"), 1)  # fmt: skip
    tell(RetractInteraction(id=wrong), 6, "Another customer's")
    costs = [
        tell(BookCost(id=FAIR, amount=Money(30_000, "CNY"), what="Stand"), 1),
        tell(BookCost(id=FAIR, amount=Money(10_000, "CNY"), what="Travel"), 12),
    ]
    first, paid = order(tell, 1, FIRST, 50_000, 10)
    back = RefundId(sample_id(7))
    refunded = tell(RecordRefund(id=first, refund_id=back, amount=Money(15_000, "CNY")), 11)
    _, third = order(tell, 2, THIRD, 27_000, 11)
    order(tell, 3, SECOND, 5_000, 11)
    void, _ = order(tell, 4, FOURTH, 99_000, 11)
    tell(VoidOrder(id=void), 12, "Entered twice")
    order(tell, 5, FIFTH, 1_000, 11)

    found = campaign_return(crm.facts)
    cny = [{"amount": "620.00", "currency": "CNY"}]  # 500 - 150 + 270
    fair, mailing = found["campaigns"]
    assert fair == {
        "campaign_id": str(FAIR),
        "name": "Fair",
        "channel": "event",
        "cost": [{"amount": "400.00", "currency": "CNY"}],
        "answers": 1,
        "leads": 2,
        "qualified": 1,
        "opportunities": 0,
        "won": 0,
        "customers": 2,
        "orders": 2,
        "net": cny,
        "return": "55.00",  # (620 - 400) / 400
        "evidence": [str(each) for each in sorted([answered, *costs, paid, refunded, third])],
    }
    assert (mailing["cost"], mailing["return"], mailing["net"]) == ([], None, [])
    assert (mailing["customers"], mailing["answers"]) == (1, 1)
    assert mailing["evidence"] == [str(opened)]
    channels = {each["channel"]: each for each in found["channels"]}
    assert channels["event"] == {
        "channel": "event", "customers": 2, "buyers": 2, "conversion": "100.00", "net": cny,
    }  # fmt: skip
    assert channels["phone"]["net"] == [{"amount": "50.00", "currency": "CNY"}]
    assert channels["email"] == {
        "channel": "email", "customers": 1, "buyers": 0, "conversion": "0.00", "net": [],
    }  # fmt: skip
    assert channels["unknown"]["customers"] == 1
    assert set(channels) == {"event", "phone", "email", "unknown"}
    assert as_json(campaign_return(crm.facts)) == as_json(found)
