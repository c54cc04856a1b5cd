"""A correction: what a recorded fact should have said, since when we know it, and why.

The fact itself stays as it was recorded, for ever and for everybody to see. Whatever is computed by
reading the log again takes the corrected fact from the correction on, and the recorded one where it
looks at what was known before. Correcting once more replaces the correction as a whole;
withdrawing it lets the fact stand again as it was recorded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, assert_never
from uuid import UUID

from domain.confidential import Confidential, FieldClass, secret_fields
from domain.ids import CorrectionId, MemberId, named_id
from domain.kernel import (
    EVENTS,
    Decider,
    Envelope,
    Fact,
    Rejected,
    Subject,
    command,
    event,
    marks,
    personal_fields,
    references,
)

CONTEXTS = frozenset({"customers", "sales", "support", "teams"})
"""What happened with customers and colleagues can be corrected; of what is said in a review,
feedback. Who may come in is granted and revoked, and nobody corrects who looked."""
RULES = frozenset(
    {
        "pool",
        "tier-policy",
        "service-plan",
        "segment",
        "pipeline",
        "value-model",
        "routing",
        "calendar",
        "sla-policy",
        "survey-form",
        "survey-programme",
        "complaint-summary",
        "hand-over",
        "likeness",
    }
)
"""Kinds of things that others work by, or that others follow from: they are published or carried
out anew."""
FOLLOWING = {
    "promise": "the service standard makes it: retier the request",
    "currency": "all its amounts are in it: void it, and record it anew",
}
"""Fields that follow from others, and what to do instead."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the fact, and what it should have said, as JSON text."""

    field: str
    value: str


def correction_id(position: int) -> CorrectionId:
    """Return the one id of all corrections of the fact at a position of the log."""
    return CorrectionId(named_id("correction", str(position)))


# --- Events -----------------------------------------------------------------------------------


@event("correction.made", zh="更正已记录的事实")
class CorrectionMade:
    """Recorded fact corrected."""

    target: int
    """The position of the fact."""
    target_name: str
    changes: Annotated[tuple[FieldChange, ...], Confidential(FieldClass.MONEY)]
    review_changes: Annotated[tuple[FieldChange, ...], Confidential(FieldClass.REVIEW)]
    """What was said of somebody's work; nobody else is shown it."""
    corrected_at: datetime | None
    """When it happened; None: when it was recorded to have happened."""
    by_id: MemberId | None
    """Whose work it was; None: whose it was recorded to have been."""
    about: tuple[Subject, ...]
    """What the fact is about, before and after; first the thing it happened to."""

    def also_about(self) -> Iterable[tuple[str, UUID]]:
        """Name what the fact is about: it shows on their timelines, too."""
        return ((each.kind, each.id) for each in self.about)


@event("correction.withdrawn", zh="撤回更正")
class CorrectionWithdrawn:
    """Correction withdrawn: the fact stands as it was recorded."""

    target: int
    target_name: str
    about: tuple[Subject, ...]

    def also_about(self) -> Iterable[tuple[str, UUID]]:
        """Name what the fact is about: it shows on their timelines, too."""
        return ((each.kind, each.id) for each in self.about)


Event = CorrectionMade | CorrectionWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class CorrectFact:
    """Say what a recorded fact should have said; the envelope's reason says why.

    ``about``: what the fact is about, before and after, first the thing it happened to.
    """

    id: CorrectionId
    target: int
    event_name: str
    changes: tuple[FieldChange, ...]
    about: tuple[Subject, ...]
    corrected_at: datetime | None = None
    by_id: MemberId | None = None


@command
class WithdrawCorrection:
    """Let the fact stand again as it was recorded; the envelope's reason says why."""

    id: CorrectionId


Command = CorrectFact | WithdrawCorrection

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """The fact was never corrected."""


@dataclass(frozen=True)
class Standing:
    """A correction that holds."""

    made: CorrectionMade


@dataclass(frozen=True)
class Withdrawn:
    """A correction that holds no more."""

    made: CorrectionMade


