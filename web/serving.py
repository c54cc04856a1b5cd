"""Serving: gunicorn with threads, and beside its workers one that keeps read models and time."""

import gc
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import structlog
from eventsourcing.persistence import InterfaceError, OperationalError
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.http import wsgi
from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from uuid_utils.compat import uuid7

from application.settings import Settings
from projections.projector import Projector
from projections.timekeeper import Timekeeper
from web import logs
from web.connections import MAX_CONNECTIONS, MAX_LINE, PatientWorker
from web.hardening import HEADERS
from web.problems import MEDIA_TYPE, Problem, document
from web.running import Concord

WAIT_SECONDS = 0.5
HEARTBEAT_SECONDS = 0.1
_OURS = (InvalidResponseHeader, InvalidResponseHeaderName)
"""What gunicorn counts among unreadable requests, though it is our answer that is wrong."""

logger = structlog.get_logger()


def serve(settings: Settings, database_url: str, *, project: bool, timers: bool) -> None:
    """Serve HTTP until stopped; one more process keeps the read models (``project``) and time.

    A process of its own, because threads that compute at once in one process hold each other up.
    All of them are forked from this one, which has imported for them what they need.
    """
    import web.app  # noqa: F401, PLC0415 - metrics have been prepared only now

    gc.freeze()
    _Server(settings, database_url, project=project, timers=timers).run()


def unreadable(error: Exception) -> Problem:
    """Return the problem with what the server cannot read as a request, or not answer."""
    match error:
        case Problem():
            return error
        case LimitRequestLine():
            return Problem(414, "url.too-long", "The URL is longer than 4,000 characters.")
        case LimitRequestHeaders():
            return Problem(431, "headers.too-large", "The headers are more than this server reads.")
        case ParseException() if not isinstance(error, _OURS):
            return Problem(400, "http.malformed", "This is no HTTP request that can be read.")
        case _:
            return Problem(
                500,
                "fault",
                "Something went wrong on our side; the request id finds it in the server's log.",
            )


class Worker(PatientWorker):
    """A worker that answers what is no request with a problem document too.

    Or the one that keeps the read models, and carries out what becomes due: it answers nobody, and
    is replaced when it ends, as any.
    """

    in_background = False
    projects = False
    keeps_time = False

    def run(self) -> None:
        """Work until asked to stop."""
        if not self.in_background:
            super().run()
            return
        here: Concord = self.wsgi.extensions["concord"]
        here.crm.pool.take_your_time()  # a rebuild may take hours
        keepers: list[Projector | Timekeeper] = []
        if self.projects:
            keepers.append(Projector(here.projections))
        if self.keeps_time:
            keepers.append(Timekeeper(here.crm, here.reader))
        threads = [threading.Thread(target=each.run, daemon=True) for each in keepers]
        for thread in threads:
            thread.start()
        while (
            self.alive and all(map(threading.Thread.is_alive, threads)) and self.is_parent_alive()
        ):
            self.notify()
            time.sleep(HEARTBEAT_SECONDS)
        for keeper in keepers:
            keeper.stop()
        for thread in threads:
            thread.join(timeout=5)

    def is_parent_alive(self) -> bool:
        """Stop in good order when the master is gone: kept-alive connections end, too.

        Otherwise busy ones would keep the port from the next master for the whole grace period.
        """
        if super().is_parent_alive():
            return True
        self.alive = False
        return False

    def init_process(self) -> None:
        """Begin; from here on answers do not tell which software gives them."""
        wsgi.SERVER = "concord"
        super().init_process()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:  # noqa: ARG002
        """Answer what the server itself could not read, or the application could not answer."""
        with suppress(OSError):  # whoever asked may be gone
            client.sendall(self.refusal(exc))

    def told(self, error: Exception) -> Problem:
        """Return the problem with what cannot be read."""
        return unreadable(error)

    def refusal(self, error: Exception) -> bytes:
        """Return a problem document as a whole answer, and log it in one line.

        The line says what kind of mistake it was, not what was sent: that may be somebody's key.
        """
        problem, request_id = unreadable(error), str(uuid7())
        told = {"status": problem.status, "request_id": request_id}
        if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.info("unreadable", reason=type(error).__name__, **told)
        else:
            logger.error("fault", error="".join(traceback.format_exception(error)), **told)
        body = document(problem, request_id)
        headers = {
            "Connection": "close",
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "X-Request-Id": request_id,
            **HEADERS,
        }
        head = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join((*head, "", "")).encode() + body


class _Server(BaseApplication):
    def __init__(
        self, settings: Settings, database_url: str, *, project: bool, timers: bool
    ) -> None:
        self.settings = settings
        self.database_url = database_url
        self.project = project
        self.timers = timers
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.workers + (self.project or self.timers),
            "worker_class": Worker,
            "threads": self.settings.threads,
            "worker_tmp_dir": tempfile.gettempdir(),
            "graceful_timeout": 10,
            "keepalive": 30,
            "worker_connections": MAX_CONNECTIONS,
            "limit_request_line": MAX_LINE,
            "sendfile": False,  # it knows of no time to be done in
            "loglevel": "warning",
            "logconfig_dict": logs.OF_LIBRARIES,
            "proc_name": "concord",
            "control_socket_disable": True,
            "pre_fork": self._divide_labour,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        # Only here, in the worker: connections must not be shared across a fork.
        from web.app import create_app  # noqa: PLC0415 - imported before, see above

        while True:
            try:
                return create_app(self.settings, self.database_url)
            except (OperationalError, InterfaceError) as error:
                # A worker that fails here ends the whole server, for good (gunicorn's "failed to
                # boot"): a database that recovers while one worker is replaced must not do that.
                logger.warning("web.waiting", error=str(error))
                time.sleep(WAIT_SECONDS)

    def _divide_labour(self, server: Any, worker: Any) -> None:
        working = server.WORKERS.values()
        taken = any(each.in_background for each in working)
        worker.in_background = (self.project or self.timers) and not taken
        worker.projects, worker.keeps_time = self.project, self.timers
