"""What marketing does to be heard: campaigns and who answers them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from application.demo.companies import CONTESTED, DISPUTED, KNOWN_BEFORE, Company, companies
from application.demo.hours import END, SHANGHAI, at, awake
from application.demo.people import LIN_XIAOYU, MARKETING, SOFIA_LINDQVIST
from application.demo.script import INTAKE, Beat, Script, Storyline, acted
from application.demo.words import Dice
from domain.customers.behaviour import CaptureBehaviour, Place, RetractBehaviour
from domain.ids import BehaviourId, CampaignId, named_id
from domain.money import Money
from domain.sales.campaign import (
    Answer,
    BookCost,
    CampaignChannel,
    CampaignPlan,
    ChangeCampaign,
    EndCampaign,
    LogAnswer,
    PlanCampaign,
    RetractCampaign,
)
from domain.sales.lead import LeadSource
from domain.teams.department import department_id


@dataclass(frozen=True, kw_only=True)
class Drive:
    """A campaign of the story."""

    code: str
    plan: CampaignPlan
    source: LeadSource
    """What the leads it brings are put down to."""
    place: Place
    """Where its guests are seen reading about it."""

    @property
    def id(self) -> CampaignId:
        """Its id, always the same."""
        return CampaignId(named_id("demo", "campaign", self.code))

    def runs(self, moment: datetime) -> bool:
        """Tell whether it is under way, or was until two weeks ago: cards take time to enter."""
        day, last = moment.astimezone(SHANGHAI).date(), self.plan.ends_on or END.date()
        return self.plan.starts_on <= day <= last + timedelta(days=14)


FAIR = Drive(
    code="fair",
    plan=CampaignPlan(
        name="华东仓储物流展 East China Warehouse Fair",
        channel=CampaignChannel.EVENT,
        starts_on=date(2026, 7, 14),
        ends_on=date(2026, 7, 16),
        aim="60 张有效名片 Sixty cards worth a call",
    ),
    source=LeadSource.EVENT,
    place=Place.WEB,
)
WEBINAR = Drive(
    code="webinar",
    plan=CampaignPlan(
        name="线上研讨会：仓库盘点提速 Webinar: faster stock-taking",
        channel=CampaignChannel.EMAIL,
        starts_on=date(2026, 8, 4),
        ends_on=date(2026, 8, 20),
    ),
    source=LeadSource.CAMPAIGN,
    place=Place.EMAIL,
)
VIDEOS = Drive(
    code="videos",
    plan=CampaignPlan(
        name="公众号短视频 Short videos on our page",
        channel=CampaignChannel.SOCIAL,
        starts_on=date(2026, 7, 20),
        ends_on=date(2026, 12, 31),
    ),
    source=LeadSource.SOCIAL,
    place=Place.SOCIAL,
)
DRIVES = (FAIR, WEBINAR, VIDEOS)
_MISTAKE = CampaignId(named_id("demo", "campaign", "mistake"))
_LARGER = CampaignPlan(
    name=FAIR.plan.name,
    channel=FAIR.plan.channel,
    starts_on=FAIR.plan.starts_on,
    ends_on=FAIR.plan.ends_on,
    aim="80 张有效名片 Eighty cards worth a call",
)
_WATCHED = ("watched", "read", "downloaded")
_ITEMS = ("HT-50", "KX-2", "RF-8", "白皮书 white paper", "案例 case study")


def bringing(moment: datetime, dice: Dice) -> Drive | None:
    """Return the campaign that brings a lead which comes now, if one does."""
    for drive, chance in ((FAIR, 0.85), (WEBINAR, 0.7), (VIDEOS, 0.3)):
        if drive.runs(moment) and dice.likely(chance):
            return drive
    return None


def storylines(script: Script) -> list[Storyline]:
    """Return the campaigns, and who answers and reads."""
    answered = [
        _answered(script, company)
        for company in companies()[:KNOWN_BEFORE]
        if company.number not in {DISPUTED, CONTESTED} and company.dice("any answer").likely(0.5)
    ]
    return [_fair(script), _webinar(script), _videos(script), _planned_twice(script), *answered]


def _fair(script: Script) -> Storyline:
    change = ChangeCampaign(id=FAIR.id, plan=_LARGER, budget=_yuan("135000"))
    yield from acted(
        script,
        Beat(at(7, 2, 10), LIN_XIAOYU, _plan(FAIR, "120000")),
        Beat(at(7, 8, 15, 20), LIN_XIAOYU, change, "展位扩大到 36 平方米。"),
        Beat(at(7, 10, 11), SOFIA_LINDQVIST, _cost(FAIR, "68000", "展位 Stand, 36 m²")),
        Beat(at(7, 17, 16), SOFIA_LINDQVIST, _cost(FAIR, "14320.50", "差旅 Travel and hotel")),
        Beat(at(7, 20, 14), SOFIA_LINDQVIST, _cost(FAIR, "9780", "样机运输与礼品 Freight, gifts")),
        Beat(at(7, 20, 17, 30), LIN_XIAOYU, EndCampaign(id=FAIR.id), "总结会已开。"),
    )


def _webinar(script: Script) -> Storyline:
    yield from acted(
        script,
        Beat(at(7, 27, 14), SOFIA_LINDQVIST, _plan(WEBINAR, "18000")),
        Beat(at(8, 3, 10), SOFIA_LINDQVIST, _cost(WEBINAR, "6500", "平台 Platform")),
        Beat(at(8, 21, 10), SOFIA_LINDQVIST, _cost(WEBINAR, "4200", "剪辑 Editing")),
        Beat(at(8, 24, 9, 30), SOFIA_LINDQVIST, EndCampaign(id=WEBINAR.id)),
    )


def _videos(script: Script) -> Storyline:
    yield from acted(
        script,
        Beat(at(7, 15, 11), LIN_XIAOYU, _plan(VIDEOS, "60000")),
        Beat(at(7, 31, 16), LIN_XIAOYU, _cost(VIDEOS, "12800", "七月拍摄 Filming in July")),
        Beat(at(8, 31, 16), LIN_XIAOYU, _cost(VIDEOS, "11950", "八月拍摄 Filming in August")),
    )


def _planned_twice(script: Script) -> Storyline:
    plan = PlanCampaign(id=_MISTAKE, department_id=department_id(MARKETING), plan=FAIR.plan)
    yield from acted(
        script,
        Beat(at(7, 2, 14, 10), SOFIA_LINDQVIST, plan),
        Beat(at(7, 2, 15), SOFIA_LINDQVIST, RetractCampaign(id=_MISTAKE), "Xiaoyu had planned it."),
    )


def _plan(drive: Drive, budget: str) -> PlanCampaign:
    return PlanCampaign(
        id=drive.id,
        department_id=department_id(MARKETING),
        plan=drive.plan,
        budget=_yuan(budget),
    )


def _cost(drive: Drive, amount: str, what: str) -> BookCost:
    return BookCost(id=drive.id, amount=_yuan(amount), what=what)


def _yuan(amount: str) -> Money:
    return Money(int(Decimal(amount) * 100), "CNY")


# --- Who answers ----------------------------------------------------------------------------------


def _answered(script: Script, company: Company) -> Storyline:
    dice = company.dice("answers")
    drive = dice.choice(DRIVES)
    first = datetime.combine(drive.plan.starts_on, time(10), SHANGHAI)
    last = min(drive.plan.ends_on or END.date(), (END - timedelta(days=6)).date())
    day = first + timedelta(days=dice.randint(0, (last - drive.plan.starts_on).days))
    yield awake(day, dice.uniform(0, 6))
    log = LogAnswer(id=drive.id, answer=_answer(drive, dice), customer_id=company.id)
    script.say(log, INTAKE)
    times = dice.choices((0, 1, 2), (40, 40, 20))[0]
    for n in range(times):
        yield awake(script.now, dice.uniform(0.2, 40))
        yield from _seen(script, company, drive, n)


def _answer(drive: Drive, dice: Dice) -> Answer:
    if drive is FAIR:
        return dice.choice((Answer.ATTENDED, Answer.ATTENDED, Answer.ENQUIRED, Answer.DECLINED))
    return dice.choice((Answer.OPENED, Answer.CLICKED, Answer.CLICKED, Answer.ENQUIRED))


def _seen(script: Script, company: Company, drive: Drive, n: int) -> Storyline:
    dice = company.dice("seen", str(n))
    id_ = BehaviourId(named_id("demo", "behaviour", str(company.number), str(n)))
    contacts = list(script.state(company.id).contacts)
    seen = CaptureBehaviour(
        id=id_,
        customer_id=company.id,
        channel=drive.place,
        what=dice.choice(_WATCHED),
        contact_id=dice.choice(contacts) if contacts and dice.likely(0.4) else None,
        item=dice.choice(_ITEMS),
        campaign_id=drive.id,
    )
    script.say(seen, INTAKE)
    if dice.likely(0.04):
        yield awake(script.now, 12)
        script.say(RetractBehaviour(id=id_), SOFIA_LINDQVIST, reason="Our own test account.")
