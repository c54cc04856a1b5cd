"""Who asks: bearer API keys, compared in constant time, hashed at rest, revoked at once."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from flask import Flask, g, request
from uuid_utils.compat import uuid7

from application.crm import Crm
from application.deciding import Key, Loaded
from application.states import Wanted
from domain.access.api_key import KEY, Active, CreateKey, RevokeKey
from domain.ids import KeyId, MemberId
from domain.kernel import Actor, Channel, Envelope
from domain.teams.member import MEMBER
from domain.teams.member import Active as AtWork
from web.problems import Problem, unauthorised
from web.running import concord

_KEY = re.compile(r"(?i:Bearer) +ck_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
Look = Callable[[Sequence[Wanted]], Mapping[Key, Loaded]]
_OPEN = {"operations.get_health", "operations.start", "api-docs.openapi_json"}
"""The endpoints that need no key."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once."""

    id: KeyId
    text: str


def create_key(crm: Crm, label: str, acts_as: MemberId | None = None) -> NewKey:
    """Create an API key: a service account's, or a member's own.

    Raises ``UnknownReference`` where the member does not exist or has left.
    """
    key_id = KeyId(uuid7())
    secret = secrets.token_urlsafe(32)
    crm.handle(
        CreateKey(id=key_id, label=label, secret_sha256=_hash(secret), acts_as_id=acts_as),
        _by_operator(),
    )
    return NewKey(key_id, f"ck_{key_id.hex}_{secret}")


def revoke_key(crm: Crm, key_id: KeyId) -> None:
    """Revoke a key at once. Raises ``Rejected``: key.unknown, key.revoked."""
    crm.handle(RevokeKey(id=key_id), _by_operator())


def _by_operator() -> Envelope:
    return Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.CLI
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and the key they came with."""

    actor: Actor
    key_id: KeyId


def authenticate(crm: Crm, header: str | None, *, remembered: bool = False) -> Caller:
    """Return who a request's Authorization header stands for.

    With ``remembered``, a key that this process knows is not looked up: a change proves that it
    still opens the door when it is carried out. Raises ``Problem`` 401, and 403 where it is the key
    of a member who has left.
    """
    found = _KEY.fullmatch(header or "")
    if found is None:
        raise unauthorised("Send your API key: Authorization: Bearer ck_…")
    key_id = KeyId(UUID(found[1]))
    if remembered:
        with suppress(Problem):  # what is remembered may be old
            return _caller(crm, crm.states.remembered, key_id, found[2])
    return _caller(crm, crm.states.look, key_id, found[2])


def _caller(crm: Crm, look: Look, key_id: KeyId, secret: str) -> Caller:
    known = crm.states.remembered([(KEY, key_id)])[KEY.kind, key_id].state
    with_member = isinstance(known, Active) and known.acts_as_id is not None
    states = look([(KEY, key_id), *([(MEMBER, known.acts_as_id)] if with_member else [])])
    key = states[KEY.kind, key_id].state
    kept = key.secret_sha256 if isinstance(key, Active) else _hash("")
    if not hmac.compare_digest(kept, _hash(secret)) or not isinstance(key, Active):
        raise unauthorised("This API key is unknown or revoked.")
    if key.acts_as_id is None:
        return Caller(Actor.service(key_id), key_id)
    person = MEMBER.kind, key.acts_as_id
    if person not in states:  # the first time this key is seen
        states = look([(MEMBER, key.acts_as_id)])
    if not isinstance(states[person].state, AtWork):
        raise Problem(403, "member.not-active", "This API key's member has left.")
    return Caller(Actor.member(key.acts_as_id), key_id)


def register(app: Flask) -> None:
    """Ask for a key at every route but the few that are open."""

    def check() -> None:
        if request.endpoint is None or request.endpoint in _OPEN:
            return
        if request.endpoint.startswith("docs."):
            return
        given = request.headers.get("Authorization")
        caller = authenticate(concord().crm, given, remembered=request.method != "GET")
        g.actor, g.key_id = caller.actor, caller.key_id

    app.before_request(check)
