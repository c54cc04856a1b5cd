"""Log lines as JSON, one each, that no input can split; signals; metrics of several workers."""

import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable

import structlog


def configure(level: str) -> None:
    """Write log lines from this level on, as JSON, to standard error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def on_terminate(stop: Callable[[], None]) -> None:
    """Stop in good order on Ctrl-C and on SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop())


def prepare_metrics(workers: int) -> None:
    """Let several workers share their counters; must run before the web application is imported."""
    if workers > 1:
        os.environ.setdefault(
            "PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="concord-metrics-")
        )
