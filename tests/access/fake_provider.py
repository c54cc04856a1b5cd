"""An OpenID provider small enough to read, which can be told to lie in every way there is."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT = "concord-tests"
CLIENT_SECRET = "the secret of concord-tests"

Claims = dict[str, Any]


class FakeProvider:
    """Vouches for ``subject`` in whatever way it is told to."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
        self.ec = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
        self.stranger = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
        self.issuer = ""
        self.subject = "ana@provider"
        self.honest()
        self._codes: dict[str, dict[str, str]] = {}

    def honest(self) -> None:
        """Tell the truth again."""
        self.claims: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.by_rsa
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.metadata: dict[str, Any] = {}
        self.down = False

    # --- Signatures ---

    def by_rsa(self, claims: Claims) -> str:
        """As it should be."""
        return jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, self.rsa)

    def by_ec(self, claims: Claims) -> str:
        """As it may be, too."""
        return jwt.encode({"alg": "ES256", "kid": "ec"}, claims, self.ec)

    def by_a_stranger(self, claims: Claims) -> str:
        """With a key that is not the provider's, under its name."""
        return jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, self.stranger)

    def by_nobody(self, claims: Claims) -> str:
        """Without a signature."""
        return f"{_part({'alg': 'none', 'kid': 'rsa'})}.{_part(claims)}."

    def by_the_public_key(self, claims: Claims) -> str:
        """With what everybody knows, taken for a shared secret."""
        said = f"{_part({'alg': 'HS256', 'kid': 'rsa'})}.{_part(claims)}"
        signature = hmac.digest(self.rsa.as_pem(private=False), said.encode(), "sha256")
        return f"{said}.{_encoded(signature)}"

    # --- Its endpoints ---

    def document(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        } | self.metadata

    def jwks(self) -> dict[str, Any]:
        """Its public keys."""
        return {"keys": [key.as_dict(private=False) for key in (self.rsa, self.ec)]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Let somebody sign in, and return where to send them back to."""
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["scope"] == "openid"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["nonce"]) >= 32
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Take a code, once, from who set out for it."""
        wanted = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if authorization != f"Basic {wanted}":
            return 401, {"error": "invalid_client"}
        began = self._codes.pop(asked.get("code", ""), None)
        if began is None or asked.get("redirect_uri") != began["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        challenge = _encoded(hashlib.sha256(asked.get("code_verifier", "").encode()).digest())
        if challenge != began["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "PKCE"}
        at = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.client_id,
            "exp": at + 300,
            "iat": at,
            "nonce": began["nonce"],
        }
        return 200, {
            "access_token": secrets.token_urlsafe(16),
            "token_type": "Bearer",
            "id_token": self.sign(self.claims(claims)),
        }

    # --- Serving ---

    @contextmanager
    def serving(self) -> Iterator["FakeProvider"]:
        """Answer on a port of this machine as long as the block lasts."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = urlsplit(self.path)
                asked = {name: values[0] for name, values in parse_qs(place.query).items()}
                provider.asked.append((place.path, asked))
                if provider.down:
                    self.tell(500, {})
                elif place.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(asked))
                    self.end_headers()
                else:
                    documents = {
                        "/.well-known/openid-configuration": provider.document,
                        "/jwks": provider.jwks,
                    }
                    self.tell(200, documents[place.path]())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = {name: values[0] for name, values in parse_qs(body).items()}
                provider.asked.append((self.path, asked))
                self.tell(*provider.token(asked, self.headers["Authorization"]))

            def tell(self, status: int, body: dict[str, Any]) -> None:
                said = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.issuer = f"http://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield self
            server.shutdown()
            thread.join()


def _part(content: dict[str, Any]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
