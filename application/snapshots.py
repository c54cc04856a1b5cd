"""Snapshots: where long lives stood, so that a process that meets one need not read it whole.

Disposable, as all of "views": each is kept under a fingerprint of the rules that made it, so that
where the rules have changed the facts are read again.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints
from uuid import UUID

import msgspec

import domain
from application.catalogue import BY_KIND
from application.deciding import Key, Loaded
from application.store import upcasts
from application.store.pool import Cursor
from domain.kernel import classes

EVERY = 500
"""After how many facts of one thing where it stands is kept."""


class _Written(msgspec.Struct):
    type: str
    began: datetime | None
    state: msgspec.Raw


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(type(value).__name__)


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_written = msgspec.json.Decoder(_Written)


@cache
def rules() -> str:
    """Return a fingerprint of everything that decides what facts lead to."""
    files = [*sorted(Path(*domain.__path__).rglob("*.py")), Path(upcasts.__file__)]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def _types(kind: str) -> Mapping[str, type[Any]]:
    states = classes(get_type_hints(BY_KIND[kind].evolve)["return"])
    return {state.__name__: state for state in states}


def encode(loaded: Loaded) -> bytes:
    """Write where a thing stands."""
    state = msgspec.Raw(_encoder.encode(loaded.state))
    return _encoder.encode(_Written(type(loaded.state).__name__, loaded.began, state))


def decode(kind: str, version: int, body: str) -> Loaded:
    """Read where a thing of a kind stood at a version."""
    written = _written.decode(body)
    state = msgspec.json.decode(written.state, type=_types(kind)[written.type])
    return Loaded(state, version, written.began)


def save(cursor: Cursor, key: Key, loaded: Loaded) -> None:
    """Keep where a thing stands, unless later is kept already."""
    kind, id_ = key
    cursor.execute(
        "insert into views.snapshots (stream_id, kind, version, rules, body)"
        " values (%s, %s, %s, %s, %s) on conflict (stream_id) do update"
        " set kind = excluded.kind, version = excluded.version, rules = excluded.rules,"
        " body = excluded.body"
        " where snapshots.version < excluded.version or snapshots.rules <> excluded.rules",
        (id_, kind, loaded.version, rules(), encode(loaded).decode()),
    )


def find(cursor: Cursor, ids: list[UUID]) -> dict[Key, Loaded]:
    """Return the snapshots of things that these rules made."""
    cursor.execute(
        "select kind, stream_id, version, body from views.snapshots"
        " where stream_id = any(%s) and rules = %s",
        (ids, rules()),
    )
    return {
        (kind, id_): decode(kind, version, body) for kind, id_, version, body in cursor.fetchall()
    }
