"""Carrying out what has become due: each thing once, however many processes look at the clock.

What is due stands in the documents, so nothing is lost when a process ends: what became due in the
meantime follows when the next one starts, in the order in which it was due. Whether it still is due
is for the rules to say; a second command for the same thing changes nothing.
"""

import heapq
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from eventsourcing.persistence import PersistenceError

from application.catalogue import BY_COMMAND
from application.crm import Crm, StaleVersion
from application.deciding import UnknownReference
from application.store.pool import connect, library_errors
from domain.kernel import Actor, Channel, Envelope, Rejected
from projections.documents import Document, utc
from projections.reader import After, Behind, Reader
from projections.reviews.assessing import Assessor
from projections.support.sampling import Sampler
from projections.timers import TIMERS, Timer
from projections.timers import Command as Maker

LOOK_SECONDS = 1.0
"""How long what is due may wait, and how often each timer's documents are asked when none is."""
AT_ONCE = 512
"""How many are in hand at a time."""
THREADS = 8
"""Commands carried out at once: they share the database's commits."""
AGAIN_SECONDS = 600.0
"""When what was tried and is still shown as due is tried again."""
MOST_REMEMBERED = 50_000
LOCK = "concord timers"

Say = Callable[[str], None]


class Round(Protocol):
    """What is looked at again and again beside the timers, by one process at a time."""

    name: str

    def begin(self) -> None:
        """Begin anew: another process may have looked in between."""

    def look(self) -> int:
        """Do what is to be done now; return how many things that was."""


