"""A survey form: which aspects are asked, how they read and on which scale, version after version.

A draft asks nobody. What was published stays, so that every answer can be read beside the question
it was given to. The id follows from the name; whom a form is for stays as it was first drafted.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from domain.ids import SurveyFormId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event
from domain.support.scale import Aspect, flaws


def survey_form_id(name: str) -> SurveyFormId:
    """Return the id of the form with this name."""
    return SurveyFormId(named_id("survey-form", name))


class Audience(StrEnum):
    """Whom a form is for: what customers say is never counted with what staff say."""

    CUSTOMERS = "customers"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Questions:
    """What a form asks: its title in both languages, its aspects, and whether for a comment."""

    english: str
    chinese: str
    aspects: tuple[Aspect, ...]
    asks_comment: bool = True


# --- Events -----------------------------------------------------------------------------------


@event("survey-form.drafted", zh="起草调查问卷")
class SurveyFormDrafted:
    """Survey form drafted."""

    name: str
    audience: Audience
    questions: Questions


@event("survey-form.published", zh="发布调查问卷")
class SurveyFormPublished:
    """Survey form published."""

    name: str
    audience: Audience
    version: int
    questions: Questions


Event = SurveyFormDrafted | SurveyFormPublished

# --- Commands ---------------------------------------------------------------------------------


@command
class DraftSurveyForm:
    """Draft a new form; its id follows from the name (``survey_form_id``)."""

    id: SurveyFormId
    name: str
    audience: Audience
    questions: Questions


@command
class RedraftSurveyForm:
    """Put another draft in the place of the present one; what is published goes on being asked."""

    id: SurveyFormId
    questions: Questions


@command
class PublishSurveyForm:
    """Publish the draft as the next version: from now on it is what is asked."""

    id: SurveyFormId


Command = DraftSurveyForm | RedraftSurveyForm | PublishSurveyForm

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such form."""


@dataclass(frozen=True)
class Form:
    """A form with its draft (None: published) and all its versions, the first first."""

    name: str
    audience: Audience
    draft: Questions | None = None
    versions: tuple[Questions, ...] = ()


SurveyForm = Absent | Form

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, form: SurveyForm, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: survey-form.exists, survey-form.unknown, survey-form.not-the-names,
    survey-form.questions, survey-form.no-draft.
    """
    match command:
        case DraftSurveyForm(name=name, audience=audience):
            if isinstance(form, Form):
                raise Rejected(
                    "survey-form.exists", "There is a form of this name already.", field="name"
                )
            if command.id != survey_form_id(name):
                raise Rejected(
                    "survey-form.not-the-names", "A form's id follows from its name.", field="id"
                )
            return [_drafted(Form(name, audience), command.questions)]
        case RedraftSurveyForm(questions=questions):
            here = _known(form)
            return [] if questions == here.draft else [_drafted(here, questions)]
        case PublishSurveyForm():
            return [_published(_known(form))]
        case _:
            assert_never(command)


def _known(form: SurveyForm) -> Form:
    if isinstance(form, Absent):
        raise Rejected("survey-form.unknown", "There is no such form.")
    return form


def _drafted(form: Form, questions: Questions) -> SurveyFormDrafted:
    for flaw in flaws(questions.aspects):
        raise Rejected("survey-form.questions", flaw.sentence, field="questions")
    return SurveyFormDrafted(name=form.name, audience=form.audience, questions=questions)


def _published(form: Form) -> SurveyFormPublished:
    if form.draft is None:
        raise Rejected("survey-form.no-draft", "There is no draft to publish; draft one first.")
    return SurveyFormPublished(
        name=form.name,
        audience=form.audience,
        version=len(form.versions) + 1,
        questions=form.draft,
    )


def evolve(form: SurveyForm, fact: Fact[Event]) -> SurveyForm:
    """Fold one fact into the state."""
    here = form if isinstance(form, Form) else Form(fact.event.name, fact.event.audience)
    match fact.event:
        case SurveyFormDrafted(questions=questions):
            return replace(here, draft=questions)
        case SurveyFormPublished(questions=questions):
            return replace(here, draft=None, versions=(*here.versions, questions))
        case _:
            assert_never(fact.event)


def active(form: SurveyForm) -> bool:
    """Tell whether it can be asked: a version was published."""
    return isinstance(form, Form) and bool(form.versions)


SURVEY_FORM: Decider[Command, SurveyForm, Event] = Decider(
    kind="survey-form",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
