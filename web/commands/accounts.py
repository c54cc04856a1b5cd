"""Accounts and their keys, as the operator makes them: enrolled, granted roles, given secrets."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from application.crm import Crm
from domain.access.api_key import (
    ALL_SCOPES,
    KEY,
    OLD_FOR,
    Active,
    CreateKey,
    RevokeKey,
    RotateKey,
    Scope,
)
from domain.access.principal import (
    EnrolPerson,
    EnrolService,
    GrantAccess,
    principal_id,
    service_principal_id,
)
from domain.access.principal_rules import PRINCIPAL
from domain.access.roles import EVERYTHING_TOGETHER
from domain.ids import GrantId, KeyId, MemberId, PrincipalId
from domain.kernel import Actor, Channel, Envelope


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once."""

    id: KeyId
    text: str
    account: PrincipalId
    """Whose grants say what it may."""


def create_key(
    crm: Crm,
    label: str,
    acts_as: MemberId | None = None,
    *,
    scopes: Sequence[Scope] = ALL_SCOPES,
    expires_at: datetime | None = None,
) -> NewKey:
    """Create an API key: a service account's, or a member's own. What it may, ``grant`` says.

    Raises ``UnknownReference`` where the member does not exist or has left, and ``Rejected``.
    """
    key_id = KeyId(uuid7())
    secret = secrets.token_urlsafe(32)
    command = CreateKey(
        id=key_id,
        label=label,
        secret_sha256=hashed(secret),
        acts_as_id=acts_as,
        scopes=tuple(scopes),
        expires_at=expires_at,
    )
    crm.handle(command, by_operator())
    if acts_as is None:
        crm.handle(EnrolService(id=service_principal_id(key_id), label=label), by_operator())
    else:
        enrolled(crm, acts_as)
    return NewKey(key_id, _text(key_id, secret), account_of(key_id, acts_as))


def trusted_key(crm: Crm, label: str, acts_as: MemberId | None = None, **terms: Any) -> NewKey:
    """Create an API key and grant, company-wide, all there is: for who looks after Concord."""
    made = create_key(crm, label, acts_as, **terms)
    for role in EVERYTHING_TOGETHER:
        grant(crm, made.account, role)
    return made


def account_of(key_id: KeyId, acts_as: MemberId | None) -> PrincipalId:
    """Return the account whose grants a key uses: its member's, or its own."""
    return principal_id(acts_as) if acts_as else service_principal_id(key_id)


def enrolled(crm: Crm, member_id: MemberId) -> PrincipalId:
    """Return a member's account, enrolled now if it was not.

    Raises ``UnknownReference`` where the member does not exist or has left.
    """
    who = principal_id(member_id)
    if not crm.load(PRINCIPAL, who).version:
        crm.handle(EnrolPerson(id=who, member_id=member_id), by_operator())
    return who


def grant(crm: Crm, who: PrincipalId, role: str, **place: Any) -> GrantId:
    """Grant a role, as the operator does; ``place`` are the fields of ``GrantAccess``.

    Raises ``UnknownReference`` and ``Rejected``: role.unknown, principal.unknown,
    grant.ends-before-it-starts.
    """
    grant_id = GrantId(uuid7())
    crm.handle(GrantAccess(id=who, grant_id=grant_id, role=role, **place), by_operator())
    return grant_id


def rotate_key(crm: Crm, key_id: KeyId, old_for: timedelta = OLD_FOR) -> NewKey:
    """Give a key a new secret; the old one goes on working for a while, or ends at once.

    Raises ``Rejected``: key.unknown, key.revoked, key.expired, key.old-for-out-of-range.
    """
    secret = secrets.token_urlsafe(32)
    command = RotateKey(id=key_id, secret_sha256=hashed(secret), old_for=old_for)
    crm.handle(command, by_operator())
    state = crm.load(KEY, key_id).state
    acts_as = state.acts_as_id if isinstance(state, Active) else None
    return NewKey(key_id, _text(key_id, secret), account_of(key_id, acts_as))


def revoke_key(crm: Crm, key_id: KeyId) -> None:
    """Revoke a key at once. Raises ``Rejected``: key.unknown, key.revoked."""
    crm.handle(RevokeKey(id=key_id), by_operator())


def by_operator() -> Envelope:
    """Return what is told of who did it, where it is done on the command line."""
    return Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.CLI
    )


def _text(key_id: KeyId, secret: str) -> str:
    return f"ck_{key_id.hex}_{secret}"


def hashed(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
