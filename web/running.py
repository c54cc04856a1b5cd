"""The running Concord that routes reach: its command side and its read side."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import cast

from flask import Response, current_app
from itsdangerous import URLSafeSerializer

from application.crm import Crm
from application.store.log import Log
from projections.history import History
from projections.kernel import Projections
from projections.reader import Reader


@dataclass(frozen=True)
class Concord:
    """The parts of a running Concord that routes use."""

    crm: Crm
    reader: Reader
    history: History
    projections: Projections
    cursors: URLSafeSerializer

    @property
    def log(self) -> Log:
        """The log of facts."""
        return self.crm.facts


def concord() -> Concord:
    """Return the running Concord."""
    return cast("Concord", current_app.extensions["concord"])


def zone() -> tzinfo:
    """Return the organisation's time zone."""
    return cast("tzinfo", current_app.config["SETTINGS"].zone)


def json_response(body: bytes, status: int = 200) -> Response:
    """Answer with JSON that is ready."""
    return Response(body, status, mimetype="application/json")
