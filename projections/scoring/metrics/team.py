"""Team: how work passes through departments and is spread in them, and how well it is recorded."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from domain.ids import CustomerId, MemberId
from domain.reviews.scoring_rules import CreditRule
from domain.support.sla import held_for
from projections.reports.flow import ping_pongs as returns
from projections.scoring.material import Material
from projections.scoring.metric import Entry, Measure, Question, Registry
from projections.scoring.metrics.interaction import active_spans
from projections.scoring.relations import CONTRACTS, NOTES, QUEUES
from projections.scoring.requests import entry_of, requests_of
from projections.scoring.sources import IDENTITIES, OFFICE, ORDERS, OWNERS, REQUESTS, STAFF

TEAM_METRICS = Registry("team")
metric = TEAM_METRICS.metric
MINUTE = 60
IN_TIME = timedelta(hours=24)
"""How soon after it happened something is recorded in time."""


# --- Passing work on ------------------------------------------------------------------------------


@metric(
    en="Hand-overs between departments",
    zh="部门间移交",
    measure=Measure.MEAN,
    unit="per request",
    credit=CreditRule.TEAM,
    guards="g",
    source="METRICS 35; van der Aalst 2005",
    needs=(REQUESTS, QUEUES),
    sample=5,
)
def handovers(here: Material, asked: Question) -> Iterator[Entry]:
    """How often a request went from one department to another, on average; less is better.

    A fact: the opening of a request, with each of its changes; it is the department's in which it
    was opened. Being given to another member of the same department is no change. Left out:
    ``voided``, ``outside_period``.
    """
    for request in requests_of(here, asked):
        with_ = here[QUEUES].until(request.id, asked.known_at)
        moved = tuple(position for position, _ in with_[1:])
        yield entry_of(request, None)._replace(amount=len(moved), also=moved)


@metric(
    en="Requests that came straight back",
    zh="乒乓移交",
    measure=Measure.MEAN,
    unit="per request",
    credit=CreditRule.TEAM,
    guards="g",
    source="METRICS 35; BPI Challenge 2013",
    needs=(REQUESTS, QUEUES),
    sample=5,
)
def ping_pongs(here: Material, asked: Question) -> Iterator[Entry]:
    """How often a request went to another department and straight back, on average.

    A, B, A is once; A, B, A, B twice. Less is better. Otherwise as ``handovers``.
    """
    for request in requests_of(here, asked):
        with_ = [str(each) for _, each in here[QUEUES].until(request.id, asked.known_at)]
        yield entry_of(request, None)._replace(amount=returns(with_))


@metric(
    en="Waiting in the queue",
    zh="排队等待",
    measure=Measure.MEAN,
    unit="business minutes per request",
    credit=CreditRule.TEAM,
    guards="g",
    source="METRICS 35; van der Aalst 2005",
    needs=(REQUESTS, OFFICE),
    sample=5,
)
def waiting(here: Material, asked: Question) -> Iterator[Entry]:
    """Business time in which nobody held a request, on average; less is better.

    From the opening to the resolution, or up to now, by the calendar of what was promised, without
    a promise by the company's; time that it was resolved does not count. A fact: the opening of a
    request; it is the department's in which it was opened. Left out: ``voided``,
    ``outside_period``.
    """
    for request in requests_of(here, asked):
        hours = request.hours if request.life.promise else here[OFFICE].working
        queued = held_for(request.life, hours).get(None, 0)
        yield entry_of(request, None)._replace(amount=Fraction(queued, MINUTE))


# --- Spreading it ---------------------------------------------------------------------------------


@metric(
    en="Balance of work",
    zh="工作量均衡",
    measure=Measure.SPREAD,
    unit="%",
    credit=CreditRule.TEAM,
    source="METRICS 36",
    needs=(REQUESTS, STAFF),
)
def workload_balance(here: Material, asked: Question) -> Iterator[Entry]:
    """How unequally open requests are spread over a department's members; less is better.

    The standard deviation of how many each of them holds, in percent of the mean, at the end of the
    period or now if that is earlier: 0 is all alike. A fact: each member who works there then, by
    the fact that says so, with the openings of all requests that they hold: not resolved, not
    voided. Where nobody holds any there is no figure.
    """
    until = asked.until
    loads: dict[MemberId, list[int]] = defaultdict(list)
    for request in requests_of(here, asked._replace(known_at=until)):
        if request.holder and not request.life.is_resolved and request.gathered.voided is None:
            loads[request.holder].append(request.gathered.positions[0])
    for member_id, employment in here[STAFF].by_id.items():
        left_at = employment.left_at
        if employment.joined_at <= until and (left_at is None or until < left_at):
            held = sorted(loads.get(member_id, ()))
            came = max(move for move in employment.moves if move[0] <= until)
            yield Entry(came[1], until, (), len(held), 1, None, came[2], also=tuple(held))


# --- What customers make of it --------------------------------------------------------------------


@metric(
    en="Complaint rate",
    zh="投诉率",
    measure=Measure.RATE,
    unit="complaints per 100 customers",
    credit=CreditRule.TEAM,
    guards="c",
    source="METRICS 40",
    needs=(REQUESTS, CONTRACTS, ORDERS, OWNERS, IDENTITIES, STAFF),
)
def complaint_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Complaints opened in the period, per hundred active customers.

    Active: with a contract that held, or a real order not longer than 90 days ago, at any time of
    the period. Both are the department's in which the customer's owner works: when they complained,
    and at the period's end; so that who only answers complaints is not blamed for them. Fewer may
    mean that people gave up complaining: never by itself. A fact: the opening of a complaint, and
    an active customer by all contracts and orders that say so. Left out: complaints ``voided``,
    ``outside_period``.
    """
    for request in requests_of(here, asked):
        if request.is_complaint:
            entry = entry_of(request, None)
            customer_id = here[IDENTITIES].of(request.gathered.opened.customer_id)
            owner = here[OWNERS].at(customer_id, entry.at)
            team = here[STAFF].team_at(owner, entry.at) if owner else None
            yield entry._replace(amount=1, weight=0, department_id=team)
    yield from _active(here, asked)


