"""Many streams of the log in one statement, where one at a time would take too long."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from application.crm import Crm
from application.deciding import Loaded
from application.store.codec import decode
from domain.kernel import Decider, Fact

Streams = dict[UUID, list[Fact[Any]]]


def read_streams(crm: Crm, ids: Collection[UUID]) -> Streams:
    """Read everything that happened to these things; what is unknown has no facts."""
    streams: Streams = {id_: [] for id_ in ids}
    with crm.pool.reading() as cursor:
        cursor.execute(
            "select stream_id, version, name, state from log.events"
            " where stream_id = any(%s) order by stream_id, version",
            (list(ids),),
        )
        for stream_id, version, name, state in cursor:
            event, envelope = decode(name, state)
            streams[stream_id].append(
                Fact(stream_id=stream_id, version=version, event=event, envelope=envelope)
            )
    return streams


def loaded(decider: Decider[Any, Any, Any], facts: list[Fact[Any]]) -> Loaded:
    """Fold the facts of one thing."""
    return Loaded(decider.initial, 0).followed(decider, facts)
