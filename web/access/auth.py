"""Who asks: bearer API keys, compared in constant time, hashed at rest, revoked at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from eventsourcing.persistence import PersistenceError
from flask import Flask, Response, after_this_request, g, request

from application.access import Asking, Authority
from application.crm import Crm
from application.deciding import Key, Loaded
from application.states import Wanted
from application.store.pool import Pool
from domain.access.api_key import (
    KEY,
    Active,
    Credential,
    Scope,
    opens,
)
from domain.access.principal import principal_id
from domain.access.principal_rules import PRINCIPAL
from domain.access.sharing import SHARING, SHARING_ID
from domain.ids import KeyId, MemberId
from domain.kernel import Actor
from domain.teams.member import MEMBER
from domain.teams.member import Active as AtWork
from web.access.sessions import Session, asked_by_session
from web.commands.accounts import account_of, hashed
from web.problems import FieldError, Problem, unauthorised
from web.running import concord

_KEY = re.compile(r"(?i:Bearer) +ck_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
Look = Callable[[Sequence[Wanted]], Mapping[Key, Loaded]]
_OPEN = {
    "operations.get_health",
    "operations.start",
    "api-docs.openapi_json",
    "sign-in.begin_session",
    "sign-in.start_oidc",
    "sign-in.finish_oidc",
    "survey-links.get_survey_link",
    "survey-links.answer_survey_link",
}
"""The endpoints that need no key, and no session."""
_OPERATING = {"operations.get_metrics"}
"""The endpoints that are about Concord itself, not about customers."""
_LOOKING = {"GET", "HEAD", "OPTIONS"}
"""The methods that change nothing."""

logger = structlog.get_logger()

# --- Who asks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, the key they came with, what it may be used for, and on whose grants."""

    actor: Actor
    credential: Credential | None
    scopes: tuple[Scope, ...]
    authority: Authority
    seen: Mapping[Key, Loaded]
    """What was looked at to tell."""
    on_behalf_of: MemberId | None = None
    """Whom they act for."""

    def acting_for(self, given: str | None) -> "Caller":
        """Return them acting for somebody: a program of its own right, a person by delegation."""
        if given is None:
            return self
        other = _member(given)
        if self.actor.member_id is None:
            return replace(self, on_behalf_of=other)
        instead = replace(
            self.authority, principal_id=principal_id(other), acting=self.actor.member_id
        )
        return replace(self, on_behalf_of=other, authority=instead)

    def check(self, needed: Scope) -> None:
        """Refuse what the key is not for. Raises ``Problem`` 403, key.scope."""
        if needed not in self.scopes:
            raise Problem(
                403,
                "key.scope",
                f"This needs an API key with the scope '{needed}';"
                f" yours has {' and '.join(self.scopes)}.",
            )


def _member(given: str) -> MemberId:
    try:
        return MemberId(UUID(given))
    except ValueError as error:
        detail = "Not a member's id."
        raise Problem(
            422,
            "fields.invalid",
            f"Not valid: Concord-On-Behalf-Of. {detail}",
            errors=[FieldError("Concord-On-Behalf-Of", detail)],
        ) from error


def authenticate(crm: Crm, header: str | None, *, remembered: bool = False) -> Caller:
    """Return who a request's Authorization header stands for.

    With ``remembered``, a key that this process knows is not looked up: a change proves that it
    still opens the door when it is carried out. Raises ``Problem`` 401, and 403 where it is the key
    of a member who has left.
    """
    found = _KEY.fullmatch(header or "")
    if found is None:
        raise unauthorised("Send your API key: Authorization: Bearer ck_…")
    given = Credential(KeyId(UUID(found[1])), hashed(found[2]), datetime.now(UTC))
    if remembered:
        with suppress(Problem):  # what is remembered may be old
            return _caller(crm, crm.states.remembered, given)
    return _caller(crm, crm.states.look, given)


