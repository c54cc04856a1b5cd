"""A way for a person to sign in: a login name with a password, or an identity from elsewhere.

The stream of each is named by its login name, or by issuer and subject: two members can never have
the same one. Of a password only its argon2id hash is kept. Wrong passwords are counted outside the
log (a flood would fill it); that a login name was locked because of them is a fact.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NewType, assert_never
from uuid import UUID

from domain.confidential import Secret
from domain.ids import MemberId, named_id
from domain.kernel import (
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Personal,
    Rejected,
    command,
    event,
)

SignInId = NewType("SignInId", UUID)

LONGEST_LOGIN = 100
_LOGIN = re.compile(r"[\w@.+-]+")


class Method(StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    OIDC = "oidc"


def login_name(text: str) -> str:
    """Return a login name as it is kept: however it is typed, it is the same one."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def sign_in_id(login: str) -> SignInId:
    """Return the one id of a login name."""
    return SignInId(named_id("sign-in", Method.PASSWORD, login_name(login)))


def identity_id(issuer: str, subject: str) -> SignInId:
    """Return the one id of an identity that a provider vouches for."""
    return SignInId(named_id("sign-in", Method.OIDC, issuer, subject))


# --- Events -----------------------------------------------------------------------------------


@event("sign-in.password-set", zh="设置登录密码")
class PasswordSet:
    """Password set."""

    member_id: MemberId
    login: Annotated[str, Personal(of="member_id")]
    hash: Annotated[str, Secret()]


@event("sign-in.password-changed", zh="本人修改密码")
class PasswordChanged:
    """Password changed by its owner."""

    member_id: MemberId
    hash: Annotated[str, Secret()]


@event("sign-in.password-rehashed", zh="密码重新散列")
class PasswordRehashed:
    """Same password hashed anew."""

    hash: Annotated[str, Secret()]


@event("sign-in.password-removed", zh="删除登录密码")
class PasswordRemoved:
    """Password removed."""

    member_id: MemberId


@event("sign-in.identity-linked", zh="关联外部身份")
class IdentityLinked:
    """Identity linked."""

    member_id: MemberId
    issuer: str
    subject: Annotated[str, Personal(of="member_id")]


@event("sign-in.identity-unlinked", zh="解除外部身份")
class IdentityUnlinked:
    """Identity unlinked."""

    member_id: MemberId


@event("sign-in.succeeded", zh="登录成功")
class SignedIn:
    """Signed in."""

    member_id: MemberId
    method: Method


@event("sign-in.locked", zh="登录锁定")
class SignInLocked:
    """Locked after too many wrong passwords."""

    member_id: MemberId
    until: datetime


@event("sign-in.unlocked", zh="登录解锁")
class SignInUnlocked:
    """Unlocked before its time."""

    member_id: MemberId


Event = (
    PasswordSet
    | PasswordChanged
    | PasswordRehashed
    | PasswordRemoved
    | IdentityLinked
    | IdentityUnlinked
    | SignedIn
    | SignInLocked
    | SignInUnlocked
)

# --- Commands ---------------------------------------------------------------------------------


@command
class SetPassword:
    """Give a member a login name and its password, or a new password; it is unlocked by that."""

    id: SignInId
    member_id: Annotated[MemberId, MustBeActive()]
    login: str
    hash: str


@command
class ChangePassword:
    """Let a member change their own password; ``proven`` is the hash that the old one fitted."""

    id: SignInId
    proven: str
    hash: str


@command
class RehashPassword:
    """Keep the same password under a hash of today's cost."""

    id: SignInId
    proven: str
    hash: str


@command
class RemovePassword:
    """Take a login name away; it may be given to somebody else then."""

    id: SignInId


@command
class LinkIdentity:
    """Let a member sign in as somebody whom a provider vouches for."""

    id: SignInId
    member_id: Annotated[MemberId, MustBeActive()]
    issuer: str
    subject: str


@command
class UnlinkIdentity:
    """Let nobody sign in by this identity any more."""

    id: SignInId


@command
class SignIn:
    """Let somebody in; ``proven`` is the hash that their password fitted, none by identity."""

    id: SignInId
    proven: str | None = None


@command
class LockSignIn:
    """Refuse every password for a while: too many were wrong."""

    id: SignInId
    until: datetime


@command
class UnlockSignIn:
    """Let the right password open the door again."""

    id: SignInId


