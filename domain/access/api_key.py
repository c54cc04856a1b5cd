"""An API key: lets a program, or a member through one, use Concord until it ends or is revoked.

Only the SHA-256 of its 256-bit random secret is kept; the key itself is shown once. A rotation
gives it a new secret; the old one may go on working for a while, so that nobody has to hurry.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeGuard, assert_never

from domain.confidential import Secret
from domain.ids import KeyId, MemberId
from domain.kernel import (
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Rejected,
    command,
    event,
)

LONGEST_LABEL = 200
OLD_FOR = timedelta(hours=24)
"""How long an old secret goes on working, unless told otherwise."""
OLD_FOR_AT_MOST = timedelta(days=7)


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"
    """Look at everything there is."""
    CHANGE = "change"
    """Record facts."""
    OPERATE = "operate"
    """Watch how Concord itself is doing."""


ALL_SCOPES = tuple(Scope)

# --- Events -----------------------------------------------------------------------------------


@event("key.created", zh="创建访问密钥", shape=2)
class KeyCreated:
    """API key created."""

    label: str
    secret_sha256: Annotated[str, Secret()]
    acts_as_id: MemberId | None
    scopes: tuple[Scope, ...]
    expires_at: datetime | None


@event("key.rotated", zh="轮换访问密钥")
class KeyRotated:
    """API key given a new secret."""

    secret_sha256: Annotated[str, Secret()]
    old_until: datetime | None


@event("key.revoked", zh="吊销访问密钥")
class KeyRevoked:
    """API key revoked."""


Event = KeyCreated | KeyRotated | KeyRevoked

# --- Commands ---------------------------------------------------------------------------------


@command
class CreateKey:
    """Create a key: a service account's, or with ``acts_as_id`` a member's own."""

    id: KeyId
    label: str
    secret_sha256: str
    acts_as_id: Annotated[MemberId | None, MustBeActive()] = None
    scopes: tuple[Scope, ...] = ALL_SCOPES
    expires_at: datetime | None = None


@command
class RotateKey:
    """Give a key a new secret; the one it has now works on ``old_for`` so long, none before it."""

    id: KeyId
    secret_sha256: str
    old_for: timedelta = OLD_FOR


@command
class RevokeKey:
    """Revoke a key with all its secrets, at once and for good."""

    id: KeyId


Command = CreateKey | RotateKey | RevokeKey

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such key."""


@dataclass(frozen=True)
class Old:
    """The secret before the last rotation, and when it stops working."""

    sha256: str
    until: datetime


@dataclass(frozen=True)
class Active:
    """A key that opens the door, until it expires."""

    label: str
    secret_sha256: str
    acts_as_id: MemberId | None
    scopes: tuple[Scope, ...]
    expires_at: datetime | None
    old: Old | None = None

    def expired(self, at: datetime) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= at


@dataclass(frozen=True)
class Revoked:
    """A key that opens it no more."""


Key = Absent | Active | Revoked

# --- What opens the door ----------------------------------------------------------------------

_NOBODYS = "0" * 64
"""Stands where there is no secret to compare with, so that comparing takes as long as ever."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A key as somebody came with it: which one, the hash of the secret they sent, and when."""

    id: KeyId
    secret_sha256: str
    at: datetime


def opens(key: Key, given: Credential) -> TypeGuard[Active]:
    """Tell whether a key opens the door to who came with this.

    Both of its secrets are compared, each in constant time, whatever is known by then: how long it
    takes tells nobody how much was right.
    """
    present = key.secret_sha256 if isinstance(key, Active) else _NOBODYS
    old = key.old if isinstance(key, Active) else None
    is_present = hmac.compare_digest(present.encode(), given.secret_sha256.encode())
    is_old = hmac.compare_digest(
        (old.sha256 if old else _NOBODYS).encode(), given.secret_sha256.encode()
    )
    return (
        isinstance(key, Active)
        and not key.expired(given.at)
        and (is_present or (old is not None and is_old and given.at < old.until))
    )


# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, key: Key, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: key.exists, key.unknown, key.revoked, key.expired, key.label-missing,
    key.label-too-long, key.scopes-missing, key.scope-unknown, key.expiry-past,
    key.old-for-out-of-range.
    """
    match command:
        case CreateKey():
            if not isinstance(key, Absent):
                raise Rejected("key.exists", "A key with this id exists already.")
            return [_created(command, envelope.occurred_at)]
        case RotateKey():
            return [_rotated(command, _known(key), envelope.occurred_at)]
        case RevokeKey():
            _known(key)
            return [KeyRevoked()]
        case _:
            assert_never(command)


def _known(key: Key) -> Active:
    match key:
        case Active():
            return key
        case Absent():
            raise Rejected("key.unknown", "There is no such key.")
        case Revoked():
            raise Rejected("key.revoked", "The key is revoked already.")
        case _:
            assert_never(key)


def _created(command: CreateKey, now: datetime) -> KeyCreated:
    if not command.label.strip():
        raise Rejected(
            "key.label-missing", "A key needs a label that says whose it is.", field="label"
        )
    if len(command.label) > LONGEST_LABEL:
        raise Rejected(
            "key.label-too-long",
            f"A key's label has at most {LONGEST_LABEL} characters.",
            field="label",
        )
    if command.expires_at is not None and command.expires_at <= now:
        raise Rejected("key.expiry-past", "The key would have expired already.", field="expires_at")
    return KeyCreated(
        label=command.label,
        secret_sha256=command.secret_sha256,
        acts_as_id=command.acts_as_id,
        scopes=_in_order(command.scopes),
        expires_at=command.expires_at,
    )


def _in_order(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """Return each scope once, in the order of all scopes."""
    if not scopes:
        raise Rejected("key.scopes-missing", "A key must be for something.", field="scopes")
    if unknown := set(scopes) - set(ALL_SCOPES):
        raise Rejected(
            "key.scope-unknown",
            f"Not a scope: {', '.join(sorted(unknown))}; there are {', '.join(ALL_SCOPES)}.",
            field="scopes",
        )
    return tuple(scope for scope in ALL_SCOPES if scope in scopes)


def _rotated(command: RotateKey, key: Active, now: datetime) -> KeyRotated:
    if key.expired(now):
        raise Rejected("key.expired", "The key has expired: create a new one instead.")
    if not timedelta(0) <= command.old_for <= OLD_FOR_AT_MOST:
        raise Rejected(
            "key.old-for-out-of-range",
            f"The old secret may go on working for at most {OLD_FOR_AT_MOST.days} days.",
            field="old_for",
        )
    until = now + command.old_for
    if key.expires_at is not None:
        until = min(until, key.expires_at)
    return KeyRotated(
        secret_sha256=command.secret_sha256, old_until=until if command.old_for else None
    )


def evolve(key: Key, fact: Fact[Event]) -> Key:
    """Fold one fact into the state."""
    match fact.event:
        case KeyCreated() as it:
            return Active(it.label, it.secret_sha256, it.acts_as_id, it.scopes, it.expires_at)
        case KeyRotated(secret_sha256=secret, old_until=until):
            if not isinstance(key, Active):
                return key
            old = Old(key.secret_sha256, until) if until else None
            return replace(key, secret_sha256=secret, old=old)
        case KeyRevoked():
            return Revoked()
        case _:
            assert_never(fact.event)


def active(key: Key) -> bool:
    """Tell whether the key is there and was not revoked; ``opens`` tells whom it lets in."""
    return isinstance(key, Active)


KEY: Decider[Command, Key, Event] = Decider(
    kind="key",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
