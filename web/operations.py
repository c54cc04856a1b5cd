"""Operating Concord: is it healthy, how fast is it, how far has the read side come."""

import time
from collections.abc import Iterable
from typing import Any

import orjson
import structlog
from eventsourcing.persistence import PersistenceError
from flask import Blueprint, Flask, Response, g, redirect, request, url_for
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response as BaseResponse

from web.running import Concord, concord, json_response

bp = Blueprint("operations", __name__)

REQUESTS = Counter(
    "concord_http_requests_total", "Requests answered.", ["method", "route", "status"]
)
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
SECONDS = Histogram("concord_http_request_seconds", "Time to answer.", ["method", "route"])

logger = structlog.get_logger()


def health(here: Concord) -> dict[str, Any]:
    """Return how Concord is: ``ok``, ``degraded`` (a read model stopped) or ``down``."""
    try:
        head = here.log.head()
        standings = here.projections.live()
        waiting = here.log.waiting_transactions()
    except PersistenceError:
        return {"status": "down", "database": "unreachable"}
    stopped = any(standing.error is not None for standing in standings)
    return {
        "status": "degraded" if stopped else "ok",
        "database": "ok",
        "position": str(head),
        "oldest_open_transaction_seconds": round(waiting, 3),
        "read_models": [
            {
                "name": standing.name,
                "position": str(standing.position),
                "current": standing.position >= head,
                "stopped_at": None if standing.failed_at is None else str(standing.failed_at),
            }
            for standing in standings
        ],
    }


@bp.get("/")
def start() -> BaseResponse:
    """Lead a visitor to the API's documentation."""
    return redirect(url_for("docs.show"))


@bp.get("/health")
def get_health() -> Response:
    """Answer 200 while healthy, 503 with the reason otherwise."""
    found = health(concord())
    response = json_response(orjson.dumps(found), 200 if found["status"] == "ok" else 503)
    if found["status"] != "ok":
        response.headers["Retry-After"] = "2"
    return response


class _Standings(Collector):
    """The read side's state, asked of the database when it is scraped."""

    def __init__(self, here: Concord) -> None:
        self.here = here

    def collect(self) -> Iterable[GaugeMetricFamily]:
        head = GaugeMetricFamily("concord_log_position", "Last position of the log.")
        head.add_metric([], self.here.log.head())
        yield head
        position = GaugeMetricFamily(
            "concord_read_model_position", "How far a read model has come.", labels=["name"]
        )
        stopped = GaugeMetricFamily(
            "concord_read_model_stopped", "1 where a read model stopped.", labels=["name"]
        )
        for standing in self.here.projections.live():
            position.add_metric([standing.name], standing.position)
            stopped.add_metric([standing.name], float(standing.error is not None))
        yield position
        yield stopped
        held = GaugeMetricFamily(
            "concord_oldest_open_transaction_seconds", "How long readers have been held back."
        )
        held.add_metric([], self.here.log.waiting_transactions())
        yield held


@bp.get("/metrics")
def get_metrics() -> Response:
    """Show the figures for Prometheus; needs an API key."""
    registry = CollectorRegistry()
    try:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        own = b""
    except ValueError:  # one process: its own registry has everything
        own = generate_latest()
    registry.register(_Standings(concord()))
    return Response(own + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def register(app: Flask) -> None:
    """Count and log every request."""

    def begin() -> None:
        g.began = time.perf_counter()

    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        route = request.url_rule.rule if request.url_rule else "unknown"
        # Each name makes a series that stays: strangers must not choose them.
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, response.status_code).inc()
        SECONDS.labels(method, route).observe(seconds)
        logger.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            request_id=g.get("request_id"),
            actor=str(g.get("actor", "")),
        )
        return response

    app.before_request(begin)
    app.after_request(end)
    app.register_blueprint(bp)
