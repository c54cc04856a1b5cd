"""Leads of the sample company: who they are, who looks after them, and what comes of them."""

from datetime import timedelta

from application.demo.accounts import owner_of
from application.demo.campaigning import bringing
from application.demo.companies import (
    CONTESTED,
    DISPUTED,
    KNOWN_BEFORE,
    Card,
    Company,
    card,
    companies,
)
from application.demo.hours import OPENING, WORKING_DAY, at, later, office_moment
from application.demo.people import (
    ACCOUNT_MANAGER,
    BY_ID,
    CHEN_JING,
    MARKETING,
    SALES,
    ZHOU_TING,
    Person,
)
from application.demo.script import INTAKE, Script, Storyline
from application.demo.selling import Deal
from application.demo.words import PRODUCTS, Dice, Language, Words
from domain.ids import CampaignId, LeadId, named_id
from domain.kernel import Actor
from domain.sales.lead import (
    AssignLead,
    CaptureLead,
    DisqualifyLead,
    LeadSource,
    QualifyLead,
    ReopenLead,
)
from domain.teams.department import department_id

_STRANGERS = (
    *("金桥冷链", "Tallow & Reed", "宏图快运", "Brightwater Grocers", "北岭药业", "Corvid Outdoor"),
    *("晨曦母婴", "Hartfield Timber", "东湖纸业", "Pelican Ceramics", "百味鲜生", "Quarry Lane"),
    *("江南丝绸", "Sable Optics", "大漠果业", "Thornbury Toys", "雪松文具", "Umber Leather"),
    *("远望仪表", "Vale Dairy", "长河饲料", "Wexley Lamps", "青禾种业", "Osprey Kitchens"),
)
"""Those who never become customers."""
_MET_AT_THE_FAIR = 9
"""So many of them left their cards there."""
_SOURCES = (LeadSource.WEB, LeadSource.RESEARCH, LeadSource.SOCIAL, LeadSource.OTHER)
_WANTED = (
    Words("想了解{product}。", "Interested in the {product}."),
    Words("仓库盘点太慢，询问{product}。", "Stock-taking is slow; asked about the {product}."),
)
_NOWHERE = (
    Words("预算太小，一年内不采购。", "No budget this year."),
    Words("电话停机，邮件退回。", "Number and mail address do not work."),
    Words("只是学生做课题。", "A student's project."),
    Words("已与他人签三年合同。", "Bound to somebody else for three years."),
)
_AGAIN = Words("对方来电，情况有变。", "They called: things have changed.")
_BUDGETS = ("约 10 万元 About CNY 100,000", "已批 Approved", "待批 To be approved")
_TIMINGS = ("本季度 This quarter", "年内 This year", "尽快 As soon as possible")


def storylines(script: Script) -> list[Storyline]:
    """Return every lead, and what comes of it."""
    won = [company for company in companies()[KNOWN_BEFORE:] if company.dice("lead").likely(0.7)]
    known = [
        company
        for company in companies()[:KNOWN_BEFORE]
        if company.number not in {DISPUTED, CONTESTED} and company.dice("lead").likely(0.08)
    ]
    return [
        *(_becomes_a_customer(script, company) for company in won),
        *(_buys_something_else(script, company) for company in known),
        *(_leads_nowhere(script, n, name) for n, name in enumerate(_STRANGERS)),
    ]


# --- Three ways to begin --------------------------------------------------------------------------


def _becomes_a_customer(script: Script, company: Company) -> Storyline:
    dice = company.dice("lead comes")
    begins = company.registered_at - timedelta(days=dice.uniform(2, 9))
    yield later(max(begins, OPENING + timedelta(hours=2)), dice.uniform(10, 120))
    if script.now >= company.registered_at:
        return
    lead = Lead(script, str(company.number), dice)
    lead.capture(_name(company), known=card(company.number, 0))
    yield later(script.now, dice.uniform(15, 200))
    lead.assign(dice.choice(script.team(SALES, ACCOUNT_MANAGER)))
    yield later(max(company.registered_at, script.now), dice.uniform(10, 90))
    yield from lead.becomes(company)


