"""Deciding a command on loaded states: the one path of every fact, live, imported or told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from application.catalogue import BY_COMMAND, BY_KIND
from domain.ids import MemberId
from domain.kernel import (
    Channel,
    Decider,
    Envelope,
    Fact,
    Reference,
    Rejected,
    references,
)
from domain.teams import member


class UnknownReference(Exception):
    """A command names something that does not exist, or that nothing may be given to any more."""

    def __init__(
        self, field: str, kind: str, id_: UUID, *, known: bool, there: bool = False
    ) -> None:
        why = "is not active any more" if known else "does not exist"
        super().__init__(f"The {kind} {id_} {why}.")
        self.field = field
        self.id = id_
        self.code = f"{kind}.{'not-active' if known else 'unknown'}"
        self.there = there
        """Whether it can still be looked at: it was not taken back."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The present state of a thing and the version it stands at (0: nothing yet).

    ``began`` is the earliest time anything is said to have happened to it, since it was last
    taken back.
    """

    state: Any
    version: int
    began: datetime | None = field(default=None, compare=False)

    def followed(self, decider: Decider[Any, Any, Any], facts: Sequence[Fact[Any]]) -> "Loaded":
        """Return it after these further facts."""
        state, version, began = self.state, self.version, self.began
        for fact in facts:
            state, version = decider.evolve(state, fact), fact.version
            began = None if fact.retracts else min(began or fact.occurred_at, fact.occurred_at)
        return Loaded(state, version, began)


CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of those who report may differ."""

Key = tuple[str, UUID]
"""A thing among all things: its kind and its id."""
Load = Callable[[Decider[Any, Any, Any], UUID], Loaded]
"""How to look at another thing's present state."""


def concerned(command: Any, envelope: Envelope) -> list[tuple[Decider[Any, Any, Any], UUID]]:
    """Return every other thing a command's decision looks at: what it names, and who acts."""
    things = [
        (BY_KIND[reference.kind], getattr(command, reference.field))
        for reference in named(command)
        if reference.kind in BY_KIND
    ]
    people = (envelope.actor.member_id, envelope.on_behalf_of)
    return things + [(member.MEMBER, who) for who in people if who is not None]


def named(command: Any) -> list[Reference]:
    """Return the references of a command that name something."""
    return [
        reference
        for reference in references(cast("Any", type(command)))
        if reference.field != "id"
        and (reference.kind in BY_KIND or reference.part_of is not None)
        and getattr(command, reference.field) is not None
    ]


def check_references(command: Any, load: Load) -> None:
    """Check that what a command names is there, and still active where it must be.

    Raises ``UnknownReference``.
    """
    for reference in named(command):
        id_ = getattr(command, reference.field)
        if reference.part_of is not None and reference.kind in BY_KIND:
            _check_belongs(command, reference, reference.part_of, load)
            continue
        if reference.part_of is not None:
            whole = next(each for each in named(command) if each.field == reference.part_of)
            decider = BY_KIND[whole.kind]
            state = load(decider, getattr(command, whole.field)).state
            if id_ not in decider.parts(state):
                raise UnknownReference(reference.field, reference.kind, id_, known=False)
            continue
        decider = BY_KIND[reference.kind]
        loaded = load(decider, id_)
        if not loaded.version:
            raise UnknownReference(reference.field, reference.kind, id_, known=False)
        if reference.must_be_active and not decider.active(loaded.state):
            there = loaded.state != decider.initial
            raise UnknownReference(reference.field, reference.kind, id_, known=True, there=there)


def _check_belongs(command: Any, reference: Reference, to: str, load: Load) -> None:
    # A thing of its own, which says itself whose it is; the command says it too, or what it is for.
    id_ = getattr(command, reference.field)
    itself = load(BY_COMMAND[type(command)], command.id)
    whose = getattr(command, to, None) or getattr(itself.state, to, None)
    if whose is None and not itself.version:
        return  # there is nothing: the rules say so
    if whose is None or getattr(load(BY_KIND[reference.kind], id_).state, to, None) != whose:
        raise UnknownReference(reference.field, reference.kind, id_, known=False)


def stamped(envelope: Envelope, load: Load) -> Envelope:
    """Add the department and role that the one who acts has now.

    Raises ``UnknownReference`` where they, or whom they act for, do not work here.
    """
    if envelope.on_behalf_of is not None:
        _working("on_behalf_of", envelope.on_behalf_of, load)
    who = envelope.actor.member_id
    if who is None:
        return envelope
    here = _working("actor", who, load)
    return replace(envelope, department_id=here.department_id, role=here.role)


def _working(field_: str, member_id: MemberId, load: Load) -> member.Active:
    state = load(member.MEMBER, member_id).state
    if not isinstance(state, member.Active):
        known = not isinstance(state, member.Absent)
        raise UnknownReference(field_, "member", member_id, known=known)
    return state


def follow_up(
    decider: Decider[Any, Any, Any], command: Any, loaded: Loaded, envelope: Envelope
) -> list[Fact[Any]]:
    """Decide a command on a loaded state and put the events into facts, numbered on.

    Raises ``Rejected``.
    """
    return [
        Fact(
            stream_id=command.id,
            version=loaded.version + number,
            event=event,
            envelope=_dated(event, loaded, envelope),
        )
        for number, event in enumerate(decider.decide(command, loaded.state, envelope), start=1)
    ]


def _dated(event: Any, loaded: Loaded, envelope: Envelope) -> Envelope:
    # What is taken back never was: an as-of question about any time since it began must not show
    # it. When it was taken back is the time of recording.
    if not event.__event_retracts__ or loaded.began is None:
        return envelope
    return replace(envelope, occurred_at=loaded.began)


def decided(
    decider: Decider[Any, Any, Any],
    command: Any,
    envelope: Envelope,
    states: Mapping[Key, Loaded],
) -> list[Fact[Any]]:
    """Check and decide a command on the states of all it concerns; return its facts.

    Raises ``Rejected`` (also fact.before-its-beginning) and ``UnknownReference``.
    """

    def load(other: Decider[Any, Any, Any], id_: UUID) -> Loaded:
        return states[other.kind, id_]

    check_references(command, load)
    loaded = load(decider, command.id)
    facts = follow_up(decider, command, loaded, stamped(envelope, load))
    if envelope.channel is not Channel.IMPORT:  # what another system let happen is history
        _check_times(loaded, facts)
    return facts


def _check_times(loaded: Loaded, facts: Sequence[Fact[Any]]) -> None:
    for fact in facts:
        if loaded.began is not None and fact.occurred_at + CLOCK_SKEW < loaded.began:
            raise Rejected(
                "fact.before-its-beginning",
                f"Nothing happened to it before it began, at {loaded.began.isoformat()}.",
                field="occurred_at",
            )
