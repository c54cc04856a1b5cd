"""Whom the sample company serves: two hundred customers, half Chinese, half from abroad."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from itertools import product

from application.demo.hours import OPENING, later
from application.demo.words import Dice, Language, Words
from domain.customers.customer import BusinessPhase, CustomerDetails
from domain.customers.ownership import ownership_id
from domain.ids import ContactId, CustomerId, OwnershipId, named_id
from domain.values import Tier

CUSTOMERS = 200
KNOWN_BEFORE = 150
"""So many were customers before the story begins; the others are won during it."""


@dataclass(frozen=True)
class Card:
    """A person at a customer, as on their business card."""

    id: ContactId
    name: str
    title: str
    email: str
    phone: str


@dataclass(frozen=True)
class Company:
    """A customer as it stands when it is registered."""

    number: int
    language: Language
    details: CustomerDetails
    tier: Tier
    contacts: tuple[Card, ...]
    registered_at: datetime

    @cached_property
    def id(self) -> CustomerId:
        """Its id, always the same."""
        return CustomerId(named_id("demo", "customer", str(self.number)))

    @cached_property
    def ownership_id(self) -> OwnershipId:
        """The id of its ownership."""
        return ownership_id(self.id)

    @property
    def known_before(self) -> bool:
        """Tell whether it was a customer before the story begins."""
        return self.number < KNOWN_BEFORE

    def dice(self, *words: str) -> Dice:
        """Return dice of its own for one of its storylines."""
        return Dice.of("customer", str(self.number), *words)


@dataclass(frozen=True)
class Place:
    """Where a customer is at home, and how companies are called there."""

    city: str
    region: str
    suffix: str


@dataclass(frozen=True)
class Industry:
    """What a customer lives from."""

    label: str
    word: Words
    business: Words


DISPUTED, CONTESTED = 0, 1
"""The customer whose disputed ownership is settled, and the one still contested at the end."""


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_EAST, _NORTH, _SOUTH = "华东 East China", "华北 North China", "华南 South China"
_WEST, _CENTRE = "西部 West China", "华中 Central China"
_ASIA, _EUROPE, _AMERICA = "东南亚 Southeast Asia", "欧洲 Europe", "北美 North America"

_PLACES_ZH = tuple(
    Place(city, region, "有限公司")
    for region, cities in (
        (_EAST, "上海 上海 上海 苏州 杭州 南京 宁波"),
        (_NORTH, "北京 天津 青岛 大连"),
        (_SOUTH, "广州 深圳 东莞 厦门"),
        (_WEST, "成都 重庆 西安 昆明"),
        (_CENTRE, "武汉 长沙 郑州 合肥"),
    )
    for city in _each(cities)
)
_PLACES_EN = (
    Place("Singapore", _ASIA, "Pte Ltd"),
    Place("Kuala Lumpur", _ASIA, "Sdn Bhd"),
    Place("Hong Kong", _SOUTH, "Ltd"),
    Place("Bangkok", _ASIA, "Co Ltd"),
    Place("Hamburg", _EUROPE, "GmbH"),
    Place("Rotterdam", _EUROPE, "BV"),
    Place("Bristol", _EUROPE, "Ltd"),
    Place("Toronto", _AMERICA, "Inc"),
    Place("Seattle", _AMERICA, "Inc"),
)
_INDUSTRIES = (
    Industry("食品 Food", Words("食品", "Foods"), Words("食品生产与冷链", "Packaged food")),
    Industry("零售 Retail", Words("商贸", "Stores"), Words("连锁门店", "Chain of shops")),
    Industry("医药 Pharma", Words("医药", "Pharma"), Words("药品批发", "Drug wholesale")),
    Industry("物流 Logistics", Words("物流", "Freight"), Words("仓储配送", "Contract logistics")),
    Industry("电子 Electronics", Words("电子", "Electronics"), Words("电子制造", "Assembly")),
    Industry("服装 Apparel", Words("服饰", "Apparel"), Words("服装品牌", "Clothing brand")),
    Industry("汽车 Automotive", Words("汽配", "Auto Parts"), Words("汽车零部件", "Car parts")),
    Industry("家居 Home", Words("家居", "Home"), Words("家具与建材", "Furniture")),
    Industry("化工 Chemicals", Words("化工", "Chemicals"), Words("涂料", "Coatings")),
    Industry("医疗 Healthcare", Words("医疗器械", "Medical"), Words("医疗设备", "Devices")),
)
_BRANDS_ZH = _each(
    "海川 锦程 明德 宏远 瑞丰 天和 华盛 金穗 百川 中泰 新禾 晨光 安达 恒通 盛和 嘉誉 同舟 鼎新"
    " 启明 蓝海 东篱 长青 富春 凌云 广源 佳禾 永信 星河 德润 悦来 顺达 方圆 万里 春晖 朝阳"
)
_BRANDS_EN = _each(
    "Northgate Bluebird Silverline Oakfield Redwood Summit Kingfisher Lakeside Granite Beacon Maple"
    " Westbrook Orchid Falcon Meridian Pioneer Sterling Cascade Willow Ironbridge Sunrise Crescent"
    " Highland Evergreen Juniper Saltmarsh Copperfield Tideway Larkspur Quayside"
)
_STREETS_ZH = _each("人民路 建设路 中山路 解放路 科技路 工业大道 滨江路 长江路 和平路 迎宾大道")
_STREETS_EN = ("Harbour Road", "Mill Lane", "Station Street", "Canal Street", "Park Avenue")
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐"
_GIVEN_ZH = _each("建国 秀英 海燕 志强 晓明 丽华 文博 雅婷 国栋 春梅 俊杰 思远 佳怡 浩然 玉兰")
_GIVEN_EN = _each("James Maria Wei-Ling Ahmed Julia Peter Nadia Carlos Hannah Oscar Mei Robert")
_FAMILY_EN = _each("Tan Schmidt Walker Lim Visser Hughes Novak Patel Costa Jensen Wong Clarke")
_TITLES = (
    Words("采购经理", "Purchasing Manager"),
    Words("仓储主管", "Warehouse Supervisor"),
    Words("信息部经理", "IT Manager"),
    Words("财务经理", "Finance Manager"),
    Words("门店运营总监", "Head of Store Operations"),
    Words("总经理", "Managing Director"),
)


@cache
def companies() -> tuple[Company, ...]:
    """Return the two hundred customers; the first two are those whose owner is in dispute."""
    dice = Dice.of("companies")
    names: dict[Language, list[tuple[str, Industry]]] = {
        "zh": [("云帆", _INDUSTRIES[0]), *_names(dice, _BRANDS_ZH)],
        "en": [("Harbour Lane", _INDUSTRIES[1]), *_names(dice, _BRANDS_EN)],
    }
    return tuple(
        _company(number, *names["en" if number % 2 else "zh"][number // 2])
        for number in range(CUSTOMERS)
    )


def _names(dice: Dice, brands: tuple[str, ...]) -> list[tuple[str, Industry]]:
    names = list(product(brands, _INDUSTRIES))
    return dice.sample(names, len(names))


def _company(number: int, brand: str, industry: Industry) -> Company:
    dice = Dice.of("company", str(number))
    language: Language = "en" if number % 2 else "zh"
    place = _PLACES_ZH[0] if number == DISPUTED else _place(dice, language)
    domain = f"c{number:03}.example"
    return Company(
        number=number,
        language=language,
        details=_details(dice, brand, industry, place, domain),
        tier=_tier(dice, number),
        contacts=tuple(_card(number, n, domain) for n in range(dice.randint(1, 2))),
        registered_at=_registered_at(dice, number),
    )


def _place(dice: Dice, language: Language) -> Place:
    return dice.choice(_PLACES_ZH if language == "zh" else _PLACES_EN)


def _details(
    dice: Dice, brand: str, industry: Industry, place: Place, domain: str
) -> CustomerDetails:
    house = dice.randint(1, 988)
    if brand.isascii():
        short = f"{brand} {industry.word.en}"
        name = f"{short} {place.suffix}"
        address = f"{house} {dice.choice(_STREETS_EN)}, {place.city}"
    else:
        short = brand + industry.word.zh
        name = place.city + short + place.suffix
        address = f"{place.city}市{dice.choice(_STREETS_ZH)}{house}号"
    return CustomerDetails(
        name=name,
        short_name=short,
        industry=industry.label,
        business=industry.business.into("en" if brand.isascii() else "zh"),
        employees=dice.choice((12, 35, 60, 85, 120, 240, 400, 650, 1200, 3000)),
        phase=dice.choice(tuple(BusinessPhase)),
        address=address,
        region=place.region,
        phone=_phone(dice, "en" if brand.isascii() else "zh"),
        website=f"https://www.{domain}",
        tax_id=None if brand.isascii() else f"91310000DEMO{dice.randint(0, 999999):06}",
    )


def _tier(dice: Dice, number: int) -> Tier:
    if number in {DISPUTED, CONTESTED}:
        return Tier.KEY
    if number >= KNOWN_BEFORE:
        return Tier.NORMAL
    return dice.choices((Tier.STRATEGIC, Tier.KEY, Tier.NORMAL), (12, 33, 55))[0]


def _registered_at(dice: Dice, number: int) -> datetime:
    if number < KNOWN_BEFORE:
        return OPENING + timedelta(minutes=20, seconds=10 * number)
    day = OPENING + timedelta(days=1 + (number - KNOWN_BEFORE) * 1.5)
    return later(day.replace(microsecond=0), dice.uniform(10, 400))


def card(number: int, n: int) -> Card:
    """Return the n-th person we may come to know at a customer."""
    return _card(number, n, f"c{number:03}.example")


def _card(number: int, n: int, domain: str) -> Card:
    dice = Dice.of("contact", str(number), str(n))
    language: Language = "en" if number % 2 else "zh"
    if language == "zh":
        name = dice.choice(_SURNAMES) + dice.choice(_GIVEN_ZH)
    else:
        name = f"{dice.choice(_GIVEN_EN)} {dice.choice(_FAMILY_EN)}"
    return Card(
        id=ContactId(named_id("demo", "contact", str(number), str(n))),
        name=name,
        title=dice.choice(_TITLES).into(language),
        email=f"contact{n + 1}@{domain}",
        phone=_phone(dice, language),
    )


def _phone(dice: Dice, language: Language) -> str:
    if language == "zh":
        return f"+86 21 5550 {dice.randint(0, 9999):04}"
    return f"+1 202 555 01{dice.randint(0, 99):02}"  # numbers that nobody is given
