"""Interaction: how often we speak with customers, whether they answer, and whether we listen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.customers.interaction import Direction
from domain.days import day_of, end_of
from domain.ids import CustomerId, MemberId
from domain.kernel import Recorded
from domain.reviews.scoring_rules import CreditRule
from domain.support.follow_up import FollowUpDone, Satisfied
from domain.support.improvement import ImprovementOpened
from domain.support.survey import SurveyAnswered
from projections.reports.activity import Span, bought
from projections.scoring.material import Material
from projections.scoring.metric import Credit, Entry, Measure, Question, Registry
from projections.scoring.metrics.retention import GAP
from projections.scoring.relations import CONTACTS, CONTRACTS, LISTENING
from projections.scoring.sources import IDENTITIES, OFFICE, ORDERS, OWNERS, SURVEYS

INTERACTION_METRICS = Registry("interaction")
metric = INTERACTION_METRICS.metric
MONTH_DAYS = 30
"""How many days with a customer make a month."""
LISTEN_DAYS = 10
"""In how many business days somebody has to act on what a customer says."""
CustomerDay = tuple[CustomerId, date]


def _owner(here: Material, customer_id: CustomerId | None, instant: datetime) -> Credit:
    """Return whose a customer was at an instant."""
    owner = here[OWNERS].at(customer_id, instant) if customer_id else None
    return ((owner, 1),) if owner else ()


def active_spans(here: Material) -> dict[CustomerId, list[Span]]:
    """Return when customers were with us, by a contract or an order in the 90 days before."""
    found: dict[CustomerId, list[Span]] = defaultdict(list)
    for spans in (here[CONTRACTS].spans(), bought(here[ORDERS], GAP)):
        for customer_id, own in spans.items():
            found[here[IDENTITIES].of(customer_id)] += own
    return found


# --- Speaking -------------------------------------------------------------------------------------


def _spoken(here: Material, asked: Question) -> dict[CustomerDay, list[Recorded[object]]]:
    """Return what was said with each customer on each local date."""
    found: dict[CustomerDay, list[Recorded[object]]] = defaultdict(list)
    for fact in here[CONTACTS]:
        customer_id = here[IDENTITIES].of(fact.event.customer_id)
        found[customer_id, day_of(fact.occurred_at, asked.period.zone)].append(fact)
    return found


@metric(
    en="Contact frequency",
    zh="沟通频率",
    measure=Measure.MEAN,
    unit="contact days per customer and month",
    credit=CreditRule.OWNER,
    guards="ec",
    source="METRICS 24",
    needs=(CONTACTS, CONTRACTS, ORDERS, OWNERS, IDENTITIES),
    sample=5,
)
def contact_frequency(here: Material, asked: Question) -> Iterator[Entry]:
    """Days on which we spoke with an active customer, for each such customer and 30 days.

    Active on a local date: with a contract, or a real order in the 90 days before, at its end. A
    fact: a customer and a date with at least one interaction, however many, credited to who owned
    them at its end; and each active customer, by their contracts and orders, for the days on which
    they were somebody's. Left out: interactions ``outside_period``, ``not_active`` (the customer
    was not, so that the day asked for no contact).
    """
    zone, days = asked.period.zone, _days(asked)
    active, spoken = active_spans(here), _spoken(here, asked)
    for (customer_id, day), facts in sorted(spoken.items(), key=lambda each: each[1][0].position):
        at = end_of(day, zone)
        first, *more = sorted(fact.position for fact in facts)
        reason = None
        if day not in days:
            reason = "outside_period"
        elif not any(span.holds(at) for span in active.get(customer_id, ())):
            reason = "not_active"
        yield Entry(
            first,
            facts[0].occurred_at,
            _before(here, customer_id, at),
            1,
            0,
            reason,
            customer_id=customer_id,
            also=tuple(more),
        )
    for customer_id, spans in sorted(active.items()):
        ends = [end_of(day, zone) for day in days]
        held = [at for at in ends if any(span.holds(at) for span in spans)]
        if held:
            yield _looked_after(here, customer_id, spans, held)


def _days(asked: Question) -> list[date]:
    """Return the dates of the period that are over, or have begun."""
    last = min(asked.period.last, day_of(asked.known_at, asked.period.zone) + timedelta(days=1))
    return [asked.period.first + timedelta(days=n) for n in range((last - asked.period.first).days)]


def _before(here: Material, customer_id: CustomerId, instant: datetime) -> Credit:
    owner = here[OWNERS].before(customer_id, instant)
    return ((owner, 1),) if owner else ()


def _looked_after(
    here: Material, customer_id: CustomerId, spans: list[Span], held: list[datetime]
) -> Entry:
    """Return a customer's days as an entry: no contact, and as many days to speak with them."""
    owners = Counter[MemberId]()
    for at in held:
        owners.update(owner for owner, _ in _before(here, customer_id, at))
    touching = [s for s in spans if s.since < held[-1] and (s.until is None or s.until >= held[0])]
    first, *more = sorted({position for span in touching for position in span.evidence})
    return Entry(
        first,
        held[-1],
        tuple((owner, Fraction(days, len(held))) for owner, days in owners.items()),
        0,
        Fraction(len(held), MONTH_DAYS),
        customer_id=customer_id,
        also=tuple(more),
    )


