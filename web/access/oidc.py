"""Signing in by OpenID Connect: a provider vouches for who somebody is, and for nothing more.

The authorization code flow with PKCE, state and nonce (RFC 9700); Authlib makes the requests and
checks the claims, joserfc the signature. What belongs to one journey to the provider and back is
kept here for ten minutes, used once, and only for the browser that set out.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from environs import Env, EnvError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from application.store.pool import Pool
from web.access.fetching import Fetched, Fetcher, NotFetched
from web.access.sessions import sha256

JOURNEY = timedelta(minutes=10)
"""How long somebody may take at the provider."""
ALGORITHMS = ("RS256", "ES256")
"""Signatures that only the provider can make. Never "none", never a shared secret (HS256)."""
LEEWAY = 60
"""How many seconds the provider's clock may differ."""
KNOWN_FOR = 600.0
"""For how many seconds the provider's discovery document is remembered."""

_KEY_TYPES = {"RSA", "EC"}


class Refused(Exception):
    """Nobody is vouched for: a sentence for the log, with nothing secret in it."""


# --- Settings -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """The provider that people sign in at."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    allow_private: bool
    """Whether it may stand within the company, where addresses are private."""
    redirect_uri: str | None
    """Where it sends people back to; none: where the request came to."""


def settings() -> OidcSettings | None:
    """Read the provider from the environment; None where there is none.

    Raises ``environs.EnvError`` with a sentence that names the variable.
    """
    env = Env()
    with env.prefixed("CONCORD_OIDC_"):
        issuer, client_id = env.str("ISSUER", None), env.str("CLIENT_ID", None)
        secret = env.str("CLIENT_SECRET", None) or None
        allow_private = env.bool("ALLOW_PRIVATE", False)
        redirect_uri = env.str("REDIRECT_URI", None) or None
    if not issuer:
        return None
    if not client_id:
        raise EnvError("CONCORD_OIDC_CLIENT_ID: missing, though there is CONCORD_OIDC_ISSUER.")
    return OidcSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        allow_private=allow_private,
        redirect_uri=redirect_uri,
    )


# --- Journeys -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Journey:
    """Somebody's way to the provider and back."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    """What the browser that set out keeps."""
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    return_to: str

    @staticmethod
    def new(return_to: str) -> "Journey":
        """Set out."""
        state, browser, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        return Journey(state, browser, nonce, secrets.token_urlsafe(48), return_to)


class Journeys:
    """Everybody who is at the provider at the moment."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def begin(self, journey: Journey, now: datetime) -> None:
        """Remember a journey until it ends."""
        with self.pool.transaction() as cursor:
            cursor.execute("delete from log.oidc_journeys where began_at < %s", (now - JOURNEY,))
            cursor.execute(
                "insert into log.oidc_journeys (state_sha256, browser_sha256, nonce, verifier,"
                " return_to, began_at) values (%s, %s, %s, %s, %s, %s)",
                (
                    sha256(journey.state),
                    sha256(journey.browser),
                    journey.nonce,
                    journey.verifier,
                    journey.return_to,
                    now,
                ),
            )

    def end(self, state: str, browser: str, now: datetime) -> Journey:
        """Return the journey a state belongs to, once.

        Raises ``Refused`` where there is none (any more), or another browser set out on it.
        """
        with self.pool.reading() as cursor:
            cursor.execute(
                "delete from log.oidc_journeys where state_sha256 = %s"
                " returning browser_sha256, nonce, verifier, return_to, began_at",
                (sha256(state),),
            )
            row = cursor.fetchone()
        if row is None:
            raise Refused("The state is unknown or was used.")
        browser_sha256, nonce, verifier, return_to, began_at = row
        if not hmac.compare_digest(bytes(browser_sha256), sha256(browser)):
            raise Refused("The state is another browser's.")
        if now - began_at > JOURNEY:
            raise Refused("The state is too old.")
        return Journey(state, browser, nonce, verifier, return_to)


# --- The provider ---------------------------------------------------------------------------------


