"""The clocks of a request: what was promised, what of it is used up, when it was broken.

Pure functions of what happened to one request and of the business hours it was promised in. The
rules are those of METRICS, section 4, to the second:

- *first response* runs from the opening to the first public reply; resolving does not stop it;
- *next response* runs from the oldest unanswered message of the customer to the next public reply,
  or to the resolution; each such time is a *cycle*, counted from 1;
- *resolution* runs from the opening to the resolution, and on when reopened. It rests while the
  request waits for the customer, or for a third party where that was agreed (waits that overlap
  rest it once), and while it is resolved.

A promise is kept if no more time than promised is used: reaching it is not exceeding it. Another
tier promises other times since the opening. A broken promise stays broken, and is charged to who
held the request when it broke; what only another tier broke is charged to nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from domain.business_hours import WorkingTime
from domain.ids import MemberId
from domain.support.promise import Promise
from domain.support.request_life import Life, Reply
from domain.support.words import Clock

SHARES = (50, 75, 100)
"""At which percentages of a promised time a request is escalated."""


class State(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Nobody(StrEnum):
    """Whom a broken promise is charged to where it is no member."""

    TEAM = "team"
    """It broke in the queue."""
    UNATTRIBUTED = "unattributed"
    """Another tier broke it."""


Charged = MemberId | Nobody


# --- Reading a clock ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clock shows. Instants in seconds since 1970, times in seconds of business time."""

    clock: Clock
    cycle: int
    state: State
    started_at: int
    stopped: Reply | None
    elapsed: int
    paused: int
    promise: Promise
    """The one in force when it stopped, or now."""
    target: int
    due_at: int | None
    """When the target is reached; None while it rests, and where that is never."""
    breached_at: int | None
    over: int
    """By how much the target that was broken is exceeded."""
    charged_to: Charged | None
    reached: tuple[int | None, ...]
    """When it reached each of ``SHARES``."""

    @property
    def met(self) -> bool | None:
        """Whether the promise was kept; None while that is open."""
        if self.breached_at is not None:
            return False
        return True if self.state is State.STOPPED else None


def readings(life: Life, hours: WorkingTime) -> Iterator[Reading]:
    """Yield every clock of a request that was promised anything."""
    for clock, cycles in (
        (Clock.FIRST_RESPONSE, 1),
        (Clock.NEXT_RESPONSE, len(life.cycles)),
        (Clock.RESOLUTION, 1),
    ):
        for cycle in range(1, cycles + 1):
            found = read(life, hours, clock, cycle)
            if found is not None:
                yield found


def read(life: Life, hours: WorkingTime, clock: Clock, cycle: int = 1) -> Reading | None:
    """Read one clock of a request; None where nothing was promised, or there is no such cycle."""
    course = _course(life, clock, cycle)
    if course is None:
        return None
    promises = [each for each in life.promises if each.at <= course.end] or life.promises[:1]
    if not promises:
        return None
    promise = promises[-1].promise
    target = promise.targets.seconds(clock)
    run = _Run(hours)
    run.go(
        course,
        [(max(each.at, course.start), each.promise.targets.seconds(clock)) for each in promises],
    )
    spent = hours.elapsed(course.start, course.end)
    resolved = sum(hours.elapsed(*span) for span in course.resolved)
    return Reading(
        clock=clock,
        cycle=cycle,
        state=course.state,
        started_at=course.start,
        stopped=course.stopped,
        elapsed=run.elapsed,
        paused=spent - run.elapsed - resolved,
        promise=promise,
        target=target,
        due_at=_due(course, hours, target),
        breached_at=run.breached_at,
        over=0 if run.broken is None else run.elapsed - run.broken,
        charged_to=_charged(life, run),
        reached=tuple(run.reached.get(share) for share in SHARES),
    )


class Verdict(NamedTuple):
    """Whether a promise was kept (None: that is open), and whom its breach is charged to."""

    met: bool | None
    charged_to: Charged | None = None


def judge(life: Life, hours: WorkingTime, clock: Clock) -> Verdict | None:
    """Tell what ``read`` does of whether a promise was kept, and nothing else, sooner."""
    course = _course(life, clock, 1)
    if course is None or not life.promises:
        return None
    if len(life.promises) > 1:
        reading = read(life, hours, clock)
        return None if reading is None else Verdict(reading.met, reading.charged_to)
    left = life.promises[0].promise.targets.seconds(clock)
    if sum(end - start for start, end in course.runs) <= left:  # nobody works longer than it takes
        return Verdict(True if course.state is State.STOPPED else None)
    for start, end in course.runs:
        gained = hours.elapsed(start, end)
        if gained > left:
            beyond = hours.reach(start, left + 1)
            breached_at = None if beyond is None else beyond - 1
            holder = None if breached_at is None else life.holder_at(breached_at)
            return Verdict(met=False, charged_to=holder or Nobody.TEAM)
        left -= gained
    return Verdict(True if course.state is State.STOPPED else None)


def _charged(life: Life, run: "_Run") -> Charged | None:
    if run.breached_at is None:
        return None
    if run.retroactive:
        return Nobody.UNATTRIBUTED
    return life.holder_at(run.breached_at) or Nobody.TEAM


class _Course(NamedTuple):
    """When a clock started and ended, and when it ran in between."""

    start: int
    end: int
    state: State
    stopped: Reply | None
    runs: list[tuple[int, int]]
    resolved: list[tuple[int, int]]


