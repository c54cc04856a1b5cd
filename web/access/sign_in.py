"""Signing in and out, for people: by password, or by the company's own provider (OpenID Connect).

These routes are the console's, not programs', which have API keys: the OpenAPI document leaves
them out. A session's changes need its token as ``X-CSRF-Token`` (``web/access/sessions.py``).
"""

import re
from typing import Any, cast

import marshmallow as ma
import orjson
import structlog
from flask import Flask, Response, after_this_request, current_app, g, redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response as BaseResponse

from application.crm import Crm
from application.deciding import UnknownReference
from domain.access.sign_in import (
    LONGEST_LOGIN,
    SIGN_IN,
    ChangePassword,
    RehashPassword,
    SignIn,
    SignInId,
    WithIdentity,
    identity_id,
    sign_in_id,
)
from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope, Rejected
from domain.teams.member import MEMBER, Active
from web.access import oidc, passwords, rates
from web.access.fetching import NotFetched
from web.access.passwords import Proof, utc_now
from web.access.sessions import (
    AT_MOST,
    Session,
    Sessions,
    cookie_name,
    drop_cookie,
    given_token,
    keep_cookie,
    over,
)
from web.bodies import NoQuery, Routes
from web.problems import FieldError, Problem
from web.running import concord, json_response

_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")
"""A place within this site."""

bp = Routes("sign-in", "sign_in", description="Signing in and out.")
logger = structlog.get_logger()

# --- Schemas ------------------------------------------------------------------------------------


class SignInSchema(ma.Schema):
    """Who signs in."""

    login = fields.String(required=True, validate=validate.Length(1, LONGEST_LOGIN))
    password = fields.String(required=True, validate=validate.Length(1, passwords.LONGEST))


class PasswordSchema(ma.Schema):
    """Another password of one's own."""

    old = fields.String(required=True, validate=validate.Length(1, passwords.LONGEST))
    new = fields.String(required=True)


class StartSchema(ma.Schema):
    """Where to go on afterwards."""

    return_to = fields.String(load_default="/", validate=validate.Length(1, 2000))


class CallbackSchema(ma.Schema):
    """What the provider sends people back with; it may tell more, which nobody reads."""

    state = fields.String(required=True, validate=validate.Length(1, 200))
    code = fields.String(load_default=None, validate=validate.Length(1, 4000))
    iss = fields.String(load_default=None)


# --- Sessions -----------------------------------------------------------------------------------


@bp.post("/session")
@bp.arguments(SignInSchema)
def begin_session(body: dict[str, Any]) -> Response:
    """Sign in by login name and password."""
    rates.check_login(body["login"])
    now, crm = utc_now(), concord().crm
    proof = passwords.prove(crm, sign_in_id(body["login"]), body["password"], now)
    if proof.way is None or not _works_here(crm, proof.way.member_id):
        _settle_afterwards(proof)
        raise _failed()
    passwords.settle(crm, proof, now)
    by = _by(proof.way.member_id)
    try:
        crm.handle(SignIn(id=proof.id, proven=proof.way.hash), by)
        if passwords.is_outdated(proof.way.hash):
            anew = passwords.hashed(body["password"])
            crm.handle(RehashPassword(id=proof.id, proven=proof.way.hash, hash=anew), by)
    except (Rejected, UnknownReference) as error:  # changed, locked or left a moment ago
        raise _failed() from error
    session, response = _begun(proof.way.member_id, proof.id)
    response.data = orjson.dumps(_shown(session))
    return response


@bp.get("/session")
@bp.arguments(NoQuery, location="query")
def get_session(_: dict[str, Any]) -> Response:
    """Show who has signed in, until when, and the token that changes need."""
    return json_response(orjson.dumps(_shown(_session())))


@bp.delete("/session")
@bp.arguments(NoQuery, location="query")
def end_session(_: dict[str, Any]) -> Response:
    """Sign out."""
    _session()
    Sessions(concord().crm.pool).end(given_token() or "")
    response = Response(status=204)
    drop_cookie(response, cookie_name())
    return response


@bp.post("/session/password")
@bp.arguments(PasswordSchema)
def change_password(body: dict[str, Any]) -> Response:
    """Change one's own password; every other session of one's own is over."""
    session, now, crm = _session(), utc_now(), concord().crm
    _check_new(body["new"])
    proof = passwords.prove(crm, session.sign_in_id, body["old"], now)
    if proof.way is None or proof.way.member_id != session.member_id:
        _settle_afterwards(proof)
        raise Problem(
            403,
            "sign-in.failed",
            "The old password is not right, or was wrong too often.",
            errors=[FieldError("/old", "Not right.")],
        )
    passwords.settle(crm, proof, now)
    command = ChangePassword(id=proof.id, proven=proof.way.hash, hash=passwords.hashed(body["new"]))
    crm.handle(command, _by(session.member_id))
    Sessions(crm.pool).end_all(session.member_id, but=session)
    return Response(status=204)


def _check_new(password: str) -> None:
    try:
        passwords.check_length(password)
    except Rejected as error:
        detail = error.sentence
        raise Problem(422, error.code, detail, errors=[FieldError("/new", detail)]) from error


def _session() -> Session:
    session: Session | None = g.get("session")
    if session is None:  # somebody with an API key
        raise over()
    return session


