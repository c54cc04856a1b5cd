"""Sending the surveys that programmes draw: after what happened, and period after period.

It follows the log in its order, so that a programme asks only after what came while it ran, and
who was asked is known to the second. Whom an occasion leads to is a hash of the programme and the
occasion; the survey's id follows from both, so that what is looked at again, by another process or
after a crash, asks nobody twice.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import structlog
from eventsourcing.persistence import IntegrityError, PersistenceError, Tracking

from application.crm import Crm, StaleVersion
from application.deciding import UnknownReference
from application.store.recorder import FollowerRecorder
from domain.access.conditions import EVERYTHING
from domain.ids import CustomerId, MemberId, OrderId, RequestId, SurveyProgrammeId
from domain.kernel import Actor, Channel, Envelope, Recorded, Rejected
from domain.sales.order import OrderPaid
from domain.support.request import RequestOpened, RequestResolved
from domain.support.survey import SendSurvey, SurveySent, asking
from domain.support.survey_form import SURVEY_FORM, Audience
from domain.support.survey_programme import (
    SURVEY_PROGRAMME,
    Absent,
    Programme,
    SurveyProgramme,
    Trigger,
    rested,
    sampled,
    survey_id,
)
from domain.support.words import RequestKind
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, utc
from projections.reader import ListQuery, Reader, Within
from projections.teams.teams import MEMBERS

FOLLOWER = "survey-sampling"
PAGE = 500
_KNOWN = (*SURVEY_PROGRAMME.event_types, SurveySent)
_TRIGGERS = (RequestResolved, OrderPaid)
DRAWING = Actor.system("survey-programme")
"""Who asks: nobody."""

logger = structlog.get_logger()


def _names(*events: Any) -> list[str]:
    return [cast("Any", event).__event_name__ for event in events]


@dataclass(frozen=True, slots=True)
class Occasion:
    """What may lead to a survey: its own words, whom it asks, about what, and since when."""

    words: str
    whom: UUID
    at: datetime
    request_id: RequestId | None = None
    order_id: OrderId | None = None
    cause: int | None = None


@dataclass
class Known:
    """What the log has told so far: the programmes, who was asked when, and which surveys exist."""

    at: int
    """The position up to which it was followed."""
    programmes: dict[SurveyProgrammeId, SurveyProgramme] = field(default_factory=dict)
    asked: dict[UUID, datetime] = field(default_factory=dict)
    sent: set[UUID] = field(default_factory=set)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a programme, or of a survey that was sent."""
        if isinstance(fact.event, SurveySent):
            self.was_asked(cast("UUID", fact.event.customer_id or fact.event.member_id), fact)
            self.sent.add(fact.stream_id)
        elif fact.kind == SURVEY_PROGRAMME.kind:
            id_ = SurveyProgrammeId(fact.stream_id)
            before = self.programmes.get(id_, Absent())
            self.programmes[id_] = SURVEY_PROGRAMME.evolve(before, fact)

    def was_asked(self, whom: UUID, when: Recorded[Any] | datetime) -> None:
        """Remember when somebody was last asked."""
        at = when if isinstance(when, datetime) else when.occurred_at
        self.asked[whom] = max(self.asked.get(whom, at), at)

    def running(self, *triggers: Trigger) -> list[tuple[SurveyProgrammeId, Programme]]:
        """Return the programmes that ask after these, and are not paused."""
        return [
            (id_, each)
            for id_, each in self.programmes.items()
            if isinstance(each, Programme) and not each.paused and each.sampling.trigger in triggers
        ]


