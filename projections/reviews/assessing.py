"""Noting what facts learned later change in sealed reviews: once a day, or when somebody asks.

Computing reviews again takes as long as reading the log, so it goes on beside the timers.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import structlog
from eventsourcing.persistence import IntegrityError, Tracking

from application.crm import Crm
from application.store.log import Window
from application.store.recorder import FollowerRecorder
from domain.kernel import Actor, Channel, Envelope, Rejected
from projections.reviews.impacts import Assessed, assessed

FOLLOWER = "review-assessment"
ASSESSOR = Actor.system(FOLLOWER)
A_DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)
"""How often it is asked whether a day has passed."""

logger = structlog.get_logger()


def note(crm: Crm, each: Assessed, channel: Channel) -> str | None:
    """Note what a review's later facts change; return why not, where the rules refuse it."""
    envelope = Envelope(occurred_at=datetime.now(UTC), actor=ASSESSOR, channel=channel)
    try:
        crm.handle(each.command(), envelope)
    except Rejected as refusal:
        return refusal.sentence
    return None


class Assessor:
    """Assesses all sealed reviews once a day, where anything was recorded since."""

    name = FOLLOWER

    def __init__(self, crm: Crm, every: timedelta = A_DAY) -> None:
        self.crm = crm
        self.every = every
        self._place = FollowerRecorder(crm.pool)
        self._asked_at = datetime.fromtimestamp(0, UTC)
        self._work: Thread | None = None

    def begin(self) -> None:
        """Begin anew: how far it came stands in the database."""

    def look(self) -> int:
        """Begin to assess where it is time; return whether it did (1)."""
        now = datetime.now(UTC)
        if now - self._asked_at < min(self.every, A_MINUTE) or self._is_busy():
            return 0
        self._asked_at = now
        if not self._is_due(now):
            return 0
        self._work = Thread(target=self._assess_or_say, name=FOLLOWER, daemon=True)
        self._work.start()
        return 1

    def _is_busy(self) -> bool:
        return self._work is not None and self._work.is_alive()

    def _is_due(self, now: datetime) -> bool:
        last = self._place.max_tracking_id(FOLLOWER)
        if last is None:
            return True
        known_at = self.crm.facts.known_at(last)
        return self.crm.facts.head() > last and (known_at is None or now - known_at >= self.every)

    def _assess_or_say(self) -> None:
        try:
            self.assess()
        except Exception:  # a thread that ended here would end in silence; it comes again
            logger.exception("timer.fault", timer=FOLLOWER)

    def assess(self) -> int:
        """Compute all sealed reviews again, note what is new, and return how many that were."""
        head = self.crm.facts.head()
        noted = 0
        for each in assessed(self.crm.facts, Window(head)):
            if each.news:
                refusal = note(self.crm, each, Channel.POLICY)
                noted += refusal is None
                if refusal is not None:
                    logger.warning("review.not-noted", review=str(each.id), why=refusal)
        with suppress(IntegrityError):  # another process has come as far
            self._place.insert_tracking(Tracking(FOLLOWER, head))
        return noted
