"""How the sample company's customers are tied: partners, referrals and their reward, disputes."""

from uuid import UUID

from application.demo.accounts import owner_of
from application.demo.companies import KNOWN_BEFORE, Company, companies
from application.demo.hours import WORKING_DAY, at, later
from application.demo.people import CHEN_JING, HE_JING, LI_NA, SALES, WU_GANG, ZHOU_TING
from application.demo.script import Beat, Script, Storyline, acted
from domain.customers.dispute import (
    NameMediator,
    RaiseDispute,
    SettleDispute,
    WithdrawDispute,
)
from domain.customers.partner_link import (
    EndPartnerLink,
    Link,
    LinkPartner,
    partner_link_id,
)
from domain.customers.points import GrantPoints, RedeemPoints, TakePointsBack, points_id
from domain.customers.referral import ConvertReferral, LapseReferral, MakeReferral
from domain.ids import DisputeId, LeadId, ReferralId, named_id
from domain.sales.lead import AssignLead, CaptureLead, DisqualifyLead, LeadSource
from domain.teams.department import department_id
from domain.values import ContactChannel

_CARRIERS = "物流 Logistics"
_REWARD = 500
"""Points for a referral that led to a customer."""
_ENDED = (2, 7)
"""Which of the links with a carrier end."""
_NOT_CALLED = 2
"""Which of the referrals nobody has followed up when the story ends."""
_NOTE = "共用一个中转仓 They share a transit warehouse"


def storylines(script: Script) -> list[Storyline]:
    """Return partners, referrals, and the disputes between customers."""
    known = companies()[:KNOWN_BEFORE]
    carriers = [company for company in known if company.details.industry == _CARRIERS]
    clients = [company for company in known[20:] if company.details.industry != _CARRIERS]
    won = companies()[KNOWN_BEFORE:]
    return [
        *(
            _served_by(script, *pair, n)
            for n, pair in enumerate(zip(clients, carriers, strict=False))
        ),
        _banks_with(script, clients[20]),
        *(_referred(script, clients[30 + n], won[6 + 5 * n], n) for n in range(5)),
        *(_in_vain(script, clients[40 + n], n) for n in range(3)),
        _pallets(script, clients[50], carriers[0]),
        _poached(script, clients[52], clients[53]),
        _damage(script, clients[54], carriers[1]),
    ]


# --- Partners -------------------------------------------------------------------------------------


def _served_by(script: Script, client: Company, carrier: Company, n: int) -> Storyline:
    yield later(at(7, 6, 9), n * 1.5 * WORKING_DAY)
    link = LinkPartner(
        id=partner_link_id(client.id, Link.LOGISTICS, carrier.id, None),
        customer_id=client.id,
        link=Link.LOGISTICS,
        partner_id=carrier.id,
        note=_NOTE if n % 3 == 0 else None,
    )
    script.say(link, owner_of(script, client) or ZHOU_TING)
    if n in _ENDED:
        yield later(script.now, 25 * WORKING_DAY)
        end = EndPartnerLink(id=link.id)
        script.say(end, ZHOU_TING, reason="客户改用自有车队。 They have lorries of their own now.")


def _banks_with(script: Script, client: Company) -> Storyline:
    yield at(7, 28, 11, 20)
    bank = "浦江商业银行 Pujiang Commercial Bank"
    link = LinkPartner(
        id=partner_link_id(client.id, Link.BANK, None, bank),
        customer_id=client.id,
        link=Link.BANK,
        partner_name=bank,
    )
    script.say(link, ZHOU_TING)


# --- Referrals ------------------------------------------------------------------------------------


def _made(client: Company, name: str, key: str, contact: str | None = None) -> MakeReferral:
    return MakeReferral(
        id=ReferralId(named_id("demo", "referral", key)),
        customer_id=client.id,
        referred_name=name,
        channel=ContactChannel.CHAT,
        referred_contact=contact,
    )


