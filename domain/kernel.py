"""The words all of Concord shares: a fact, who recorded it, and the rules that decide facts.

An *event* is something that happened, in the past tense, stored under a permanent name and never
changed. A *command* asks for something to happen. A *decider* holds the rules of one kind of
thing (a customer, a request …): ``decide`` turns a command into events or refuses it, ``evolve``
folds events into the present state. Neither reads a clock, a database or a random number.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    NewType,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from domain.ids import DepartmentId, ImportId, MemberId


class Rejected(Exception):
    """The rules refuse a command: a code for machines, a sentence for people.

    ``field`` names the command's field that is wrong, where one is.
    """

    def __init__(self, code: str, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field


# --- Events ---------------------------------------------------------------------------------


EVENTS: dict[str, type[Any]] = {}
"""Every event class by its permanent name, filled by ``@event``."""

_EVENT_NAME = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(
    name: str, *, zh: str, shape: int = 1, retracts: bool = False
) -> Callable[[type[T]], type[T]]:
    """Declare a frozen dataclass as an event, stored under the permanent ``name``.

    The docstring is its English line on the timeline, ``zh`` the Chinese one. ``shape`` counts the
    published changes of its fields; each older shape needs an upcast in
    ``application.store.upcasts``. ``retracts`` marks a fact that says the thing was recorded by
    mistake: it is dated back to where the thing began, because it never was.
    """
    if not _EVENT_NAME.fullmatch(name):
        raise ValueError(f"Event name {name!r} must look like 'request.resolved'.")

    def declare(cls: type[T]) -> type[T]:
        if not (cls.__doc__ or "").strip():
            raise ValueError(f"{cls.__name__} needs a docstring: it is its line on the timeline.")
        label = str(cls.__doc__).strip().splitlines()[0].removesuffix(".")
        made: Any = dataclass(frozen=True, kw_only=True, slots=True)(cls)
        made.__event_name__ = name
        made.__event_kind__ = name.partition(".")[0]
        made.__event_shape__ = shape
        made.__event_retracts__ = retracts
        made.__event_labels__ = {"en": label, "zh": zh}
        if name in EVENTS:
            raise ValueError(f"The event name {name!r} is taken by {EVENTS[name].__name__}.")
        EVENTS[name] = made
        return made  # type: ignore[no-any-return]

    return declare


@dataclass_transform(frozen_default=True, kw_only_default=True)
def command(cls: type[T]) -> type[T]:
    """Declare a frozen dataclass as a command; its ``id`` names the thing it is for."""
    made: type[T] = dataclass(frozen=True, kw_only=True, slots=True)(cls)
    if "id" not in {field.name for field in fields(made)}:  # type: ignore[arg-type]
        raise ValueError(f"{cls.__name__} needs a field 'id': the thing the command is for.")
    return made


@dataclass(frozen=True)
class Personal:
    """Marks a field that holds personal data: ``Annotated[str, Personal(of="contact_id")]``.

    ``of`` names the field with the id of the person it belongs to, or is ``"self"`` where the
    thing itself is the person (a member). It can then be encrypted under that person's key and
    erased without touching the log.
    """

    of: str


@dataclass(frozen=True)
class MustBeActive:
    """Marks a command's reference: what it names must exist and still be active, not just known.

    ``Annotated[MemberId, MustBeActive()]`` refuses a member who has left.
    """


@dataclass(frozen=True)
class PartOf:
    """Marks a command's reference to a part of another thing that the command names, too.

    ``Annotated[ContactId | None, PartOf("customer_id")]`` refuses a contact of somebody else's; and
    so with a thing of its own that belongs to another, such as a need (where the command does not
    say to which, the thing that the command is for does).
    """

    field: str


@cache
def personal_fields(cls: Any) -> dict[str, str]:
    """Return the personal fields of an event, each with the field of the person it belongs to."""
    return {name: mark.of for name, mark in marks(cls) if isinstance(mark, Personal)}


def marks(cls: Any) -> Iterator[tuple[str, Any]]:
    """Return what a class's fields are marked with, each with the field's name."""
    for name, hint in get_type_hints(cls, include_extras=True).items():
        for mark in getattr(hint, "__metadata__", ()):
            yield name, mark


# --- Subjects -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """One thing an event is about: its kind (``"customer"``, ``"member"`` …) and its id."""

    kind: str
    id: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def kind_of(hint: Any) -> str | None:
    """Return the kind a typed id stands for (``CustomerId`` → ``"customer"``), or None."""
    if isinstance(hint, NewType) and hint.__supertype__ is UUID:
        return re.sub(r"(?<!^)(?=[A-Z])", "-", hint.__name__.removesuffix("Id")).lower()
    return None


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names another thing by a typed id."""

    field: str
    kind: str
    must_be_active: bool
    part_of: str | None = None
    """The field that names what this is a part of."""


@cache
def references(cls: Any) -> tuple[Reference, ...]:
    """Return the fields of an event or command that are typed ids, optional ones included."""
    found = []
    for name, hint in get_type_hints(cls, include_extras=True).items():
        marks = getattr(hint, "__metadata__", ())
        plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        options = get_args(plain) if get_origin(plain) in (Union, UnionType) else (plain,)
        for option in options:
            kind = None if option is NoneType else kind_of(option)
            if kind is not None:
                active = any(isinstance(mark, MustBeActive) for mark in marks)
                whole = next((mark.field for mark in marks if isinstance(mark, PartOf)), None)
                found.append(Reference(name, kind, active, whole))
    return tuple(found)