def _shown(session: Session) -> dict[str, Any]:
    return {
        "member_id": str(session.member_id),
        "csrf_token": session.csrf_token,
        "expires_at": session.expires_at.isoformat().replace("+00:00", "Z"),
    }


def _begun(member_id: MemberId, id_: SignInId) -> tuple[Session, Response]:
    """Begin a new session, whichever the browser came with: nobody can have prepared it."""
    sessions = Sessions(concord().crm.pool)
    if before := given_token():
        sessions.end(before)
    token, session = sessions.begin(member_id, id_, utc_now())
    response = json_response(b"")
    keep_cookie(response, cookie_name(), token, AT_MOST)
    g.actor = Actor.member(member_id)  # for the server's log
    return session, response


def _settle_afterwards(proof: Proof) -> None:
    crm, now = concord().crm, utc_now()

    def settle() -> None:
        try:
            passwords.settle(crm, proof, now)
        except Exception as error:  # noqa: BLE001 - the answer is given; the count still stands
            logger.warning("sign-in.not-locked", error=type(error).__name__)

    def once_answered(response: Response) -> Response:
        response.call_on_close(settle)
        return response

    after_this_request(once_answered)


def _failed() -> Problem:
    return Problem(
        401,
        "sign-in.failed",
        "Login name or password is not right, or was wrong too often: then wait 15 minutes.",
        headers={"WWW-Authenticate": 'Bearer realm="Concord"'},
    )


def _works_here(crm: Crm, member_id: MemberId) -> bool:
    return isinstance(crm.load(MEMBER, member_id).state, Active)


def _by(member_id: MemberId) -> Envelope:
    return Envelope(
        occurred_at=utc_now(),
        actor=Actor.member(member_id),
        channel=Channel.API,
        correlation_id=g.request_id,
    )


# --- OpenID Connect -----------------------------------------------------------------------------


@bp.get("/session/oidc/start")
@bp.arguments(StartSchema, location="query")
def start_oidc(args: dict[str, Any]) -> BaseResponse:
    """Send somebody to the provider, to be vouched for."""
    provider = _provider()
    if not _OURS.fullmatch(args["return_to"]):
        detail = "Not a path of this site, such as /console."
        raise Problem(
            422, "fields.invalid", "Not valid: return_to.", errors=[FieldError("return_to", detail)]
        )
    journey = oidc.Journey.new(args["return_to"])
    try:
        url = provider.authorization_url(journey, _redirect_uri(provider))
    except NotFetched as error:
        raise _unavailable(error) from error
    oidc.Journeys(concord().crm.pool).begin(journey, utc_now())
    response = redirect(url)
    keep_cookie(cast("Response", response), _journey_cookie(), journey.browser, oidc.JOURNEY)
    return response


@bp.get("/session/oidc/callback")
@bp.arguments(CallbackSchema, location="query", unknown=ma.EXCLUDE)
def finish_oidc(args: dict[str, Any]) -> Response:
    """Take back whom the provider vouches for, and let them in."""
    provider, crm, now = _provider(), concord().crm, utc_now()
    browser = request.cookies.get(_journey_cookie(), "")
    try:
        journey = oidc.Journeys(crm.pool).end(args["state"], browser, now)
        subject = provider.subject(journey, args["code"], _redirect_uri(provider), args["iss"])
    except oidc.Refused as error:
        logger.warning("oidc.refused", reason=str(error))
        raise _not_vouched_for() from error
    except NotFetched as error:
        raise _unavailable(error) from error
    id_ = identity_id(provider.settings.issuer, subject)
    way = crm.load(SIGN_IN, id_).state
    if not isinstance(way, WithIdentity):
        raise Problem(
            403,
            "oidc.not-linked",
            "You are nobody's here yet. The operator can link you: concord sign-in link"
            f" --subject {subject!r}",
        )
    if not _works_here(crm, way.member_id):
        raise Problem(403, "member.not-active", "The member who signs in so has left.")
    crm.handle(SignIn(id=id_), _by(way.member_id))
    _, response = _begun(way.member_id, id_)
    drop_cookie(response, _journey_cookie())
    response.status_code = 303
    response.headers["Location"] = journey.return_to
    return response


def _provider() -> oidc.Provider:
    provider: oidc.Provider | None = current_app.extensions["concord-oidc"]
    if provider is None:
        raise Problem(404, "oidc.not-configured", "There is no provider to sign in at.")
    return provider


def _redirect_uri(provider: oidc.Provider) -> str:
    return provider.settings.redirect_uri or url_for("sign-in.finish_oidc", _external=True)


def _journey_cookie() -> str:
    return cookie_name("concord-oidc", "concord_oidc")


def _not_vouched_for() -> Problem:
    return Problem(
        401,
        "oidc.failed",
        "The provider did not vouch for you, or this browser did not set out: begin again.",
        headers={"WWW-Authenticate": 'Bearer realm="Concord"'},
    )


def _unavailable(error: NotFetched) -> Problem:
    logger.warning("oidc.unavailable", reason=str(error))
    return Problem(
        503,
        "oidc.unavailable",
        "The provider cannot be asked right now. Try again in a moment.",
        headers={"Retry-After": "5"},
    )


def register(app: Flask, prefix: str) -> None:
    """Add the routes, and the provider if there is one."""
    configured = oidc.settings()
    app.extensions["concord-oidc"] = oidc.Provider(configured) if configured else None
    app.register_blueprint(bp, url_prefix=prefix)