def _course(life: Life, clock: Clock, cycle: int) -> _Course | None:
    match clock:
        case Clock.FIRST_RESPONSE:
            return _answering(life, life.opened_at, life.first_reply)
        case Clock.NEXT_RESPONSE:
            if not 0 < cycle <= len(life.cycles):
                return None
            return _answering(life, *life.cycles[cycle - 1])
        case Clock.RESOLUTION:
            return _resolving(life)


def _answering(life: Life, start: int, stopped: Reply | None) -> _Course:
    end = life.until if stopped is None else stopped.at
    state = State.RUNNING if stopped is None else State.STOPPED
    return _Course(start, end, state, stopped, [(start, end)], [])


def _resolving(life: Life) -> _Course:
    start, stopped, state = life.opened_at, None, State.RUNNING
    if life.is_resolved:
        stopped, state = life.resolvers[-1], State.STOPPED
    elif life.rests:
        state = State.PAUSED
    end = life.until if stopped is None else stopped.at
    resolved = [span.until(end) for span in life.resolved if span.start < end]
    waited = [span.until(end) for span in life.waits if span.start < end]
    runs, reached = [], start
    for rest, on in sorted(resolved + waited):
        if rest > reached:
            runs.append((reached, rest))
        reached = max(reached, on)
    if end > reached:
        runs.append((reached, end))
    return _Course(start, end, state, stopped, runs, resolved)


class _Run:
    """A clock running along its course: what it has used up, and what it passed on its way."""

    def __init__(self, hours: WorkingTime) -> None:
        self.hours = hours
        self.elapsed = 0
        self.target: int | None = None
        self.broken: int | None = None
        """The target that was exceeded."""
        self.breached_at: int | None = None
        self.retroactive = False
        self.reached: dict[int, int] = {}

    def go(self, course: _Course, targets: Sequence[tuple[int, int]]) -> None:
        """Run from the start to the end; each target holds from its instant on.

        Of several targets at one instant the last holds: the others were never in force.
        """
        changes = dict(targets)
        for at, runs, value in _legs(course, changes):
            if not runs:
                self._retarget(at, value)
            else:
                self._advance(at, value, retargeted=value in changes)

    def _retarget(self, at: int, target: int) -> None:
        self.target = target
        if self.breached_at is None and self.elapsed > target:
            self.breached_at, self.broken, self.retroactive = at, target, True
        for share in SHARES:
            if 100 * self.elapsed >= share * target:
                self.reached.setdefault(share, at)

    def _advance(self, start: int, end: int, *, retargeted: bool) -> None:
        """Run for a while. If another target holds at its end, what is reached then is by that."""
        gained = self.hours.elapsed(start, end)
        if self.target is not None:
            for share in SHARES:
                wanted = -(-share * self.target // 100) - self.elapsed
                if share not in self.reached and wanted <= gained:
                    at = self.hours.reach(start, wanted)
                    if at is not None and not (retargeted and at == end):
                        self.reached[share] = at
            left = self.target - self.elapsed
            if self.breached_at is None and gained > left:
                # Broken from the beginning of the first second beyond the target.
                beyond = self.hours.reach(start, left + 1)
                self.breached_at = None if beyond is None else beyond - 1
                self.broken = self.target
        self.elapsed += gained


def _legs(course: _Course, changes: Mapping[int, int]) -> list[tuple[int, bool, int]]:
    """Return, in order of time, the new targets and the times of running between them."""
    legs = [(at, False, target) for at, target in changes.items()]
    for start, end in course.runs:
        cuts = sorted({start, end, *(at for at in changes if start < at < end)})
        legs += [(here, True, there) for here, there in pairwise(cuts)]
    return sorted(legs, key=lambda leg: leg[:2])


def _due(course: _Course, hours: WorkingTime, target: int) -> int | None:
    used = 0
    for start, end in course.runs:
        gained = hours.elapsed(start, end)
        if used + gained >= target:
            return hours.reach(start, target - used)
        used += gained
    return None if course.state is State.PAUSED else hours.reach(course.end, target - used)


# --- Who held it, and what may come ---------------------------------------------------------------


def held_for(life: Life, hours: WorkingTime) -> dict[MemberId | None, int]:
    """Return for how long each member held a request, in seconds of business time; None: a queue.

    From the opening to the resolution or now: time that it waited counts, time that it was
    resolved does not.
    """
    course = _resolving(life)
    found: dict[MemberId | None, int] = {}
    after = [*(each.at for each in life.held[1:]), course.end]
    for (start, holder), end in zip(life.held, after, strict=True):
        resolved = sum(
            hours.elapsed(max(start, begun), min(end, over)) for begun, over in course.resolved
        )
        spent = hours.elapsed(start, min(end, course.end)) - resolved
        found[holder] = found.get(holder, 0) + max(spent, 0)
    return found


class Risk(NamedTuple):
    """How likely a promise is broken, judged by comparable requests: advice, and never scored."""

    comparable: int
    longer_than_elapsed: int
    longer_than_target: int

    @property
    def probability(self) -> Fraction | None:
        """The share, from 0 to 1; None where no comparable request took as long.

        Of those that took longer than this one has until now, how many took longer than promised.
        """
        if not self.longer_than_elapsed:
            return None
        return min(Fraction(self.longer_than_target, self.longer_than_elapsed), Fraction(1))


def risk(reading: Reading, comparable: Sequence[int]) -> Risk:
    """Judge a clock by what comparable ones, that have stopped, had used up (in any order)."""
    return Risk(
        len(comparable),
        sum(elapsed > reading.elapsed for elapsed in comparable),
        sum(elapsed > reading.target for elapsed in comparable),
    )