def _referred(script: Script, client: Company, newcomer: Company, n: int) -> Storyline:
    """Tell of a customer who brings another: it is thanked with points, and spends some."""
    yield later(at(7, 1, 10), (n + 1) * 60)
    known = newcomer.contacts[0]
    made = _made(client, known.name, str(newcomer.number), known.email)
    who = owner_of(script, client) or ZHOU_TING
    script.say(made, who)
    yield later(newcomer.registered_at, 2 * WORKING_DAY)
    script.say(ConvertReferral(id=made.id, referred_id=newcomer.id), ZHOU_TING)
    yield later(script.now, 60)
    account = points_id(client.id)
    grant = GrantPoints(
        id=account,
        customer_id=client.id,
        points=_REWARD,
        referral_id=made.id,
        referrer_id=client.id,
    )
    script.say(grant, CHEN_JING, reason="老客户推荐成功 A referral became a customer")
    yield later(script.now, (3 + n) * WORKING_DAY)
    what = "一次免费保养 One service visit"
    redeem = RedeemPoints(id=account, customer_id=client.id, points=200, what=what)
    script.say(redeem, WU_GANG)
    if n == 1:
        yield later(script.now, WORKING_DAY)
        twice = GrantPoints(id=account, customer_id=client.id, points=100)
        script.say(twice, ZHOU_TING, reason="展会积分 Points from the fair")
        yield later(script.now, 45)
        back = TakePointsBack(id=account, customer_id=client.id, points=100)
        script.say(back, ZHOU_TING, reason="记错客户 Meant for another customer")


def _in_vain(script: Script, client: Company, n: int) -> Storyline:
    yield at(7, 20 + n, 16, 10)
    name = ("朱海燕", "Hannah Jensen", "林国栋")[n]
    made = _made(client, name, f"in vain {n}")
    script.say(made, owner_of(script, client) or ZHOU_TING)
    if n == _NOT_CALLED:
        return  # nobody has called yet
    lead = CaptureLead(
        id=LeadId(named_id("demo", "lead", f"referred {n}")),
        name=name,
        source=LeadSource.REFERRAL,
        department_id=department_id(SALES),
        referral_id=made.id,
        contact_name=name,
    )
    yield later(script.now, 30)
    script.say(lead, HE_JING)
    yield later(script.now, 60)
    script.say(AssignLead(id=lead.id, holder_id=CHEN_JING.id), CHEN_JING)
    yield later(script.now, 20 * WORKING_DAY)
    lapse = LapseReferral(id=made.id)
    why = "三次联系未回复。 Three calls without an answer."
    script.say(lapse, CHEN_JING, reason=why)
    script.say(DisqualifyLead(id=lead.id), CHEN_JING, reason=why)


# --- Disputes between customers -------------------------------------------------------------------


def _raised(customer: Company, against: Company, about: str) -> RaiseDispute:
    id_ = DisputeId(named_id("demo", "dispute", str(customer.number), str(against.number)))
    return RaiseDispute(id=id_, customer_id=customer.id, against_id=against.id, about=about)


def _owners(script: Script, *sides: Company) -> tuple[UUID, ...]:
    return tuple(owner.id for side in sides if (owner := owner_of(script, side)))


def _pallets(script: Script, client: Company, carrier: Company) -> Storyline:
    """Tell of a dispute that is mediated."""
    yield at(7, 27, 10, 30)
    about = "中转仓少了 46 个托盘，双方各执一词。 46 pallets are missing; each blames the other."
    raised = _raised(client, carrier, about)
    script.say(raised, owner_of(script, client) or ZHOU_TING)
    yield at(7, 28, 9, 15)
    sides = client, carrier
    name = NameMediator(id=raised.id, mediator_id=LI_NA.id, owner_ids=_owners(script, *sides))
    script.say(name, CHEN_JING, reason="李娜与双方都没有业务往来。")
    yield at(8, 11, 16)
    terms = "各承担一半，RFID 托盘标签由我们免费试装。 Half each; we tag their pallets on trial."
    settle = SettleDispute(id=raised.id, terms=terms, owner_ids=_owners(script, *sides))
    script.say(settle, LI_NA, reason="监控缺失两天，责任无法分清，双方接受。")


def _poached(script: Script, client: Company, against: Company) -> Storyline:
    raised = _raised(client, against, "对方挖走仓储主管。 They hired our supervisor away.")
    yield from acted(
        script,
        Beat(at(8, 18, 11), ZHOU_TING, raised),
        Beat(at(8, 20, 15, 30), ZHOU_TING, WithdrawDispute(id=raised.id), "双方已私下谈妥。"),
    )


def _damage(script: Script, client: Company, carrier: Company) -> Storyline:
    """Tell of a dispute that is not settled when the story ends."""
    yield at(9, 15, 14)
    about = "运输中三台自助收银机受损。 Three kiosks were damaged on the way."
    raised = _raised(client, carrier, about)
    script.say(raised, owner_of(script, client) or ZHOU_TING)
    yield at(9, 17, 9, 40)
    sides = client, carrier
    name = NameMediator(id=raised.id, mediator_id=LI_NA.id, owner_ids=_owners(script, *sides))
    script.say(name, CHEN_JING)
