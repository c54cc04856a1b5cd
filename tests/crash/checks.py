"""What must hold after any number of kills, asked of the database itself in SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extras import execute_values

from application.store.pool import Pool
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from tests.crash.load import Acknowledged

KEY = "substring(state from 'key-[a-z0-9-]+-[0-9]+-')"
"""The key under which a fact's change was sent: clients write it into what they say."""

_KEYS = f"""
create temp table told as
    select {KEY} as key, id, stream_id, version from log.events where state like '%%key-%%';
create temp table acknowledged (key text, stream_id uuid, version integer, position bigint,
    last_sent_at double precision);
"""

_LOST = """
select key, position, fact.key, fact.id
from acknowledged left join told fact using (stream_id, version, key)
where fact.id is distinct from position
"""

_DUPLICATED = {
    "written {1} times: {0}": "select key, count(*) from told group by 1 having count(*) > 1",
    "acknowledged as two facts: {0}": "select key from acknowledged group by 1"
    " having count(distinct (stream_id, version, position)) > 1",
    "answered {1} times: {0}": "select key, count(*) from log.idempotency group by 1"
    " having count(*) > 1",
    "one position twice: {0}": "select id from log.events group by 1 having count(*) > 1",
}

_GAPS = {
    "versions of stream {0}: {1} to {2}, {3} of them": "select stream_id, min(version),"
    " max(version), count(*) from log.events group by 1"
    " having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)",
}

_KEYS_WITHOUT_FACTS = """
select coalesce(kept.key, told.key), kept.stream_id, kept.version, told.stream_id, told.version
from (select * from log.idempotency where changed) kept full join told using (key)
where (kept.stream_id, kept.version) is distinct from (told.stream_id, told.version)
"""


_AGAIN = """
select count(*) from acknowledged join log.events on id = position
where recorded_at < to_timestamp(last_sent_at)
"""


@dataclass
class Findings:
    """Everything that is not as it must be, by kind; each a sentence."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    read_models: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def any(self) -> bool:
        """Whether there is anything."""
        return any(vars(self).values())


def check_log(dsn: str, acknowledged: Sequence[Acknowledged], found: Findings) -> int:
    """Compare the log, and the answers kept beside it, with what the clients were told.

    Returns how many changes were carried out before their last request was sent: somebody was
    killed between the commit and the answer, and the repetition got the answer.
    """
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_KEYS)
            execute_values(
                cursor,
                "insert into acknowledged values %s",
                [_row(each) for each in acknowledged],
            )
            cursor.execute(_LOST)
            found.lost += [
                f"{key} was acknowledged at {position}; there is {other or 'nothing'} at {id_}"
                for key, position, other, id_ in cursor
            ]
            found.duplicated += _sentences(cursor, _DUPLICATED)
            found.order += _sentences(cursor, _GAPS)
            cursor.execute(_KEYS_WITHOUT_FACTS)
            found.keys += [
                f"{key} is answered with {stream} at {version}; its fact is {other} at {at}"
                for key, stream, version, other, at in cursor
            ]
            cursor.execute(_AGAIN)
            again = int(cursor.fetchone()[0])
    finally:
        connection.close()
    found.order += came_before(acknowledged)
    return again


def _row(change: Acknowledged) -> tuple[Any, ...]:
    return change.key, change.stream_id, change.version, change.position, change.last_sent_at


def _sentences(cursor: Any, questions: dict[str, str]) -> Iterable[str]:
    for sentence, question in questions.items():
        cursor.execute(question)
        for row in cursor.fetchall():
            yield sentence.format(*row)


def came_before(acknowledged: Iterable[Acknowledged]) -> list[str]:
    """Changes that stand before others which had been acknowledged when they were first sent."""
    found = []
    latest: Acknowledged | None = None
    for each in sorted(acknowledged, key=lambda change: change.position):
        if latest is not None and each.answered < latest.first_sent:
            found.append(f"{latest.key} was sent after {each.key} was answered, and precedes it")
        if latest is None or each.first_sent > latest.first_sent:
            latest = each
    return found


def check_follower(noted: Sequence[str], log: Sequence[str], found: Findings) -> None:
    """Compare what a follower noted all along with the log as it is now."""
    if list(noted) == list(log):
        return
    there, seen = set(log), set(noted)
    found.order += [f"a follower has never seen: {line}" for line in log if line not in seen]
    found.order += [
        f"a follower saw what is not there: {line}" for line in noted if line not in there
    ]
    if not found.order:
        found.order.append("a follower saw the same facts in another order, or some twice")


def check_read_models(dsn: str, found: Findings) -> None:
    """Build every read model anew and compare it with the one that was kept while we killed."""
    pool = Pool(dsn)
    try:
        projections = Projections(pool, PROJECTIONS)
        head = projections.log.head()
        for standing in projections.live():
            if standing.error is not None:
                found.read_models.append(f"{standing.name} stopped: {standing.error}")
            if standing.position != head:
                found.read_models.append(
                    f"{standing.name} stands at {standing.position}, the log at {head}"
                )
            built = projections.rebuild(standing.name)
            found.read_models += differences(
                dsn, standing.name, standing.generation, built.generation
            )
    finally:
        pool.close()


def differences(dsn: str, name: str, one: int, other: int) -> list[str]:
    """Rows, as text, that only one of two generations of a read model has."""
    projection = next(each for each in PROJECTIONS if each.name == name)
    live, rebuilt = projection.tables(one), projection.tables(other)
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            return [
                f"{name}, {what}: only the {whose} one has {row}"
                for what in live
                for whose, has, lacks in (
                    ("live", live[what], rebuilt[what]),
                    ("rebuilt", rebuilt[what], live[what]),
                )
                for row in _only_in(cursor, has, lacks)
            ]
    finally:
        connection.close()


def _only_in(cursor: Any, has: sql.Identifier, lacks: sql.Identifier) -> list[str]:
    cursor.execute(
        sql.SQL(
            "select row::text from {} row except all select row::text from {} row limit 20"
        ).format(has, lacks)
    )
    return [text for (text,) in cursor]
