"""What the sample company knows of its customers: what they need, and how they like things done."""

from datetime import timedelta

from application.demo.accounts import owner_of
from application.demo.companies import CONTESTED, DISPUTED, Company
from application.demo.hours import OPENING, WORKING_DAY, later, office_moment
from application.demo.people import SERVICE, ZHOU_TING, Person
from application.demo.script import Script, Storyline
from application.demo.words import PRODUCTS, Dice, Words
from domain.customers.need import ChangeNeed, DropNeed, MeetNeed, RecordNeed, Urgency
from domain.customers.preference import RecordPreference, WithdrawPreference, preference_id
from domain.ids import NeedId, named_id

_NEEDS = (
    Words("新仓十月投产，需要{product}。", "A new site opens in October: {product} needed."),
    Words("旺季前补充{product}。", "More of the {product} before the peak season."),
    Words("夜班扫描距离不够，看{product}。", "Scans from too near at night; look at {product}."),
    Words("希望盘点时间减半。", "Wants to halve the time of a stock-take."),
)
_HOW = (Words("订单已交付。", "Ordered and delivered."), Words("用备机解决。", "Lent two units."))
_DROPPED = Words("项目取消。", "Their project was cancelled.")
_LIKINGS = (
    (Words("发票", "Invoices"), Words("电子发票，发财务邮箱", "By mail to accounting")),
    (Words("送货时间", "Delivery times"), Words("上午十点前", "Before ten in the morning")),
    (Words("沟通方式", "How to reach them"), Words("微信优先", "Chat rather than telephone")),
    (Words("语言", "Language"), Words("中文", "English")),
)
_CHANGED = Words("邮件确认后再打电话", "Write first, then call")


def storylines(script: Script, company: Company) -> list[Storyline]:
    """Return what we find out about a customer."""
    if company.number in {DISPUTED, CONTESTED}:
        return []
    dice = company.dice("known")
    stories = []
    if dice.likely(0.22):
        stories.append(_needs(script, company))
    if dice.likely(0.2):
        stories.append(_prefers(script, company))
    return stories


def _finder(script: Script, company: Company, dice: Dice) -> Person:
    return owner_of(script, company) or dice.choice(script.team(SERVICE))


def _needs(script: Script, company: Company) -> Storyline:
    dice = company.dice("need")
    yield office_moment(dice, max(company.registered_at, OPENING + timedelta(hours=2)))
    id_ = NeedId(named_id("demo", "need", str(company.number)))
    who = _finder(script, company, dice)
    product = dice.choice(PRODUCTS)
    what = dice.choice(_NEEDS).into(company.language, product=product)
    latent, named = dice.likely(0.3), product.into(company.language)
    record = RecordNeed(
        id=id_,
        customer_id=company.id,
        what=what,
        latent=latent,
        product=named,
        urgency=None if latent else dice.choice(tuple(Urgency)),
    )
    script.say(record, who)
    if latent or dice.likely(0.2):
        yield later(script.now, dice.uniform(1, 8) * WORKING_DAY)
        change = ChangeNeed(id=id_, what=what, latent=False, product=named, urgency=Urgency.HIGH)
        reason = Words("客户主动提出。", "They said so themselves.").into(ZHOU_TING.language)
        script.say(change, ZHOU_TING, reason=reason)
    yield later(script.now, dice.uniform(4, 30) * WORKING_DAY)
    if dice.likely(0.6):
        script.say(MeetNeed(id=id_, how=dice.choice(_HOW).into(company.language)), ZHOU_TING)
    elif dice.likely(0.5):
        reason = _DROPPED.into(ZHOU_TING.language)
        script.say(DropNeed(id=id_), ZHOU_TING, reason=reason)


def _prefers(script: Script, company: Company) -> Storyline:
    dice = company.dice("preference")
    yield office_moment(dice, max(company.registered_at, OPENING + timedelta(hours=2)))
    liking, choice = dice.choice(_LIKINGS)
    topic = liking.into(company.language)
    contacts = list(script.state(company.id).contacts)
    whose = dice.choice(contacts) if contacts and dice.likely(0.3) else None
    id_ = preference_id(company.id, topic, whose)

    def chosen(words: Words) -> RecordPreference:
        return RecordPreference(
            id=id_,
            customer_id=company.id,
            topic=topic,
            choice=words.into(company.language),
            contact_id=whose,
        )

    script.say(chosen(choice), _finder(script, company, dice))
    if dice.likely(0.2):
        yield later(script.now, dice.uniform(3, 20) * WORKING_DAY)
        if whose is None or whose in script.state(company.id).contacts:
            script.say(chosen(_CHANGED), _finder(script, company, dice))
    if dice.likely(0.12):
        yield later(script.now, dice.uniform(3, 20) * WORKING_DAY)
        script.say(WithdrawPreference(id=id_), _finder(script, company, dice))
