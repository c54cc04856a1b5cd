"""The scorecards of everybody: the log read once, in parallel processes, in memory that stays flat.

Three steps, each in pieces that any process may do, joined in an order that is always the same, so
that the cards are those of ``scored``, byte for byte, however many processes there are:

1. *sort*: ranges of the log are read, and their rows written down by the part they lie in
   (``parts``), undecoded;
2. *count*: each part is decoded, gathered and counted, and what it comes to written down by the
   group of members it is credited to;
3. *draw*: of each group, what all parts came to is added, and the cards are made.

What is written down lies in a folder that only this account may read, and is gone at the end.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, TypeVar

from application.store.log import NOW, Log, Window, uncollected
from application.store.pool import Pool
from application.store.rows import copy_rows, cuts, facts_of, whose
from domain.ids import DepartmentId, MemberId
from domain.kernel import Recorded
from domain.reviews.card import Card
from domain.reviews.scoring_rules import Term
from projections.reports.corrected import Corrections
from projections.reports.replaying import Progress, ended, pages, silent
from projections.scoring.asked import Terms
from projections.scoring.carried import Cards, packed, unpacked
from projections.scoring.catalogue import METRICS
from projections.scoring.material import Material
from projections.scoring.parts import EVERYWHERE, MERGING, families, part_of
from projections.scoring.scoring import Scored, count, moment, settled
from projections.scoring.sources import OFFICE, STAFF
from projections.scoring.tally import Tallies, Tally, Whose

PART = 50_000
"""How many facts a part holds, about: what a process has in its memory at once."""
Spot = tuple[int, int]
"""Where in a file something stands: from which byte on, and how long it is."""
Whom = MemberId | DepartmentId
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """What every process knows of the work."""

    dsn: str
    folder: Path
    terms: Terms
    window: Window
    known_at: datetime
    everywhere: tuple[Recorded[Any], ...]
    """The facts that lie in every part."""
    corrections: Corrections
    families: Mapping[str, str]
    parts: int
    groups: tuple[tuple[Whom, ...], ...]
    """Whose cards are drawn together; members first, then departments."""
    members: int
    """How many of the groups are of members."""

    @property
    def position(self) -> int:
        """Up to where the log is read."""
        return self.window.position or 0

    def of(self, *, by_customer: bool) -> tuple[Term, ...]:
        """Return the terms whose metrics count customers apart, or those that do not."""
        terms = self.terms.rules.terms
        return tuple(each for each in terms if METRICS[each.metric].by_customer is by_customer)

    def names(self, terms: Iterable[Term]) -> frozenset[str]:
        """Return the names of the facts that terms need, of those that do not lie everywhere."""
        needs = (source for term in terms for source in METRICS[term.metric].needs)
        return frozenset(name for source in needs for name in source.names) - EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the work is done; whatever is said here, the cards are the same."""

    processes: int | None = None
    """None: as many as there are cores."""
    part: int = PART
    progress: Progress = silent


def scorecards(
    log: Log,
    terms: Terms,
    window: Window = NOW,
    *,
    departments: bool = False,
    manner: Manner = Manner(),
) -> Iterator[Card]:
    """Yield the scorecards of all members by their ids, then (if asked) those of all departments.

    Raises ``LookupError`` for a metric that there is not.
    """
    for term in terms.rules.terms:
        METRICS[term.metric]  # whoever asks for what there is not learns it before all the work
    with (
        TemporaryDirectory(prefix="concord-scores-") as folder,
        _hands(manner.processes or os.cpu_count() or 1) as told,
    ):
        work, ranges = _prepared(log, terms, window, Path(folder), manner.part)
        if not departments:
            work = replace(work, groups=work.groups[: work.members])
        run = told(work)
        jobs = _Jobs(manner.progress, len(ranges) + work.parts + 1 + len(work.groups))
        by_range = list(jobs.done(run(_sort, list(enumerate(ranges)))))
        by_part = list(jobs.done(run(_count, _turned(by_range, work.parts + 1))))
        for cards in jobs.done(run(_draw, _turned(by_part, len(work.groups)))):
            yield from cards


def _turned(spots: Sequence[Sequence[Spot]], number: int) -> list[tuple[int, list[Spot]]]:
    """Return for each piece of the next step where in each file of the last one it stands."""
    return [(each, [found[each] for found in spots]) for each in range(number)]


