"""A survey: one customer, or one of the staff, is asked by a form and answers, or does not in time.

Concord or another program sends it, never a person. It is answered through a link that opens once,
or somebody whom it does not rate records what was said. Each aspect is answered by itself; whoever
answers again is taken at their last word, and all they said stays in the log. The words are here,
the rules in ``survey_rules``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from domain.confidential import Confidential, FieldClass, Secret
from domain.ids import (
    CustomerId,
    MemberId,
    OrderId,
    RequestId,
    SurveyFormId,
    SurveyId,
    SurveyProgrammeId,
)
from domain.kernel import MustBeActive, PartOf, Personal, command, event
from domain.support.scale import Scale
from domain.support.survey_form import Form, SurveyForm
from domain.support.survey_programme import SurveyChannel


@dataclass(frozen=True, slots=True)
class Asked:
    """An aspect that is asked, and on which scale."""

    aspect: str
    scale: Scale


@dataclass(frozen=True, slots=True)
class Score:
    """How somebody answers an aspect."""

    aspect: str
    score: int


def asking(form: SurveyForm) -> tuple[int, tuple[Asked, ...], bool]:
    """Return what a form asks now: its version, its aspects, and whether for a comment.

    What was never published asks nothing, in version 0.
    """
    if not isinstance(form, Form) or not form.versions:
        return 0, (), False
    latest = form.versions[-1]
    asked = tuple(Asked(each.code, each.scale) for each in latest.aspects)
    return len(form.versions), asked, latest.asks_comment


# --- Events -----------------------------------------------------------------------------------


@event("survey.sent", zh="发出满意度调查")
class SurveySent:
    """Survey sent."""

    form_id: SurveyFormId
    form_version: int
    asked: tuple[Asked, ...]
    asks_comment: bool
    programme_id: SurveyProgrammeId | None
    customer_id: CustomerId | None
    member_id: MemberId | None
    """Who of the staff is asked; one of the two."""
    request_id: RequestId | None
    order_id: OrderId | None
    channel: SurveyChannel
    expires_at: datetime


@event("survey.link-issued", zh="生成调查链接")
class SurveyLinkIssued:
    """Link to a survey issued.

    An earlier one opens nothing any more.
    """

    customer_id: CustomerId | None
    member_id: MemberId | None
    token_sha256: Annotated[str, Secret()]


@event("survey.answered", zh="答复满意度调查")
class SurveyAnswered:
    """Survey answered on one aspect."""

    customer_id: CustomerId | None
    member_id: MemberId | None
    request_id: RequestId | None
    aspect: str
    scale: Scale
    score: int
    channel: SurveyChannel


@event("survey.commented", zh="客户填写调查意见")
class SurveyCommented:
    """Customer's own words in a survey."""

    customer_id: CustomerId
    text: Annotated[str, Personal(of="customer_id"), Confidential(FieldClass.NOTES)]


@event("survey.staff-commented", zh="员工填写调查意见")
class SurveyStaffCommented:
    """Colleague's own words in a survey."""

    member_id: MemberId
    text: Annotated[str, Personal(of="member_id"), Confidential(FieldClass.NOTES)]


@event("survey.expired", zh="调查到期未答")
class SurveyExpired:
    """Survey expired without an answer."""

    customer_id: CustomerId | None
    member_id: MemberId | None


@event("survey.voided", zh="调查作废")
class SurveyVoided:
    """Survey voided: it does not count."""

    customer_id: CustomerId | None
    member_id: MemberId | None


Event = (
    SurveySent
    | SurveyLinkIssued
    | SurveyAnswered
    | SurveyCommented
    | SurveyStaffCommented
    | SurveyExpired
    | SurveyVoided
)

# --- Commands ---------------------------------------------------------------------------------


@command
class SendSurvey:
    """Ask a customer, or one of the staff, what the published form asks (``asked``)."""

    id: SurveyId
    form_id: Annotated[SurveyFormId, MustBeActive()]
    form_version: int
    asked: tuple[Asked, ...]
    asks_comment: bool
    expires_at: datetime
    channel: SurveyChannel = SurveyChannel.LINK
    programme_id: Annotated[SurveyProgrammeId | None, MustBeActive()] = None
    customer_id: Annotated[CustomerId | None, MustBeActive()] = None
    member_id: Annotated[MemberId | None, MustBeActive()] = None
    request_id: Annotated[RequestId | None, PartOf("customer_id")] = None
    order_id: Annotated[OrderId | None, PartOf("customer_id")] = None


@command
class IssueSurveyLink:
    """Let whoever has the token of this hash answer, once; ``rated`` as in ``RecordAnswers``."""

    id: SurveyId
    token_sha256: str
    rated: tuple[UUID, ...] = ()


@command
class AnswerByLink:
    """Answer by the link whose token has this hash."""

    id: SurveyId
    token_sha256: str
    answers: tuple[Score, ...]
    comment: str | None = None


@command
class RecordAnswers:
    """Record what somebody answered on the telephone or in an interview.

    ``rated``: whose own work it rates, as far as is known; who sends the command finds out.
    """

    id: SurveyId
    channel: SurveyChannel
    answers: tuple[Score, ...]
    comment: str | None = None
    rated: tuple[UUID, ...] = ()


@command
class ExpireSurvey:
    """Let a survey expire that nobody has answered in time."""

    id: SurveyId


@command
class VoidSurvey:
    """Say that a survey does not count; the envelope's reason says why."""

    id: SurveyId
    rated: tuple[UUID, ...] = ()


Command = SendSurvey | IssueSurveyLink | AnswerByLink | RecordAnswers | ExpireSurvey | VoidSurvey

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such survey."""


@dataclass(frozen=True)
class Link:
    """What opens a survey: only the hash is known; and whether it was used."""

    token_sha256: str
    used: bool = False


@dataclass(frozen=True)
class Known:
    """What every survey that was sent has."""

    customer_id: CustomerId | None
    member_id: MemberId | None
    request_id: RequestId | None
    form_id: SurveyFormId
    form_version: int
    asked: tuple[Asked, ...]
    asks_comment: bool
    expires_at: datetime
    link: Link | None = None
    answered: bool = False


@dataclass(frozen=True)
class Sent(Known):
    """A survey that can be answered until it expires."""


@dataclass(frozen=True)
class Expired(Known):
    """A survey that nobody answered in time."""


@dataclass(frozen=True)
class Voided(Known):
    """A survey that does not count."""


Survey = Absent | Sent | Expired | Voided
