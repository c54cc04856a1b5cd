"""Sessions of people who have signed in: kept here, known to their browser by a random token.

Only the token's SHA-256 is kept. A page proves that it is ours, and not another site's that makes
the browser ask, by a second token (``X-CSRF-Token``) that no other site can read; it is derived
from the first, so that nothing more has to be kept.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request

from application.store.pool import Pool
from domain.access.sign_in import SignInId
from domain.ids import MemberId
from web.access.passwords import utc_now
from web.problems import Problem

IDLE = timedelta(minutes=30)
"""A session that nobody uses for so long is over."""
AT_MOST = timedelta(hours=12)
"""And so it is after so long, however much it is used."""
SEEN_EVERY = timedelta(minutes=1)
"""How often it is written down that a session is in use."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LOOKING = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has signed in, and how."""

    token_sha256: bytes
    csrf_token: str
    member_id: MemberId
    sign_in_id: SignInId
    created_at: datetime
    expires_at: datetime
    """Over by then, however much it is used."""


class Sessions:
    """Everybody who has signed in."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def begin(
        self, member_id: MemberId, sign_in_id: SignInId, now: datetime
    ) -> tuple[str, Session]:
        """Begin a session; return the token for its browser, and what is known of it."""
        token = secrets.token_urlsafe(32)
        made = Session(sha256(token), _csrf(token), member_id, sign_in_id, now, now + AT_MOST)
        with self.pool.transaction() as cursor:
            cursor.execute("delete from log.sessions where expires_at <= %s", (now,))
            cursor.execute(
                "insert into log.sessions (token_sha256, member_id, sign_in_id, created_at,"
                " last_seen_at, expires_at) values (%s, %s, %s, %s, %s, %s)",
                (made.token_sha256, member_id, sign_in_id, now, now, made.expires_at),
            )
        return token, made

    def find(self, token: str, now: datetime) -> Session | None:
        """Return the session of a token, unless it is over; note that it is in use."""
        if not _TOKEN.fullmatch(token):
            return None
        with self.pool.reading() as cursor:
            cursor.execute(
                "select member_id, sign_in_id, created_at, last_seen_at, expires_at"
                " from log.sessions where token_sha256 = %s",
                (sha256(token),),
            )
            row = cursor.fetchone()
            if row is None:
                return None
            member_id, sign_in_id, created_at, seen_at, expires_at = row
            if now >= expires_at or now - seen_at >= IDLE:
                return None
            if now - seen_at >= SEEN_EVERY:
                cursor.execute(
                    "update log.sessions set last_seen_at = %s"
                    " where token_sha256 = %s and last_seen_at < %s",
                    (now, sha256(token), now),
                )
        return Session(
            token_sha256=sha256(token),
            csrf_token=_csrf(token),
            member_id=MemberId(member_id),
            sign_in_id=SignInId(sign_in_id),
            created_at=created_at,
            expires_at=expires_at,
        )

    def end(self, token: str) -> None:
        """End a session at once, if there is one."""
        with self.pool.reading() as cursor:
            cursor.execute("delete from log.sessions where token_sha256 = %s", (sha256(token),))

    def end_all(self, member_id: MemberId, *, but: Session | None = None) -> int:
        """End every session of a member, but the one they are in perhaps; return how many."""
        kept = but.token_sha256 if but else b""
        with self.pool.reading() as cursor:
            cursor.execute(
                "delete from log.sessions where member_id = %s and token_sha256 <> %s",
                (member_id, kept),
            )
            return cursor.rowcount


def sha256(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _csrf(token: str) -> str:
    derived = hmac.digest(token.encode(), b"csrf", "sha256")
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


# --- The cookie -----------------------------------------------------------------------------------


def cookie_name(stem: str = "concord", plain: str = "concord_session") -> str:
    """Return the name of a cookie: one that browsers take from this very host only, over TLS."""
    return f"__Host-{stem}" if request.is_secure else plain


def given_token() -> str | None:
    """Return the token that the browser came with."""
    return request.cookies.get(cookie_name())


def keep_cookie(response: Response, name: str, value: str, lifetime: timedelta) -> None:
    """Let the browser keep a cookie that no script reads and no other site sends along."""
    response.set_cookie(
        name,
        value,
        max_age=lifetime,
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=request.is_secure, httponly=True, samesite="Lax")


# --- At every request -----------------------------------------------------------------------------


def asked_by_session(pool: Pool) -> Session | None:
    """Return the session a request belongs to; None where it came with no session cookie.

    Raises ``Problem``: 401 session.over; 403 csrf.missing and csrf.wrong where a change does not
    prove that a page of ours asked for it.
    """
    token = given_token()
    if token is None:
        return None
    session = Sessions(pool).find(token, utc_now())
    if session is None:
        raise over()
    if request.method not in _LOOKING:
        _check_csrf(session)
    return session


def _check_csrf(session: Session) -> None:
    given = request.headers.get("X-CSRF-Token")
    if given is None:
        raise Problem(
            403, "csrf.missing", "Send the session's token: X-CSRF-Token, as GET /session tells it."
        )
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise Problem(403, "csrf.wrong", "X-CSRF-Token is not this session's.")


def over() -> Problem:
    """Return the problem with a session that there is not, or not any more."""
    return Problem(
        401,
        "session.over",
        "There is no session, or it is over: sign in (again).",
        headers={"WWW-Authenticate": 'Bearer realm="Concord"'},
    )
