"""A customer of the sample company through the ninety days: its record, tier and owner."""

from dataclasses import replace
from datetime import datetime, timedelta

from application.demo.companies import CONTESTED, DISPUTED, Company, card
from application.demo.hours import OPENING, later, office_moment
from application.demo.people import (
    ACCOUNT_MANAGER,
    BY_ID,
    CHEN_JING,
    SALES,
    ZHOU_TING,
    Person,
)
from application.demo.script import SETUP, Script, Storyline
from application.demo.words import Dice, Words
from domain.customers.customer import (
    AddContact,
    BusinessPhase,
    ChangeContact,
    ChangeCustomerDetails,
    RegisterCustomer,
    RemoveContact,
    TierCustomer,
)
from domain.customers.ownership import (
    ClaimCustomer,
    Disputed,
    Owned,
    ReleaseCustomer,
    TransferOwnership,
)
from domain.kernel import Actor
from domain.values import Tier

_UP = (
    Words("上半年采购额翻倍，升级服务。", "Orders doubled in the first half of the year."),
    Words("签订年度框架协议。", "Signed a frame agreement for the year."),
    Words("新开多家门店，潜力大。", "Opening many sites: much more to come."),
)
_DOWN = (
    Words("连续两季度无新订单。", "No new order for two quarters."),
    Words("采购转由集团统一管理，订单减少。", "Their group buys centrally now: fewer orders."),
)
_TRANSFERRED = (
    Words(
        "客户总部迁移，由当地同事负责。", "Their head office moved: a colleague nearby takes over."
    ),
    Words("客户的新仓库在对方负责的区域。", "Their new warehouse is in my colleague's region."),
    Words("行业分工调整。", "We now share customers out by industry."),
    Words("我手上客户过多，主管协调后移交。", "I look after too many; agreed with our lead."),
)
_RELEASED = (
    Words("多次联系未果，暂时释放。", "Could not reach anybody for weeks."),
    Words("近期没有采购计划，放回公共池。", "No plans to buy for now: back to the pool."),
)
_CLAIMED = (
    Words("展会上认识的客户。", "Met at the fair."),
    Words("一直由我联系。", "I have been in touch with them all along."),
    Words("客户来电咨询，由我接待。", "They called and I took the call."),
)


def storylines(script: Script, company: Company) -> list[Storyline]:
    """Return what becomes of a customer's record and of its owner."""
    account = Account(script, company)
    stories = [account.registered(), account.maintained()]
    if company.number not in {DISPUTED, CONTESTED}:
        stories += [account.owned(), account.tiered()]
    return stories


