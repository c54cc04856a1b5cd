"""The log as one file: every fact as it stands, to keep elsewhere and to read back.

JSON Lines, gzipped: a line for each fact with its position, its time of recording and its text
byte for byte, and a last line with their number and the SHA-256 of all lines before.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from application.store.appending import copy_line
from application.store.migrate import raise_clock
from application.store.pool import Cursor, Pool, connect, library_errors

PAGE = 5000
Progress = Callable[[int, int], None]


class ArchiveProblem(Exception):
    """An archive cannot be read, or the log cannot take it; the sentence says what to do."""


def _quiet(_done: int, _all: int) -> None:
    pass


def export_log(pool: Pool, file: Path, progress: Progress = _quiet) -> int:
    """Write all that can never change any more into a file; return how many facts.

    The file appears under its name only when it is whole.
    """
    unfinished = file.with_name(file.name + ".part")
    digest, number = hashlib.sha256(), 0
    with gzip.open(unfinished, "wb") as lines:
        for row, last in _rows(pool):
            line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            lines.write(line)
            number += 1
            if number % PAGE == 0:
                progress(row["id"], last)
        end = {"facts": number, "sha256": digest.hexdigest()}
        lines.write(json.dumps(end).encode() + b"\n")
    unfinished.replace(file)
    return number


def _rows(pool: Pool) -> Iterator[tuple[dict[str, Any], int]]:
    after = -1
    with pool.reading() as cursor:
        cursor.execute("select coalesce(max(id), 0) from log.events where id < log.horizon()")
        head = cursor.fetchone()
    last = int(head[0]) if head else 0
    while True:
        with pool.reading() as cursor:
            cursor.execute(
                "select id, stream_id::text, version, name, state, recorded_at from log.events"
                " where id > %s and id <= %s order by id limit %s",
                (after, last, PAGE),
            )
            rows = cursor.fetchall()
        if not rows:
            return
        for position, stream_id, version, name, state, recorded_at in rows:
            row = {
                "id": position,
                "stream_id": stream_id,
                "version": version,
                "name": name,
                "state": state,
                "recorded_at": recorded_at.isoformat(),
            }
            yield row, last
        after = rows[-1][0]


def import_log(dsn: str, file: Path, progress: Progress = _quiet) -> int:
    """Read an archive into an empty log, as the database's owner; return how many facts.

    Everything comes back as it was, positions and times of recording included, or nothing does.
    Raises ``ArchiveProblem``.
    """
    total = _checked(file)
    with library_errors():
        connection = connect(dsn, role=None)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("lock table log.events in share row exclusive mode")
                cursor.execute("select exists (select from log.events)")
                if cursor.fetchone() != (False,):
                    raise ArchiveProblem("The log has facts already; read into an empty one.")
                _read(cursor, file, total, progress)
        finally:
            connection.close()
    raise_clock(dsn)
    return total


def _checked(file: Path) -> int:
    """Read the archive once to see that it is whole; return how many facts it has."""
    digest, number, end = hashlib.sha256(), 0, None
    try:
        with gzip.open(file, "rb") as lines:
            for line in lines:
                if end is not None:
                    raise ArchiveProblem(f"{file} goes on after its end.")
                if line.startswith(b'{"facts"'):
                    end = json.loads(line)
                    continue
                digest.update(line)
                number += 1
    except (OSError, EOFError, ValueError) as error:
        raise ArchiveProblem(f"{file} is no archive of a log, or it is cut off: {error}") from error
    if end != {"facts": number, "sha256": digest.hexdigest()}:
        raise ArchiveProblem(f"{file} is cut off, or it was changed: its sum does not match.")
    return number


def _read(cursor: Cursor, file: Path, total: int, progress: Progress) -> None:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        facts = islice(lines, total)
        done = 0
        while chunk := list(islice(facts, PAGE)):
            rows = (json.loads(line) for line in chunk)
            cursor.copy_expert(
                "copy log.events (id, stream_id, version, name, state, recorded_at) from stdin",
                StringIO(
                    "".join(
                        copy_line(
                            row["id"],
                            row["stream_id"],
                            row["version"],
                            row["name"],
                            row["state"],
                            row["recorded_at"],
                        )
                        for row in rows
                    )
                ),
            )
            done += len(chunk)
            progress(done, total)
