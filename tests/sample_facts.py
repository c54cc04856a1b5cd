"""Facts to try the kernel's words on."""

from typing import Any
from uuid import UUID

from spec import ANA, MONDAY

from domain.access.api_key import KeyCreated, Scope
from domain.kernel import Actor, Channel, Envelope, Fact

ENVELOPE = Envelope(occurred_at=MONDAY, actor=Actor.member(ANA), channel=Channel.API)


def fact_of(it: Any, stream_id: UUID) -> Fact[Any]:
    return Fact(stream_id=stream_id, version=1, event=it, envelope=ENVELOPE)


def key_created(acts_as_id):
    return KeyCreated(
        label="Export",
        secret_sha256="5e",
        acts_as_id=acts_as_id,
        scopes=(Scope.READ,),
        expires_at=None,
    )