class Sampler:
    """Sends what programmes draw, each time it looks."""

    name = FOLLOWER

    def __init__(self, crm: Crm, reader: Reader) -> None:
        self.crm = crm
        self.reader = reader
        self._place = FollowerRecorder(crm.pool)
        self._known: Known | None = None
        self._periods: dict[SurveyProgrammeId, int] = {}

    def begin(self) -> None:
        """Forget what is known: another process may have gone on with it."""
        self._known = None
        self._periods.clear()

    def look(self) -> int:
        """Follow the log to its end and send what is drawn; return how many were sent.

        Raises ``PersistenceError`` where the database does not answer: what is left comes again.
        """
        known = self._known = self._known or self._followed()
        head, sent, seen = self.crm.facts.head(), 0, False
        names = _names(*_KNOWN, *_TRIGGERS)
        for page in self.crm.facts.pages(after=known.at, upto=head, names=names):
            for fact in page:
                known.take(fact)
                sent += sum(self._after(fact, known)) if isinstance(fact.event, _TRIGGERS) else 0
            seen = True
        known.at = max(known.at, head)
        if seen:  # looked at again, it would ask nobody twice
            with suppress(IntegrityError):  # another process has come as far
                self._place.insert_tracking(Tracking(FOLLOWER, known.at))
        return sent + sum(self._by_the_calendar(known))

    def _followed(self) -> Known:
        known = Known(self._place.max_tracking_id(FOLLOWER) or 0)
        for page in self.crm.facts.pages(upto=known.at, names=_names(*_KNOWN)):
            for fact in page:
                known.take(fact)
        return known

    # --- Occasions ---

    def _after(self, fact: Recorded[Any], known: Known) -> Iterator[bool]:
        if fact.envelope.channel is Channel.IMPORT:
            return  # another system's history
        occasion, triggers = self._occasion(fact)
        for id_, programme in known.running(*triggers):
            time = timedelta(days=programme.sampling.valid_days)
            if datetime.now(UTC) - fact.occurred_at < time and self._fits(programme, fact):
                yield self._ask(id_, programme, occasion, known)

    @staticmethod
    def _occasion(fact: Recorded[Any]) -> tuple[Occasion, tuple[Trigger, ...]]:
        whom = fact.event.customer_id
        told: dict[str, Any] = {"whom": whom, "at": fact.recorded_at, "cause": fact.position}
        if isinstance(fact.event, OrderPaid):  # once for an order, in however many parts it is paid
            order_id = OrderId(fact.stream_id)
            return Occasion(str(order_id), **told, order_id=order_id), (Trigger.ORDER_PAID,)
        words = f"{fact.stream_id}:{fact.version}"
        return Occasion(words, **told, request_id=RequestId(fact.stream_id)), (
            Trigger.REQUEST_RESOLVED,
            Trigger.COMPLAINT_RESOLVED,
        )

    def _fits(self, programme: Programme, fact: Recorded[Any]) -> bool:
        if programme.sampling.trigger is not Trigger.COMPLAINT_RESOLVED:
            return True
        (opened,) = self.crm.facts.stream(fact.stream_id, limit=1)
        return (
            isinstance(opened.event, RequestOpened) and opened.event.kind is RequestKind.COMPLAINT
        )

    def _by_the_calendar(self, known: Known) -> Iterator[bool]:
        now = datetime.now(UTC)
        for id_, programme in known.running(Trigger.ALL_CUSTOMERS, Trigger.ALL_STAFF):
            every = timedelta(days=programme.sampling.every_days or 1)
            number = (now - programme.started_at) // every
            if number < 0 or self._periods.get(id_) == number:
                continue
            begins = programme.started_at + number * every
            for whom in list(self._everybody(programme.sampling.trigger, begins)):
                yield self._ask(id_, programme, Occasion(f"{whom}:{number}", whom, begins), known)
            self._periods[id_] = number

    def _everybody(self, trigger: Trigger, begins: datetime) -> Iterator[UUID]:
        """Return everybody who was here when a period began, and is still."""
        if trigger is Trigger.ALL_STAFF:
            people = self._documents(MEMBERS, "name", status="active")
            return (UUID(each["id"]) for each in people if each["joined_at"] < utc(begins))
        before = Within(below=utc(begins))
        customers = self._documents(CUSTOMERS, "registered_at", registered_at=before)
        return (UUID(each["id"]) for each in customers if each["merged_into"] is None)

    def _documents(self, model: ReadModel, sort: str, **filters: Any) -> Iterator[Document]:
        after = None
        while True:
            query = ListQuery(
                sort=sort, condition=EVERYTHING, filters=filters, limit=PAGE, after=after
            )
            page = self.reader.documents(model, query)
            yield from map(orjson.loads, page.items)
            if page.next is None:
                return
            after = page.next

    # --- Asking ---

    def _ask(
        self, id_: SurveyProgrammeId, programme: Programme, occasion: Occasion, known: Known
    ) -> bool:
        """Ask whom an occasion leads to, unless they were asked of late; tell whether they were."""
        survey, sampling = survey_id(id_, occasion.words), programme.sampling
        drawn = sampled(id_, sampling.share, occasion.words)
        asked_at = known.asked.get(occasion.whom)
        if survey in known.sent or not drawn or not rested(sampling, asked_at, occasion.at):
            return False
        version, asked, asks_comment = asking(self.crm.load(SURVEY_FORM, programme.form_id).state)
        now = datetime.now(UTC)
        staff = sampling.trigger.audience is Audience.STAFF
        command = SendSurvey(
            id=survey,
            form_id=programme.form_id,
            form_version=version,
            asked=asked,
            asks_comment=asks_comment,
            expires_at=now + timedelta(days=sampling.valid_days),
            channel=sampling.channel,
            programme_id=id_,
            customer_id=None if staff else CustomerId(occasion.whom),
            member_id=MemberId(occasion.whom) if staff else None,
            request_id=occasion.request_id,
            order_id=occasion.order_id,
        )
        given = Envelope(
            occurred_at=now, actor=DRAWING, channel=Channel.POLICY, cause=occasion.cause
        )
        return self._sent(command, given, occasion, known)

    def _sent(self, command: SendSurvey, given: Envelope, occasion: Occasion, known: Known) -> bool:
        try:
            self.crm.handle(command, given)
        except PersistenceError:
            raise
        except (Rejected, UnknownReference) as error:
            if error.code == "survey.exists":  # sent before this process came to it
                known.was_asked(occasion.whom, occasion.at)
            logger.info("survey.not-sent", survey=str(command.id), code=error.code)
            return False
        except StaleVersion:
            logger.info("survey.not-sent", survey=str(command.id), code="version.stale")
            return False
        except Exception:  # of one of them: the others go on
            logger.exception("survey.fault", survey=str(command.id))
            return False
        known.was_asked(occasion.whom, given.occurred_at)
        known.sent.add(command.id)
        return True
