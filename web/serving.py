"""Serving: gunicorn with threads, and the projector inside its workers by default."""

import tempfile
import threading
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from application.settings import Settings
from projections.projector import Projector


def serve(settings: Settings, database_url: str, *, project: bool) -> None:
    """Serve HTTP until stopped; with ``project`` the workers keep the read models too.

    However many workers there are, the database's lock lets one of them project.
    """
    _Server(settings, database_url, project=project).run()


class _Server(BaseApplication):
    def __init__(self, settings: Settings, database_url: str, *, project: bool) -> None:
        self.settings = settings
        self.database_url = database_url
        self.project = project
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.workers,
            "worker_class": "gthread",
            "threads": self.settings.threads,
            "worker_tmp_dir": tempfile.gettempdir(),
            "graceful_timeout": 10,
            "keepalive": 30,
            "loglevel": "warning",
            "proc_name": "concord",
            "control_socket_disable": True,
            "post_worker_init": self._start_projector,
            "worker_exit": _stop_projector,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        # Only here, in the worker: connections must not be shared across a fork.
        from web.app import create_app  # noqa: PLC0415

        return create_app(self.settings, self.database_url)

    def _start_projector(self, worker: Any) -> None:
        if not self.project:
            return
        projector = Projector(worker.wsgi.extensions["concord"].projections)
        thread = threading.Thread(target=projector.run, name="projector", daemon=True)
        thread.start()
        worker.concord_projector = (projector, thread)


def _stop_projector(_server: Any, worker: Any) -> None:
    projector, thread = getattr(worker, "concord_projector", (None, None))
    if projector is not None and thread is not None:
        projector.stop()
        thread.join(timeout=5)