Command = (
    SetPassword
    | ChangePassword
    | RehashPassword
    | RemovePassword
    | LinkIdentity
    | UnlinkIdentity
    | SignIn
    | LockSignIn
    | UnlockSignIn
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Nobody's, not yet or not any more."""


@dataclass(frozen=True)
class WithPassword:
    """A member's login name, and the hash of its password."""

    member_id: MemberId
    hash: str
    locked_until: datetime | None = None

    def locked(self, at: datetime) -> bool:
        """Tell whether even the right password is refused."""
        return self.locked_until is not None and at < self.locked_until


@dataclass(frozen=True)
class WithIdentity:
    """A member, as a provider knows them."""

    member_id: MemberId


WayIn = Absent | WithPassword | WithIdentity

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, way: WayIn, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: sign-in.unknown, sign-in.taken, sign-in.not-the-logins,
    sign-in.not-the-identitys, sign-in.login-malformed, sign-in.identity-malformed, sign-in.locked,
    sign-in.password-changed.
    """
    match command:
        case SetPassword():
            return [_set(command, way)]
        case LinkIdentity():
            return _linked(command, way)
        case ChangePassword(proven=proven, hash=new):
            mine = _proven(way, proven, envelope)
            return [PasswordChanged(member_id=mine.member_id, hash=new)]
        case RehashPassword(proven=proven, hash=new):
            _proven(way, proven, envelope)
            return [PasswordRehashed(hash=new)]
        case RemovePassword():
            return [PasswordRemoved(member_id=_with_password(way).member_id)]
        case UnlinkIdentity():
            return [IdentityUnlinked(member_id=_with_identity(way).member_id)]
        case SignIn(proven=proven):
            if proven is None:
                return [SignedIn(member_id=_with_identity(way).member_id, method=Method.OIDC)]
            mine = _proven(way, proven, envelope)
            return [SignedIn(member_id=mine.member_id, method=Method.PASSWORD)]
        case LockSignIn(until=until):
            mine = _with_password(way)
            later = mine.locked_until is None or mine.locked_until < until
            return [SignInLocked(member_id=mine.member_id, until=until)] if later else []
        case UnlockSignIn():
            mine = _with_password(way)
            locked = mine.locked(envelope.occurred_at)
            return [SignInUnlocked(member_id=mine.member_id)] if locked else []
        case _:
            assert_never(command)


def _set(command: SetPassword, way: WayIn) -> PasswordSet:
    login = login_name(command.login)
    if not _LOGIN.fullmatch(login) or len(login) > LONGEST_LOGIN:
        raise Rejected(
            "sign-in.login-malformed",
            f"A login name has up to {LONGEST_LOGIN} letters, digits and . _ - + @, no blanks.",
            field="login",
        )
    if command.id != sign_in_id(login):
        raise Rejected("sign-in.not-the-logins", "A login name has one id.")
    if isinstance(way, WithPassword) and way.member_id != command.member_id:
        raise Rejected("sign-in.taken", "It is another member's.", field="member_id")
    return PasswordSet(member_id=command.member_id, login=login, hash=command.hash)


def _linked(command: LinkIdentity, way: WayIn) -> list[Event]:
    if not command.issuer.strip() or not command.subject.strip():
        raise Rejected("sign-in.identity-malformed", "An identity has an issuer and a subject.")
    if command.id != identity_id(command.issuer, command.subject):
        raise Rejected("sign-in.not-the-identitys", "An identity has one id.")
    if isinstance(way, WithIdentity):
        if way.member_id != command.member_id:
            raise Rejected("sign-in.taken", "It is another member's.", field="member_id")
        return []
    linked = IdentityLinked(
        member_id=command.member_id, issuer=command.issuer, subject=command.subject
    )
    return [linked]


def _with_password(way: WayIn) -> WithPassword:
    if not isinstance(way, WithPassword):
        raise Rejected("sign-in.unknown", "There is no such login name.")
    return way


def _with_identity(way: WayIn) -> WithIdentity:
    if not isinstance(way, WithIdentity):
        raise Rejected("sign-in.unknown", "This identity is not linked to anybody.")
    return way


def _proven(way: WayIn, proven: str, envelope: Envelope) -> WithPassword:
    mine = _with_password(way)
    if mine.locked(envelope.occurred_at):
        raise Rejected("sign-in.locked", "Too many passwords were wrong: try again later.")
    if mine.hash != proven:  # in the moment between the proof and now
        raise Rejected("sign-in.password-changed", "The password was changed a moment ago.")
    return mine


def evolve(way: WayIn, fact: Fact[Event]) -> WayIn:
    """Fold one fact into the state."""
    match fact.event:
        case PasswordSet(member_id=member_id, hash=hash_):
            return WithPassword(member_id, hash_)
        case PasswordChanged(hash=hash_) | PasswordRehashed(hash=hash_):
            return replace(way, hash=hash_) if isinstance(way, WithPassword) else way
        case IdentityLinked(member_id=member_id):
            return WithIdentity(member_id)
        case PasswordRemoved() | IdentityUnlinked():
            return Absent()
        case SignedIn():
            return way
        case SignInLocked(until=until):
            return replace(way, locked_until=until) if isinstance(way, WithPassword) else way
        case SignInUnlocked():
            return replace(way, locked_until=None) if isinstance(way, WithPassword) else way
        case _:
            assert_never(fact.event)


def active(way: WayIn) -> bool:
    """Tell whether it is somebody's."""
    return not isinstance(way, Absent)


SIGN_IN: Decider[Command, WayIn, Event] = Decider(
    kind="sign-in",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