def _buys_something_else(script: Script, company: Company) -> Storyline:
    dice = company.dice("lead comes")
    yield office_moment(dice, OPENING + timedelta(hours=2))
    lead = Lead(script, str(company.number), dice)
    lead.capture(_name(company), of=company)
    yield later(script.now, dice.uniform(15, 200))
    lead.assign(owner_of(script, company) or dice.choice(script.team(SALES, ACCOUNT_MANAGER)))
    yield later(script.now, dice.uniform(0.2, 3) * WORKING_DAY)
    yield from lead.becomes(company)


def _leads_nowhere(script: Script, n: int, name: str) -> Storyline:
    dice = Dice.of("lead", name)
    if n < _MET_AT_THE_FAIR:
        yield later(at(7, 14, 10), dice.uniform(0, 5 * WORKING_DAY))
    else:
        yield office_moment(dice, OPENING + timedelta(hours=2))
    lead = Lead(script, f"S{n}", dice)
    lead.capture(name)
    yield later(script.now, dice.uniform(20, 300))
    if dice.likely(0.85):
        lead.assign(dice.choice(script.team(SALES, ACCOUNT_MANAGER)))
    yield later(script.now, dice.uniform(0.5, 12) * WORKING_DAY)
    lead.disqualify()
    if dice.likely(0.2):
        yield later(script.now, dice.uniform(2, 10) * WORKING_DAY)
        lead.reopen()


def _name(company: Company) -> str:
    return company.details.short_name or company.details.name


# --- One lead -------------------------------------------------------------------------------------


class Lead:
    """Somebody who may buy from us, or buy more."""

    def __init__(self, script: Script, key: str, dice: Dice) -> None:
        self.script = script
        self.dice = dice
        self.id = LeadId(named_id("demo", "lead", key))
        self.drive = bringing(script.now, dice)

    @property
    def campaign_id(self) -> CampaignId | None:
        """The campaign that brought it, if one did."""
        return self.drive.id if self.drive else None

    def capture(self, name: str, *, known: Card | None = None, of: Company | None = None) -> None:
        """Let marketing record it, or the web form."""
        source = self.drive.source if self.drive else self.dice.choice(_SOURCES)
        by: Person | Actor = self.dice.choice(self.script.team(MARKETING))
        language: Language = "en" if name[0].isascii() else "zh"
        need = self.dice.choice(_WANTED).into(language, product=self.dice.choice(PRODUCTS))
        command = CaptureLead(
            id=self.id,
            name=name,
            source=source,
            source_detail=self.drive.plan.name if self.drive else None,
            department_id=department_id(SALES),
            customer_id=of.id if of else None,
            campaign_id=self.campaign_id,
            contact_name=known.name if known else None,
            email=known.email if known else None,
            phone=known.phone if known else None,
            need=need,
        )
        self.script.say(command, INTAKE if source is LeadSource.WEB else by)

    def assign(self, holder: Person) -> None:
        """Let sales give it to somebody."""
        self.script.say(AssignLead(id=self.id, holder_id=holder.id), CHEN_JING)

    def becomes(self, company: Company) -> Storyline:
        """Tell the sale that comes of it: an opportunity is opened, and the lead was a good one."""
        deal = Deal(self.script, company, "L")
        deal.open(self.id, self.campaign_id)
        qualify = QualifyLead(
            id=self.id,
            customer_id=company.id,
            opportunity_id=deal.id,
            budget=self.dice.choice(_BUDGETS),
            authority=self.script.state(company.id).contacts[company.contacts[0].id].title,
            timing=self.dice.choice(_TIMINGS),
        )
        self.script.say(qualify, self._holder())
        yield from deal.story()

    def disqualify(self) -> None:
        """Let whoever has it find that it leads nowhere."""
        who = self._holder()
        reason = self.dice.choice(_NOWHERE).into(who.language)
        self.script.say(DisqualifyLead(id=self.id), who, reason=reason)

    def reopen(self) -> None:
        """Let it be taken up again."""
        who = self._holder()
        self.script.say(ReopenLead(id=self.id), who, reason=_AGAIN.into(who.language))

    def _holder(self) -> Person:
        holder = BY_ID.get(self.script.state(self.id).holder_id)
        return holder if holder and holder in self.script.team(SALES) else ZHOU_TING