# --- The envelope -----------------------------------------------------------------------------


class ActorKind(StrEnum):
    """What kind of somebody acted."""

    MEMBER = "member"
    SERVICE = "service"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a member (by id), a service account (by key id) or a part of Concord (by name)."""

    kind: ActorKind
    id: str

    @staticmethod
    def member(member_id: MemberId) -> "Actor":
        """A member of a department."""
        return Actor(ActorKind.MEMBER, str(member_id))

    @staticmethod
    def service(key_id: UUID) -> "Actor":
        """Another program, known by its API key."""
        return Actor(ActorKind.SERVICE, str(key_id))

    @staticmethod
    def system(name: str) -> "Actor":
        """Concord itself: the command line, an import, a policy, a timer."""
        return Actor(ActorKind.SYSTEM, name)

    @property
    def member_id(self) -> MemberId | None:
        """The member's id, or None where no member acted."""
        return MemberId(UUID(self.id)) if self.kind is ActorKind.MEMBER else None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Channel(StrEnum):
    """The way a fact came into the log."""

    API = "api"
    IMPORT = "import"
    POLICY = "policy"
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class Imported:
    """Where in another system's file a fact stands.

    ``row`` is a fingerprint of the row's content (a row is imported once), ``label`` the other
    system's own word for the step. A row may give several facts: all but one are ``derived`` (the
    end of a wait, a change of hands), so that counting rows is counting facts not derived.
    """

    import_id: ImportId
    line: int
    row: str
    label: str
    derived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who, when and why, around every event.

    ``occurred_at`` is when it happened, as the business claims; when Concord learned of it is
    stamped by the database (``Recorded.recorded_at``). ``department_id`` and ``role`` are the
    actor's at that time. ``cause`` is the position of the event that a policy answered.
    """

    occurred_at: datetime
    actor: Actor
    channel: Channel
    department_id: DepartmentId | None = None
    role: str | None = None
    on_behalf_of: MemberId | None = None
    correlation_id: str | None = None
    cause: int | None = None
    reason: str | None = None
    imported: Imported | None = None

    @property
    def performer(self) -> MemberId | None:
        """The member whose work this was: the one acted for, else the actor; None for machines."""
        return self.on_behalf_of or self.actor.member_id


E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Generic[E_co]):
    """An event in its envelope, at its place (``version``, from 1) in the stream of one thing."""

    stream_id: UUID
    version: int
    event: E_co
    envelope: Envelope

    @property
    def name(self) -> str:
        """The event's permanent name."""
        return self.event.__event_name__  # type: ignore[attr-defined,no-any-return]

    @property
    def kind(self) -> str:
        """The kind of thing it happened to: the first word of its name."""
        return self.event.__event_kind__  # type: ignore[attr-defined,no-any-return]

    @property
    def retracts(self) -> bool:
        """Whether it takes the thing back, as never having been."""
        return self.event.__event_retracts__  # type: ignore[attr-defined,no-any-return]

    @property
    def occurred_at(self) -> datetime:
        """When it happened, as the business claims."""
        return self.envelope.occurred_at

    @property
    def about(self) -> set[tuple[str, UUID]]:
        """Everything the event is about, by kind and id: the thing itself and each typed id."""
        found = {(self.kind, self.stream_id)}
        for reference in references(cast("Any", type(self.event))):
            value = getattr(self.event, reference.field)
            if value is not None:
                found.add((reference.kind, value))
        if also := getattr(self.event, "also_about", None):
            found.update(also())  # what an event names that is no field of its own
        return found

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Everything the event is about, in the order of kind and id, as people are shown it."""
        return tuple(Subject(kind, id_) for kind, id_ in sorted(self.about))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Fact[E_co]):
    """A fact in the log: its position in the one order of all facts, and when it was learned."""

    position: int
    recorded_at: datetime


# --- Deciders ---------------------------------------------------------------------------------

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, kw_only=True)
class Decider(Generic[C, S, E]):
    """The rules of one kind of thing.

    ``decide(command, state, envelope)`` returns the events that follow, or raises ``Rejected``;
    the envelope tells it who asks and when, so that no command can claim otherwise.
    ``evolve(state, fact)`` obeys: history is never refused. ``active`` tells whether others may
    still refer to it, ``parts`` which ids are parts of it. ``commands`` and ``events`` are unions
    of its classes.
    """

    kind: str
    commands: Any
    events: Any
    initial: S
    decide: Callable[[C, S, Envelope], Sequence[E]]
    evolve: Callable[[S, Fact[E]], S]
    active: Callable[[S], bool]
    parts: Callable[[S], Collection[UUID]] = lambda _: ()

    def fold(self, facts: Iterator[Fact[E]] | Sequence[Fact[E]]) -> S:
        """Return the state after these facts, in their order."""
        state = self.initial
        for fact in facts:
            state = self.evolve(state, fact)
        return state

    @property
    def command_types(self) -> tuple[type[Any], ...]:
        """Every command it decides."""
        return classes(self.commands)

    @property
    def event_types(self) -> tuple[type[Any], ...]:
        """Every event it may return."""
        return classes(self.events)


def classes(union: Any) -> tuple[type[Any], ...]:
    """Return the classes of a union, or the one class it is."""
    members = get_args(union) or (union,)
    if not all(is_dataclass(member) for member in members):
        raise TypeError(f"{union} is not a union of events or commands.")
    return tuple(members)
