"""A request of the sample company: from the first word to the end, through many hands."""

from collections.abc import Sequence
from datetime import timedelta

from application.demo import phrases
from application.demo.companies import CONTESTED, DISPUTED, Company
from application.demo.hours import OPENING, any_moment, awake, later, office_moment
from application.demo.people import BY_DEPARTMENT, BY_ID, LEAD, SALES, SERVICE, Person
from application.demo.promising import promised, raised
from application.demo.script import INTAKE, Script, Storyline
from application.demo.topic import Stop
from application.demo.topics_delivering import DELIVERING
from application.demo.topics_selling import SELLING
from application.demo.topics_serving import SERVING
from application.demo.words import Words, filled_in
from domain.customers.interaction import Direction, LogInteraction
from domain.ids import InteractionId, RequestId, named_id
from domain.kernel import Actor
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    EndWaiting,
    OpenRequest,
    PrioritiseRequest,
    QueueRequest,
    RecordCustomerMessage,
    ReopenRequest,
    ReplyToRequest,
    ResolveRequest,
    RetierRequest,
    StartWaiting,
    TakeStep,
    VoidRequest,
)
from domain.support.words import Level, ReplyKind, RequestKind, WaitingOn
from domain.teams.department import department_id
from domain.values import ContactChannel, Tier

_URGENCY = {RequestKind.COMPLAINT: Level.HIGH, RequestKind.SUPPORT: Level.MEDIUM}
_IMPORTANCE = {Tier.STRATEGIC: Level.HIGH, Tier.KEY: Level.MEDIUM, Tier.NORMAL: Level.LOW}
TOPICS = SELLING + DELIVERING + SERVING
_USUAL = {Tier.STRATEGIC: 5, Tier.KEY: 3, Tier.NORMAL: 2}
_BY_PHONE = (ContactChannel.PHONE, ContactChannel.CHAT, ContactChannel.VISIT, ContactChannel.SMS)
_BY_ITSELF = (ContactChannel.WEB, ContactChannel.EMAIL)
_HURRY = Words(zh="按战略客户的时限处理", en="As fast as for a strategic customer")
_ROUTES = (45, 18, 17, 13, 7)
_REOPENING_HOURS = (3, 130)  # well inside the seven days


def requests_of(script: Script, company: Company) -> list[Storyline]:
    """Return what a customer asks of us in the ninety days."""
    dice = company.dice("requests")
    usual = _USUAL[company.tier] if company.known_before else 2
    return [Case(script, company, n).story() for n in range(dice.randint(usual - 1, usual + 1))]


