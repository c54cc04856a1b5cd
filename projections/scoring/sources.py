"""The sources that metrics read: orders, requests, answers, who owned whom, who worked where."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from domain.business_hours import WorkingTime, business_time
from domain.customers.customer import CustomerMerged, CustomerRetracted, CustomerUnmerged
from domain.days import day_of
from domain.ids import CustomerId, DepartmentId, MemberId
from domain.kernel import Recorded
from domain.money import Money
from domain.reviews.feedback import FEEDBACK, FeedbackGiven
from domain.sales.opportunity import (
    OpportunityAmended,
    OpportunityLost,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityWon,
)
from domain.support.calendar import CalendarPublished
from domain.support.sla_policy import SlaPolicyPublished
from domain.support.survey import SurveyAnswered, SurveySent, SurveyVoided
from domain.support.survey_form import Audience
from domain.teams.member import MemberJoined, MemberLeft, MemberMoved, MemberRetracted
from projections.reports.answers import SURVEY_EVENTS, Answers
from projections.reports.lives import NAMES, Lives
from projections.reports.orders import ORDER_EVENTS, Orders
from projections.reports.owning import OWNERSHIP_EVENTS, Owners
from projections.reports.period import Period
from projections.scoring.material import Source, names_of

_TAKEN_BACK = names_of(CustomerRetracted)


# --- Who works where, and when --------------------------------------------------------------------


@dataclass(slots=True)
class Employment:
    """When somebody worked here, and in which departments."""

    joined_at: datetime
    """The last time, where they came back."""
    left_at: datetime | None = None
    moves: list[tuple[datetime, int, DepartmentId]] = field(default_factory=list)
    before: list[tuple[datetime, datetime]] = field(default_factory=list)
    """From when to when they worked here before they left and came back."""

    def department_at(self, instant: datetime) -> DepartmentId:
        """Return where they worked: before their first day in their first, after it in the last."""
        place = bisect_right(self.moves, instant, key=lambda each: each[0])
        return self.moves[max(place - 1, 0)][2]


@dataclass
class Staff:
    """Everybody who ever worked here."""

    by_id: dict[MemberId, Employment] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a member."""
        member_id = MemberId(fact.stream_id)
        match fact.event:
            case MemberJoined(department_id=department_id):
                self._join(member_id, (fact.occurred_at, fact.position, department_id))
            case MemberMoved(department_id=department_id) if here := self.by_id.get(member_id):
                here.moves.append((fact.occurred_at, fact.position, department_id))
                here.moves.sort()
            case MemberLeft() if here := self.by_id.get(member_id):
                here.left_at = fact.occurred_at
            case MemberRetracted():
                self.by_id.pop(member_id, None)
            case _:
                pass

    def _join(self, member_id: MemberId, move: tuple[datetime, int, DepartmentId]) -> None:
        joined = Employment(move[0], moves=[move])
        earlier = self.by_id.get(member_id)
        if earlier is not None and earlier.left_at is not None:
            joined.moves = sorted([*earlier.moves, move])
            joined.before = [*earlier.before, (earlier.joined_at, earlier.left_at)]
        self.by_id[member_id] = joined

    def teams_of(self, member_id: MemberId) -> set[DepartmentId]:
        """Return every department that somebody worked in."""
        here = self.by_id.get(member_id)
        return {move[2] for move in here.moves} if here else set()

    def team_at(self, member_id: MemberId, instant: datetime) -> DepartmentId | None:
        """Return the department that a member's work at an instant counts for."""
        here = self.by_id.get(member_id)
        return here.department_at(instant) if here else None


STAFF = Source(Staff, names_of(MemberJoined, MemberMoved, MemberLeft, MemberRetracted))


@dataclass
class OfficeDays:
    """On which days the company works: by the calendar of its own service standard.

    The version published last counts; without such a standard, the calendar published first;
    without any, every date is a business day.
    """

    calendars: dict[UUID, CalendarPublished] = field(default_factory=dict)
    chosen: UUID | None = None
    _counted: dict[tuple[date, date], int] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a calendar or a standard."""
        match fact.event:
            case CalendarPublished():
                self.calendars[fact.stream_id] = fact.event
            case SlaPolicyPublished(department_id=None, calendar_id=calendar_id):
                self.chosen = calendar_id
            case _:
                pass

    @cached_property
    def working(self) -> WorkingTime:
        """The hours of the company, once all is gathered."""
        chosen = self.calendars.get(self.chosen) if self.chosen else None
        found = chosen or next(iter(self.calendars.values()), None)
        return business_time(found.hours if found else None)

    def business_days(self, first: date, last: date) -> int:
        """Return how many days of [first, last) are business days."""
        if (known := self._counted.get((first, last))) is None:  # of most members it is the same
            days = range(first.toordinal(), last.toordinal())
            known = sum(self.working.is_business_day(date.fromordinal(day)) for day in days)
            self._counted[first, last] = known
        return known

    def eligible(self, employment: Employment, period: Period) -> int:
        """Return a period's business days from somebody's first day until before their last.

        Who left and came back was there in all the times between.
        """
        return sum(
            self.business_days(
                max(period.first, day_of(joined, period.zone)),
                period.last if left is None else min(period.last, day_of(left, period.zone)),
            )
            for joined, left in (*employment.before, (employment.joined_at, employment.left_at))
        )


OFFICE = Source(OfficeDays, names_of(CalendarPublished, SlaPolicyPublished))


# --- Customers ------------------------------------------------------------------------------------


@dataclass
class Identities:
    """Who is whom: customers that were merged are one."""

    into: dict[UUID, CustomerId] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add that customers were merged, or are two again."""
        match fact.event:
            case CustomerMerged(into_id=into_id):
                self.into[fact.stream_id] = into_id
            case _:
                self.into.pop(fact.stream_id, None)

    def of(self, customer_id: CustomerId) -> CustomerId:
        """Return the customer that one stands for."""
        while (other := self.into.get(customer_id)) is not None:
            customer_id = other
        return customer_id


