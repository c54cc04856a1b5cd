"""Orders of the sample company: placed, paid in time or late, in parts or not at all, refunded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from application.demo.accounts import owner_of
from application.demo.companies import CONTESTED, DISPUTED, KNOWN_BEFORE, Company
from application.demo.hours import OPENING, SHANGHAI, WORKING_DAY, at, end_of, later, office_moment
from application.demo.people import (
    ACCOUNT_MANAGER,
    CHEN_JING,
    FINANCE,
    SALES,
    ZHENG_TAO,
    ZHOU_TING,
    Person,
)
from application.demo.script import Script, Storyline, due
from application.demo.wares import Basket, basket, currency_of, ordered
from application.demo.words import Dice, Words
from domain.ids import ContractId, OpportunityId, PaymentId, RefundId, named_id
from domain.money import Money
from domain.sales.order import (
    ChangeDueDate,
    ChangeSplit,
    MarkOverdue,
    Placed,
    PlaceOrder,
    RecordPayment,
    RecordRefund,
    VoidOrder,
    order_id,
)
from domain.sales.split import WHOLE, Share
from domain.values import Tier

_BUYING = {Tier.STRATEGIC: 0.6, Tier.KEY: 0.35, Tier.NORMAL: 0.12}
"""How likely a customer of a tier buys without anybody selling."""
_TERMS = 14
"""Days to pay."""
_PREPAID_FROM = at(9, 11, 0)
"""What is ordered later and may be overdue after the story is paid at once: see ``settled``."""
_OVERDUE = "It was not paid by the day it was due."
_METHODS = ("银行转账 Bank transfer", "银行转账 Bank transfer", "承兑汇票 Bank draft")
_CHANNELS = ("销售 Sales", "销售 Sales", "网店 Web shop")
_VOIDED = (
    Words("客户改型号，重新下单。", "They changed the model and order anew."),
    Words("重复下单。", "Ordered twice by mistake."),
)
_REFUNDED = (
    Words("运输途中损坏，客户退回。", "Damaged on the way, sent back."),
    Words("多付一台，按协议退款。", "One piece too many was billed."),
)
_LATER = Words("客户申请延期付款，郑涛批准。", "They asked for more time; Zheng Tao agreed.")


@dataclass(frozen=True)
class Terms:
    """What an order rests on, and when it is to be paid (None: at once)."""

    due_on: date | None = None
    split: tuple[Share, ...] = ()
    opportunity_id: OpportunityId | None = None
    contract_id: ContractId | None = None
    channel: str | None = None


def storylines(script: Script, company: Company) -> list[Storyline]:
    """Return what a customer orders by itself in the ninety days."""
    if company.number in {DISPUTED, CONTESTED} or company.number >= KNOWN_BEFORE:
        return []
    dice = company.dice("orders")
    if not dice.likely(_BUYING[company.tier]):
        return []
    return [_bought(script, company, n) for n in range(1, dice.randint(1, 4) + 1)]


def _bought(script: Script, company: Company, n: int) -> Storyline:
    dice = company.dice("order", str(n))
    yield office_moment(dice, OPENING + timedelta(hours=2))
    who = owner_of(script, company)
    terms = Terms(
        due_on=due_day(script, dice),
        split=(Share(who.id, WHOLE),) if who else (),
        channel=dice.choice(_CHANNELS),
    )
    purchase = Purchase(script, company, str(n), dice)
    purchase.place(basket(dice), terms, who or ZHOU_TING)
    yield from purchase.settled()


def due_day(script: Script, dice: Dice) -> date | None:
    """Return by when an order placed now is to be paid; None: at once."""
    if dice.likely(0.35) or (script.now > _PREPAID_FROM and dice.likely(0.85)):
        return None
    return script.now.astimezone(SHANGHAI).date() + timedelta(days=_TERMS)


class Purchase:
    """An order and all that is paid on it."""

    def __init__(self, script: Script, company: Company, key: str, dice: Dice) -> None:
        self.script = script
        self.company = company
        self.key = f"{company.number:03}{key}"
        self.dice = dice
        self.number = f"SO-26-{self.key}"
        self.id = order_id("demo", self.number)

    # --- Placing ---

    def place(self, wanted: Basket, terms: Terms, by: Person) -> None:
        """Let somebody of ours record the order now."""
        due_at = None if terms.due_on is None else end_of(terms.due_on)
        command = PlaceOrder(
            id=self.id,
            customer_id=self.company.id,
            number=self.number,
            currency=currency_of(self.company),
            lines=ordered(wanted, self.company),
            split=terms.split,
            due_on=terms.due_on,
            due_at=due_at,
            opportunity_id=terms.opportunity_id,
            contract_id=terms.contract_id,
            channel=terms.channel,
        )
        self.script.say(command, by)
        self._watch()

    def _watch(self) -> None:
        if (due_at := self._state().due_at) is not None:
            self.script.plan(due(self.script, due_at, MarkOverdue(id=self.id), _OVERDUE))

    # --- Paying ---

    def settled(self) -> Storyline:
        """Tell how the order is paid: at once where no day is set, else in one of many ways."""
        if self.dice.likely(0.1):
            yield later(self.script.now, self.dice.uniform(20, 200))
            self._share_credit()
        if self._state().due_at is None:
            yield later(self.script.now, self.dice.uniform(10, 300))
            self.pay(self._state().open)
        else:
            yield from self._settled_by_a_day()
        if self._state_is_paid() and self.dice.likely(0.12):
            yield later(self.script.now, self.dice.uniform(2, 9) * WORKING_DAY)
            self._refund()

    def _settled_by_a_day(self) -> Storyline:
        fates = ("in time", "in parts", "late", "never", "void", "put off")
        fate = self.dice.choices(fates, (40, 22, 14, 11, 7, 6))[0]
        match fate:
            case "void":
                yield later(self.script.now, self.dice.uniform(30, 2 * WORKING_DAY))
                why = self.dice.choice(_VOIDED).into(ZHOU_TING.language)
                self.script.say(VoidOrder(id=self.id), ZHOU_TING, reason=why)
            case "never" | "late":
                yield later(end_of(self._due_on()), self.dice.uniform(1, 18) * WORKING_DAY)
                if fate == "late":
                    self.pay(self._state().open)
            case "put off":
                yield later(self.script.now, self.dice.uniform(2, 4) * WORKING_DAY)
                self._put_off()
                yield later(self.script.now, self.dice.uniform(5, 11) * WORKING_DAY)
                self.pay(self._state().open)
            case _:
                yield later(self.script.now, self.dice.uniform(1, 6) * WORKING_DAY)
                if fate == "in parts":
                    self.pay(self._state().open * 2 // 5)
                    yield later(self.script.now, self.dice.uniform(2, 12) * WORKING_DAY)
                self.pay(self._state().open)

    def pay(self, minor: int) -> None:
        """Let finance record that so much came in now, in minor units."""
        nth = len(self._state().known) + 1
        command = RecordPayment(
            id=self.id,
            payment_id=PaymentId(named_id("demo", "payment", self.key, str(nth))),
            amount=Money(minor, currency_of(self.company)),
            method=self.dice.choice(_METHODS),
            reference=f"{self.number}/{nth}",
        )
        self.script.say(command, self._accountant())

    def refund(self, minor: int, reason: str) -> None:
        """Let finance record that so much was paid back now."""
        nth = len(self._state().known) + 1
        command = RecordRefund(
            id=self.id,
            refund_id=RefundId(named_id("demo", "refund", self.key, str(nth))),
            amount=Money(minor, currency_of(self.company)),
        )
        self.script.say(command, self._accountant(), reason=reason)

    def _refund(self) -> None:
        reason = self.dice.choice(_REFUNDED).into(self.company.language)
        self.refund(self._state().paid // self.dice.choice((4, 5, 8, 10)), reason)

    def _put_off(self) -> None:
        day = self._due_on() + timedelta(days=_TERMS)
        put_off = ChangeDueDate(id=self.id, due_on=day, due_at=end_of(day))
        self.script.say(put_off, ZHENG_TAO, reason=_LATER.into(ZHENG_TAO.language))
        self._watch()

    def _share_credit(self) -> None:
        split = self._state().split
        others = [
            person
            for person in self.script.team(SALES, ACCOUNT_MANAGER)
            if person.id not in {share.member_id for share in split}
        ]
        if len(split) != 1:
            return
        helped = Share(self.dice.choice(others).id, Decimal(30))
        shares = (Share(split[0].member_id, Decimal(70)), helped)
        why = Words("对方做了现场演示。", "They gave the demonstration on site.")
        reason = why.into(CHEN_JING.language)
        self.script.say(ChangeSplit(id=self.id, split=shares), CHEN_JING, reason=reason)

    # --- How it stands ---

    def _state(self) -> Placed:
        state: Placed = self.script.state(self.id)
        return state

    def _state_is_paid(self) -> bool:
        state = self.script.state(self.id)
        return isinstance(state, Placed) and state.open == 0

    def _due_on(self) -> date:
        due_on: date = self.script.state(self.id).due_on
        return due_on

    def _accountant(self) -> Person:
        team: Sequence[Person] = self.script.team(FINANCE, "accountant")
        return self.dice.choice(team)
