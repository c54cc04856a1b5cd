"""Requests as metrics see them: what happened to each until the question was asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.business_hours import WorkingTime, instant_of, seconds_of
from domain.ids import MemberId
from domain.support.request import CustomerWrote
from domain.support.request_life import Life
from domain.support.sla import Nobody, Reading, Verdict, judge, read
from domain.support.words import Clock, RequestKind
from projections.reports.lives import Gathered, Lives
from projections.scoring.material import Material
from projections.scoring.metric import Entry, Question
from projections.scoring.sources import REQUESTS


@dataclass(slots=True)
class Request:
    """A request as it stood when the question was asked."""

    id: UUID
    gathered: Gathered
    life: Life
    hours: WorkingTime
    """How what it was promised counts time."""
    at: datetime
    reason: str | None
    """Why it does not count, whatever is asked of it."""
    _judged: dict[Clock, Verdict | None] = field(default_factory=dict)

    def judged(self, clock: Clock) -> Verdict | None:
        """Return whether it kept what was promised; None: nothing was."""
        if clock not in self._judged:
            self._judged[clock] = judge(self.life, self.hours, clock)
        return self._judged[clock]

    def reading(self, clock: Clock, cycle: int = 1) -> Reading | None:
        """Return what a clock shows; None where nothing was promised."""
        return read(self.life, self.hours, clock, cycle)

    def wrote(self, at: int) -> int:
        """Return the position of the customer's first message at an instant."""
        told = zip(self.gathered.happenings, self.gathered.positions, strict=True)
        return next(
            position
            for each, position in told
            if each.what is CustomerWrote and max(each.at, self.life.opened_at) == at
        )

    @property
    def is_complaint(self) -> bool:
        """Whether the customer complained."""
        return self.gathered.opened.kind is RequestKind.COMPLAINT

    @property
    def holder(self) -> MemberId | None:
        """Who holds it."""
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
        """Whether it was ever taken up again."""
        return any(span.end is not None for span in self.life.resolved)


def requests_of(here: Material, asked: Question) -> Sequence[Request]:
    """Return every request that was opened by then; many metrics ask for them."""
    asking = "requests", asked.period, asked.known_at
    return here.once(asking, lambda: list(_opened(here[REQUESTS], asked)))


def _opened(lives: Lives, asked: Question) -> Iterator[Request]:
    until, period = seconds_of(asked.known_at), asked.period
    for id_, gathered in lives.by_id.items():
        life = lives.life(id_, until)
        if life is not None:
            at = instant_of(life.opened_at)
            reason = None if period.holds(at) else "outside_period"
            if gathered.voided is not None:
                reason = "voided"
            yield Request(id_, gathered, life, lives.time_of(life.promise), at, reason)


def entry_of(request: Request, whose: MemberId | None, done: bool | None = True) -> Entry:
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


def message_of(
    request: Request, asked: Question, since: int, whose: MemberId | None, done: bool | None
) -> Entry:
    """Return a customer's message as an entry, by its own time (in seconds since 1970)."""
    at = instant_of(since)
    reason = "pending" if done is None else None
    if not asked.period.holds(at):
        reason = "outside_period"
    if request.gathered.voided is not None:
        reason = "voided"
    position = request.wrote(since)
    return entry_of(request, whose, done)._replace(position=position, at=at, reason=reason)


def charged(verdict: Verdict | Reading) -> MemberId | None:
    """Return which member a breach is charged to; None: the team, or nobody."""
    found = verdict.charged_to
    return None if found is None or isinstance(found, Nobody) else found
