"""Service: how soon customers were answered and helped, and whether it lasted.

A fact is the opening of a request; it counts in the period in which it was opened, once. What was
promised, and by which calendar, stands in the request itself (METRICS.md 4).
"""

from collections.abc import Iterator
from fractions import Fraction

from domain.business_hours import WorkingTime
from domain.ids import MemberId
from domain.reviews.scoring_rules import CreditRule
from domain.support.request import CustomerWrote, RequestReplied
from domain.support.sla import held_for
from domain.support.words import Clock
from projections.scoring.material import Material
from projections.scoring.metric import Entry, Measure, Question, Registry
from projections.scoring.relations import QUEUES
from projections.scoring.requests import Request, charged, entry_of, message_of, requests_of
from projections.scoring.sources import OFFICE, REQUESTS

SERVICE_METRICS = Registry("service")
metric = SERVICE_METRICS.metric
MINUTE = 60


def _kept(request: Request, clock: Clock, by: MemberId | None) -> Iterator[Entry]:
    """Yield a request by whether it kept a promise; nothing was promised: it is no fact."""
    verdict = request.judged(clock)
    if verdict is None:
        return
    if verdict.met is None:
        yield entry_of(request, request.holder, None)
    else:
        yield entry_of(request, by if verdict.met else charged(verdict), verdict.met)


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
)
def first_response_met(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests answered by a person in the time promised, in percent of those decided.

    Credited to who answered; where the promise broke, to who held the request then. Left out:
    ``voided``, ``outside_period``, ``pending`` (neither yet; shown to who holds it). A request that
    was promised nothing is no fact of this metric.
    """
    for request in requests_of(here, asked):
        reply = request.life.first_reply
        yield from _kept(request, Clock.FIRST_RESPONSE, reply.by if reply else None)


@metric(
    en="Further responses in time",
    zh="后续响应达标率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="dg",
    source="METRICS 23, 37; Zendesk",
    needs=(REQUESTS,),
    sample=5,
)
def next_response_met(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers' messages answered in the time promised, in percent of those decided.

    From the oldest message not yet answered to the next public reply, or to the resolution. A fact:
    that message, by its own time, each time that one waited; further ones join it. Credited to who
    answered; where the promise broke, to who held the request then. Left out: ``voided``,
    ``outside_period``, ``pending``. What was promised nothing is no fact of this metric.
    """
    for request in requests_of(here, asked):
        for cycle, (since, stopped) in enumerate(request.life.cycles, start=1):
            reading = request.reading(Clock.NEXT_RESPONSE, cycle)
            if reading is not None:
                by = stopped.by if stopped and reading.met else charged(reading)
                whose = request.holder if reading.met is None else by
                yield message_of(request, asked, since, whose, reading.met)


def _resolution_met(request: Request) -> Iterator[Entry]:
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
)
def resolution_met(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests resolved in the time promised, in percent of those decided.

    Credited to who resolved it last; where the promise broke, to who held the request then. Left
    out: ``voided``, ``outside_period``, ``pending``.
    """
    for request in requests_of(here, asked):
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
)
def complaint_timeliness(here: Material, asked: Question) -> Iterator[Entry]:
    """Complaints resolved in the time promised, in percent of those decided.

    As ``resolution_met``, of complaints alone.
    """
    for request in requests_of(here, asked):
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
)
def resolution_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests resolved for good, in percent of those decided.

    A success, also late: resolved and never taken up again, for who resolved it. A failure: taken
    up again, for who had resolved it the first time; or not resolved though its time is up, for who
    held it then. Left out: ``voided``, ``outside_period``, ``pending``.
    """
    for request in requests_of(here, asked):
        yield from _resolution(request)


def _resolution(request: Request) -> Iterator[Entry]:
    if request.reopened:
        yield entry_of(request, request.undone_by, done=False)
    elif request.life.is_resolved:
        yield entry_of(request, request.life.resolvers[-1].by, done=True)
    else:
        verdict = request.judged(Clock.RESOLUTION)
        if verdict is not None and verdict.met is False:
            yield entry_of(request, charged(verdict), done=False)
        else:
            yield entry_of(request, request.holder, None)


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
)
def reopen_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests taken up again, in percent of those ever resolved; less is better.

    Credited to who had resolved it: the first time it was taken up again, else the last time. One
    never resolved is no fact of this metric. Left out: ``voided``, ``outside_period``.
    """
    for request in requests_of(here, asked):
        if request.reopened:
            yield entry_of(request, request.undone_by, done=True)
        elif request.life.resolvers:
            yield entry_of(request, request.life.resolvers[-1].by, done=False)


@metric(
    en="First contact resolution",
    zh="首次解决率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="cg",
    source="METRICS 38; ITIL",
    needs=(REQUESTS, QUEUES),
    sample=5,
)
def first_contact_resolution(here: Material, asked: Question) -> Iterator[Entry]:
    """Requests resolved for good in one contact and by one member, in percent of those decided.

    One contact: the customer had not to write again, and was told at most once. One member: only
    one held it (a queue before them is none), in one department. Decided, credited and left out as
    ``resolution_rate`` says; what that counts as a failure is one here, too.
    """
    for request in requests_of(here, asked):
        for entry in _resolution(request):
            at_once = entry.amount and _at_once(here, request, asked)
            yield entry._replace(amount=int(bool(at_once)))


def _at_once(here: Material, request: Request, asked: Question) -> bool:
    told = [each.what for each in request.gathered.happenings if each.at <= request.life.until]
    holders = {each.holder for each in request.life.held if each.holder is not None}
    return (
        CustomerWrote not in told
        and told.count(RequestReplied) <= 1
        and len(holders) <= 1
        and len(here[QUEUES].until(request.id, asked.known_at)) <= 1
    )


# --- How long it took -----------------------------------------------------------------------------


def _response(here: Material, asked: Question) -> Iterator[Entry]:
    for request in requests_of(here, asked):
        reply, opened_at = request.life.first_reply, request.life.opened_at
        if reply is None:
            yield entry_of(request, request.holder, None)
        else:
            spent = _hours(here, request).elapsed(opened_at, reply.at)
            yield entry_of(request, reply.by)._replace(amount=Fraction(spent, MINUTE))


def _hours(here: Material, request: Request) -> WorkingTime:
    """Return the hours that a request was promised in; without a promise, the company's."""
    return request.hours if request.life.promise else here[OFFICE].working


