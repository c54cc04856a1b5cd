"""The access log: whoever is shown personal data, that is recorded before they are shown it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus

import structlog
from eventsourcing.persistence import PersistenceError
from flask import Flask, Response, current_app, g, request
from uuid_utils.compat import uuid7

from application.deciding import UnknownReference
from domain.access.record import Thing, ViewRecord
from domain.ids import RecordId
from domain.kernel import Channel, Envelope, Rejected
from web.problems import Problem, respond, translated
from web.running import concord

logger = structlog.get_logger()


def register(app: Flask) -> None:
    """Record each look, all that one answer shows at once, before the answer is sent.

    Where that fails there is no answer but 503.
    """
    if app.config["SETTINGS"].record_views:
        app.after_request(_record)


def _record(response: Response) -> Response:
    seen = g.access.shown if "access" in g else set()
    if not seen or response.status_code != HTTPStatus.OK:
        return response
    try:
        keep_looks(seen)
    except Problem as problem:
        return respond(problem)
    return response


def keep_looks(seen: Iterable[Thing]) -> None:
    """Record that the caller is shown these. Raises ``Problem`` where that does not work."""
    if not current_app.config["SETTINGS"].record_views:
        return
    try:
        concord().crm.handle(
            ViewRecord(id=RecordId(uuid7()), things=tuple(seen), through=_question()), _envelope()
        )
    except (Rejected, UnknownReference) as error:  # for one who is not there, or who has left
        raise translated(error) from error
    except PersistenceError as error:
        logger.warning("view.not-recorded", error=str(error))
        raise Problem(
            503,
            "view.not-recorded",
            "That you look is recorded first, and that did not work. Ask again in a moment.",
            headers={"Retry-After": "2"},
        ) from error


def _question() -> str:
    return (request.endpoint or "").partition(".")[2]


def _envelope() -> Envelope:
    return Envelope(
        occurred_at=datetime.now(UTC),
        actor=g.actor,
        channel=Channel.API,
        on_behalf_of=g.on_behalf_of,
        correlation_id=g.request_id,
    )
