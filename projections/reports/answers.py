"""What the log says of surveys on one aspect: who was asked, and which answer is the last."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from domain.customers.customer import CustomerRetracted
from domain.ids import CustomerId, SurveyProgrammeId
from domain.kernel import Recorded
from domain.support.survey import SurveyAnswered, SurveySent, SurveyVoided
from domain.support.survey_form import Audience
from projections.reports.period import Period

SURVEY_EVENTS = tuple(
    cast("Any", event).__event_name__
    for event in (SurveySent, SurveyAnswered, SurveyVoided, CustomerRetracted)
)
Answer = Recorded[SurveyAnswered]


def _when(fact: Answer) -> tuple[datetime, int]:
    return fact.occurred_at, fact.position


@dataclass(slots=True)
class Survey:
    """One survey: when it was sent, by which programme, and all its answers on the aspect."""

    sent_at: datetime
    customer_id: CustomerId | None
    programme_id: SurveyProgrammeId | None
    answers: list[Answer] = field(default_factory=list)
    voided: bool = False

    @property
    def last(self) -> Answer | None:
        """Their last word: the latest by when it was given, then by when it was recorded."""
        return max(self.answers, key=_when, default=None)


@dataclass(slots=True)
class Answers:
    """All surveys of one audience, with their answers on one aspect."""

    aspect: str
    audience: Audience
    by_id: dict[UUID, Survey] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a survey, or that a customer was none, in the log's order."""
        match fact.event:
            case SurveySent() as sent:
                staff = sent.member_id is not None
                if staff == (self.audience is Audience.STAFF):
                    self.by_id[fact.stream_id] = Survey(
                        fact.occurred_at, sent.customer_id, sent.programme_id
                    )
            case SurveyAnswered(aspect=self.aspect):
                if survey := self.by_id.get(fact.stream_id):
                    survey.answers.append(fact)
            case SurveyVoided():
                if survey := self.by_id.get(fact.stream_id):
                    survey.voided = True
            case CustomerRetracted():  # who was registered by mistake was never asked
                gone = [
                    id_ for id_, each in self.by_id.items() if each.customer_id == fact.stream_id
                ]
                for id_ in gone:
                    del self.by_id[id_]
            case _:
                pass

    def of(self, answer: Answer) -> Survey:
        """Return the survey that an answer belongs to."""
        return self.by_id[answer.stream_id]

    def sent_in(self, period: Period) -> list[Survey]:
        """Return the surveys sent in a period that were not voided."""
        return [
            each for each in self.by_id.values() if not each.voided and period.holds(each.sent_at)
        ]

    def in_period(self, period: Period) -> tuple[list[Answer], dict[int, str]]:
        """Return the answers that count in a period, and why each other one does not."""
        counted: list[Answer] = []
        excluded: dict[int, str] = {}
        for survey in self.by_id.values():
            for answer in survey.answers:
                if survey.voided:
                    excluded[answer.position] = "voided"
                elif answer is not survey.last:
                    excluded[answer.position] = "superseded"
                elif not period.holds(answer.occurred_at):
                    excluded[answer.position] = "outside_period"
                else:
                    counted.append(answer)
        return sorted(counted, key=lambda fact: fact.position), excluded