class Account:
    """A customer, as those who look after it see it."""

    def __init__(self, script: Script, company: Company) -> None:
        self.script = script
        self.company = company

    # --- Storylines ---

    def registered(self) -> Storyline:
        """Take the customer into Concord: from the old list, or as sales wins it."""
        dice = self.company.dice("registered")
        yield self.company.registered_at
        by: Person | Actor = SETUP
        reason: str | None = "从销售台账导入 Taken over from the sales list"
        if not self.company.known_before:
            by, reason = dice.choice(self._managers()), None
        register = RegisterCustomer(
            id=self.company.id, details=self.company.details, tier=self.company.tier
        )
        self.script.say(register, by, reason=reason)
        for n in range(len(self.company.contacts)):
            self._add_contact(n, by)

    def owned(self) -> Storyline:
        """Let somebody claim the customer; hand it over or give it up later, now and then."""
        dice = self.company.dice("owned")
        if dice.likely(0.07):
            return
        yield later(self._start(), dice.uniform(30, 3500))
        self._claim(dice.choice(self._managers()), dice)
        match dice.choices(("keep", "transfer", "release"), (78, 13, 9))[0]:
            case "transfer":
                yield office_moment(dice, self.script.now + timedelta(days=7))
                self._transfer(dice)
            case "release":
                yield office_moment(dice, self.script.now + timedelta(days=10))
                yield from self._release(dice)

    def tiered(self) -> Storyline:
        """Move some customers to another tier, with a reason."""
        dice = self.company.dice("tiered")
        if not dice.likely(0.14):
            return
        yield office_moment(dice, self._start() + timedelta(days=14))
        up = {Tier.NORMAL: Tier.KEY, Tier.KEY: Tier.STRATEGIC}
        down = {Tier.STRATEGIC: Tier.KEY, Tier.KEY: Tier.NORMAL}
        raised = self.company.tier is not Tier.STRATEGIC and dice.likely(0.7)
        ladder, reasons = (up, _UP) if raised or self.company.tier is Tier.NORMAL else (down, _DOWN)
        tier = TierCustomer(id=self.company.id, tier=ladder[self.company.tier])
        self.script.say(tier, CHEN_JING, reason=dice.choice(reasons).into(CHEN_JING.language))

    def maintained(self) -> Storyline:
        """Keep details and contacts up to date."""
        dice = self.company.dice("maintained")
        if dice.likely(0.16):
            yield office_moment(dice, self._start() + timedelta(days=3))
            self._change_details(dice)
        if dice.likely(0.14):
            yield office_moment(dice, max(self.script.now, self._start()) + timedelta(days=2))
            self._change_contact()
        if dice.likely(0.12):
            yield office_moment(dice, max(self.script.now, self._start()) + timedelta(days=2))
            self._replace_contact()

    # --- Steps ---

    def _claim(self, who: Person, dice: Dice) -> None:
        reason = dice.choice(_CLAIMED).into(who.language)
        claim = ClaimCustomer(
            id=self.company.ownership_id, customer_id=self.company.id, member_id=who.id
        )
        self.script.say(claim, who, reason=reason)

    def _transfer(self, dice: Dice) -> None:
        if (owner := self._owner()) is None:
            return
        heir = dice.choice([person for person in self._managers() if person != owner])
        transfer = TransferOwnership(id=self.company.ownership_id, to_id=heir.id)
        self.script.say(transfer, owner, reason=dice.choice(_TRANSFERRED).into(owner.language))

    def _release(self, dice: Dice) -> Storyline:
        if (owner := self._owner()) is None:
            return
        reason = dice.choice(_RELEASED).into(owner.language)
        self.script.say(ReleaseCustomer(id=self.company.ownership_id), owner, reason=reason)
        if dice.likely(0.75):
            yield later(self.script.now, dice.uniform(400, 6000))
            others = [person for person in self._managers() if person != owner]
            self._claim(dice.choice(others), dice)

    def _add_contact(self, n: int, by: Person | Actor) -> None:
        known = card(self.company.number, n)
        self.script.say(
            AddContact(
                id=self.company.id,
                contact_id=known.id,
                name=known.name,
                title=known.title,
                email=known.email,
                phone=known.phone,
            ),
            by,
        )

    def _change_contact(self) -> None:
        known, later_on = card(self.company.number, 0), card(self.company.number, 9)
        change = ChangeContact(
            id=self.company.id,
            contact_id=known.id,
            name=known.name,
            title=later_on.title,
            email=known.email,
            phone=later_on.phone,
        )
        self.script.say(change, self._keeper())

    def _replace_contact(self) -> None:
        by = self._keeper()
        gone = RemoveContact(id=self.company.id, contact_id=self.company.contacts[-1].id)
        reason = Words("联系人已离职。", "Has left the company.").into(by.language)
        self.script.say(gone, by, reason=reason)
        self._add_contact(len(self.company.contacts), by)

    def _change_details(self, dice: Dice) -> None:
        details = self.script.state(self.company.id).details
        grown = (details.employees or 0) + dice.choice((10, 25, 40, 80, 150))
        changed = replace(details, employees=grown, phase=BusinessPhase.GROWING)
        self.script.say(ChangeCustomerDetails(id=self.company.id, details=changed), self._keeper())

    # --- Who ---

    def _start(self) -> datetime:
        return max(self.company.registered_at, OPENING + timedelta(hours=1))

    def _managers(self) -> list[Person]:
        return self.script.team(SALES, ACCOUNT_MANAGER)

    def _owner(self) -> Person | None:
        return owner_of(self.script, self.company)

    def _keeper(self) -> Person:
        return self._owner() or ZHOU_TING


def owner_of(script: Script, company: Company) -> Person | None:
    """Return who owns a customer now; None where nobody does."""
    owned = script.state(company.ownership_id)
    return BY_ID[owned.owner_id] if isinstance(owned, Owned | Disputed) else None
