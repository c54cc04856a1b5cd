"""A survey programme: after what, and how many, are asked by which form. No person picks them.

Who is asked is decided by a hash of the programme and of what occasioned it: the same every time,
and nothing of who handles or owns the customer goes into it. The id follows from the name.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, assert_never

from domain.ids import SurveyFormId, SurveyId, SurveyProgrammeId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.support.survey_form import Audience

ALL = 100
"""The share, in percent, with which everybody is asked."""
MOST_DAYS = 3660
_WIDTH = 8
"""How many bytes of the hash decide."""


def survey_programme_id(name: str) -> SurveyProgrammeId:
    """Return the id of the programme with this name."""
    return SurveyProgrammeId(named_id("survey-programme", name))


def survey_id(programme_id: SurveyProgrammeId, occasion: str) -> SurveyId:
    """Return the one id of the survey that an occasion may lead to: nobody is asked twice by it."""
    return SurveyId(named_id("survey", str(programme_id), occasion))


class Trigger(StrEnum):
    """What a programme asks after."""

    REQUEST_RESOLVED = "request-resolved"
    COMPLAINT_RESOLVED = "complaint-resolved"
    ORDER_PAID = "order-paid"
    ALL_CUSTOMERS = "all-customers"
    """Nothing in particular: all customers, period after period."""
    ALL_STAFF = "all-staff"

    @property
    def periodic(self) -> bool:
        """Whether it comes by the calendar, not by something that happened."""
        return self in {Trigger.ALL_CUSTOMERS, Trigger.ALL_STAFF}

    @property
    def audience(self) -> Audience:
        """Whom it asks."""
        return Audience.STAFF if self is Trigger.ALL_STAFF else Audience.CUSTOMERS


class SurveyChannel(StrEnum):
    """How somebody is asked, or was."""

    LINK = "link"
    PHONE = "phone"
    INTERVIEW = "interview"


@dataclass(frozen=True, slots=True)
class Sampling:
    """The rules by which a programme asks.

    ``share``: of the occasions, in percent; 0 asks nobody yet. ``rest_days``: nobody is asked so
    soon after they were last asked, by whichever programme. ``valid_days``: how long an answer is
    taken. ``every_days``: of what comes by the calendar, how often.
    """

    trigger: Trigger
    share: int
    rest_days: int
    valid_days: int
    channel: SurveyChannel = SurveyChannel.LINK
    every_days: int | None = None


def sampled(programme_id: SurveyProgrammeId, share: int, occasion: str) -> bool:
    """Tell whether the hash of an occasion falls into the programme's share."""
    digest = hashlib.sha256(f"{programme_id}\x1f{occasion}".encode()).digest()
    return int.from_bytes(digest[:_WIDTH]) * ALL < share << 8 * _WIDTH


def rested(sampling: Sampling, asked_at: datetime | None, now: datetime) -> bool:
    """Tell whether somebody who was last asked at a time (None: never) may be asked again."""
    rest = timedelta(days=sampling.rest_days)
    return asked_at is None or not rest or now - asked_at >= rest


# --- Events -----------------------------------------------------------------------------------


@event("survey-programme.started", zh="启动调查计划")
class SurveyProgrammeStarted:
    """Survey programme started."""

    name: str
    form_id: SurveyFormId
    sampling: Sampling


@event("survey-programme.changed", zh="调整调查计划")
class SurveyProgrammeChanged:
    """Survey programme changed."""

    form_id: SurveyFormId
    sampling: Sampling


@event("survey-programme.paused", zh="暂停调查计划")
class SurveyProgrammePaused:
    """Survey programme paused."""


@event("survey-programme.resumed", zh="恢复调查计划")
class SurveyProgrammeResumed:
    """Survey programme resumed."""


@event("survey-programme.ended", zh="结束调查计划")
class SurveyProgrammeEnded:
    """Survey programme ended."""


Event = (
    SurveyProgrammeStarted
    | SurveyProgrammeChanged
    | SurveyProgrammePaused
    | SurveyProgrammeResumed
    | SurveyProgrammeEnded
)

# --- Commands ---------------------------------------------------------------------------------


@command
class StartSurveyProgramme:
    """Start a programme; its id follows from the name. ``audience`` is whom its form is for."""

    id: SurveyProgrammeId
    name: str
    form_id: Annotated[SurveyFormId, MustBeActive()]
    audience: Audience
    sampling: Sampling


@command
class ChangeSurveyProgramme:
    """Ask by another form or other rules from now on; who was asked, was."""

    id: SurveyProgrammeId
    form_id: Annotated[SurveyFormId, MustBeActive()]
    audience: Audience
    sampling: Sampling


@command
class PauseSurveyProgramme:
    """Ask nobody for now; what happens meanwhile is not asked about later."""

    id: SurveyProgrammeId


@command
class ResumeSurveyProgramme:
    """Ask again, from now on."""

    id: SurveyProgrammeId


