"""Two disputed owners: 云帆食品, claimed by 王伟, contested by Ana Souza and settled; and one open.

Every interaction that sales has with these two customers is told here, so that the grounds each
side gives can be counted on the timeline.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from application.demo.companies import CONTESTED, DISPUTED, Company, companies
from application.demo.hours import at
from application.demo.people import (
    ANA_SOUZA,
    CHEN_JING,
    EMILY_CARTER,
    MARCO_ROSSI,
    WANG_WEI,
    Person,
)
from application.demo.script import Script, Storyline
from domain.customers.interaction import Direction, LogInteraction
from domain.customers.ownership import ClaimCustomer, DisputeOwnership, SettleOwnership
from domain.ids import InteractionId, named_id
from domain.values import ContactChannel


class Scene(NamedTuple):
    """One interaction of the story."""

    moment: datetime
    who: Person
    channel: ContactChannel
    direction: Direction
    summary: str


_IN, _OUT = Direction.INBOUND, Direction.OUTBOUND
_MAIL, _PHONE, _CHAT = ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.CHAT
_VISIT, _MEETING = ContactChannel.VISIT, ContactChannel.MEETING

_EVIDENCE = (
    Scene(at(7, 6, 10, 20), WANG_WEI, _PHONE, _OUT,
          "电话自我介绍，客户说采购计划要等八月。"),
    Scene(at(7, 9, 15, 5), ANA_SOUZA, _PHONE, _IN,
          "They called the main line: six scanners fail in the cold store. Nobody called back."),
    Scene(at(7, 10, 9, 40), ANA_SOUZA, _MAIL, _OUT,
          "Sent the data sheet of the freezer-proof HT-50 and three dates for a visit."),
    Scene(at(7, 15, 14, 0), ANA_SOUZA, _VISIT, _OUT,
          "Two hours in their cold store at -22 °C with the warehouse supervisor; measured."),
    Scene(at(7, 22, 16, 30), ANA_SOUZA, _CHAT, _IN,
          "They ask whether the HT-50 can be worn with gloves. It can; sent a video."),
    Scene(at(7, 29, 10, 0), ANA_SOUZA, _VISIT, _OUT,
          "Demo on site with four HT-50, one shift long. 120 picks an hour instead of 75."),
    Scene(at(8, 5, 11, 15), ANA_SOUZA, _MAIL, _OUT,
          "Quotation for 40 HT-50 with cradles, CNY 186,000, valid until the end of August."),
    Scene(at(8, 12, 17, 10), ANA_SOUZA, _PHONE, _IN,
          "Their managing director wants to sign with us and asks for Ana as the contact."),
)  # fmt: skip
_GROUNDS = (
    "王伟 claimed 云帆 on 3 July and has logged one call since. I have logged two visits, three"
    " calls or chats and two mails from 9 July to 12 August, and they want to sign with me."
)
_LOOKING_INTO_IT = (
    Scene(at(8, 18, 10, 30), WANG_WEI, _PHONE, _OUT,
          "致电客户了解情况：对方表示一直是 Ana 在跟进现场测试。"),
    Scene(at(8, 19, 15, 0), CHEN_JING, _MEETING, _OUT,
          "与客户总经理线上会议：客户希望由 Ana 负责，但感谢王伟最早的联系。"),
)  # fmt: skip
_VERDICT = (
    "时间线显示：王伟争议前仅 1 次通话；Ana 有 2 次拜访、3 次通话或在线沟通、2 封邮件，"
    "并完成现场测试。客户也希望由 Ana 负责。云帆归 Ana，王伟协助交接一周。"
)
_HANDED_OVER = (
    Scene(at(8, 21, 14, 0), WANG_WEI, _MEETING, _OUT,
          "与 Ana 一起拜访客户完成交接，移交展会资料与历史名片。"),
    Scene(at(8, 27, 11, 0), ANA_SOUZA, _MEETING, _IN,
          "Order signed: 40 HT-50. Delivery in two parts, 10 and 24 September."),
    Scene(at(9, 11, 9, 50), ANA_SOUZA, _PHONE, _OUT,
          "First twenty units arrived; installation booked for Monday."),
)  # fmt: skip

_TWO_AT_WORK = (
    Scene(at(7, 9, 11, 0), EMILY_CARTER, _MEETING, _OUT,
          "First meeting with the head of store operations: self-checkout for three shops."),
    Scene(at(7, 30, 10, 15), EMILY_CARTER, _MAIL, _OUT,
          "Quotation for nine KX-2 kiosks sent; they decide in October."),
    Scene(at(8, 20, 14, 30), MARCO_ROSSI, _VISIT, _OUT,
          "Visited their new distribution centre: 25 label printers and an RFID gate needed."),
    Scene(at(9, 3, 16, 0), MARCO_ROSSI, _MEETING, _OUT,
          "Workshop with their IT manager about RFID in the distribution centre."),
    Scene(at(9, 15, 9, 45), MARCO_ROSSI, _MAIL, _OUT,
          "Quotation for the distribution centre sent: CNY 412,000."),
    Scene(at(9, 17, 15, 20), EMILY_CARTER, _PHONE, _IN,
          "They ask why two of us quote at the same time. Promised one contact by the end of"
          " the month."),
)  # fmt: skip
_OTHER_GROUNDS = (
    "The distribution centre is a project of its own, more than twice the shops' worth, and I found"
    " it. One contact is right, and it should be me; Emily sees it differently."
)
_STILL_OPEN = (
    Scene(at(9, 23, 10, 0), CHEN_JING, _PHONE, _OUT,
          "告知客户：本周内确定唯一对接人，期间两份报价均有效。"),
)  # fmt: skip


def storylines(script: Script) -> list[Storyline]:
    """Return both disputes."""
    return [
        _settled(script, companies()[DISPUTED]),
        _still_open(script, companies()[CONTESTED]),
    ]


def _settled(script: Script, company: Company) -> Storyline:
    yield at(7, 3, 9, 30)
    _claim(script, company, WANG_WEI, "去年展会上换过名片，由我跟进。")
    yield from _played(script, company, _EVIDENCE)
    yield at(8, 17, 9, 15)
    contest = DisputeOwnership(id=company.ownership_id, claimant_id=ANA_SOUZA.id)
    script.say(contest, ANA_SOUZA, reason=_GROUNDS)
    yield from _played(script, company, _LOOKING_INTO_IT)
    yield at(8, 20, 10, 0)
    settle = SettleOwnership(id=company.ownership_id, owner_id=ANA_SOUZA.id)
    script.say(settle, CHEN_JING, reason=_VERDICT)
    yield from _played(script, company, _HANDED_OVER)


def _still_open(script: Script, company: Company) -> Storyline:
    yield at(7, 8, 10, 0)
    _claim(script, company, EMILY_CARTER, "Their head of store operations asked me for an offer.")
    yield from _played(script, company, _TWO_AT_WORK)
    yield at(9, 21, 9, 30)
    contest = DisputeOwnership(id=company.ownership_id, claimant_id=MARCO_ROSSI.id)
    script.say(contest, MARCO_ROSSI, reason=_OTHER_GROUNDS)
    yield from _played(script, company, _STILL_OPEN)


def _claim(script: Script, company: Company, who: Person, reason: str) -> None:
    claim = ClaimCustomer(id=company.ownership_id, customer_id=company.id, member_id=who.id)
    script.say(claim, who, reason=reason)


def _played(script: Script, company: Company, scenes: Sequence[Scene]) -> Storyline:
    for scene in scenes:
        yield scene.moment
        log = LogInteraction(
            id=scene_id(company, scene.moment),
            customer_id=company.id,
            channel=scene.channel,
            direction=scene.direction,
            summary=scene.summary,
            contact_id=next(iter(script.state(company.id).contacts)),
        )
        script.say(log, scene.who)


def scene_id(company: Company, moment: datetime) -> InteractionId:
    """Return the id of an interaction that is told here."""
    return InteractionId(named_id("demo", "scene", str(company.number), moment.isoformat()))
