"""Segments of the sample company's customers, and what each of them is offered."""

from datetime import date

from application.demo.accounts import owner_of
from application.demo.companies import CONTESTED, DISPUTED, KNOWN_BEFORE, Company, companies
from application.demo.hours import WORKING_DAY, at, end_of, later
from application.demo.people import LIN_XIAOYU, MARKETING, SOFIA_LINDQVIST
from application.demo.script import Beat, Script, Storyline, acted, due
from domain.customers.offer import (
    AcceptOffer,
    DeclineOffer,
    ExpireOffer,
    MakeOffer,
    WithdrawOffer,
)
from domain.customers.segment import (
    ChangeSegment,
    DefineSegment,
    RetireSegment,
    SegmentCriteria,
)
from domain.ids import OfferId, SegmentId, named_id
from domain.money import Money
from domain.teams.department import department_id
from domain.values import Tier

_REGIONS = ("华东 East China", "华南 South China", "欧洲 Europe")
_VALUED = SegmentCriteria(tiers=(Tier.STRATEGIC, Tier.KEY), regions=_REGIONS)
_SILENT = SegmentCriteria(contact_age_from=30)
_LONGER = SegmentCriteria(contact_age_from=45)
_FOOD = SegmentCriteria(industries=("食品 Food",))
_LAST_DAY = date(2026, 8, 31)
_TITLE = "以旧换新 Trade-in for handhelds"
_TEXT = "旧终端每台抵 ¥600，八月底前有效。 CNY 600 for each old unit until the end of August."
_WITHDRAWN = 3
"""Which of the offers is taken back."""
_UNANSWERED = "Nobody answered the offer in time."


def storylines(script: Script) -> list[Storyline]:
    """Return the segments, and the offers of August."""
    return [_segments(script), _offers(script)]


def _segment(name: str) -> SegmentId:
    return SegmentId(named_id("demo", "segment", name))


def _segments(script: Script) -> Storyline:
    home = department_id(MARKETING)

    def define(key: str, name: str, criteria: SegmentCriteria) -> DefineSegment:
        return DefineSegment(id=_segment(key), name=name, department_id=home, criteria=criteria)

    silent = "久未联系 Not heard of for long"
    change = ChangeSegment(id=_segment("silent"), name=silent, criteria=_LONGER)
    yield from acted(
        script,
        Beat(at(7, 28, 10), LIN_XIAOYU, define("valued", "重点客户 Valued customers", _VALUED)),
        Beat(at(7, 28, 10, 10), LIN_XIAOYU, define("silent", silent, _SILENT)),
        Beat(at(7, 28, 10, 20), SOFIA_LINDQVIST, define("food", "食品行业 Food", _FOOD)),
        Beat(at(8, 10, 14), LIN_XIAOYU, change, "三十天太短。"),
        Beat(at(9, 4, 16), LIN_XIAOYU, RetireSegment(id=_segment("food")), "改按行业活动跟进。"),
    )


def _offers(script: Script) -> Storyline:
    yield at(8, 4, 10)
    guests = [company for company in companies()[:KNOWN_BEFORE] if _belongs(script, company)]
    for n, company in enumerate(guests):
        script.plan(_offered(script, company, n))


def _belongs(script: Script, company: Company) -> bool:
    customer = script.state(company.id)
    return (
        company.number not in {DISPUTED, CONTESTED}
        and customer.tier in _VALUED.tiers
        and customer.details.region in _VALUED.regions
    )


def _offered(script: Script, company: Company, n: int) -> Storyline:
    yield later(at(8, 4, 10, 30), 6 * n)
    offer = MakeOffer(
        id=OfferId(named_id("demo", "offer", str(company.number))),
        customer_id=company.id,
        department_id=department_id(MARKETING),
        title=_TITLE,
        text=_TEXT,
        segment_id=_segment("valued"),
        valid_until=_LAST_DAY,
        expires_at=end_of(_LAST_DAY),
        price=Money(405_000, "CNY"),
    )
    script.say(offer, SOFIA_LINDQVIST)
    script.plan(due(script, end_of(_LAST_DAY), ExpireOffer(id=offer.id), _UNANSWERED))
    dice = company.dice("offered")
    yield later(script.now, dice.uniform(1, 12) * WORKING_DAY)
    who = owner_of(script, company) or SOFIA_LINDQVIST
    match n % 5:
        case 0 | 2:
            script.say(AcceptOffer(id=offer.id), who)
        case 1:
            script.say(DeclineOffer(id=offer.id), who, reason="设备去年刚换。 Replaced last year.")
        case 3 if n == _WITHDRAWN:
            withdraw = WithdrawOffer(id=offer.id)
            script.say(withdraw, SOFIA_LINDQVIST, reason="They own no handhelds of ours.")
        case _:
            pass  # and never answers
