"""The reference: an empty Flask route, behind the server Concord is served by."""

import sys
from dataclasses import replace

from flask import Flask

from application.settings import load
from web.serving import _Server


class Empty(_Server):
    """Concord's server, its settings and all, with another application in it."""

    def load(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        app.add_url_rule("/", view_func=lambda: "")
        return app


if __name__ == "__main__":
    Empty(replace(load(), port=int(sys.argv[1])), "", project=False, timers=False).run()
