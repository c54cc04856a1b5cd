"""Customers recorded twice in the sample company, and customers that only look alike."""

from dataclasses import replace

from application.demo.companies import Company, companies
from application.demo.hours import at
from application.demo.people import CHEN_JING, ZHENG_TAO, ZHOU_TING
from application.demo.script import Beat, Script, Storyline, acted
from domain.customers.customer import (
    AddContact,
    MergeCustomer,
    RegisterCustomer,
    UnmergeCustomer,
)
from domain.customers.interaction import Direction, LogInteraction
from domain.customers.likeness import DismissLikeness, RestoreLikeness, likeness_id
from domain.ids import ContactId, CustomerId, InteractionId, named_id
from domain.values import ContactChannel

ORIGINAL = 24
"""The customer that was recorded twice."""
TWICE = CustomerId(named_id("demo", "customer", "recorded twice"))


def storylines(script: Script) -> list[Storyline]:
    """Return what is found out about customers that look alike."""
    known = companies()
    return [
        _recorded_twice(script, known[ORIGINAL]),
        _merged_by_mistake(script, known[61], known[63]),
        _only_alike(script, known[72], known[74]),
    ]


def _recorded_twice(script: Script, company: Company) -> Storyline:
    """Tell of a customer that calls, is not found under its short name, and entered anew."""
    found = company.details
    details = replace(found, name=f"{found.short_name}公司", short_name=None, employees=None)
    known = company.contacts[0]
    contact = AddContact(
        id=TWICE,
        contact_id=ContactId(named_id("demo", "contact", "recorded twice")),
        name=known.name,
        email=known.email,
        phone=known.phone,
    )
    call = LogInteraction(
        id=InteractionId(named_id("demo", "talk", "recorded twice")),
        customer_id=TWICE,
        channel=ContactChannel.PHONE,
        direction=Direction.INBOUND,
        summary="来电询问扫码枪维修，已转售后。",
        contact_id=contact.contact_id,
    )
    merge = MergeCustomer(id=TWICE, into_id=company.id)
    yield from acted(
        script,
        Beat(at(7, 17, 10, 40), ZHOU_TING, RegisterCustomer(id=TWICE, details=details)),
        Beat(at(7, 17, 10, 45), ZHOU_TING, contact),
        Beat(at(7, 17, 10, 50), ZHOU_TING, call),
        Beat(at(8, 6, 9, 30), CHEN_JING, merge, "税号、电话、联系人都相同，是同一家。"),
    )


def _merged_by_mistake(script: Script, one: Company, other: Company) -> Storyline:
    merge, undo = MergeCustomer(id=one.id, into_id=other.id), UnmergeCustomer(id=one.id)
    yield from acted(
        script,
        Beat(at(8, 19, 17, 52), ZHOU_TING, merge, "同一栋楼，名字相近。"),
        Beat(at(8, 19, 18, 20), ZHENG_TAO, undo, "开户行与账号不同，是两家公司。"),
    )


def _only_alike(script: Script, one: Company, other: Company) -> Storyline:
    pair = likeness_id(one.id, other.id)
    dismiss = DismissLikeness(id=pair, customer_id=one.id, other_id=other.id)
    restore = RestoreLikeness(id=pair, customer_id=one.id, other_id=other.id)
    not_the_same = "电话核实：同名不同公司。"
    yield from acted(
        script,
        Beat(at(7, 23, 14), ZHOU_TING, dismiss, not_the_same),
        Beat(at(8, 12, 11), CHEN_JING, restore, "两家今年被同一集团收购，再看。"),
        Beat(at(9, 3, 15), CHEN_JING, dismiss, "仍是两个法人，分别签约。"),
    )
