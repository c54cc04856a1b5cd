"""The people of the sample company through the ninety days: who joins, moves, rises and leaves."""

from datetime import timedelta

from application.demo.handing_over import hand_over_customers, hand_over_sales, on_holiday
from application.demo.hours import OPENING, at
from application.demo.people import (
    ACCOUNT_MANAGER,
    CHEN_JING,
    DANIEL_KIM,
    DIVISIONS,
    EMILY_CARTER,
    GAO_FENG,
    LI_NA,
    LIN_XIAOYU,
    LIU_YANG,
    LOGISTICS,
    OLIVIA_BROWN,
    PEOPLE,
    SALES,
    SERVICE,
    SUN_YUE,
    XU_FANG,
    Person,
)
from application.demo.script import SETUP, Script, Storyline
from application.demo.words import Dice
from domain.ids import RequestId
from domain.kernel import Actor
from domain.support import request_states
from domain.support.request import AssignRequest
from domain.teams.department import (
    CloseDepartment,
    CreateDepartment,
    RenameDepartment,
    ReopenDepartment,
    department_id,
)
from domain.teams.member import (
    ChangeMemberDetails,
    ChangeMemberRole,
    JoinMember,
    LeaveMember,
    MoveMember,
)


def storylines(script: Script) -> list[Storyline]:
    """Return everything that happens to departments and their members."""
    return [
        _set_up(script),
        _service_gets_its_name(script),
        _details_change(script),
        _xu_fang_rises(script),
        _daniel_moves_to_sales(script),
        _warehouse_moves(script),
        on_holiday(script),
        _sun_yue_joins(script),
        _olivia_moves_to_logistics(script),
        _liu_yang_leaves(script),
    ]


def _set_up(script: Script) -> Storyline:
    yield OPENING
    for division in DIVISIONS:
        create = CreateDepartment(
            id=division.id, code=division.code, name=division.name, kind=division.kind
        )
        script.say(create, SETUP)
    yield OPENING + timedelta(minutes=5)
    for person in PEOPLE:
        if person != SUN_YUE:
            _join(script, person, SETUP)


def _join(script: Script, person: Person, by: Person | Actor) -> None:
    join = JoinMember(
        id=person.id,
        name=person.name,
        email=person.email,
        department_id=department_id(person.department),
        role=person.role,
    )
    script.say(join, by)


def _service_gets_its_name(script: Script) -> Storyline:
    yield at(7, 20, 9, 30)
    name = RenameDepartment(id=department_id(SERVICE), name="售后服务部 After-sales Service")
    script.say(name, LI_NA, reason="与新的组织架构图一致。")


def _details_change(script: Script) -> Storyline:
    yield at(7, 27, 9, 10)
    change = ChangeMemberDetails(
        id=EMILY_CARTER.id, name="Emily Carter-Lee", email=EMILY_CARTER.email
    )
    script.say(change, EMILY_CARTER, reason="Married on Saturday.")


def _xu_fang_rises(script: Script) -> Storyline:
    yield at(8, 3, 9, 5)
    role = ChangeMemberRole(id=XU_FANG.id, role="senior-service-agent")
    script.say(role, LI_NA, reason="上半年满意度第一，晋升为高级客服。")


def _daniel_moves_to_sales(script: Script) -> Storyline:
    yield at(8, 10, 9, 0)
    _hand_over_requests(script, DANIEL_KIM, LIN_XIAOYU, "Daniel 调往销售部，由市场部同事接手。")
    move = MoveMember(id=DANIEL_KIM.id, department_id=department_id(SALES))
    script.say(move, LIN_XIAOYU, reason="本人申请转岗，陈静同意。")
    yield at(8, 10, 9, 20)
    script.say(ChangeMemberRole(id=DANIEL_KIM.id, role=ACCOUNT_MANAGER), CHEN_JING)


def _warehouse_moves(script: Script) -> Storyline:
    yield at(8, 14, 20, 0)
    close = CloseDepartment(id=department_id(LOGISTICS))
    script.say(close, GAO_FENG, reason="周末仓库搬迁，暂停接单。")
    yield at(8, 16, 19, 0)
    reopen = ReopenDepartment(id=department_id(LOGISTICS))
    script.say(reopen, GAO_FENG, reason="搬迁完成，周一恢复发货。")


def _sun_yue_joins(script: Script) -> Storyline:
    yield at(8, 17, 9, 0)
    _join(script, SUN_YUE, CHEN_JING)


def _olivia_moves_to_logistics(script: Script) -> Storyline:
    yield at(9, 1, 9, 0)
    _hand_over_requests(script, OLIVIA_BROWN, LI_NA, "Olivia 调往物流部，请接手她的请求。")
    move = MoveMember(id=OLIVIA_BROWN.id, department_id=department_id(LOGISTICS))
    script.say(move, LI_NA, reason="支援物流部旺季，双方主管已确认。")
    yield at(9, 1, 9, 15)
    script.say(ChangeMemberRole(id=OLIVIA_BROWN.id, role="dispatcher"), GAO_FENG)


def _liu_yang_leaves(script: Script) -> Storyline:
    yield at(9, 11, 17, 30)
    hand_over_customers(script, LIU_YANG, "本人离职，客户移交，已逐一电话告知。")
    hand_over_sales(script, LIU_YANG, CHEN_JING, "刘洋离职，由同事跟进。")
    _hand_over_requests(script, LIU_YANG, CHEN_JING, "刘洋今日离职，请接手。")
    script.say(LeaveMember(id=LIU_YANG.id), CHEN_JING, reason="个人发展，祝顺利。")


def _hand_over_requests(script: Script, giver: Person, by: Person, reason: str) -> None:
    dice = Dice.of("requests of", giver.login)
    for state in (request_states.Open, request_states.Resolved):
        for id_, held in script.things(state):
            if held.holder_id == giver.id:
                team = [person for person in script.team(giver.department) if person != giver]
                taker = dice.choice(team)
                script.say(AssignRequest(id=RequestId(id_), member_id=taker.id), by, reason=reason)