@metric(
    en="Time to the first response",
    zh="响应时间",
    measure=Measure.MEDIAN,
    unit="business minutes",
    credit=CreditRule.HOLDER,
    guards="dg",
    source="METRICS 23, 37; Zendesk",
    needs=(REQUESTS, OFFICE),
    sample=5,
)
def response_time(here: Material, asked: Question) -> Iterator[Entry]:
    """Median business time from the opening of a request to its first public reply by a person.

    By the calendar of what was promised, without a promise by the company's; it never rests.
    Credited to who answered first, so that who takes on what others left waiting bears the wait:
    hold it against ``first_response_met``, which charges that to who held it. Less is better. Left
    out: ``voided``, ``outside_period``, ``pending`` (not answered; shown to who holds it).
    """
    return _response(here, asked)


@metric(
    en="Time to the first response, nine in ten",
    zh="响应时间(90%)",
    measure=Measure.P90,
    unit="business minutes",
    credit=CreditRule.HOLDER,
    guards="dg",
    source="METRICS 23, 37; Zendesk",
    needs=(REQUESTS, OFFICE),
    sample=5,
)
def response_time_p90(here: Material, asked: Question) -> Iterator[Entry]:
    """Business time in which nine in ten requests were first answered; see ``response_time``."""
    return _response(here, asked)


@metric(
    en="Time to the resolution",
    zh="解决时长",
    measure=Measure.MEDIAN,
    unit="business minutes",
    credit=CreditRule.HOLDER,
    guards="g",
    source="METRICS 47",
    needs=(REQUESTS, OFFICE),
    sample=5,
)
def cycle_time(here: Material, asked: Question) -> Iterator[Entry]:
    """Median business time from the opening of a request to its last resolution; less is better.

    Waits count, since the customer waits, too; time that it was resolved does not. Credited to who
    resolved it last. Left out: ``voided``, ``outside_period``, ``pending`` (not resolved now).
    """
    for request in requests_of(here, asked):
        if request.life.is_resolved:
            spent = sum(held_for(request.life, _hours(here, request)).values())
            entry = entry_of(request, request.life.resolvers[-1].by)
            yield entry._replace(amount=Fraction(spent, MINUTE))
        else:
            yield entry_of(request, request.holder, None)
