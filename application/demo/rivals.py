"""Who else sells to the sample company's customers, and how large its market is said to be."""

from datetime import date

from application.demo.companies import companies
from application.demo.hours import at
from application.demo.people import HE_JING, LIN_XIAOYU, MARKETING, WANG_WEI
from application.demo.script import Beat, Script, Storyline, acted
from domain.ids import CompetitorId, MarketId
from domain.money import Money
from domain.sales.competitor import (
    EnterCompetitor,
    ObserveCompetitor,
    Sight,
    competitor_id,
)
from domain.sales.market import (
    DescribeMarket,
    PublishMarketSize,
    WithdrawMarketSize,
    market_id,
)
from domain.teams.department import department_id

NAMES = ("立群智能 Liqun Smart", "Nordmark ID", "捷码科技 Jiema")
"""The competitors, by the names they are entered with."""
_MARKET = "中国仓储手持终端 Warehouse handhelds in China"
_HALF = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 6, 30)}
_QUARTER = {"starts_on": date(2026, 7, 1), "ends_on": date(2026, 9, 30)}


def storylines(script: Script) -> list[Storyline]:
    """Return what is found out about competitors and the market."""
    return [_competitors(script), _market(script)]


def rival(name: str) -> CompetitorId:
    """Return the id of a competitor."""
    return competitor_id(name)


def _competitors(script: Script) -> Storyline:
    home = department_id(MARKETING)
    entered = [
        Beat(
            at(7, 1, 15, 10 * n),
            HE_JING,
            EnterCompetitor(id=rival(name), name=name, department_id=home),
        )
        for n, name in enumerate(NAMES)
    ]
    fair = "展会现场降价促销，扫码枪 ¥780 起。"
    hiring = "官网招聘 6 名华南销售。"
    offer = "客户出示对方报价：手持终端每台 ¥4,380。"
    yield from acted(
        script,
        *entered,
        Beat(
            at(7, 15, 14, 20),
            HE_JING,
            ObserveCompetitor(
                id=rival(NAMES[0]), sight=Sight.PRICE, note=fair, price=Money(78_000, "CNY")
            ),
        ),
        Beat(
            at(8, 6, 10, 40),
            WANG_WEI,
            ObserveCompetitor(
                id=rival(NAMES[2]),
                sight=Sight.PRICE,
                note=offer,
                customer_id=companies()[8].id,
                price=Money(438_000, "CNY"),
            ),
        ),
        Beat(
            at(8, 26, 9, 50),
            HE_JING,
            ObserveCompetitor(id=rival(NAMES[0]), sight=Sight.HIRING, note=hiring),
        ),
    )


def _market(script: Script) -> Storyline:
    id_: MarketId = market_id(_MARKET)
    home = department_id(MARKETING)
    scope = "手持终端与扫码枪 Handhelds and scanners"
    early = PublishMarketSize(
        id=id_, **_QUARTER, size=Money(98_000_000_000, "CNY"), source="媒体估计 Press estimate"
    )
    half = PublishMarketSize(
        id=id_, **_HALF, size=Money(214_000_000_000, "CNY"), source="行业协会 Trade association"
    )
    yield from acted(
        script,
        Beat(
            at(7, 3, 10),
            HE_JING,
            DescribeMarket(id=id_, name=_MARKET, department_id=home, scope=scope),
        ),
        Beat(at(7, 22, 11), HE_JING, half),
        Beat(at(8, 5, 16), HE_JING, early),
        Beat(
            at(8, 7, 9, 20),
            LIN_XIAOYU,
            WithdrawMarketSize(id=id_, **_QUARTER),
            "只是媒体猜测，等协会数字。",
        ),
    )