@metric(
    en="Contacts both ways",
    zh="双向沟通率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER,
    guards="ec",
    source="METRICS 24",
    needs=(CONTACTS, OWNERS, IDENTITIES),
    sample=5,
)
def two_way_contact(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers who turned to us and to whom we turned, in percent of those spoken with.

    A fact: a customer, by all interactions of the period. Credited to who owned them at the last of
    these. Left out: interactions ``outside_period``.
    """
    counted: dict[CustomerId, list[Recorded[object]]] = defaultdict(list)
    for (customer_id, _), facts in _spoken(here, asked).items():
        for fact in facts:
            if asked.period.holds(fact.occurred_at):
                counted[customer_id].append(fact)
            else:
                credit = _owner(here, customer_id, fact.occurred_at)
                entry = Entry(fact.position, fact.occurred_at, credit, reason="outside_period")
                yield entry._replace(customer_id=customer_id)
    for customer_id, facts in counted.items():
        ways = {fact.event.direction for fact in facts}  # type: ignore[attr-defined]
        first, *more = sorted(fact.position for fact in facts)
        last = max(fact.occurred_at for fact in facts)
        yield Entry(
            first,
            last,
            _owner(here, customer_id, last),
            int(ways == set(Direction)),
            customer_id=customer_id,
            also=tuple(more),
        )


# --- Listening ------------------------------------------------------------------------------------


@metric(
    en="Participation",
    zh="参与度",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER,
    guards="a",
    source="METRICS 25",
    needs=(SURVEYS, OWNERS),
    sample=5,
)
def participation(here: Material, asked: Question) -> Iterator[Entry]:
    """Surveys that customers answered, in percent of those sent in the period.

    Answered: any aspect, at any time. Concord or another program sends surveys, never who is rated
    by them. Of campaigns only who answered is recorded, not who was invited: they count nowhere
    here. A fact: that a survey was sent, with the first answer; credited to who owned the customer
    then. Left out: ``voided``, ``outside_period``, ``pending`` (there is still time to answer).
    """
    for survey in here[SURVEYS].courses():
        sent, answers = survey.sent, survey.answers
        at = sent.occurred_at
        reason = None
        if survey.voided:
            reason = "voided"
        elif not asked.period.holds(at):
            reason = "outside_period"
        elif not answers and asked.known_at < sent.event.expires_at:
            reason = "pending"
        credit = _owner(here, sent.event.customer_id, at)
        entry = Entry(sent.position, at, credit, int(bool(answers)), reason=reason)
        first = min(((each.occurred_at, each.position) for each in answers), default=None)
        yield entry._replace(
            customer_id=sent.event.customer_id, also=() if first is None else first[1:]
        )


@metric(
    en="Feedback acted on",
    zh="反馈闭环率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER,
    guards="ac",
    source="METRICS 26; ISO 10004",
    needs=(SURVEYS, LISTENING, OWNERS, OFFICE),
    sample=5,
)
def feedback_closed_loop(here: Material, asked: Question) -> Iterator[Entry]:
    """Dissatisfied answers that somebody acted on in 10 business days, in percent of all of them.

    Dissatisfied: not among the top scores of its scale (what is satisfied asks for nothing). Acted
    on: a follow-up reached that customer, or an improvement was opened that names the answer as
    evidence, up to the end of the tenth business day after it. A fact: the last answer of a
    survey on an aspect, credited to who owned the customer then. Left out: ``voided``,
    ``superseded``, ``outside_period``, ``pending`` (not acted on, and there is still time).
    """
    done = _Acts(here[LISTENING])
    for survey in here[SURVEYS].courses():
        for answer in survey.answers:
            said = answer.event
            if said.score >= said.scale.top:
                continue
            due = _listened_by(here, asked, answer.occurred_at)
            acts = done.about(answer, due)
            reason = None
            if survey.voided:
                reason = "voided"
            elif answer is not survey.last(said.aspect):
                reason = "superseded"
            elif not asked.period.holds(answer.occurred_at):
                reason = "outside_period"
            elif not acts and asked.known_at < due:
                reason = "pending"
            credit = _owner(here, said.customer_id, answer.occurred_at)
            entry = Entry(answer.position, answer.occurred_at, credit, int(bool(acts)))
            yield entry._replace(reason=reason, customer_id=said.customer_id, also=tuple(acts[:1]))


def _listened_by(here: Material, asked: Question, instant: datetime) -> datetime:
    """Return the end of the tenth business day after an instant's date."""
    day, left = day_of(instant, asked.period.zone), LISTEN_DAYS
    for _ in range(366):  # who never works in a year has a year
        day += timedelta(days=1)
        left -= here[OFFICE].working.is_business_day(day)
        if not left:
            break
    return end_of(day, asked.period.zone)


class _Acts:
    """What was done about what customers say: by customer, and by the answer that it names."""

    def __init__(self, facts: Iterable[Recorded[Any]]) -> None:
        self._found: dict[UUID | int, list[tuple[datetime, int]]] = defaultdict(list)
        for fact in facts:
            match fact.event:
                case FollowUpDone(customer_id=customer_id, satisfied=said) if (
                    said is not Satisfied.UNREACHED
                ):
                    about: Iterable[UUID | int] = (customer_id,)
                case ImprovementOpened(evidence=evidence):
                    about = evidence
                case _:
                    about = ()
            for each in about:
                self._found[each].append((fact.occurred_at, fact.position))

    def about(self, answer: Recorded[SurveyAnswered], due: datetime) -> list[int]:
        """Return the positions of what was done about an answer in time, the earliest first."""
        whose = answer.event.customer_id
        found = self._found.get(answer.position, []) + (self._found.get(whose, []) if whose else [])
        inside = sorted(each for each in found if answer.occurred_at <= each[0] < due)
        return [position for _, position in inside]