def _active(here: Material, asked: Question) -> Iterator[Entry]:
    start, until = asked.period.start, asked.until
    found: dict[CustomerId, set[int]] = defaultdict(set)
    for customer_id, spans in active_spans(here).items():
        for span in spans:
            if span.since < until and (span.until is None or span.until >= start):
                found[customer_id].update(span.evidence)
    for customer_id, evidence in sorted(found.items()):
        first, *more = sorted(evidence)
        owner = here[OWNERS].before(customer_id, until)
        team = here[STAFF].team_at(owner, until) if owner else None
        yield Entry(first, until, (), 0, 1, None, team, customer_id, tuple(more))


# --- Recording it ---------------------------------------------------------------------------------


@metric(
    en="Recorded in time",
    zh="及时录入率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.DOER,
    guards="ce",
    source="METRICS 46",
    needs=(NOTES,),
    sample=5,
)
def crm_usage(here: Material, asked: Question) -> Iterator[Entry]:
    """What was recorded within 24 hours of happening, in percent of all that a member did.

    Of work with customers: interactions, requests, complaints, follow-ups, needs, offers, leads,
    opportunities, quotes, orders, contracts, referrals. How much is recorded is no merit here, only
    how soon. A fact: whatever a member did, or somebody on their behalf, by when it happened; what
    was taken back as a mistake is none. Left out: ``imported`` (another system kept it),
    ``outside_period``.
    """
    for noted in here[NOTES]:
        reason = None
        if noted.imported:
            reason = "imported"
        elif not asked.period.holds(noted.occurred_at):
            reason = "outside_period"
        in_time = noted.recorded_at - noted.occurred_at <= IN_TIME
        credit = ((noted.by, 1),)
        yield Entry(noted.position, noted.occurred_at, credit, int(in_time), reason=reason)
