"""Present states of things, kept in memory and brought up to date at every look.

A look asks the log once, for all the things a command concerns, only for what is newer than what is
known: however long a thing's history, and whoever wrote it, the answer is the present state. What
is not known yet begins at its snapshot, where its life was long enough to have one.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import groupby
from typing import Any
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from application import snapshots
from application.catalogue import BY_KIND
from application.deciding import Key, Loaded
from application.store.codec import decode
from application.store.forks import begin_in_child
from application.store.pool import Cursor, Pool
from domain.kernel import Decider, Fact

KEPT = 20_000
"""How many things a process keeps in memory; those not looked at longest go first."""

Wanted = tuple[Decider[Any, Any, Any], UUID]

_NEWER = (
    "select fact.stream_id, fact.version, fact.name, fact.state"
    " from unnest(%s::uuid[], %s::integer[]) as known (id, version)"
    " join log.events fact on fact.stream_id = known.id and fact.version > known.version"
    " order by fact.stream_id, fact.version"
)


class States:
    """The things this process has looked at lately."""

    def __init__(self, pool: Pool, kept: int = KEPT) -> None:
        self.pool = pool
        self.kept = kept
        self._begin()
        begin_in_child(self._begin)

    def _begin(self) -> None:
        self._known: OrderedDict[Key, Loaded] = OrderedDict()
        self._lock = threading.Lock()

    def remembered(self, wanted: Iterable[Wanted]) -> dict[Key, Loaded]:
        """Return things as this process last saw them, without asking; else nothing yet."""
        states: dict[Key, Loaded] = {}
        with self._lock:
            for decider, id_ in wanted:
                key = decider.kind, id_
                if known := self._known.get(key):
                    self._known.move_to_end(key)
                states[key] = known or Loaded(decider.initial, 0)
        return states

    def look(self, wanted: Iterable[Wanted]) -> dict[Key, Loaded]:
        """Return the present states of things; an id of another kind's is nothing yet."""
        deciders = {(decider.kind, id_): decider for decider, id_ in wanted}
        states = self.remembered((decider, id_) for (_, id_), decider in deciders.items())
        with self.pool.reading() as cursor:
            if unknown := [id_ for (_, id_), loaded in states.items() if not loaded.version]:
                found = snapshots.find(cursor, unknown)
                states |= {key: found[key] for key in states.keys() & found.keys()}
            newer = _newer(cursor, states)
        for key, loaded in states.items():
            kind, id_ = key
            facts = newer.get(id_, [])
            if facts and facts[0].kind == kind:
                unseen = [fact for fact in facts if fact.version > loaded.version]
                states[key] = self._followed(key, loaded, unseen)
            else:
                self._keep(key, loaded)
        return states

    def follow(self, loaded: Loaded, facts: list[Fact[Any]]) -> None:
        """Remember where a thing stands after facts that are in the log now."""
        self._followed((facts[-1].kind, facts[-1].stream_id), loaded, facts)

    def _followed(self, key: Key, loaded: Loaded, facts: list[Fact[Any]]) -> Loaded:
        after = loaded.followed(BY_KIND[key[0]], facts)
        self._keep(key, after)
        if after.version // snapshots.EVERY > loaded.version // snapshots.EVERY:
            # What was asked for is done: it must not fail because it could not be made quicker.
            with suppress(PersistenceError), self.pool.reading() as cursor:
                snapshots.save(cursor, key, after)
        return after

    def _keep(self, key: Key, loaded: Loaded) -> None:
        with self._lock:
            known = self._known.get(key)
            if not loaded.version or (known and known.version > loaded.version):
                return  # nothing to keep, or another thread knows more already
            self._known[key] = loaded
            self._known.move_to_end(key)
            if len(self._known) > self.kept:
                self._known.popitem(last=False)


def _newer(cursor: Cursor, states: Mapping[Key, Loaded]) -> dict[UUID, list[Fact[Any]]]:
    known: dict[UUID, int] = {}
    for (_, id_), loaded in states.items():
        known[id_] = min(loaded.version, known.get(id_, loaded.version))
    cursor.execute(_NEWER, (list(known), list(known.values())))
    return {
        id_: [_fact(*row) for row in rows] for id_, rows in groupby(cursor, key=lambda row: row[0])
    }


def _fact(stream_id: UUID, version: int, name: str, state: str) -> Fact[Any]:
    event, envelope = decode(name, state)
    return Fact(stream_id=stream_id, version=version, event=event, envelope=envelope)
