"""Complaints of the sample company: acknowledged, classified, made good, called back, learned from.

What Concord does by itself, the call-back after a resolution and the reminder, happens within the
hour.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from application.demo.hours import END, OPENING, at, later
from application.demo.people import LEAD, LOGISTICS, SERVICE, Person
from application.demo.script import TIMER, Beat, Script, Storyline, acted
from application.demo.words import Dice, Words
from domain.ids import ImprovementId, MemberId, RequestId, named_id
from domain.money import Money
from domain.support.complaint import (
    AcknowledgeComplaint,
    ApproveCompensation,
    Cause,
    ClassifyComplaint,
    Command,
    CompensationKind,
    DeclineCompensation,
    EscalateComplaint,
    ProposeCompensation,
    SettleComplaint,
    Severity,
    complaint_id,
)
from domain.support.follow_up import (
    ABOUT_A_COMPLAINT,
    AFTER,
    AssignFollowUp,
    CallOffFollowUp,
    Due,
    FinishFollowUp,
    MissFollowUp,
    MoveFollowUp,
    Satisfied,
    ScheduleFollowUp,
    follow_up_of,
)
from domain.support.improvement import (
    CloseImprovement,
    ExtendImprovement,
    Figure,
    FinishImprovement,
    MissImprovement,
    NoteMeasure,
    OpenImprovement,
)
from domain.support.request import OpenRequest
from domain.support.request_states import Closed, Open, Resolved
from domain.support.words import RequestKind
from domain.teams.department import department_id
from domain.values import ContactChannel

_BY_DEPARTMENT = {LOGISTICS: Cause.DELIVERY, SERVICE: Cause.PRODUCT}
_HERE = Words("已收到您的投诉，正在处理。", "Your complaint is here, and we look into it.")
_URGENT = Words("客户一天来电三次", "They called three times today")
_TOO_MUCH = Words("金额偏高，先道歉再商量", "Too much; apologise first, then talk")
_AWAY = Words("联系人出差，约下周", "Their buyer is away until next week")
_LEFT = Words("客户说不用再打了", "They asked not to be called again")
_CALLED_BACK = Words("电话回访", "Called them back")
_FOLLOWING_UP = "A complaint was resolved; ask whether it is really over."
_MISSED = "The customer was not called back in time."


def storylines(script: Script) -> Iterator[Storyline]:
    """Return what is done about complaints, and what was learned from them."""
    yield _hour_by_hour(script)
    yield _late_deliveries(script)
    yield _busy_lines(script)


def _hour_by_hour(script: Script) -> Storyline:
    """Take up each complaint when it comes in, and each that is resolved."""
    seen, waiting, now = 0, list[RequestId](), OPENING
    while (now := now + timedelta(hours=1)) < END:
        yield now
        for line in script.lines[seen:]:
            asked = line.command
            if isinstance(asked, OpenRequest) and asked.kind is RequestKind.COMPLAINT:
                waiting.append(asked.id)
                script.plan(_Case(script, asked).story())
        seen = len(script.lines)
        for id_ in list(waiting):
            if isinstance(script.state(id_), Resolved | Closed):
                waiting.remove(id_)
                script.plan(_call_back(script, id_))


class _Case:
    """What is done about one complaint beside answering it."""

    def __init__(self, script: Script, opened: OpenRequest) -> None:
        self.script = script
        self.opened = opened
        self.dice = Dice.of("complaint", str(opened.id))

    def story(self) -> Storyline:
        """Tell what is done while the request is being worked on."""
        yield later(self.script.now, self.dice.uniform(5, 90))
        agent = self._agent()
        if self.dice.likely(0.9):
            text = _HERE.into(agent.language)
            self._say(AcknowledgeComplaint, agent, channel=ContactChannel.PHONE, text=text)
        if self.dice.likely(0.15):
            yield later(self.script.now, self.dice.uniform(20, 200))
            self._escalate(agent)
        yield later(self.script.now, self.dice.uniform(60, 500))
        if self.dice.likely(0.1):
            self._say(ClassifyComplaint, agent, cause=Cause.OTHER)
            yield later(self.script.now, self.dice.uniform(60, 200))
        if self.dice.likely(0.85):
            self._say(ClassifyComplaint, agent, cause=self._cause())
        if self.dice.likely(0.3):
            yield from self._make_good(agent)

    def _escalate(self, agent: Person) -> None:
        severity = self.dice.choice((Severity.MAJOR, Severity.CRITICAL))
        why = _URGENT.into(agent.language)
        to = self._lead().id
        self._say(EscalateComplaint, agent, why, severity=severity, to_member_id=to)

    def _make_good(self, agent: Person) -> Storyline:
        yield later(self.script.now, self.dice.uniform(30, 300))
        amount = Money(self.dice.randint(2, 40) * 5000, "CNY")
        form = self.dice.choice(tuple(CompensationKind))
        if not self._say(ProposeCompensation, agent, form=form, amount=amount):
            return
        yield later(self.script.now, self.dice.uniform(20, 300))
        lead = self._lead()
        if self.dice.likely(0.8):
            self._say(ApproveCompensation, lead)
        else:
            self._say(DeclineCompensation, lead, _TOO_MUCH.into(lead.language))

    def _say(
        self, command: type[Command], who: Person, reason: str | None = None, **told: object
    ) -> bool:
        return _about(self.script, self.opened.id, command, who, reason, **told)

    def _cause(self) -> Cause:
        codes = {department_id(code): cause for code, cause in _BY_DEPARTMENT.items()}
        usual = codes.get(self.opened.department_id, Cause.BILLING)
        return usual if self.dice.likely(0.6) else self.dice.choice(tuple(Cause))

    def _agent(self) -> Person:
        return self.dice.choice(self.script.team(SERVICE, "service-agent"))

    def _lead(self) -> Person:
        return self.dice.choice(self.script.team(SERVICE, LEAD))


def _about(
    script: Script,
    request_id: RequestId,
    command: type[Command],
    who: Person,
    reason: str | None = None,
    **told: object,
) -> bool:
    """Do something about a complaint, where its request still counts; tell whether it does."""
    request = script.state(request_id)
    if not isinstance(request, Open | Resolved | Closed):
        return False
    made = command(
        id=complaint_id(request_id),
        request_id=request_id,
        customer_id=request.customer_id,
        kind=RequestKind.COMPLAINT,
        resolved=not isinstance(request, Open),
        **told,  # type: ignore[arg-type]
    )
    script.say(made, who, reason=reason)
    return True


# --- Call-backs -------------------------------------------------------------------------------


def _call_back(script: Script, request_id: RequestId) -> Storyline:
    request, dice = script.state(request_id), Dice.of("follow-up", str(request_id))
    yield script.now
    schedule = ScheduleFollowUp(
        id=follow_up_of(request_id),
        customer_id=request.customer_id,
        department_id=request.department_id,
        request_id=request_id,
        about=ABOUT_A_COMPLAINT,
        due_at=request.resolved_at + AFTER,
    )
    script.say(schedule, TIMER, reason=_FOLLOWING_UP)
    moment = later(script.now, dice.uniform(30, 700))
    yield from _until(script, schedule, moment)
    agent = dice.choice(script.team(SERVICE, "service-agent"))
    if dice.likely(0.04):
        script.say(CallOffFollowUp(id=schedule.id), agent, reason=_LEFT.into(agent.language))
        return
    script.say(AssignFollowUp(id=schedule.id, member_id=MemberId(agent.id)), agent)
    if dice.likely(0.06):
        there = later(script.now, 1400)
        move = MoveFollowUp(id=schedule.id, due_at=there + timedelta(days=1))
        script.say(move, agent, reason=_AWAY.into(agent.language))
        yield from _until(script, schedule, there)
    satisfied = dice.choices(tuple(Satisfied), (75, 12, 13))[0]
    outcome = _CALLED_BACK.into(agent.language)
    script.say(FinishFollowUp(id=schedule.id, satisfied=satisfied, outcome=outcome), agent)
    if satisfied is not Satisfied.UNREACHED and isinstance(
        script.state(request_id), Resolved | Closed
    ):
        accepted = satisfied is Satisfied.YES
        _about(script, request_id, SettleComplaint, agent, accepted=accepted)


def _until(script: Script, schedule: ScheduleFollowUp, moment: datetime) -> Storyline:
    """Wait for a moment; what is overdue before it is reminded of."""
    due_at = script.state(schedule.id).due_at
    if due_at <= moment:
        yield due_at
        state = script.state(schedule.id)
        if isinstance(state, Due) and not state.missed:
            script.say(MissFollowUp(id=schedule.id), TIMER, reason=_MISSED)
    yield moment


# --- What was learned -------------------------------------------------------------------------

_JULY, _AUGUST = date(2026, 7, 1), date(2026, 8, 1)
"""The period before anything was done: up to and without the first of August."""


def _improvement(name: str) -> ImprovementId:
    return ImprovementId(named_id("demo", "improvement", name))


def _late_deliveries(script: Script) -> Storyline:
    id_ = _improvement("late deliveries")
    yield at(8, 4, 10)
    (lead, *_), (service, *_) = script.team(LOGISTICS, LEAD), script.team(SERVICE, LEAD)
    opened = OpenImprovement(
        id=id_,
        department_id=department_id(LOGISTICS),
        member_id=lead.id,
        finding="七月每五起投诉就有两起是送货晚。One carrier misses the evening run.",
        figure=Figure.CAUSE_SHARE,
        cause=Cause.DELIVERY,
        baseline_from=_JULY,
        baseline_to=_AUGUST,
        due_at=at(8, 31, 18),
    )
    measure = NoteMeasure(id=id_, measure="第二家承运商，晚班单独装车。")
    yield from acted(
        script,
        Beat(at(8, 4, 10), service, opened),
        Beat(at(8, 12, 15), lead, measure),
        Beat(at(8, 31, 18), TIMER, MissImprovement(id=id_), "The day has passed."),
        Beat(
            at(9, 1, 9, 30),
            lead,
            ExtendImprovement(id=id_, due_at=at(9, 20, 18)),
            "第二家承运商九月中旬才到位",
        ),
        Beat(at(9, 17, 16), lead, FinishImprovement(id=id_)),
    )


def _busy_lines(script: Script) -> Storyline:
    id_ = _improvement("busy lines")
    yield at(8, 5, 11)
    lead, *_ = script.team(SERVICE, LEAD)
    opened = OpenImprovement(
        id=id_,
        department_id=department_id(SERVICE),
        member_id=lead.id,
        finding="Complaints come back because nobody calls the customer before closing.",
        figure=Figure.REOPEN_RATE,
        cause=None,
        baseline_from=_JULY,
        baseline_to=_AUGUST,
        due_at=at(9, 25, 18),
    )
    closed = CloseImprovement(id=id_)
    yield from acted(
        script,
        Beat(at(8, 5, 11), lead, opened),
        Beat(at(8, 6, 9), lead, NoteMeasure(id=id_, measure="A call before every closing.")),
        Beat(at(9, 14, 17), lead, closed, "Nothing changed in six weeks; another way is tried"),
    )
