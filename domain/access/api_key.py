"""An API key: lets a program, or a member through a program, use Concord until it is revoked.

Only the SHA-256 of its 256-bit random secret is kept; the key itself is shown once.
"""

from dataclasses import dataclass
from typing import Annotated, assert_never

from domain.ids import KeyId, MemberId
from domain.kernel import (
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Rejected,
    Secret,
    command,
    event,
)

# --- Events -----------------------------------------------------------------------------------


@event("key.created", zh="创建访问密钥")
class KeyCreated:
    """API key created."""

    label: str
    secret_sha256: Annotated[str, Secret()]
    acts_as_id: MemberId | None


@event("key.revoked", zh="吊销访问密钥")
class KeyRevoked:
    """API key revoked."""


Event = KeyCreated | KeyRevoked

# --- Commands ---------------------------------------------------------------------------------


@command
class CreateKey:
    """Create a key: a service account's, or with ``acts_as_id`` a member's own."""

    id: KeyId
    label: str
    secret_sha256: str
    acts_as_id: Annotated[MemberId | None, MustBeActive()] = None


@command
class RevokeKey:
    """Revoke a key, at once and for good."""

    id: KeyId


Command = CreateKey | RevokeKey

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such key."""


@dataclass(frozen=True)
class Active:
    """A key that opens the door."""

    label: str
    secret_sha256: str
    acts_as_id: MemberId | None


@dataclass(frozen=True)
class Revoked:
    """A key that opens it no more."""


Key = Absent | Active | Revoked

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, key: Key, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: key.exists, key.unknown, key.revoked.
    """
    match command:
        case CreateKey():
            if not isinstance(key, Absent):
                raise Rejected("key.exists", "A key with this id exists already.")
            return [
                KeyCreated(
                    label=command.label,
                    secret_sha256=command.secret_sha256,
                    acts_as_id=command.acts_as_id,
                )
            ]
        case RevokeKey():
            match key:
                case Active():
                    return [KeyRevoked()]
                case Absent():
                    raise Rejected("key.unknown", "There is no such key.")
                case Revoked():
                    raise Rejected("key.revoked", "The key is revoked already.")
                case _:
                    assert_never(key)
        case _:
            assert_never(command)


def evolve(key: Key, fact: Fact[Event]) -> Key:
    """Fold one fact into the state."""
    del key  # every event carries the whole new state
    match fact.event:
        case KeyCreated(label=label, secret_sha256=secret, acts_as_id=acts_as_id):
            return Active(label, secret, acts_as_id)
        case KeyRevoked():
            return Revoked()
        case _:
            assert_never(fact.event)


def active(key: Key) -> bool:
    """Tell whether the key opens the door."""
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
