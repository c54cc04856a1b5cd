"""The script of the sample company: its storylines, played out in time under the real rules.

Each storyline (a request, a customer's tier, a colleague who leaves …) is a generator that yields
when it goes on. They are resumed in order of time, so that each sees the company as it is then.
"""

from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from application.catalogue import BY_COMMAND, BY_KIND
from application.deciding import Loaded, check_references, follow_up, stamped
from application.demo.hours import END, OPENING
from application.demo.people import PEOPLE, Person
from domain.kernel import Actor, Channel, Decider, Envelope, Fact
from domain.support.request_rules import REQUEST
from domain.teams import member
from domain.teams.department import department_id

T = TypeVar("T")
Storyline = Generator[datetime, None, None]
SETUP = Actor.system("demo")
"""Who sets the company up before its members are there."""
INTAKE = Actor.system("intake")
"""Who records what customers send by web form or mail, at any hour."""
TIMER = Actor.system("timer")
"""Who carries out what becomes due, at the minute it does."""


@dataclass(frozen=True)
class Line:
    """One line of the script: who asked for what and when, and the facts that followed."""

    command: Any
    envelope: Envelope
    """As asked, before the actor's department and role are added."""
    facts: tuple[Fact[Any], ...]


class Script:
    """Everything said so far, and the company as it stands after it."""

    def __init__(self) -> None:
        self.now = OPENING
        self.lines: list[Line] = []
        self._things: dict[UUID, Loaded] = {}
        self._due: list[tuple[datetime, int, Storyline]] = []
        self._order = count()
        self._told: defaultdict[UUID, list[Fact[Any]]] = defaultdict(list)
        self.watch: Callable[[Script, UUID], Storyline] | None = None
        """What is planned whenever something happened to a request."""

    # --- Time ---

    def plan(self, storyline: Storyline) -> None:
        """Take a storyline up; it begins when it first yields."""
        if (moment := next(storyline, None)) is not None:
            heappush(self._due, (max(moment, self.now), next(self._order), storyline))

    def play(self) -> list[Line]:
        """Let everything happen, in order of time, until the story ends."""
        while self._due and self._due[0][0] < END:
            self.now, _, storyline = heappop(self._due)
            self.plan(storyline)
        return self.lines

    # --- Commands ---

    def say(
        self,
        command: Any,
        by: Person | Actor,
        *,
        reason: str | None = None,
        on_behalf_of: Person | None = None,
    ) -> None:
        """Let somebody do something now; it goes through the same rules as in ``Crm``.

        Raises ``Rejected`` and ``UnknownReference``, as ``Crm.handle`` does.
        """
        asked = Envelope(
            occurred_at=self.now,
            actor=by if isinstance(by, Actor) else Actor.member(by.id),
            channel=Channel.POLICY if by == TIMER else Channel.CLI,
            on_behalf_of=None if on_behalf_of is None else on_behalf_of.id,
            reason=reason,
        )
        check_references(command, self.load)
        decider = BY_COMMAND[type(command)]
        before = self._loaded(command.id, decider.initial)
        facts = follow_up(decider, command, before, stamped(asked, self.load))
        self._things[command.id] = before.followed(decider, facts)
        self.lines.append(Line(command, asked, tuple(facts)))
        self._told[command.id].extend(facts)
        if self.watch is not None and decider.kind == REQUEST.kind:
            self.plan(self.watch(self, command.id))

    # --- The company as it stands ---

    def state(self, id_: UUID) -> Any:
        """Return what a thing is now; None where it is not there yet."""
        return self._loaded(id_, None).state

    def told(self, id_: UUID) -> tuple[Fact[Any], ...]:
        """Return what happened to a thing until now."""
        return tuple(self._told[id_])

    def team(self, code: str, *roles: str) -> list[Person]:
        """Return who works in a department now, in these roles or in all."""
        here = department_id(code)
        return [
            person
            for person in PEOPLE
            if isinstance(state := self.state(person.id), member.Active)
            and state.department_id == here
            and (not roles or state.role in roles)
        ]

    def role(self, person: Person) -> str:
        """Return the role somebody who works here has now."""
        role: str = self.state(person.id).role
        return role

    def is_open(self, code: str) -> bool:
        """Tell whether a department is open now."""
        return BY_KIND["department"].active(self.state(department_id(code)))

    def things(self, state: type[T]) -> list[tuple[UUID, T]]:
        """Return every thing that is in such a state now, in the order they came up."""
        return [
            (id_, thing.state)
            for id_, thing in self._things.items()
            if isinstance(thing.state, state)
        ]

    def _loaded(self, id_: UUID, otherwise: Any) -> Loaded:
        return self._things.get(id_) or Loaded(otherwise, 0)

    def load(self, decider: Decider[Any, Any, Any], id_: UUID) -> Loaded:
        """Return a thing as it stands now."""
        return self._loaded(id_, decider.initial)


# --- Told word by word ------------------------------------------------------------------------


class Beat(NamedTuple):
    """One step of a storyline that is told word by word."""

    moment: datetime
    who: Person | Actor
    command: Any
    reason: str | None = None


def acted(script: Script, *beats: Beat) -> Storyline:
    """Tell a storyline step by step."""
    for beat in beats:
        yield beat.moment
        script.say(beat.command, beat.who, reason=beat.reason)


def due(script: Script, moment: datetime, command: Any, reason: str) -> Storyline:
    """Tell what the timer does when something is due; nothing, where it is so no more."""
    yield moment
    script.say(command, TIMER, reason=reason)