Correction = Absent | Standing | Withdrawn

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, correction: Correction, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: correction.reason-missing, correction.other-fact,
    correction.not-correctable, correction.nothing-changed, correction.field-twice,
    correction.field-unknown, correction.personal, correction.words, correction.follows,
    correction.identity, correction.in-future, correction.unknown, correction.withdrawn.
    """
    match command:
        case CorrectFact():
            _check(command, envelope)
            made = _made(command)
            return [] if correction == Standing(made) else [made]
        case WithdrawCorrection():
            here = _standing(correction)
            _check_reason(envelope)
            return [
                CorrectionWithdrawn(
                    target=here.target, target_name=here.target_name, about=here.about
                )
            ]
        case _:
            assert_never(command)


def _check_reason(envelope: Envelope) -> None:
    if not envelope.reason:
        raise Rejected("correction.reason-missing", "Say why.", field="reason")


def _check(command: CorrectFact, envelope: Envelope) -> None:
    if command.id != correction_id(command.target):
        raise Rejected("correction.other-fact", "This is the correction of another fact.")
    _check_reason(envelope)
    kind = correctable(command.event_name)
    if not command.changes and command.corrected_at is None and command.by_id is None:
        raise Rejected(
            "correction.nothing-changed", "Say what the fact should have said.", field="set"
        )
    if len({change.field for change in command.changes}) < len(command.changes):
        raise Rejected("correction.field-twice", "Name each field once.", field="set")
    for change in command.changes:
        check_field(kind, change.field)
    if command.corrected_at is not None and command.corrected_at > envelope.occurred_at:
        raise Rejected(
            "correction.in-future", "A fact has happened before it is corrected.", field="at"
        )


def is_correctable(kind: Any) -> bool:
    """Tell whether facts of an event can be corrected."""
    context = kind.__module__.removeprefix("domain.").partition(".")[0]
    happened = context in CONTEXTS or kind.__event_kind__ == "feedback"
    return happened and kind.__event_kind__ not in RULES and not kind.__event_retracts__


def correctable(name: str) -> Any:
    """Return the class of an event that can be corrected.

    Raises ``Rejected`` correction.not-correctable.
    """
    kind: Any = EVENTS.get(name)
    if kind is None or not is_correctable(kind):
        raise Rejected(
            "correction.not-correctable",
            f"No {name} can be corrected; what follows from it can be changed or taken back.",
        )
    return kind


def check_field(kind: Any, name: str) -> None:
    """Check that a field of an event can be corrected.

    Raises ``Rejected``: correction.field-unknown, correction.personal, correction.words,
    correction.follows, correction.identity.
    """
    place = f"set/{name}"
    known = {each.name for each in fields(kind)} - secret_fields(kind)
    if name not in known:
        raise Rejected(
            "correction.field-unknown",
            f"The fact has no field {name!r}; it has: {', '.join(sorted(known)) or 'none'}.",
            field=place,
        )
    if name in personal_fields(kind):
        raise Rejected(
            "correction.personal",
            f"The field {name} is personal data; change the details of the thing itself.",
            field=place,
        )
    if _class_of(kind, name) in {FieldClass.NOTES, FieldClass.CONTACT}:
        raise Rejected(
            "correction.words", f"No figure rests on {name}; write it once more.", field=place
        )
    if name in FOLLOWING:
        raise Rejected(
            "correction.follows",
            f"The field {name} follows from others; {FOLLOWING[name]}.",
            field=place,
        )
    if any(each.field == name and each.kind == "customer" for each in references(kind)):
        raise Rejected(
            "correction.identity",
            f"The field {name} says whose fact it is: take the fact back and record it there.",
            field=place,
        )


def _class_of(kind: Any, name: str) -> FieldClass | None:
    classes = (mark.kind for field, mark in marks(kind) if field == name and _confidential(mark))
    return next(classes, None)


def _confidential(mark: Any) -> bool:
    return isinstance(mark, Confidential)


def _made(command: CorrectFact) -> CorrectionMade:
    kind = EVENTS[command.event_name]
    reviewed = [_class_of(kind, each.field) is FieldClass.REVIEW for each in command.changes]
    apart = list(zip(command.changes, reviewed, strict=True))
    return CorrectionMade(
        target=command.target,
        target_name=command.event_name,
        changes=tuple(change for change, review in apart if not review),
        review_changes=tuple(change for change, review in apart if review),
        corrected_at=command.corrected_at,
        by_id=command.by_id,
        about=command.about,
    )


def _standing(correction: Correction) -> CorrectionMade:
    match correction:
        case Standing(made=made):
            return made
        case Absent():
            raise Rejected("correction.unknown", "There is no such correction.")
        case Withdrawn():
            raise Rejected("correction.withdrawn", "The correction was withdrawn already.")
        case _:
            assert_never(correction)


def evolve(correction: Correction, fact: Fact[Event]) -> Correction:
    """Fold one fact into the state."""
    match fact.event:
        case CorrectionMade():
            return Standing(fact.event)
        case CorrectionWithdrawn():
            return correction if isinstance(correction, Absent) else Withdrawn(correction.made)
        case _:
            assert_never(fact.event)


CORRECTION: Decider[Command, Correction, Event] = Decider(
    kind="correction",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=lambda correction: isinstance(correction, Standing),
)