class Case:
    """One request and everything that is done about it."""

    def __init__(self, script: Script, company: Company, number: int) -> None:
        self.script = script
        self.company = company
        self.key = f"{company.number}/{number}"
        self.id = RequestId(named_id("demo", "request", self.key))
        self.dice = company.dice("request", str(number))
        self.topic = self.dice.choice(
            [
                topic
                for topic in TOPICS  # who stays out of a disputed customer's requests: both sides
                if company.number not in {DISPUTED, CONTESTED} or not topic.concerns(SALES)
            ]
        )
        self.filled = filled_in(self.dice)
        self._calls = 0
        self._done: set[str] = set()

    # --- The story ---

    def story(self) -> Storyline:
        """Tell the request from its first word to its end."""
        yield from self._open()
        if self.dice.likely(0.03):
            yield from self._void()
            return
        yield from self._take()
        self._prioritise()
        yield from self._work()
        for stop in self._route():
            yield from self._hand_off(stop)
            yield from self._work()
        if self.topic.kind is RequestKind.COMPLAINT and self.dice.likely(0.35):
            yield from self._escalate()
        yield from self._resolve(self.topic.resolution)
        if self.dice.likely(0.12):
            yield from self._reopen()
            yield from self._resolve(self.dice.choice(phrases.SECOND_TRY))
        if self.dice.likely(0.9):
            yield from self._close()

    def _open(self) -> Storyline:
        since = max(self.company.registered_at, OPENING + timedelta(hours=1))
        if by_itself := self.dice.likely(0.4):
            yield any_moment(self.dice, since)
        else:
            yield office_moment(self.dice, since)
        if not self.script.is_open(self.topic.department):
            yield later(self.script.now, 5)
        by: Person | Actor = INTAKE
        if not by_itself:
            by = self.dice.choice(self.script.team(SERVICE, "service-agent"))
        home, kind = department_id(self.topic.department), self.topic.kind
        self.script.say(
            OpenRequest(
                id=self.id,
                customer_id=self.company.id,
                department_id=home,
                kind=self.topic.kind,
                channel=self.dice.choice(_BY_ITSELF if by_itself else _BY_PHONE),
                title=self._text(self.dice.choice(self.topic.titles)),
                promise=promised(self.script, self.company.id, home, kind),
            ),
            by,
        )
        if by_itself:
            self._reply(ReplyKind.AUTOMATED, phrases.RECEIPT, INTAKE)

    def _void(self) -> Storyline:
        yield later(self.script.now, self.dice.uniform(10, 300))
        who = self._hands()
        why = self.dice.choice(phrases.VOIDED).into(who.language)
        self.script.say(VoidRequest(id=self.id), who, reason=why)

    def _take(self) -> Storyline:
        hurry = 90 if self.topic.kind is RequestKind.COMPLAINT else 260
        yield later(self.script.now, self.dice.uniform(6, hurry))
        team = self._team()
        if self.dice.likely(0.25):
            lead = self.dice.choice(self._leads())
            self._assign(self.dice.choice(team), lead, self.dice.choice(phrases.SHARED_OUT))
        else:
            who = self.dice.choice(team)
            self._assign(who, who)

    def _work(self) -> Storyline:
        yield from self._pause(15, 200)
        first = self._once("reply")
        words = self.topic.reply if first else self.dice.choice(phrases.GOING_ON)
        self._reply(ReplyKind.PUBLIC, words)
        if self.dice.likely(0.35) and self._once("ask"):
            yield from self._ask_customer()
        if self.dice.likely(0.35) and self._once("note"):
            yield from self._pause(20, 240)
            self._reply(ReplyKind.INTERNAL, self.topic.note)
        if self.topic.supplier and self.dice.likely(0.4) and self._once("supplier"):
            yield from self._wait_for_supplier(self.topic.supplier)
        if self.dice.likely(0.2):
            yield from self._be_reminded()
        if self.dice.likely(0.14):
            yield from self._pass_on()
        if self.topic.steps and self.dice.likely(0.5):
            yield from self._take_step(self.dice.choice(self.topic.steps))
        if self.dice.likely(0.35):
            yield from self._pause(15, 300)
            self._call()

    def _hand_off(self, stop: Stop) -> Storyline:
        yield from self._pause(20, 240)
        who = self._hands()
        why = self._text(stop.why, who)
        queue = QueueRequest(id=self.id, department_id=department_id(stop.department))
        self.script.say(queue, who, reason=why)
        yield from self._take()

    def _route(self) -> Sequence[Stop]:
        home = Stop(self.topic.department, self.dice.choice(phrases.TAKEN_BACK))
        match self.dice.choices(("stay", "once", "and back", "all", "ping-pong"), _ROUTES)[0]:
            case "once":
                return self.topic.stops[:1]
            case "and back":
                return (*self.topic.stops[:1], home) if self.topic.stops else ()
            case "all":
                return self.topic.stops
            case "ping-pong" if self.topic.stops:
                there = self.topic.stops[0]
                return (there, home, there, home)
        return ()

    def _escalate(self) -> Storyline:
        yield awake(self.script.now, self.dice.uniform(4, 40))
        self._customer_writes(self.dice.choice(phrases.ANGRY))
        yield from self._pause(5, 60)
        lead = self.dice.choice(self._leads())
        if (before := self._hands()) != lead:
            self._assign(lead, before, self.dice.choice(phrases.ESCALATED))
        if promise := raised(self.script, self.id, self.topic.kind):
            why = _HURRY.into(lead.language)
            self.script.say(RetierRequest(id=self.id, promise=promise), lead, reason=why)
        yield from self._pause(10, 90)
        self._reply(ReplyKind.PUBLIC, phrases.LEAD_REPLY)
        self._call()
        yield from self._pause(60, 400)
        team = [person for person in self._team() if person != self._hands()]
        if self.dice.likely(0.6) and team:
            worker = before if before in team else self.dice.choice(team)
            self._assign(worker, self._hands(), phrases.LEAD_BACK)

    def _resolve(self, how: Words) -> Storyline:
        yield from self._pause(30, 500)
        resolution = self._text(how)
        self.script.say(ResolveRequest(id=self.id, resolution=resolution), self._hands())

    def _reopen(self) -> Storyline:
        yield awake(self.script.now, self.dice.uniform(*_REOPENING_HOURS))
        self._customer_writes(self.dice.choice(phrases.STILL_THERE))
        who = self._hands()
        why = self.dice.choice(phrases.REOPENED).into(who.language)
        self.script.say(ReopenRequest(id=self.id), who, reason=why)
        yield from self._pause(20, 200)
        self._reply(ReplyKind.PUBLIC, self.dice.choice(phrases.SOOTHING))

    def _close(self) -> Storyline:
        if self.dice.likely(0.25):
            yield awake(self.script.now, self.dice.uniform(1, 20))
            self._customer_writes(self.dice.choice(phrases.THANKS))
        yield from self._pause(450, 1800)
        self.script.say(CloseRequest(id=self.id), self._hands())

    # --- Pieces of work ---

    def _ask_customer(self) -> Storyline:
        self._reply(ReplyKind.PUBLIC, self.topic.ask)
        self.script.say(StartWaiting(id=self.id, on=WaitingOn.CUSTOMER), self._hands())
        yield awake(self.script.now, self.dice.uniform(2, 60))
        self._customer_writes(self.topic.answer)
        self.script.say(EndWaiting(id=self.id, on=WaitingOn.CUSTOMER), INTAKE)

    def _wait_for_supplier(self, what: Words) -> Storyline:
        contracted = self.dice.likely(0.5)
        wait = StartWaiting(id=self.id, on=WaitingOn.THIRD_PARTY, contracted=contracted)
        who = self._hands()
        self.script.say(wait, who, reason=self._text(what, who))
        yield from self._pause(400, 2200)
        self.script.say(EndWaiting(id=self.id, on=WaitingOn.THIRD_PARTY), self._hands())

    def _take_step(self, step: str) -> Storyline:
        if self._once(step):
            yield from self._pause(60, 500)
            self.script.say(TakeStep(id=self.id, step=step), self._hands())

    def _be_reminded(self) -> Storyline:
        yield awake(self.script.now, self.dice.uniform(3, 30))
        self._customer_writes(self.dice.choice(phrases.REMINDER))
        yield from self._pause(10, 120)
        self._reply(ReplyKind.PUBLIC, self.dice.choice(phrases.SOOTHING))

    def _pass_on(self) -> Storyline:
        yield from self._pause(20, 200)
        before = self._hands()
        others = [person for person in self._team() if person != before]
        if not others:
            return
        self._assign(self.dice.choice(others), before, self.dice.choice(phrases.PASSED_ON))
        yield from self._pause(20, 300)
        if self.dice.likely(0.5) and before in self._team() and before != self._hands():
            self._assign(before, self._hands(), self.dice.choice(phrases.GIVEN_BACK))

    # --- Single steps ---

    def _prioritise(self) -> None:
        urgency = _URGENCY.get(self.topic.kind, Level.LOW)
        importance = _IMPORTANCE[self.script.state(self.company.id).tier]
        rank = PrioritiseRequest(id=self.id, urgency=urgency, importance=importance)
        self.script.say(rank, self._hands())

    def _assign(self, whom: Person, by: Person, why: Words | None = None) -> None:
        reason = why and why.into(by.language)
        self.script.say(AssignRequest(id=self.id, member_id=whom.id), by, reason=reason)

    def _reply(self, kind: ReplyKind, words: Words, by: Actor | None = None) -> None:
        who = by or self._hands()
        reader = who if kind is ReplyKind.INTERNAL and isinstance(who, Person) else self.company
        self.script.say(ReplyToRequest(id=self.id, kind=kind, text=self._text(words, reader)), who)

    def _customer_writes(self, words: Words) -> None:
        self.script.say(RecordCustomerMessage(id=self.id, text=self._text(words)), INTAKE)

    def _call(self) -> None:
        who = self._hands()
        self._calls += 1
        self.script.say(
            LogInteraction(
                id=InteractionId(named_id("demo", "call", self.key, str(self._calls))),
                customer_id=self.company.id,
                channel=ContactChannel.PHONE,
                direction=self.dice.choice(tuple(Direction)),
                summary=self.dice.choice(phrases.CALLED).into(who.language),
                about_request_id=self.id,
            ),
            who,
        )

    def _once(self, what: str) -> bool:
        """Tell whether something is done for the first time in this request."""
        first = what not in self._done
        self._done.add(what)
        return first

    def _pause(self, least: float, most: float) -> Storyline:
        yield later(self.script.now, self.dice.uniform(least, most))

    # --- Who and what ---

    def _text(self, words: Words, reader: Person | Company | None = None) -> str:
        return words.into((reader or self.company).language, **self.filled)

    def _hands(self) -> Person:
        holder = self.script.state(self.id).holder_id
        return BY_ID[holder] if holder else self.dice.choice(self._team())

    def _department(self) -> str:
        return BY_DEPARTMENT[self.script.state(self.id).department_id]

    def _team(self) -> list[Person]:
        team = self.script.team(self._department())
        return [person for person in team if self.script.role(person) != LEAD] or team

    def _leads(self) -> list[Person]:
        return self.script.team(self._department(), LEAD)
