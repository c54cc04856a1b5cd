"""Contracts of the sample company: signed, changed, renewed, run out, given notice of."""

from datetime import datetime

from application.demo.accounts import owner_of
from application.demo.companies import CONTESTED, DISPUTED, KNOWN_BEFORE, Company, companies
from application.demo.hours import SHANGHAI, at
from application.demo.people import CHEN_JING, ZHOU_TING, Person
from application.demo.script import Beat, Script, Storyline, acted, due
from domain.ids import ContractId, named_id
from domain.money import Money
from domain.sales.contract import (
    ChangeContract,
    EndContract,
    EndedBecause,
    PassContractEnd,
    Renewal,
    RenewContract,
    RetractContract,
    SignContract,
)
from domain.values import Tier

_TIME_UP = "The agreed time is up."
_TITLE = "年度维保 Yearly maintenance"
_FRAME = "框架采购协议 Frame agreement"
_NEXT_YEAR = datetime(2028, 1, 1, tzinfo=SHANGHAI)


def storylines(script: Script) -> list[Storyline]:
    """Return the contracts of ten customers, each with a course of its own."""
    large = [
        company
        for company in companies()[:KNOWN_BEFORE]
        if company.tier is Tier.STRATEGIC and company.number not in {DISPUTED, CONTESTED}
    ]
    known = (_corrected, _extended, _by_itself, _runs_out, _given_notice_of, _mistaken)
    courses = (_plain, _plain, _plain, _plain, *known)
    return [
        course(script, company, at(7, 2 + 2 * n, 10, 15))
        for n, (course, company) in enumerate(zip(courses, large, strict=False))
    ]


def _sign(
    company: Company,
    since: datetime,
    until: datetime | None,
    renewal: Renewal = Renewal.BY_AGREEMENT,
    *,
    title: str = _FRAME,
) -> SignContract:
    return SignContract(
        id=_id(company),
        customer_id=company.id,
        number=_number(company),
        title=title,
        value=_value(company),
        starts_at=since,
        ends_at=until,
        renewal=renewal,
        renewal_months=12 if renewal is Renewal.AUTOMATIC else None,
        opportunity_id=None,
        quote_id=None,
    )


def _id(company: Company) -> ContractId:
    return ContractId(named_id("demo", "contract", str(company.number)))


def _number(company: Company) -> str:
    return f"HT-26-{company.number:03}"


def _value(company: Company) -> Money:
    return Money(company.dice("contract").randint(20, 90) * 1_000_000, "CNY")


def _who(script: Script, company: Company) -> Person:
    return owner_of(script, company) or ZHOU_TING


# --- Courses --------------------------------------------------------------------------------------


def _plain(script: Script, company: Company, moment: datetime) -> Storyline:
    yield moment
    script.say(_sign(company, moment, _NEXT_YEAR), _who(script, company))


def _corrected(script: Script, company: Company, moment: datetime) -> Storyline:
    yield from _plain(script, company, moment)
    yield at(7, 22, 11)
    more = Money(_value(company).minor * 5 // 4, "CNY")
    change = ChangeContract(
        id=_id(company), number=_number(company), title=f"{_FRAME} (1)", value=more
    )
    script.say(change, _who(script, company), reason="补充协议：增加两个仓库。")


def _extended(script: Script, company: Company, moment: datetime) -> Storyline:
    yield moment
    signed = _sign(company, moment, at(9, 30, 18), title=_TITLE)
    script.say(signed, _who(script, company))
    yield at(9, 16, 15)
    renew = RenewContract(id=_id(company), ends_at=_NEXT_YEAR)
    script.say(renew, _who(script, company), reason="客户满意，续签。 Renewed as agreed.")


def _by_itself(script: Script, company: Company, moment: datetime) -> Storyline:
    yield moment
    since, until = datetime(2025, 9, 1, tzinfo=SHANGHAI), at(9, 1, 0)
    signed = _sign(company, since, until, Renewal.AUTOMATIC, title=_TITLE)
    script.say(signed, _who(script, company), reason="去年签订，补录。 Signed last year.")
    script.plan(due(script, until, PassContractEnd(id=_id(company)), _TIME_UP))


def _runs_out(script: Script, company: Company, moment: datetime) -> Storyline:
    yield moment
    since, until = datetime(2025, 8, 16, tzinfo=SHANGHAI), at(8, 16, 0)
    signed = _sign(company, since, until, Renewal.NONE, title=_TITLE)
    script.say(signed, _who(script, company), reason="去年签订，补录。 Signed last year.")
    script.plan(due(script, until, PassContractEnd(id=_id(company)), _TIME_UP))


def _given_notice_of(script: Script, company: Company, moment: datetime) -> Storyline:
    yield from _plain(script, company, moment)
    yield at(9, 2, 14)
    end = EndContract(id=_id(company), ended_at=at(9, 30, 18), because=EndedBecause.TERMINATED)
    script.say(end, CHEN_JING, reason="客户集团统一采购，提前终止。")


def _mistaken(script: Script, company: Company, moment: datetime) -> Storyline:
    who = _who(script, company)
    yield from acted(
        script,
        Beat(moment, who, _sign(company, moment, _NEXT_YEAR)),
        Beat(
            moment.replace(hour=11),
            who,
            RetractContract(id=_id(company)),
            "录错客户。 Recorded for the wrong customer.",
        ),
    )
