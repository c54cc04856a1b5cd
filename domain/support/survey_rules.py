"""The rules of a survey: who is asked, by whom it is answered, until when, and on which scale."""

import hmac
from collections import Counter
from dataclasses import fields, replace
from typing import Any, assert_never
from uuid import UUID

from domain.kernel import Channel, Decider, Envelope, Fact, Rejected
from domain.support.scale import RECOMMEND, Scale
from domain.support.survey import (
    Absent,
    AnswerByLink,
    Command,
    Event,
    Expired,
    ExpireSurvey,
    IssueSurveyLink,
    Known,
    Link,
    RecordAnswers,
    Score,
    SendSurvey,
    Sent,
    Survey,
    SurveyAnswered,
    SurveyCommented,
    SurveyExpired,
    SurveyLinkIssued,
    SurveySent,
    SurveyStaffCommented,
    SurveyVoided,
    Voided,
    VoidSurvey,
)
from domain.support.survey_programme import SurveyChannel


def opens(survey: Survey, token_sha256: str) -> bool:
    """Tell whether a token with this hash is the survey's present link."""
    known = survey.link.token_sha256 if not isinstance(survey, Absent) and survey.link else ""
    return hmac.compare_digest(known.encode(), token_sha256.encode()) and bool(known)


def decide(command: Command, survey: Survey, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: survey.exists, survey.unknown, survey.picked-by-hand, survey.whom,
    survey.aspects, survey.no-time, survey.own-rating, survey.link-used, survey.expired,
    survey.voided, survey.channel, survey.nothing-answered, survey.answered-twice,
    survey.not-asked, survey.off-the-scale, survey.no-comment, survey.reason-missing.
    """
    match command:
        case SendSurvey():
            if not isinstance(survey, Absent):
                raise Rejected("survey.exists", "This survey was sent already.")
            return [_sent(command, envelope)]
        case ExpireSurvey():
            if not isinstance(survey, Sent) or survey.answered or not _over(survey, envelope):
                return []  # answered in the meantime, or not due
            return [SurveyExpired(**_whose(survey))]
        case AnswerByLink(token_sha256=token):
            return _answered(SurveyChannel.LINK, command, by_link(survey, token, envelope))
        case RecordAnswers(channel=channel, rated=rated):
            here = _standing(survey, envelope)
            _not_the_rated(rated, envelope)
            if channel is SurveyChannel.LINK:
                raise Rejected(
                    "survey.channel",
                    "By link they answer themselves; record what was said to you.",
                    field="channel",
                )
            return _answered(channel, command, here)
        case IssueSurveyLink(token_sha256=token, rated=rated):
            here = _standing(survey, envelope)
            _not_the_rated(rated, envelope)
            return [SurveyLinkIssued(**_whose(here), token_sha256=token)]
        case VoidSurvey(rated=rated):
            return [_voided(survey, rated, envelope)]
        case _:
            assert_never(command)


# --- Sending ----------------------------------------------------------------------------------


def _sent(command: SendSurvey, envelope: Envelope) -> SurveySent:
    if envelope.performer is not None:
        raise Rejected(
            "survey.picked-by-hand",
            "Nobody picks who is asked: start a programme, which draws them.",
        )
    staff = command.member_id is not None
    of_a_customer = command.request_id is not None or command.order_id is not None
    if staff == (command.customer_id is not None) or (staff and of_a_customer):
        raise Rejected("survey.whom", "A survey asks one customer, or one of the staff.")
    times = Counter(each.aspect for each in command.asked)
    scales = {each.aspect: each.scale for each in command.asked}
    if not times or max(times.values()) > 1:
        raise Rejected("survey.aspects", "A survey asks each of its aspects once.", field="asked")
    if scales.get(RECOMMEND, Scale.ELEVEN) is not Scale.ELEVEN:
        raise Rejected(
            "survey.aspects", "Whether they would recommend us is asked on 0-10.", field="asked"
        )
    if command.expires_at <= envelope.occurred_at:
        raise Rejected(
            "survey.no-time", "Leave them time to answer: it is over already.", field="expires_at"
        )
    return SurveySent(**_same(command, SurveySent))


def _same(told: Any, made: Any) -> dict[str, Any]:
    return {each.name: getattr(told, each.name) for each in fields(made)}


# --- Answering --------------------------------------------------------------------------------


def by_link(survey: Survey, token: str, envelope: Envelope) -> Sent:
    """Return the survey that a link opens now. Raises ``Rejected`` as ``decide`` does."""
    if isinstance(survey, Absent) or not opens(survey, token):
        raise Rejected("survey.unknown", "There is no such survey.")
    if survey.link and survey.link.used:
        raise Rejected("survey.link-used", "The link was used: you have answered. Thank you.")
    return _standing(survey, envelope)


def _standing(survey: Survey, envelope: Envelope) -> Sent:
    match survey:
        case Absent():
            raise Rejected("survey.unknown", "There is no such survey.")
        case Voided():
            raise Rejected("survey.voided", "The survey was voided.")
        # When what another system let happen was due is history.
        case _ if envelope.channel is not Channel.IMPORT and _over(survey, envelope):
            raise Rejected("survey.expired", "The time to answer is over: ask anew.")
        case Sent():
            return survey
        case Expired():
            raise Rejected("survey.expired", "The survey has expired; nobody answered in time.")
        case _:
            assert_never(survey)


def _over(survey: Known, envelope: Envelope) -> bool:
    return envelope.occurred_at >= survey.expires_at


def _not_the_rated(rated: tuple[UUID, ...], envelope: Envelope) -> None:
    if {envelope.actor.member_id, envelope.on_behalf_of} & set(rated):
        raise Rejected(
            "survey.own-rating",
            "It rates your own work: let somebody else see to it who has no part in it.",
        )


def _answered(
    channel: SurveyChannel, command: AnswerByLink | RecordAnswers, survey: Sent
) -> list[Event]:
    if not command.answers:
        raise Rejected("survey.nothing-answered", "Answer one aspect at least.", field="answers")
    times = Counter(each.aspect for each in command.answers)
    if max(times.values()) > 1:
        raise Rejected(
            "survey.answered-twice", "Answer each aspect once at a time.", field="answers"
        )
    scales = {each.aspect: each.scale for each in survey.asked}
    facts: list[Event] = [
        SurveyAnswered(
            **_whose(survey),
            request_id=survey.request_id,
            aspect=each.aspect,
            scale=_scale(each, scales),
            score=each.score,
            channel=channel,
        )
        for each in command.answers
    ]
    return [*facts, *_commented(command.comment, survey)]


def _scale(answer: Score, scales: dict[str, Scale]) -> Scale:
    scale = scales.get(answer.aspect)
    if scale is None:
        raise Rejected(
            "survey.not-asked",
            f"The form does not ask {answer.aspect!r}; it asks {', '.join(scales)}.",
            field="answers",
        )
    if not scale.holds(answer.score):
        raise Rejected(
            "survey.off-the-scale",
            f"The scale of {answer.aspect!r} is {scale}; {answer.score} is not on it.",
            field="answers",
        )
    return scale


def _commented(text: str | None, survey: Sent) -> list[Event]:
    if text is None:
        return []
    if not survey.asks_comment:
        raise Rejected("survey.no-comment", "The form asks for no comment.", field="comment")
    if survey.member_id is not None:
        return [SurveyStaffCommented(member_id=survey.member_id, text=text)]
    if survey.customer_id is not None:
        return [SurveyCommented(customer_id=survey.customer_id, text=text)]
    return []


def _voided(survey: Survey, rated: tuple[UUID, ...], envelope: Envelope) -> SurveyVoided:
    match survey:
        case Absent():
            raise Rejected("survey.unknown", "There is no such survey.")
        case Voided():
            raise Rejected("survey.voided", "The survey was voided already.")
        case Sent() | Expired():
            _not_the_rated(rated, envelope)
            if not envelope.reason:
                raise Rejected(
                    "survey.reason-missing", "Say why the survey does not count.", field="reason"
                )
            return SurveyVoided(**_whose(survey))
        case _:
            assert_never(survey)


def _whose(survey: Known) -> dict[str, Any]:
    return {"customer_id": survey.customer_id, "member_id": survey.member_id}


# --- State ------------------------------------------------------------------------------------


def evolve(survey: Survey, fact: Fact[Event]) -> Survey:
    """Fold one fact into the state."""
    match fact.event:
        case SurveySent() as sent:
            kept = {each.name for each in fields(Sent)} - {"link", "answered"}
            return Sent(**{name: getattr(sent, name) for name in kept})
        case _ if isinstance(survey, Absent):
            return survey
        case SurveyLinkIssued(token_sha256=token):
            return replace(survey, link=Link(token))
        case SurveyAnswered(channel=channel):
            used = channel is SurveyChannel.LINK and survey.link is not None
            link = replace(survey.link, used=True) if used and survey.link else survey.link
            return replace(survey, answered=True, link=link)
        case SurveyCommented() | SurveyStaffCommented():
            return survey
        case SurveyExpired():
            return Expired(**_same(survey, Known))
        case SurveyVoided():
            return Voided(**_same(survey, Known))
        case _:
            assert_never(fact.event)


def active(survey: Survey) -> bool:
    """Tell whether the survey counts."""
    return isinstance(survey, Sent | Expired)


SURVEY: Decider[Command, Survey, Event] = Decider(
    kind="survey",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
