"""The web application: its routes, its documentation, and what every answer carries."""

import re
import secrets

import structlog
from flask import Flask, Response, g, request
from flask_swagger_ui import get_swaggerui_blueprint
from itsdangerous import URLSafeSerializer
from uuid_utils.compat import uuid7

from application.crm import Crm
from application.settings import Settings
from application.store.pool import Pool
from projections.catalogue import PROJECTIONS
from projections.history import History
from projections.kernel import Projections
from projections.reader import Reader
from web import operations, problems
from web.access import access_log, auth, rates, sign_in
from web.bodies import MAX_BODY, check_text
from web.catalogue import ROUTES
from web.hardening import allow_page, protect
from web.openapi import ConcordApi
from web.problems import Problem
from web.running import Concord
from web.support import survey_links

PREFIX = "/api/v1"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def create_app(settings: Settings, database_url: str) -> Flask:
    """Build the web application over a database that is migrated and has its projections."""
    app = Flask(__name__, static_folder=None)
    crm = Crm(
        database_url,
        pool_size=settings.pool_size,
        statement_seconds=settings.statement_seconds,
    )
    app.extensions["concord"] = running(crm)
    app.config.update(
        API_TITLE="Concord",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=MAX_BODY,
        SETTINGS=settings,
    )
    app.before_request(_begin)
    operations.register(app)
    auth.register(app)
    rates.register(app)
    problems.register(app)
    app.after_request(_finish)
    access_log.register(app)
    api = ConcordApi(app)
    for routes in ROUTES:
        api.register_blueprint(routes, url_prefix=PREFIX)
    sign_in.register(app, PREFIX)
    survey_links.register(app, PREFIX)
    docs = get_swaggerui_blueprint(
        f"{PREFIX}/docs",
        f"{PREFIX}/openapi.json",
        config={
            "app_name": "Concord",
            "validatorUrl": None,
            "persistAuthorization": False,
            "oauth2RedirectUrl": None,  # else the page has the name it was asked by in its script
        },
        blueprint_name="docs",
    )
    app.register_blueprint(docs)
    return app


def running(crm: Crm) -> Concord:
    """Put the parts together that routes use."""
    reader = Reader(crm.pool)
    return Concord(
        crm=crm,
        reader=reader,
        history=History(reader),
        projections=Projections(crm.pool, PROJECTIONS),
        cursors=URLSafeSerializer(kept_secret(crm.pool, "cursors"), salt="cursor"),
    )


def kept_secret(pool: Pool, name: str) -> str:
    """Return a secret of this database, made at its first use; all processes share it."""
    with pool.transaction() as cursor:
        cursor.execute(
            "insert into log.settings (name, value) values (%s, %s) on conflict do nothing",
            (name, secrets.token_urlsafe(32)),
        )
        cursor.execute("select value from log.settings where name = %s", (name,))
        row = cursor.fetchone()
        if row is None:
            raise LookupError(f"The setting {name!r} is gone.")
        return str(row[0])


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid7())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    try:
        check_text(request.full_path)
        for value in request.args.values():
            check_text(value)
    except ValueError as error:
        raise Problem(400, "url.malformed", f"The URL is not usable: {error}") from error


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.endpoint == "docs.show" and not response.is_streamed:  # the page, not its files
        allow_page(response)
    protect(response)
    return response
