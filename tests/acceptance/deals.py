"""What is sold in a story, in Concord's commands: orders, contracts and opportunities."""

from decimal import Decimal

from domain.money import Money
from domain.sales.contract import EndContract, EndedBecause, Renewal, SignContract
from domain.sales.opportunity import LoseOpportunity, LostBecause, OpenOpportunity, WinOpportunity
from domain.sales.order import OrderLine, PlaceOrder, RecordPayment, RecordRefund, VoidOrder
from domain.sales.pipeline import STANDARD, STANDARD_STAGES
from domain.sales.split import Share
from tests.acceptance.story import Line, Telling, happened_at

CURRENCY = "CNY"
"""A story has one currency, whatever it is."""


def _money(amount: str) -> Money:
    return Money(int(Decimal(amount) * 100), CURRENCY)


def _share(telling: Telling, name: str, percent: str) -> Share:
    nobody = name == "unattributed"
    return Share(None if nobody else telling.id("member", name), Decimal(percent))


def order_paid(telling: Telling, line: Line) -> None:
    """Place the order as large as all its payments, with its first; record the payment."""
    id_ = telling.id("order", line["order"])
    paid = [
        each
        for each in telling.story.lines
        if each["do"] == "order_paid" and each["order"] == line["order"]
    ]
    total = _money(str(sum(Decimal(each["amount"]) for each in paid)))
    shares = (_share(telling, name, percent) for name, percent in line["split"].items())
    place = PlaceOrder(
        id=id_,
        customer_id=telling.id("customer", line["customer"]),
        number=None,
        currency=CURRENCY,
        lines=(OrderLine(line["order"], None, Decimal(1), total, None),),
        split=tuple(share for share in shares if share.percent),
        due_on=None,
        due_at=None,
        opportunity_id=None,
        contract_id=None,
        channel=None,
    )
    telling.do(line, place, unless=("order.exists",))
    if Decimal(line["amount"]):
        pay = RecordPayment(
            id=id_,
            payment_id=telling.id("payment", line["id"]),
            amount=_money(line["amount"]),
            method=None,
            reference=None,
        )
        telling.do(line, pay)


def order_refunded(telling: Telling, line: Line) -> None:
    command = RecordRefund(
        id=telling.id("order", line["order"]),
        refund_id=telling.id("refund", line["id"]),
        amount=_money(line["amount"]),
    )
    telling.do(line, command)


def order_voided(telling: Telling, line: Line) -> None:
    command = VoidOrder(id=telling.id("order", line["order"]))
    telling.do(line, command, reason=line["reason"], unless=("order.voided",))


def contract_started(telling: Telling, line: Line) -> None:
    command = SignContract(
        id=telling.id("contract", line["id"]),
        customer_id=telling.id("customer", line["customer"]),
        number=None,
        title=line["id"],
        value=None,
        starts_at=happened_at(line),
        ends_at=None,
        renewal=Renewal.NONE,
        renewal_months=None,
        opportunity_id=None,
        quote_id=None,
    )
    telling.do(line, command)


def contract_ended(telling: Telling, line: Line) -> None:
    """End the contract of the customer that was last started, and not ended yet, as it happened."""
    standing: list[str] = []
    for each in telling.story.as_it_happened("contract_started", "contract_ended"):
        if each["customer"] != line["customer"]:
            continue
        if each["do"] == "contract_started":
            standing.append(each["id"])
        elif each["id"] != line["id"]:
            standing.pop()
        else:
            break
    command = EndContract(
        id=telling.id("contract", standing[-1]),
        ended_at=happened_at(line),
        because=EndedBecause.TERMINATED,
    )
    telling.do(line, command)


# --- Opportunities --------------------------------------------------------------------------------


def opportunity_opened(telling: Telling, line: Line) -> None:
    command = OpenOpportunity(
        id=telling.id("opportunity", line["opportunity"]),
        customer_id=telling.id("customer", line["customer"]),
        holder_id=telling.id("member", line["owner"]),
        title=line["opportunity"],
        pipeline=STANDARD,
        stages=STANDARD_STAGES,
    )
    telling.do(line, command)


def opportunity_closed(telling: Telling, line: Line) -> None:
    id_ = telling.id("opportunity", line["opportunity"])
    if line["outcome"] == "won":
        telling.do(line, WinOpportunity(id=id_))
    else:
        telling.do(line, LoseOpportunity(id=id_, because=LostBecause.OTHER), reason=line["id"])


DEALS = (
    order_paid,
    order_refunded,
    order_voided,
    contract_started,
    contract_ended,
    opportunity_opened,
    opportunity_closed,
)