IDENTITIES = Source(Identities, names_of(CustomerMerged, CustomerUnmerged))
OWNERS = Source(Owners, OWNERSHIP_EVENTS)
ORDERS = Source(Orders, (*ORDER_EVENTS, *_TAKEN_BACK))


# --- Opportunities --------------------------------------------------------------------------------


@dataclass(slots=True)
class Sale:
    """An opportunity: who had it when it was opened, and how it last ended."""

    customer_id: CustomerId
    holder_id: MemberId
    opened_at: datetime
    opened: int
    """The position of its opening."""
    department_id: DepartmentId | None = None
    amount: Money | None = None
    """As it was estimated last."""
    steps: list[tuple[datetime, int, bool | None]] = field(default_factory=list)
    """Won (true), lost, or taken up again (none): when and where in the log."""


@dataclass
class Sales:
    """All opportunities."""

    by_id: dict[UUID, Sale] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of an opportunity."""
        at, position = fact.occurred_at, fact.position
        here = self.by_id.get(fact.stream_id)
        match fact.event:
            case OpportunityOpened() as told:
                self.by_id[fact.stream_id] = Sale(
                    told.customer_id,
                    told.holder_id,
                    at,
                    position,
                    told.department_id,
                    told.amount,
                )
            case OpportunityAmended(amount=amount) if here:
                here.amount = amount
            case CustomerRetracted():
                gone = [k for k, each in self.by_id.items() if each.customer_id == fact.stream_id]
                for key in gone:
                    del self.by_id[key]
            case OpportunityWon() if here:
                here.steps.append((at, position, True))
            case OpportunityLost() if here:
                here.steps.append((at, position, False))
            case OpportunityReopened() if here:
                here.steps.append((at, position, None))
            case _:
                pass

    def __iter__(self) -> Iterator[Sale]:
        """Go through them in the order in which they were opened."""
        return iter(self.by_id.values())


SALES = Source(
    Sales,
    names_of(
        OpportunityOpened,
        OpportunityAmended,
        OpportunityWon,
        OpportunityLost,
        OpportunityReopened,
        CustomerRetracted,
    ),
)


# --- Service --------------------------------------------------------------------------------------

REQUESTS = Source(Lives, NAMES)


@dataclass(slots=True)
class Course:
    """A survey of a customer: that it was sent, and everything that was answered."""

    sent: Recorded[SurveySent]
    answers: list[Recorded[SurveyAnswered]] = field(default_factory=list)
    voided: bool = False

    def last(self, aspect: str) -> Recorded[SurveyAnswered] | None:
        """Return the last answer on an aspect, by when it was given."""
        told = (each for each in self.answers if each.event.aspect == aspect)
        return max(told, key=lambda each: (each.occurred_at, each.position), default=None)


@dataclass
class Surveys:
    """What customers and staff answered, by aspect."""

    facts: list[Recorded[Any]] = field(default_factory=list)
    _found: dict[tuple[str, Audience], Answers] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a survey."""
        self.facts.append(fact)

    def on(self, aspect: str, audience: Audience = Audience.CUSTOMERS) -> Answers:
        """Return the surveys with what customers, or staff, said of one aspect."""
        if (aspect, audience) not in self._found:
            found = self._found[aspect, audience] = Answers(aspect, audience)
            for fact in self.facts:
                found.take(fact)
        return self._found[aspect, audience]

    def courses(self) -> Iterator[Course]:
        """Go through the surveys of customers, in the order in which they were sent."""
        found: dict[UUID, Course] = {}
        for fact in self.facts:
            match fact.event:
                case SurveySent(customer_id=customer_id) if customer_id is not None:
                    found[fact.stream_id] = Course(fact)
                case SurveyAnswered() if here := found.get(fact.stream_id):
                    here.answers.append(fact)
                case SurveyVoided() if here := found.get(fact.stream_id):
                    here.voided = True
                case CustomerRetracted():
                    whose = fact.stream_id
                    found = {k: each for k, each in found.items() if _asked(each) != whose}
                case _:
                    pass
        return iter(found.values())

    @property
    def aspects(self) -> list[str]:
        """Every aspect that somebody answered on."""
        answers = (fact.event for fact in self.facts)
        return sorted({each.aspect for each in answers if isinstance(each, SurveyAnswered)})


def _asked(course: Course) -> UUID | None:
    return course.sent.event.customer_id


SURVEYS = Source(Surveys, SURVEY_EVENTS)


# --- Feedback -------------------------------------------------------------------------------------


@dataclass
class Feedback:
    """What colleagues said of each other's work."""

    given: dict[UUID, Recorded[FeedbackGiven]] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of feedback; what was taken back is gone."""
        if isinstance(fact.event, FeedbackGiven):
            self.given[fact.stream_id] = fact
        else:
            self.given.pop(fact.stream_id, None)


FEEDBACK_GIVEN = Source(Feedback, names_of(*FEEDBACK.event_types))
