"""Service: how soon customers were answered and helped, and whether it lasted.

A fact is the opening of a request; it counts in the period in which it was opened, once. What was
promised, and by which calendar, stands in the request itself (METRICS.md 4).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.business_hours import WorkingTime, instant_of, seconds_of
from domain.ids import MemberId
from domain.support.request_life import Life
from domain.support.sla import Nobody, Verdict, judge
from domain.support.words import Clock, RequestKind
from projections.reports.lives import Gathered, Lives
from projections.scoring.material import Material
from projections.scoring.metric import CreditRule, Entry, Measure, Question, Registry
from projections.scoring.sources import REQUESTS

SERVICE_METRICS = Registry("service")
metric = SERVICE_METRICS.metric


@dataclass(slots=True)
class _Request:
    """A request as it stood when the question was asked."""

    gathered: Gathered
    life: Life
    hours: WorkingTime
    at: datetime
    reason: str | None
    """Why it does not count, whatever is asked of it."""
    _judged: dict[Clock, Verdict | None] = field(default_factory=dict)

    def judged(self, clock: Clock) -> Verdict | None:
        """Return whether it kept what was promised; None: nothing was."""
        if clock not in self._judged:
            self._judged[clock] = judge(self.life, self.hours, clock)
        return self._judged[clock]

    @property
    def is_complaint(self) -> bool:
        return self.gathered.opened.kind is RequestKind.COMPLAINT

    @property
    def holder(self) -> MemberId | None:
        return self.life.held[-1].holder

    @property
    def undone_by(self) -> MemberId | None:
        """Who resolved it the first time that it was taken up again."""
        reopened = (
            resolver.by
            for span, resolver in zip(self.life.resolved, self.life.resolvers, strict=True)
            if span.end is not None
        )
        return next(reopened, None)

    @property
    def reopened(self) -> bool:
        return any(span.end is not None for span in self.life.resolved)


def _requests(here: Material, asked: Question) -> Sequence[_Request]:
    """Return all requests; five metrics ask for them."""
    asking = "requests", asked.period, asked.known_at
    return here.once(asking, lambda: list(_asked(here[REQUESTS], asked)))


def _asked(lives: Lives, asked: Question) -> Iterator[_Request]:
    until, period = seconds_of(asked.known_at), asked.period
    for id_, gathered in lives.by_id.items():
        life = lives.life(id_, until)
        if life is not None:
            at = instant_of(life.opened_at)
            reason = None if period.holds(at) else "outside_period"
            if gathered.voided is not None:
                reason = "voided"
            yield _Request(gathered, life, lives.time_of(life.promise), at, reason)


def _entry(request: _Request, whose: MemberId | None, done: bool | None) -> Entry:
    """Return a request as an entry: done well, not, or (None) not known yet."""
    opened = request.gathered.opened
    return Entry(
        request.gathered.positions[0],
        request.at,
        () if whose is None else ((whose, 1),),
        1 if done else 0,
        reason=request.reason or ("pending" if done is None else None),
        department_id=opened.department_id,
        customer_id=opened.customer_id,
    )


def _charged(verdict: Verdict) -> MemberId | None:
    """Return which member a breach is charged to; None: the team, or nobody."""
    charged = verdict.charged_to
    return None if charged is None or isinstance(charged, Nobody) else charged


def _kept(request: _Request, clock: Clock, by: MemberId | None) -> Iterator[Entry]:
    """Yield a request by whether it kept a promise; nothing was promised: it is no fact."""
    verdict = request.judged(clock)
    if verdict is None:
        return
    if verdict.met is None:
        yield _entry(request, request.holder, None)
    else:
        yield _entry(request, by if verdict.met else _charged(verdict), verdict.met)


@metric(
    en="First responses in time",
    zh="首次响应达标率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="dg",
    source="METRICS 23, 37; Zendesk",
    needs=(REQUESTS,),
    by_customer=True,
    sample=5,
    samples=True,
)
def first_response_met(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests answered by a person in the time promised, in percent of those decided.

    Credited to who answered; where the promise broke, to who held the request then. Left out:
    ``voided``, ``outside_period``, ``pending`` (neither yet; shown to who holds it). A request that
    was promised nothing is no fact of this metric.
    """
    for request in _requests(here, asked):
        reply = request.life.first_reply
        yield from _kept(request, Clock.FIRST_RESPONSE, reply.by if reply else None)


def _resolution_met(request: _Request) -> Iterator[Entry]:
    resolvers = request.life.resolvers
    return _kept(request, Clock.RESOLUTION, resolvers[-1].by if resolvers else None)


@metric(
    en="Resolutions in time",
    zh="解决时效达标率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="cg",
    source="METRICS 37; ITIL",
    needs=(REQUESTS,),
    by_customer=True,
    sample=5,
    samples=True,
)
def resolution_met(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests resolved in the time promised, in percent of those decided.

    Credited to who resolved it last; where the promise broke, to who held the request then. Left
    out: ``voided``, ``outside_period``, ``pending``.
    """
    for request in _requests(here, asked):
        yield from _resolution_met(request)


@metric(
    en="Complaints resolved in time",
    zh="投诉处理时效",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="g",
    source="METRICS 39; ISO 10002",
    needs=(REQUESTS,),
    by_customer=True,
    sample=5,
    samples=True,
)
def complaint_timeliness(here: Material, asked: Question) -> Iterator[Entry]:
    """Complaints resolved in the time promised, in percent of those decided.

    As ``resolution_met``, of complaints alone.
    """
    for request in _requests(here, asked):
        if request.is_complaint:
            yield from _resolution_met(request)


@metric(
    en="Resolution rate",
    zh="解决率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="cg",
    source="METRICS 38; ITIL",
    needs=(REQUESTS,),
    by_customer=True,
    sample=5,
    samples=True,
)
def resolution_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests resolved for good, in percent of those decided.

    A success, also late: resolved and never taken up again, for who resolved it. A failure: taken
    up again, for who had resolved it the first time; or not resolved though its time is up, for who
    held it then. Left out: ``voided``, ``outside_period``, ``pending``.
    """
    for request in _requests(here, asked):
        if request.reopened:
            yield _entry(request, request.undone_by, done=False)
        elif request.life.is_resolved:
            yield _entry(request, request.life.resolvers[-1].by, done=True)
        else:
            verdict = request.judged(Clock.RESOLUTION)
            if verdict is not None and verdict.met is False:
                yield _entry(request, _charged(verdict), done=False)
            else:
                yield _entry(request, request.holder, None)


@metric(
    en="Requests taken up again",
    zh="重开率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="c",
    source="METRICS 41; ITIL",
    needs=(REQUESTS,),
    by_customer=True,
    sample=5,
    samples=True,
)
def reopen_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests taken up again, in percent of those ever resolved; less is better.

    Credited to who had resolved it: the first time it was taken up again, else the last time. One
    never resolved is no fact of this metric. Left out: ``voided``, ``outside_period``.
    """
    for request in _requests(here, asked):
        if request.reopened:
            yield _entry(request, request.undone_by, done=True)
        elif request.life.resolvers:
            yield _entry(request, request.life.resolvers[-1].by, done=False)