class Provider:
    """The provider, as its discovery document describes it."""

    def __init__(self, configured: OidcSettings) -> None:
        self.settings = configured
        self.fetcher = Fetcher(allow_private=configured.allow_private)
        self._lock = threading.Lock()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None

    def authorization_url(self, journey: Journey, redirect_uri: str) -> str:
        """Return where to send somebody to sign in. Raises ``NotFetched``."""
        found = self._found()
        url, _ = self._client(redirect_uri).create_authorization_url(
            _text(found, "authorization_endpoint"),
            state=journey.state,
            code_verifier=journey.verifier,
            nonce=journey.nonce,
        )
        return str(url)

    def subject(
        self, journey: Journey, code: str | None, redirect_uri: str, issuer: str | None = None
    ) -> str:
        """Return whom the provider vouches for, by its own id of them.

        ``issuer`` is who says that it sends them back (RFC 9207). Raises ``Refused``, and
        ``NotFetched`` where the provider cannot be asked.
        """
        if code is None:
            raise Refused("The provider vouches for nobody.")
        found = self._found()
        named = found.get("authorization_response_iss_parameter_supported") is True
        if (named or issuer is not None) and issuer != self.settings.issuer:
            raise Refused("The answer comes from another issuer.")
        token = self._token(found, journey, code, redirect_uri)
        if not isinstance(token.get("id_token"), str):
            raise Refused("The provider sent no id_token.")
        return self._vouched(token, self._keys(found), journey.nonce)

    def _token(
        self, found: Mapping[str, Any], journey: Journey, code: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        try:
            token: Mapping[str, Any] = self._client(redirect_uri).fetch_token(
                _text(found, "token_endpoint"),
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=journey.verifier,
            )
        except AuthlibBaseError as error:
            raise Refused("The provider did not take the code.") from error
        return token

    def _vouched(self, token: Mapping[str, Any], keys: KeySet, nonce: str) -> str:
        try:
            read = jwt.decode(token["id_token"], keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                {
                    "nonce": nonce,
                    "client_id": self.settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            claim = getattr(error, "claim", None)
            named = f" ({claim})" if isinstance(claim, str) else ""
            raise Refused(f"The id_token is not good: {type(error).__name__}{named}.") from error
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject.strip():
            raise Refused("The id_token names nobody.")
        return subject

    def _found(self) -> Mapping[str, Any]:
        with self._lock:
            if self._metadata and time.monotonic() - self._metadata[0] < KNOWN_FOR:
                return self._metadata[1]
        place = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = _object(self.fetcher.fetch("GET", place))
        if found.get("issuer") != self.settings.issuer:
            raise NotFetched("The discovery document is another issuer's.")
        with self._lock:
            self._metadata = time.monotonic(), found
        return found

    def _keys(self, found: Mapping[str, Any]) -> KeySet:
        # Asked for each time: a key that the provider took back vouches for nobody.
        keys = _object(self.fetcher.fetch("GET", _text(found, "jwks_uri"))).get("keys")
        usable = [
            each
            for each in (keys if isinstance(keys, list) else [])
            if isinstance(each, dict)
            if each.get("kty") in _KEY_TYPES and each.get("use", "sig") == "sig"
        ]
        try:
            return KeySet.import_key_set({"keys": usable})
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NotFetched("The provider's keys cannot be read.") from error

    def _client(self, redirect_uri: str) -> Any:
        return OAuth2Client(
            _Line(self.fetcher),
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
            scope="openid",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )


class _Line:
    """What Authlib's client sends its requests through: as ``requests`` would, but checked."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any
    ) -> Any:
        """Send a form, with what proves that it is us."""
        told = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        url, told, body = auth.prepare("POST", url, told, urlencode(data))
        return _Answer(self.fetcher.fetch("POST", url, body=body.encode(), headers=told))


class _Answer:
    """An answer as Authlib's client reads it."""

    def __init__(self, fetched: Fetched) -> None:
        self.status_code = fetched.status
        self._fetched = fetched

    def json(self) -> Any:
        """Read it as a JSON object."""
        return _dictionary(self._fetched.json())

    def raise_for_status(self) -> None:
        """Raise ``NotFetched`` for a fault of the provider's."""
        raise NotFetched(f"The provider answered {self.status_code}.")


def _object(fetched: Fetched) -> Mapping[str, Any]:
    if fetched.status != 200:  # noqa: PLR2004 - OK
        raise NotFetched(f"The provider answered {fetched.status}.")
    return _dictionary(fetched.json())


def _dictionary(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise NotFetched("The provider's answer is not a JSON object.")
    return found


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise NotFetched(f"The discovery document names no {name}.")
    return value