def _prepared(
    log: Log, terms: Terms, window: Window, folder: Path, part: int
) -> tuple[Work, list[tuple[int, int]]]:
    window = ended(log, window)
    position = window.position or 0
    ranges, facts = cuts(log, position, part)
    parts = max(1, -(-facts // part))
    told = [fact for page in pages(log, window, sorted(EVERYWHERE)) for fact in page]
    everywhere = [fact for fact in told if window.shows(fact) and fact.position not in terms.struck]
    staff = Material([STAFF])
    for fact in everywhere:
        if fact.name in staff.names:
            staff.take(fact)
    here = staff[STAFF]
    members: list[Whom] = sorted(here.by_id)
    teams: list[Whom] = sorted({team for each in here.by_id for team in here.teams_of(each)})
    of_members = _groups(members, parts)
    of_teams = _groups(teams, parts)
    work = Work(
        dsn=log.pool.dsn,
        folder=folder,
        terms=settled(log, terms, position),
        window=window,
        known_at=moment(log, terms, position),
        everywhere=tuple(everywhere),
        corrections=Corrections.known(log, position),
        families=families(fact for fact in told if fact.name in MERGING),
        parts=parts,
        groups=(*of_members, *of_teams),
        members=len(of_members),
    )
    return work, ranges


def _groups(all_: Sequence[Whom], number: int) -> list[tuple[Whom, ...]]:
    size = -(-len(all_) // number) or 1
    return [tuple(all_[first : first + size]) for first in range(0, len(all_), size)]


# --- The steps ------------------------------------------------------------------------------------


class _Worker:
    """What a process has at hand: the work, and the log."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.log = Log(Pool(work.dsn, size=1))
        self.apart, self.together = work.of(by_customer=True), work.of(by_customer=False)
        self.group_of = {whom: number for number, group in enumerate(work.groups) for whom in group}

    def sort(self, job: tuple[int, tuple[int, int]]) -> list[Spot]:
        """Write the rows of a range of the log down by parts; the last one is counted whole."""
        number, (after, upto) = job
        work = self.work
        apart, together = work.names(self.apart), work.names(self.together)
        lines: list[list[bytes]] = [[] for _ in range(work.parts + 1)]
        places: dict[bytes, int | None] = {}
        in_parts, whole = ({name.encode() for name in each} for each in (apart, together))

        def take(line: bytes) -> None:
            _, name, thing, _ = line.split(b"\t", 3)
            if name in in_parts:
                place = places.get(thing)
                if place is None:  # all that happened to a thing lies in one part
                    place = part_of(*whose(line), work.parts, work.families)
                    places[thing] = place
                if place is not None:
                    lines[place].append(line)
            if name in whole:
                lines[work.parts].append(line)

        copy_rows(self.log, after, upto, sorted(apart | together), take)
        return self._write(f"range-{number}", (b"".join(each) for each in lines))

    def count(self, job: tuple[int, list[Spot]]) -> list[Spot]:
        """Count a part, and write what it comes to down by groups of members and departments."""
        number, spots = job
        terms = self.together if number == self.work.parts else self.apart
        found: list[dict[Whom, dict[int, Any]]] = [{} for _ in self.work.groups]
        for place, tallies in enumerate(self._counted(number, spots, terms)):
            credited: Iterable[tuple[Whom, Tally]] = (
                *tallies.members.items(),
                *tallies.departments.items(),
            )
            for whom, tally in credited:
                if (group := self.group_of.get(whom)) is not None:
                    found[group].setdefault(whom, {})[place] = tally
        return self._write(f"part-{number}", map(packed, found))

    def _counted(
        self, number: int, spots: Sequence[Spot], terms: Sequence[Term]
    ) -> Iterable[Tallies]:
        work = self.work
        sources = [source for term in terms for source in METRICS[term.metric].needs]
        material = Material([STAFF, OFFICE, *sources])
        names = set(material.names)
        waiting = [fact for fact in reversed(work.everywhere) if fact.name in names]
        window, struck = work.window, work.terms.struck
        all_count = window.as_of is None and not struck  # nothing is read beyond the position
        for fact in self._facts(spots):
            while waiting and waiting[-1].position < fact.position:  # all in the log's order
                material.take(waiting.pop())
            if all_count or (window.shows(fact) and fact.position not in struck):
                material.take(fact)
        while waiting:
            material.take(waiting.pop())
        whole = set(range(work.parts)) if number == work.parts else set()
        for fact in work.terms.added:
            if fact.name in names - EVERYWHERE and self._place(fact) in {number, None} | whole:
                material.take(fact)
        whose = Whose.TEAMS if work.members < len(work.groups) else Whose.MEMBERS
        return count(work.terms, material, work.known_at, terms, whose).values()

    def _place(self, fact: Recorded[Any]) -> int | None:
        """Return the part that a made-up fact lies in."""
        whose = getattr(fact.event, "customer_id", None)
        told = None if whose is None else str(whose)
        return part_of(fact.name, str(fact.stream_id), told, self.work.parts, self.work.families)

    def _facts(self, spots: Sequence[Spot]) -> Iterator[Recorded[Any]]:
        corrections = self.work.corrections
        pieces = (self._read(f"range-{place}", spot) for place, spot in enumerate(spots))
        lines = chain.from_iterable(piece.splitlines() for piece in pieces)
        facts = facts_of(lines, corrections.by_target)
        # One by one where nothing is corrected: what nobody keeps is gone at once.
        return iter(corrections.of(list(facts))) if corrections.by_target else facts

    def draw(self, job: tuple[int, list[Spot]]) -> Cards:
        """Make the cards of a group of members, or of departments."""
        number, spots = job
        work = self.work
        tallies = {term: Tallies() for term in work.terms.rules.terms}
        of_members = number < work.members
        for part, spot in enumerate(spots):
            terms = self.together if part == work.parts else self.apart
            for whom, by_place in unpacked(self._read(f"part-{part}", spot)).items():
                for place, tally in by_place.items():
                    found = tallies[terms[place]]
                    them: Any = found.members if of_members else found.departments
                    them[whom].join(tally)
        staff = Material([STAFF, OFFICE])
        names = set(staff.names)
        for fact in work.everywhere:
            if fact.name in names:
                staff.take(fact)
        scored = Scored(work.terms, work.position, work.known_at, staff, tallies)
        card: Callable[[Any], Card] = scored.member if of_members else scored.department
        return Cards(card(whom) for whom in work.groups[number])

    def _write(self, name: str, pieces: Iterable[bytes]) -> list[Spot]:
        spots, at = [], 0
        with (self.work.folder / name).open("wb") as file:
            for piece in pieces:
                file.write(piece)
                spots.append((at, len(piece)))
                at += len(piece)
        return spots

    def _read(self, name: str, spot: Spot) -> bytes:
        with (self.work.folder / name).open("rb") as file:
            file.seek(spot[0])
            return file.read(spot[1])


def _sort(worker: _Worker, job: Any) -> list[Spot]:
    return worker.sort(job)


def _count(worker: _Worker, job: Any) -> list[Spot]:
    return worker.count(job)


def _draw(worker: _Worker, job: Any) -> Cards:
    return worker.draw(job)


# --- The processes --------------------------------------------------------------------------------

Step = Callable[[_Worker, Any], Any]
Run = Callable[[Step, Sequence[Any]], Iterator[Any]]


@contextmanager
def _hands(processes: int) -> Iterator[Callable[[Work], Run]]:
    """Lend what, told the work, does jobs and returns what comes of them in their order.

    It is this process, or others: those take a second to begin, and do while work is prepared.
    """
    if processes == 1:
        with ExitStack() as stack:

            def alone(work: Work) -> Run:
                worker = _Worker(work)
                stack.callback(worker.log.pool.close)
                return lambda step, jobs: (_alone(worker, step, job) for job in jobs)

            yield alone
        return
    # Spawned, not forked: a process begins with no connection of this one's.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin) as pool:
        for _ in range(processes):
            pool.submit(_ready)

        def together(work: Work) -> Run:
            told = work.folder / "work"
            told.write_bytes(packed(work))
            return lambda step, jobs: pool.map(_do, [told] * len(jobs), [step] * len(jobs), jobs)

        try:
            yield together
        finally:
            pool.shutdown(cancel_futures=True)


def _alone(worker: _Worker, step: Step, job: Any) -> Any:
    with uncollected():
        return step(worker, job)


_hired: _Worker | None = None
"""This process's worker, where it is one of several."""


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever began it; they end us
    Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()  # nothing here refers back to what holds it, and looking takes a quarter


def _ready() -> None:
    """Do nothing: whoever did it has begun."""


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _do(told: Path, step: Step, job: Any) -> Any:
    global _hired  # noqa: PLW0603 - a process is told once what it works on
    if _hired is None:
        _hired = _Worker(unpacked(told.read_bytes()))
    return step(_hired, job)


class _Jobs:
    """How many jobs there are, and how many are done."""

    def __init__(self, progress: Progress, number: int) -> None:
        self.progress, self.number, self.finished = progress, number, 0

    def done(self, results: Iterable[T]) -> Iterator[T]:
        """Pass results on, and tell of each."""
        for each in results:
            self.finished += 1
            self.progress(self.finished, self.number)
            yield each
