"""云帆食品 buys: from a call about six scanners to forty handhelds, paid in two parts.

The sale behind the dispute that ``disputes`` tells, with the same days and amounts.
"""

from datetime import date
from decimal import Decimal

from application.demo.companies import DISPUTED, companies
from application.demo.disputes import scene_id
from application.demo.hours import SHANGHAI, at, end_of
from application.demo.ordering import Purchase, Terms
from application.demo.people import ANA_SOUZA, SALES, WANG_WEI, ZHOU_TING
from application.demo.script import Beat, Script, Storyline, acted, due
from application.demo.wares import WARES, Item, quoted, worth
from domain.customers.need import MeetNeed, RecordNeed, Urgency
from domain.ids import ContractId, LeadId, NeedId, OpportunityId, named_id
from domain.sales.contract import Renewal, SignContract
from domain.sales.lead import AssignLead, CaptureLead, LeadSource, QualifyLead
from domain.sales.opportunity import (
    ChangeStage,
    IssueProposal,
    MarkStale,
    OpenOpportunity,
    WinOpportunity,
)
from domain.sales.pipeline import STANDARD, pipeline_id, stages_of
from domain.sales.quote import AcceptQuote, ExpireQuote, IssueQuote, quote_id
from domain.sales.split import Share
from domain.teams.department import department_id

CUSTOMER = companies()[DISPUTED]
OPPORTUNITY = OpportunityId(named_id("demo", "opportunity", "cold store"))
_LEAD = LeadId(named_id("demo", "lead", "cold store"))
_NEED = NeedId(named_id("demo", "need", "cold store"))
_CONTRACT = ContractId(named_id("demo", "contract", "cold store"))
_QUOTE = quote_id("Q-26-000C1")
_FORTY = (Item(WARES[0], 40),)
_AMOUNT = worth(_FORTY, CUSTOMER)
_HALF = _AMOUNT.minor // 2
_TWO_OF_THEM = 2 * 465_000
_TITLE = "冷库手持终端 40 台 Forty handhelds for the cold store"
_CALLED = at(7, 9, 15, 5)


def storyline(script: Script) -> Storyline:
    """Tell the sale from the first call to the refund of two units."""
    yield from _found(script)
    yield from _offered(script)
    yield from _bought(script)


def _found(script: Script) -> Storyline:
    need = RecordNeed(
        id=_NEED,
        customer_id=CUSTOMER.id,
        what="冷库 -22 °C 下扫码枪失灵 Scanners that work at -22 °C",
        urgency=Urgency.HIGH,
        found_in_id=scene_id(CUSTOMER, _CALLED),
        found_with_id=CUSTOMER.id,
    )
    lead = CaptureLead(
        id=_LEAD,
        name=CUSTOMER.details.name,
        source=LeadSource.OTHER,
        source_detail="总机来电 Called the main line",
        department_id=department_id(SALES),
        customer_id=CUSTOMER.id,
        need="冷库终端 Terminals for the cold store",
    )
    yield from acted(
        script,
        Beat(at(7, 9, 15, 20), ZHOU_TING, lead),
        Beat(at(7, 9, 15, 25), ZHOU_TING, AssignLead(id=_LEAD, holder_id=ANA_SOUZA.id)),
        Beat(at(7, 9, 15, 40), ANA_SOUZA, need),
    )
    yield at(7, 15, 16, 30)
    script.say(
        OpenOpportunity(
            id=OPPORTUNITY,
            customer_id=CUSTOMER.id,
            holder_id=ANA_SOUZA.id,
            department_id=department_id(SALES),
            title=_TITLE,
            pipeline=STANDARD,
            stages=stages_of(script.state(pipeline_id(STANDARD)), STANDARD),
            amount=_AMOUNT,
            expected_on=date(2026, 8, 31),
            need_id=_NEED,
            lead_id=_LEAD,
        ),
        ANA_SOUZA,
    )
    qualify = QualifyLead(
        id=_LEAD,
        customer_id=CUSTOMER.id,
        opportunity_id=OPPORTUNITY,
        budget="CNY 200,000",
        authority="Managing director",
        need="-22 °C, gloves",
        timing="Before the peak season",
    )
    script.say(qualify, ANA_SOUZA)


def _offered(script: Script) -> Storyline:
    yield at(7, 22, 17)
    _move(script, "need")
    yield at(8, 5, 11, 20)
    _move(script, "proposal")
    last = date(2026, 8, 31)
    quote = IssueQuote(
        id=_QUOTE,
        customer_id=CUSTOMER.id,
        number="Q-26-000C1",
        lines=quoted(_FORTY, CUSTOMER),
        valid_until=last,
        expires_at=end_of(last),
        opportunity_id=OPPORTUNITY,
    )
    script.say(quote, ANA_SOUZA)
    script.plan(due(script, end_of(last), ExpireQuote(id=_QUOTE), "Its last day has passed."))
    proposal = IssueProposal(id=OPPORTUNITY, title=_TITLE, quote_id=_QUOTE, amount=_AMOUNT)
    script.say(proposal, ANA_SOUZA)
    yield at(8, 12, 17, 20)
    _move(script, "follow-up")


def _move(script: Script, stage: str) -> None:
    stages = stages_of(script.state(pipeline_id(STANDARD)), STANDARD)
    script.say(ChangeStage(id=OPPORTUNITY, stages=stages, stage=stage), ANA_SOUZA)
    if (moment := script.state(OPPORTUNITY).stale_at) is not None:
        stale = "It has rested in its stage beyond the time set for it."
        script.plan(due(script, moment, MarkStale(id=OPPORTUNITY), stale))


def _bought(script: Script) -> Storyline:
    split = (Share(ANA_SOUZA.id, Decimal(85)), Share(WANG_WEI.id, Decimal(15)))
    sign = SignContract(
        id=_CONTRACT,
        customer_id=CUSTOMER.id,
        number="HT-26-000",
        title=_TITLE,
        value=_AMOUNT,
        starts_at=at(8, 27, 11),
        ends_at=at(8, 27, 11).replace(year=2027, tzinfo=SHANGHAI),
        renewal=Renewal.BY_AGREEMENT,
        renewal_months=None,
        opportunity_id=OPPORTUNITY,
        quote_id=_QUOTE,
    )
    yield from acted(
        script,
        Beat(at(8, 27, 11, 5), ANA_SOUZA, AcceptQuote(id=_QUOTE)),
        Beat(at(8, 27, 11, 10), ANA_SOUZA, WinOpportunity(id=OPPORTUNITY, split=split)),
        Beat(at(8, 27, 11, 20), ANA_SOUZA, sign),
    )
    yield at(8, 27, 11, 30)
    purchase = Purchase(script, CUSTOMER, "C", CUSTOMER.dice("bought"))
    terms = Terms(
        due_on=date(2026, 9, 24),
        split=split,
        opportunity_id=OPPORTUNITY,
        contract_id=_CONTRACT,
        channel="销售 Sales",
    )
    purchase.place(_FORTY, terms, ANA_SOUZA)
    yield at(9, 11, 15)
    purchase.pay(_HALF)
    yield at(9, 14, 17)
    script.say(MeetNeed(id=_NEED, how="首批二十台装好 Twenty installed"), ANA_SOUZA)
    yield at(9, 23, 10, 40)
    purchase.pay(_AMOUNT.minor - _HALF)
    yield at(9, 24, 16, 10)
    purchase.refund(_TWO_OF_THEM, "两台屏幕破裂，客户不再补货。 Two came with broken screens.")