Tried = tuple[str, str, str]

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due: since when, by which timer, and the document that says so."""

    at: str
    timer: Timer
    document: Document

    @property
    def mark(self) -> Tried:
        """What it is remembered by: due at another time, it is another thing."""
        at = f"{self.at}/{self.expected}" if self.timer.at_version else self.at
        return self.timer.name, self.document["id"], at

    @property
    def expected(self) -> int | None:
        """The version that the command is for, where that matters."""
        return self.document["version"] if self.timer.at_version else None


@dataclass(frozen=True, slots=True)
class Ordered:
    """A command, and what it follows from."""

    due: Due
    command: Any


class Timekeeper:
    """Carries out what has become due until it is stopped.

    Who holds a timer's advisory lock keeps it, so nothing is done by two processes; what another
    process keeps is taken over when that one ends. All that a process keeps comes in one order.
    """

    def __init__(self, crm: Crm, reader: Reader, timers: Sequence[Timer] | None = None) -> None:
        self.crm = crm
        self.reader = reader
        self.timers = TIMERS if timers is None else tuple(timers)
        self.rounds: tuple[Round, ...] = (
            (Sampler(crm, reader), Assessor(crm)) if timers is None else ()
        )
        self._tried = Remembered()
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask it to end after the commands in hand."""
        self._stop.set()

    def run(self, say: Say = lambda _sentence: None) -> None:
        """Keep time until stopped; survives a database that goes away and comes back."""
        while not self._stop.is_set():
            try:
                self._run_while_connected(say)
            except PersistenceError as error:
                logger.warning("timers.waiting", error=str(error))
            except Exception:  # a thread that ended here would end in silence
                logger.exception("timers.fault")
            self._stop.wait(LOOK_SECONDS)

    def _run_while_connected(self, say: Say) -> None:
        connection = connect(self.crm.pool.dsn)
        try:
            connection.autocommit = True
            kept: list[Timer] = []
            made: list[Round] = []
            while not self._stop.is_set():
                # Asked even where all are kept: locks are lost with their connection.
                names = [timer.name for timer in self.timers if timer not in kept]
                names += [each.name for each in self.rounds if each not in made]
                with library_errors(), connection.cursor() as cursor:
                    cursor.execute(
                        "select name from unnest(%s::text[]) name"
                        " where pg_try_advisory_lock(hashtext(%s), hashtext(name))",
                        (names, LOCK),
                    )
                    taken = {name for (name,) in cursor}
                if taken:
                    say(f"Keeping time: {', '.join(sorted(taken))}.")
                    kept += [timer for timer in self.timers if timer.name in taken]
                for each in self.rounds:
                    if each.name in taken:
                        each.begin()
                        made.append(each)
                self.sweep(kept)
                self._look(made)
                self._stop.wait(LOOK_SECONDS)
        finally:
            connection.close()

    @staticmethod
    def _look(rounds: Sequence[Round]) -> None:
        for each in rounds:
            try:
                each.look()
            except PersistenceError:
                raise
            except Behind:
                pass  # its read models are only being built
            except Exception:  # of one of them: timers go on
                logger.exception("timer.fault", timer=each.name)

    def sweep(self, timers: Sequence[Timer] | None = None) -> int:
        """Carry out what is due now, the earliest first; return how many things were tried.

        Raises ``PersistenceError`` where the database does not answer: what is left comes again.
        """
        upto = utc(datetime.now(UTC))
        each = [self._due(timer, upto) for timer in (self.timers if timers is None else timers)]
        due = heapq.merge(*each, key=lambda one: one.at)
        new = (one for one in due if self._tried.is_new(one.mark))
        tried = 0
        with ThreadPoolExecutor(THREADS, "timers") as pool:
            while not self._stop.is_set() and (hand := list(islice(new, AT_ONCE))):
                list(pool.map(self._carry_out_all, self._by_thing(hand)))
                tried += len(hand)
        if not self._stop.is_set():
            self._tried.forget_unseen()
        return tried

    def _due(self, timer: Timer, upto: str) -> Iterator[Due]:
        after: After | None = None
        while True:
            try:
                texts = self.reader.due(timer.model, timer.field, upto, AT_ONCE, after)
            except Behind:
                return  # its read model is only being built
            for text in texts:
                document = orjson.loads(text)
                yield Due(document[timer.field], timer, document)
            if len(texts) < AT_ONCE:
                return
            after = After(document[timer.field], document["id"])

    def _by_thing(self, hand: Sequence[Due]) -> list[list[Ordered]]:
        """Return the commands that follow: those for one thing together, in their order."""
        makers: dict[str, Maker] = {}
        ordered = [Ordered(one, command) for one in hand if (command := self._command(one, makers))]
        # One question for all of them: each is then decided without asking.
        self.crm.states.look((BY_COMMAND[type(each.command)], each.command.id) for each in ordered)
        found: dict[UUID, list[Ordered]] = {}
        for each in ordered:
            found.setdefault(each.command.id, []).append(each)
        return list(found.values())

    def _command(self, due: Due, makers: dict[str, Maker]) -> Any:
        try:
            if due.timer.name not in makers:
                makers[due.timer.name] = due.timer.commands(self.crm, self.reader)
            return makers[due.timer.name](due.document)
        except PersistenceError:
            raise  # it is still due, and tried again
        except Exception:  # of one document: the others go on
            logger.exception("timer.fault", timer=due.timer.name, document=due.document["id"])
            self._tried.add(due.mark)
            return None

    def _carry_out_all(self, ordered: Sequence[Ordered]) -> None:
        for each in ordered:
            if self._stop.is_set():
                return
            self._carry_out(each.due, each.command)

    def _carry_out(self, due: Due, command: Any) -> None:
        now = datetime.now(UTC)
        try:
            outcome = self.crm.handle(
                command,
                Envelope(
                    occurred_at=now,
                    actor=Actor.system("timer"),
                    channel=Channel.POLICY,
                    reason=due.timer.reason,
                ),
                expected=due.expected,
            )
        except PersistenceError:
            raise  # it is still due, and tried again
        except (Rejected, UnknownReference) as error:
            self._refused(due, error.code)
        except StaleVersion:
            self._refused(due, "version.stale")
        except Exception:
            logger.exception("timer.fault", timer=due.timer.name, document=due.document["id"])
        else:
            if outcome.position is None:
                self._refused(due, "nothing-to-do")
        self._tried.add(due.mark)

    def _refused(self, due: Due, code: str) -> None:
        logger.info("timer.refused", timer=due.timer.name, document=due.document["id"], code=code)


class Remembered:
    """What was tried of late, and is shown as due until its document has followed, or for good."""

    def __init__(self, most: int = MOST_REMEMBERED, again: float = AGAIN_SECONDS) -> None:
        self._most, self._again = most, again
        self._until: OrderedDict[Tried, float] = OrderedDict()
        self._seen: set[Tried] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._until)

    def add(self, mark: Tried) -> None:
        """Remember it, and forget the oldest where that is too much."""
        with self._lock:
            self._until[mark] = time.monotonic() + self._again
            self._until.move_to_end(mark)
            self._seen.add(mark)
            if len(self._until) > self._most:
                self._seen.discard(self._until.popitem(last=False)[0])

    def is_new(self, mark: Tried) -> bool:
        """Tell whether it is to be tried: for the first time, or again after a long while."""
        with self._lock:
            known = self._until.get(mark, 0.0) > time.monotonic()
            if known:
                self._seen.add(mark)
            return not known

    def forget_unseen(self) -> None:
        """Forget what is not shown as due any more."""
        with self._lock:
            for mark in self._until.keys() - self._seen:
                del self._until[mark]
            self._seen.clear()