def _caller(crm: Crm, look: Look, given: Credential) -> Caller:
    known = crm.states.remembered([(KEY, given.id)])[KEY.kind, given.id].state
    member_id = known.acts_as_id if isinstance(known, Active) else None
    who = account_of(given.id, member_id)
    people = [(MEMBER, member_id)] if member_id else []
    states = look([(KEY, given.id), (PRINCIPAL, who), (SHARING, SHARING_ID), *people])
    key = states[KEY.kind, given.id].state
    if not opens(key, given):
        raise unauthorised("This API key is unknown, expired or revoked.")
    authority = Authority(account_of(given.id, key.acts_as_id), given.at)
    if key.acts_as_id is None:
        return Caller(Actor.service(given.id), given, key.scopes, authority, states)
    person = MEMBER.kind, key.acts_as_id
    if person not in states:  # the first time this key is seen
        more = look([(MEMBER, key.acts_as_id), (PRINCIPAL, authority.principal_id)])
        states = {**states, **more}
    if not isinstance(states[person].state, AtWork):
        raise Problem(403, "member.not-active", "This API key's member has left.")
    return Caller(Actor.member(key.acts_as_id), given, key.scopes, authority, states)


def _signed_in(crm: Crm, session: Session) -> Caller:
    """Return whose session it is: of people, with no key, and not to operate Concord."""
    member_id, who = session.member_id, principal_id(session.member_id)
    states = crm.states.look([(MEMBER, member_id), (PRINCIPAL, who), (SHARING, SHARING_ID)])
    if not isinstance(states[MEMBER.kind, member_id].state, AtWork):
        raise Problem(403, "member.not-active", "This session's member has left.")
    authority = Authority(who, datetime.now(UTC))
    scopes = (Scope.READ, Scope.CHANGE)
    return Caller(Actor.member(member_id), None, scopes, authority, states)


# --- When a key was last used ---------------------------------------------------------------------


class Uses:
    """When each key was last used: to the minute, without a fact, and after the answer."""

    EVERY = timedelta(minutes=1)
    """How often a process writes down that a key is in use."""

    def __init__(self) -> None:
        self._kept: dict[KeyId, datetime] = {}

    def is_due(self, given: Credential) -> bool:
        """Tell whether it is time to write this key's use down; who is told so does it."""
        last = self._kept.get(given.id)
        if last is not None and abs(given.at - last) < self.EVERY:
            return False
        self._kept[given.id] = given.at  # two threads at once: then it is written twice
        return True

    @staticmethod
    def keep(pool: Pool, given: Credential) -> None:
        """Write it down; where that fails nobody has to know but the server's log."""
        try:
            with pool.reading() as cursor:
                cursor.execute(
                    "insert into log.key_use (key_id, used_at) values (%s, %s)"
                    " on conflict (key_id) do update set used_at = excluded.used_at"
                    " where key_use.used_at < excluded.used_at",
                    (given.id, given.at),
                )
        except PersistenceError as error:
            logger.warning("key.use-not-kept", key=str(given.id), error=str(error))


def _keep_after(pool: Pool, given: Credential) -> None:
    def once_answered(response: Response) -> Response:
        response.call_on_close(lambda: Uses.keep(pool, given))
        return response

    after_this_request(once_answered)


# --- At every request -----------------------------------------------------------------------------


def register(app: Flask) -> None:
    """Ask for a key, and one that is for this, at every route but the few that are open."""
    uses = Uses()

    def check() -> None:
        if request.endpoint is None or request.endpoint in _OPEN:
            return
        if request.endpoint.startswith("docs."):
            return
        crm, given = concord().crm, request.headers.get("Authorization")
        looking = request.method in _LOOKING
        g.session = asked_by_session(crm.pool) if given is None else None
        caller = (
            authenticate(crm, given, remembered=not looking)
            if g.session is None
            else _signed_in(crm, g.session)
        )
        caller = caller.acting_for(request.headers.get("Concord-On-Behalf-Of"))
        g.actor, g.on_behalf_of = caller.actor, caller.on_behalf_of
        g.asking = Asking(caller.credential, caller.authority)
        g.seen = dict(caller.seen) if looking else {}  # a change looks for itself
        if caller.credential is not None and uses.is_due(caller.credential):
            _keep_after(crm.pool, caller.credential)
        if request.endpoint in _OPERATING:
            caller.check(Scope.OPERATE)
        else:
            caller.check(Scope.READ if looking else Scope.CHANGE)

    app.before_request(check)