@command
class EndSurveyProgramme:
    """Ask nobody any more, for good; what was sent can still be answered."""

    id: SurveyProgrammeId


Command = (
    StartSurveyProgramme
    | ChangeSurveyProgramme
    | PauseSurveyProgramme
    | ResumeSurveyProgramme
    | EndSurveyProgramme
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such programme."""


@dataclass(frozen=True)
class Programme:
    """A programme with its rules, since when, and whether it is paused."""

    form_id: SurveyFormId
    sampling: Sampling
    started_at: datetime
    paused: bool = False


@dataclass(frozen=True)
class Ended:
    """A programme that asks nobody any more."""


SurveyProgramme = Absent | Programme | Ended

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, programme: SurveyProgramme, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: survey-programme.exists, survey-programme.unknown,
    survey-programme.not-the-names, survey-programme.ended, survey-programme.share,
    survey-programme.days, survey-programme.period, survey-programme.audience,
    survey-programme.paused, survey-programme.not-paused, survey-programme.reason-missing.
    """
    match command:
        case StartSurveyProgramme(name=name, form_id=form_id, sampling=sampling):
            if not isinstance(programme, Absent):
                raise Rejected(
                    "survey-programme.exists",
                    "There is a programme of this name already.",
                    field="name",
                )
            if command.id != survey_programme_id(name):
                raise Rejected(
                    "survey-programme.not-the-names",
                    "A programme's id follows from its name.",
                    field="id",
                )
            _check(sampling, command.audience)
            return [SurveyProgrammeStarted(name=name, form_id=form_id, sampling=sampling)]
        case ChangeSurveyProgramme(form_id=form_id, sampling=sampling):
            here = _going(programme)
            _check(sampling, command.audience)
            if (form_id, sampling) == (here.form_id, here.sampling):
                return []
            return [SurveyProgrammeChanged(form_id=form_id, sampling=sampling)]
        case PauseSurveyProgramme():
            if _going(programme).paused:
                raise Rejected("survey-programme.paused", "The programme is paused already.")
            return [SurveyProgrammePaused()]
        case ResumeSurveyProgramme():
            if not _going(programme).paused:
                raise Rejected("survey-programme.not-paused", "The programme is not paused.")
            return [SurveyProgrammeResumed()]
        case EndSurveyProgramme():
            _going(programme)
            if not envelope.reason:
                raise Rejected(
                    "survey-programme.reason-missing",
                    "Say why the programme ends.",
                    field="reason",
                )
            return [SurveyProgrammeEnded()]
        case _:
            assert_never(command)


def _going(programme: SurveyProgramme) -> Programme:
    match programme:
        case Programme():
            return programme
        case Absent():
            raise Rejected("survey-programme.unknown", "There is no such programme.")
        case Ended():
            raise Rejected("survey-programme.ended", "The programme has ended; start another.")
        case _:
            assert_never(programme)


def _check(sampling: Sampling, audience: Audience) -> None:
    if not 0 <= sampling.share <= ALL:
        raise Rejected("survey-programme.share", "The share is 0 to 100 percent.", field="sampling")
    if not (0 <= sampling.rest_days <= MOST_DAYS and 0 < sampling.valid_days <= MOST_DAYS):
        raise Rejected(
            "survey-programme.days",
            f"The rest is 0 to {MOST_DAYS} days, an answer is taken for 1 to {MOST_DAYS}.",
            field="sampling",
        )
    every = sampling.every_days
    if (every is not None) != sampling.trigger.periodic or not (
        every is None or 0 < every <= MOST_DAYS
    ):
        raise Rejected(
            "survey-programme.period",
            f"What asks everybody does so every 1 to {MOST_DAYS} days; anything else has no"
            " period.",
            field="sampling",
        )
    if sampling.trigger.audience is not audience:
        raise Rejected(
            "survey-programme.audience",
            f"This programme asks {sampling.trigger.audience}; its form is for {audience}.",
            field="form_id",
        )


def evolve(programme: SurveyProgramme, fact: Fact[Event]) -> SurveyProgramme:
    """Fold one fact into the state."""
    match fact.event:
        case SurveyProgrammeStarted(form_id=form_id, sampling=sampling):
            return Programme(form_id, sampling, fact.occurred_at)
        case _ if not isinstance(programme, Programme):
            return programme
        case SurveyProgrammeChanged(form_id=form_id, sampling=sampling):
            return replace(programme, form_id=form_id, sampling=sampling)
        case SurveyProgrammePaused():
            return replace(programme, paused=True)
        case SurveyProgrammeResumed():
            return replace(programme, paused=False)
        case SurveyProgrammeEnded():
            return Ended()
        case _:
            assert_never(fact.event)


def active(programme: SurveyProgramme) -> bool:
    """Tell whether it asks anybody now."""
    return isinstance(programme, Programme) and not programme.paused


SURVEY_PROGRAMME: Decider[Command, SurveyProgramme, Event] = Decider(
    kind="survey-programme",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
