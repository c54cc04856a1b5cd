"""Requests that find their way: rules, skills, a holiday, and a promise that was forgotten."""

from dataclasses import replace
from datetime import timedelta

from application.demo.companies import Company, companies
from application.demo.hours import at
from application.demo.people import (
    LI_NA,
    LIN_XIAOYU,
    MARKETING,
    SERVICE,
    WU_GANG,
    XU_FANG,
)
from application.demo.promising import promised
from application.demo.script import INTAKE, TIMER, Beat, Script, Storyline, acted
from domain.ids import RequestId, named_id
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    LinkRequest,
    OpenRequest,
    ResolveRequest,
    VoidRequest,
)
from domain.support.request_informing import InformCustomer, LapsePromise
from domain.support.request_leaving import LeaveQueued
from domain.support.routing import SetRouting, WithdrawRouting, cited, routing_id
from domain.support.routing_choice import Rule, SkillWanted, Team, To, When
from domain.support.words import Level, LinkedAs, RequestKind, VoidedBecause
from domain.teams.abilities import AnnounceAbsence, RecordSkill, WithdrawAbsence, WithdrawSkill
from domain.teams.department import department_id
from domain.values import ContactChannel, Tier

_CALLS, _WRITES = 60, 61
"""Which customers ask."""
_HYDRAULICS = "液压 Hydraulics"
_PRESSING = "要客投诉 Pressing complaints"
_REPAIRS = "维修 Repairs"
_RULES = (
    Rule(
        _PRESSING,
        When(kinds=(RequestKind.COMPLAINT,), tiers=(Tier.STRATEGIC,), least_priority=6),
        To(member=LI_NA.id),
    ),
    Rule(
        _REPAIRS,
        When(kinds=(RequestKind.SUPPORT,)),
        To(team=Team((department_id(SERVICE),), (SkillWanted(_HYDRAULICS, 3),), at_most=40)),
    ),
)
_BY_RULE = "By the routing rules of its department."
_PROMISED = "The customer was promised to hear of it by now."


def storylines(script: Script) -> list[Storyline]:
    """Return how routing is introduced, what it does with three requests, and who is away."""
    return [
        _rules(script),
        _abilities(script),
        _tried_and_given_up(script),
        _repair(script, companies()[_CALLS]),
        _nobody(script, companies()[_WRITES]),
    ]


def _rules(script: Script) -> Storyline:
    home = department_id(SERVICE)
    rules = SetRouting(id=routing_id(home), department_id=home, rules=_RULES)
    yield from acted(script, Beat(at(9, 14, 9, 10), LI_NA, rules, "按技能分派维修请求。"))


def _abilities(script: Script) -> Storyline:
    away = AnnounceAbsence(id=XU_FANG.id, starts_at=at(9, 17, 9), ends_at=at(9, 22, 18))
    back = WithdrawAbsence(id=XU_FANG.id, starts_at=at(9, 17, 9))
    yield from acted(
        script,
        Beat(at(9, 11, 9), LI_NA, RecordSkill(id=WU_GANG.id, skill=_HYDRAULICS, level=5)),
        Beat(at(9, 11, 9, 5), LI_NA, RecordSkill(id=XU_FANG.id, skill=_HYDRAULICS, level=2)),
        Beat(at(9, 16, 16), XU_FANG, away, "家中有事。"),
        Beat(at(9, 18, 9), XU_FANG, back, "提前返岗。"),
        Beat(
            at(9, 21, 10),
            LI_NA,
            WithdrawSkill(id=XU_FANG.id, skill=_HYDRAULICS),
            "转做客户沟通，不再上门维修。",
        ),
    )


def _tried_and_given_up(script: Script) -> Storyline:
    home = department_id(MARKETING)
    everything = (Rule("全部 Everything", When(), To(queue=department_id(SERVICE))),)
    rules = SetRouting(id=routing_id(home), department_id=home, rules=everything)
    yield from acted(
        script,
        Beat(at(8, 5, 9), LIN_XIAOYU, rules, "活动期间请售后代收。"),
        Beat(at(8, 7, 18), LIN_XIAOYU, WithdrawRouting(id=rules.id), "活动结束。"),
    )


def _repair(script: Script, company: Company) -> Storyline:
    id_, again_by = _id("repair"), at(9, 16, 12)
    rule = cited(_REPAIRS, 1)
    yield from _opened(
        script,
        OpenRequest(
            id=id_,
            customer_id=company.id,
            department_id=department_id(SERVICE),
            kind=RequestKind.SUPPORT,
            channel=ContactChannel.PHONE,
            title="升降平台漏油 The lifting table leaks oil",
            urgency=Level.HIGH,
            importance=Level.MEDIUM,
            to_route=True,
        ),
        AssignRequest(id=id_, member_id=WU_GANG.id, rule=rule),
    )
    promise = InformCustomer(
        id=id_,
        channel=ContactChannel.PHONE,
        text="备件周三到货，届时通知您。 The part arrives on Wednesday; we will call you then.",
        again_by=again_by,
    )
    word = InformCustomer(
        id=id_, channel=ContactChannel.SMS, text="明天上午上门更换。 We come tomorrow morning."
    )
    yield from acted(
        script,
        Beat(at(9, 15, 11), WU_GANG, promise),
        Beat(again_by, TIMER, LapsePromise(id=id_, again_by=again_by), _PROMISED),
        Beat(at(9, 16, 14), WU_GANG, word),
        Beat(at(9, 17, 11), WU_GANG, ResolveRequest(id=id_, resolution="更换密封圈。 New seal.")),
        Beat(at(9, 21, 9), LI_NA, CloseRequest(id=id_)),
    )


def _nobody(script: Script, company: Company) -> Storyline:
    id_, again = _id("manual"), _id("manual again")
    asked = OpenRequest(
        id=id_,
        customer_id=company.id,
        department_id=department_id(SERVICE),
        kind=RequestKind.SUGGESTION,
        channel=ContactChannel.WEB,
        title="说明书请附英文版 An English manual, please",
        to_route=True,
    )
    yield at(9, 23, 10)
    yield from _opened(script, asked, LeaveQueued(id=id_))
    yield from acted(
        script,
        Beat(at(9, 23, 11), LI_NA, AssignRequest(id=id_, member_id=XU_FANG.id), "请徐芳回复。"),
        Beat(at(9, 23, 14), INTAKE, replace(asked, id=again, to_route=False)),
        Beat(
            at(9, 23, 15),
            XU_FANG,
            VoidRequest(id=again, because=VoidedBecause.DUPLICATE, original_id=id_),
            "客户重复提交。",
        ),
        Beat(
            at(9, 23, 15, 5),
            XU_FANG,
            LinkRequest(id=id_, other_id=_id("repair"), as_=LinkedAs.RELATED),
        ),
        Beat(at(9, 24, 10), XU_FANG, ResolveRequest(id=id_, resolution="已寄出。 It is sent.")),
    )


def _opened(script: Script, opened: OpenRequest, routed: AssignRequest | LeaveQueued) -> Storyline:
    yield max(script.now, at(9, 15, 10))
    promise = promised(script, opened.customer_id, opened.department_id, opened.kind)
    script.say(replace(opened, promise=promise), INTAKE)
    yield script.now + timedelta(seconds=1)
    script.say(routed, TIMER, reason=_BY_RULE)


def _id(name: str) -> RequestId:
    return RequestId(named_id("demo", "routed request", name))
