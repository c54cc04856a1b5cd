"""Sales of the sample company: from stage to stage, quoted, won or lost, or resting too long."""

from datetime import timedelta
from decimal import Decimal

from application.demo.accounts import owner_of
from application.demo.companies import CONTESTED, DISPUTED, KNOWN_BEFORE, Company
from application.demo.hours import OPENING, SHANGHAI, WORKING_DAY, at, end_of, later, office_moment
from application.demo.ordering import Purchase, Terms, due_day
from application.demo.people import (
    ACCOUNT_MANAGER,
    BY_ID,
    CHEN_JING,
    SALES,
    ZHOU_TING,
    Person,
)
from application.demo.rivals import NAMES, rival
from application.demo.script import Beat, Script, Storyline, acted, due
from application.demo.wares import basket, quoted, worth
from application.demo.words import Words
from domain.ids import CampaignId, LeadId, OpportunityId, QuoteId, named_id
from domain.sales import opportunity
from domain.sales.opportunity import (
    AmendOpportunity,
    ChangeStage,
    IssueProposal,
    LoseOpportunity,
    LostBecause,
    MarkStale,
    OpenOpportunity,
    ReopenOpportunity,
    WinOpportunity,
)
from domain.sales.pipeline import (
    STANDARD,
    ChangePipeline,
    SetUpPipeline,
    Stage,
    WithdrawPipeline,
    pipeline_id,
    stages_of,
)
from domain.sales.quote import (
    AcceptQuote,
    DeclineQuote,
    ExpireQuote,
    Issued,
    IssueQuote,
    WithdrawQuote,
    quote_id,
)
from domain.sales.split import WHOLE, Share
from domain.teams.department import department_id

_BEFORE = (
    Stage("contact", "接触 Contact", Decimal(10)),
    Stage("need", "需求 Need", Decimal(25), 21),
    Stage("proposal", "方案 Proposal", Decimal(50), 14),
    Stage("follow-up", "跟进 Follow-up", Decimal(75), 14),
)
_AFTER = (
    _BEFORE[0],
    Stage("need", "需求 Need", Decimal(25)),
    Stage("proposal", "方案 Proposal", Decimal(45), 10),
    Stage("follow-up", "跟进 Follow-up", Decimal(70), 10),
)
_TENDER = (Stage("bid", "投标 Bid", Decimal(20)), Stage("award", "定标 Award", Decimal(60)))
_TENDERS = "tender"

_TITLES = (
    Words("新仓{product}项目", "{product} for the new site"),
    Words("{product}更新换代", "Replacing their old units: {product}"),
    Words("门店{product}试点", "{product}: pilot in three shops"),
)
_STALE = "It has rested in its stage beyond the time set for it."
_EXPIRED = "The last day of the offer has passed."
_LOST = {
    LostBecause.PRICE: Words("价格高出预算一成。", "A tenth above what they may spend."),
    LostBecause.COMPETITOR: Words("选择了现有供应商的配套方案。", "They stay with one supplier."),
    LostBecause.TIMING: Words("项目推迟到明年。", "Put off until next year."),
    LostBecause.NO_BUDGET: Words("预算未获批。", "Their budget was not approved."),
    LostBecause.PRODUCT: Words("需要防爆型号，我们没有。", "They need an explosion-proof model."),
}
_REOPENED = Words("客户预算追加，重新启动。", "They found the money after all.")
_REVISED = Words("数量有变，另行报价。", "The quantity changed: we quote anew.")
_TOO_LONG = Words("客户未在期限内决定。", "They would not decide in time.")
_ENDING = at(9, 7, 0)
"""From here on nothing new gets a day to be due by: the story ends soon."""


def storylines(script: Script, company: Company) -> list[Storyline]:
    """Return the sales to a customer that we begin ourselves."""
    if company.number in {DISPUTED, CONTESTED} or company.number >= KNOWN_BEFORE:
        return []
    dice = company.dice("deal")
    return [_begun(script, company)] if dice.likely(0.22) else []


