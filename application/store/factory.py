"""The eventsourcing library's way in: ``PERSISTENCE_MODULE=application.store.factory``."""

from typing import Any, cast

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, resolve_topic

from application.store.pool import Pool
from application.store.recorder import FollowerRecorder, LogProcessRecorder, LogRecorder


class ConcordFactory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorders over one pool of connections to ``DATABASE_URL``."""

    def __init__(self, env: Environment | dict[str, str] | None) -> None:
        super().__init__(env)
        dsn = self.env.get("DATABASE_URL")
        if not dsn:
            raise InfrastructureFactoryError("DATABASE_URL names no database.")
        self.pool = Pool(
            dsn,
            size=int(self.env.get("CONCORD_POOL_SIZE") or 20),
            statement_seconds=float(self.env.get("CONCORD_STATEMENT_SECONDS") or 0) or None,
        )

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Refuse: streams are always part of the one log."""
        raise InfrastructureFactoryError(f"There is no separate recorder for {purpose}.")

    def application_recorder(self) -> ApplicationRecorder:
        """Make the recorder of the log."""
        return LogRecorder(self.pool)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """Make the recorder of followers' positions, or of the class asked for."""
        topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
        chosen: Any = tracking_recorder_class or (resolve_topic(topic) if topic else None)
        return cast("TrackingRecorder", (chosen or FollowerRecorder)(self.pool))

    def process_recorder(self) -> ProcessRecorder:
        """Make a recorder that appends and moves a follower in one transaction."""
        return LogProcessRecorder(self.pool)

    def close(self) -> None:
        """Close the connections."""
        self.pool.close()