def pipelines(script: Script) -> Storyline:
    """Tell how the company sets its stages."""
    id_, tenders = pipeline_id(STANDARD), pipeline_id(_TENDERS)
    name = "标准流程 Standard"
    set_up = SetUpPipeline(id=id_, code=STANDARD, name=name, stages=_BEFORE)
    bids = SetUpPipeline(id=tenders, code=_TENDERS, name="招投标 Tenders", stages=_TENDER)
    change = ChangePipeline(id=id_, name=name, stages=_AFTER)
    yield from acted(
        script,
        Beat(OPENING + timedelta(minutes=70), CHEN_JING, set_up),
        Beat(OPENING + timedelta(minutes=75), CHEN_JING, bids),
        Beat(at(8, 3, 10), CHEN_JING, change, "报价后要跟得更紧。"),
        Beat(at(9, 1, 10), CHEN_JING, WithdrawPipeline(id=tenders), "改用标准流程，减少重复。"),
    )


def _begun(script: Script, company: Company) -> Storyline:
    yield office_moment(company.dice("deal begins"), OPENING + timedelta(hours=2))
    yield from Deal(script, company, "A").story()


class Deal:
    """A sale to a customer that may come."""

    def __init__(self, script: Script, company: Company, key: str) -> None:
        self.script = script
        self.company = company
        self.key = key
        self.dice = company.dice("deal", key)
        self.id = OpportunityId(named_id("demo", "opportunity", str(company.number), key))
        self.basket = basket(self.dice)
        self.amount = worth(self.basket, company)
        self.title = self.dice.choice(_TITLES).into(
            company.language, product=self.basket[0].ware.name
        )
        self._quotes = 0

    # --- The story ---

    def open(self, lead_id: LeadId | None = None, campaign_id: CampaignId | None = None) -> None:
        """Let the customer's owner, or who has time, open the opportunity now."""
        managers = self.script.team(SALES, ACCOUNT_MANAGER)
        owner = owner_of(self.script, self.company)
        holder = owner if owner is not None and owner in managers else self.dice.choice(managers)
        code = _TENDERS if lead_id is None and self.dice.likely(0.1) else STANDARD
        if not self._stages(code):
            code = STANDARD
        command = OpenOpportunity(
            id=self.id,
            customer_id=self.company.id,
            holder_id=holder.id,
            department_id=department_id(SALES),
            title=self.title,
            pipeline=code,
            stages=self._stages(code),
            amount=self.amount if self.dice.likely(0.8) else None,
            expected_on=self.script.now.astimezone(SHANGHAI).date()
            + timedelta(days=self.dice.randint(20, 90)),
            lead_id=lead_id,
            campaign_id=campaign_id,
        )
        self.script.say(command, holder)

    def story(self) -> Storyline:
        """Tell what becomes of it, from its beginning; opens it unless that was told."""
        if self.script.state(self.id) is None:
            self.open()
        if self._open().pipeline == _TENDERS:
            yield from self._tendered()
            return
        yield from self._moved("need", 1, 8)
        if self.dice.likely(0.12) or self.script.now > _ENDING:
            return  # and it rests there
        yield from self._moved("proposal", 2, 8)
        self._propose()
        if self.dice.likely(0.15):
            return
        if self.dice.likely(0.2):
            yield from self._proposed_anew()
        yield from self._moved("follow-up", 1, 5)
        if self.dice.likely(0.12):
            return
        yield later(self.script.now, self.dice.uniform(0.5, 7) * WORKING_DAY)
        yield from self._closed()

    def _tendered(self) -> Storyline:
        yield later(self.script.now, self.dice.uniform(3, 10) * WORKING_DAY)
        if "award" in {stage.code for stage in self._stages(_TENDERS)}:
            self._move("award")
            yield later(self.script.now, self.dice.uniform(2, 10) * WORKING_DAY)
        yield from self._closed()

    def _closed(self) -> Storyline:
        if self.dice.likely(0.62):
            yield from self._won()
            return
        self._lose()
        if self.dice.likely(0.2):
            yield later(self.script.now, self.dice.uniform(5, 15) * WORKING_DAY)
            if self._hand() in self.script.team(SALES, ACCOUNT_MANAGER):
                reason = _REOPENED.into(self._hand().language)
                self.script.say(ReopenOpportunity(id=self.id), self._hand(), reason=reason)
                yield later(self.script.now, self.dice.uniform(1, 5) * WORKING_DAY)
                yield from self._won()

    # --- Steps ---

    def _moved(self, stage: str, least: int, most: int) -> Storyline:
        yield later(self.script.now, self.dice.uniform(least, most) * WORKING_DAY)
        self._move(stage)

    def _move(self, stage: str) -> None:
        stages = self._stages(self._open().pipeline)
        helper = ZHOU_TING.id if stage == "proposal" and self.dice.likely(0.3) else None
        command = ChangeStage(id=self.id, stages=stages, stage=stage, stage_owner_id=helper)
        self.script.say(command, self._hand())
        if (moment := self._open().stale_at) is not None:
            self.script.plan(due(self.script, moment, MarkStale(id=self.id), _STALE))

    def _propose(self) -> None:
        self._quotes += 1
        number, id_ = self._quote_number(), self._quote_id()
        last = self.script.now.astimezone(SHANGHAI).date() + timedelta(days=14)
        issue = IssueQuote(
            id=id_,
            customer_id=self.company.id,
            number=number,
            lines=quoted(self.basket, self.company),
            valid_until=last,
            expires_at=end_of(last),
            opportunity_id=self.id,
        )
        self.script.say(issue, self._hand())
        self.script.plan(due(self.script, end_of(last), ExpireQuote(id=id_), _EXPIRED))
        proposal = IssueProposal(id=self.id, title=self.title, quote_id=id_, amount=self.amount)
        self.script.say(proposal, self._hand())

    def _proposed_anew(self) -> Storyline:
        yield later(self.script.now, self.dice.uniform(0.5, 3) * WORKING_DAY)
        withdraw = WithdrawQuote(id=self._quote_id())
        self.script.say(withdraw, self._hand(), reason=_REVISED.into(self._hand().language))
        self.basket = basket(self.dice)
        self.amount = worth(self.basket, self.company)
        expected_on = self._open().expected_on
        amend = AmendOpportunity(
            id=self.id, title=self.title, amount=self.amount, expected_on=expected_on
        )
        self.script.say(amend, self._hand())
        self._propose()

    def _won(self) -> Storyline:
        if self._quotes and self._quote_holds():
            self.script.say(AcceptQuote(id=self._quote_id()), self._hand())
        hand = self._hand()
        split: tuple[Share, ...] = (Share(hand.id, WHOLE),)
        if self.dice.likely(0.2) and hand != ZHOU_TING:
            split = (Share(hand.id, Decimal(80)), Share(ZHOU_TING.id, Decimal(20)))
        self.script.say(WinOpportunity(id=self.id, split=split), hand)
        yield later(self.script.now, self.dice.uniform(5, 60))
        purchase = Purchase(self.script, self.company, self.key, self.company.dice("bought"))
        terms = Terms(due_on=due_day(self.script, self.dice), split=split, opportunity_id=self.id)
        purchase.place(self.basket, terms, hand)
        yield from purchase.settled()

    def _lose(self) -> None:
        because = self.dice.choice(tuple(_LOST))
        hand = self._hand()
        reason = _LOST[because].into(hand.language)
        if self._quotes and self._quote_holds():
            self.script.say(DeclineQuote(id=self._quote_id()), hand, reason=reason)
        name = self.dice.choice(NAMES) if because is LostBecause.COMPETITOR else None
        lose = LoseOpportunity(
            id=self.id,
            because=because,
            competitor=name,
            competitor_id=rival(name) if name else None,
        )
        self.script.say(lose, hand, reason=reason)

    # --- How it stands ---

    def _open(self) -> opportunity.Open:
        state: opportunity.Open = self.script.state(self.id)
        return state

    def _hand(self) -> Person:
        return BY_ID[self._open().holder_id]

    def _stages(self, code: str) -> tuple[Stage, ...]:
        return stages_of(self.script.state(pipeline_id(code)), code)

    def _quote_id(self) -> QuoteId:
        return quote_id(self._quote_number())

    def _quote_number(self) -> str:
        return f"Q-26-{self.company.number:03}{self.key}{self._quotes}"

    def _quote_holds(self) -> bool:
        state = self.script.state(self._quote_id())
        return isinstance(state, Issued) and state.expires_at > self.script.now
