"""Log lines as JSON, one each, that no input can split; signals; metrics of several workers."""

import atexit
import logging
import logging.config
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from traceback import format_tb
from types import TracebackType
from typing import Any

import structlog

_STAMPS: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def of_libraries() -> logging.Formatter:
    """Return what writes the lines of libraries (gunicorn's, warnings) as ours are."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=(*_STAMPS, structlog.processors.format_exc_info),
        processors=(
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ),
    )


OF_LIBRARIES: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": of_libraries}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["lines"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True}},
}
"""The configuration of Python's own logging, to standard error."""


def configure(level: str) -> None:
    """Write log lines from this level on, as JSON, to standard error."""
    logging.config.dictConfig(OF_LIBRARIES)
    logging.captureWarnings(capture=True)
    sys.excepthook = _tell_unexpected
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_STAMPS, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # a line is one write
        cache_logger_on_first_use=True,
    )


def _tell_unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Write what nobody caught as one line, too.

    The database driver reports so what befalls it in the middle of a COPY. Only the first line of
    what is wrong: in the next ones PostgreSQL quotes the row, and that may tell of customers.
    """
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    said = str(error).partition("\n")[0]
    name = f"{kind.__module__}.{kind.__qualname__}"
    structlog.get_logger().error("unexpected", kind=name, error=said, at=format_tb(trace))


def on_terminate(stop: Callable[[], None]) -> None:
    """Stop in good order on Ctrl-C and on SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop())


def prepare_metrics(workers: int) -> None:
    """Let several workers share their counters; must run before the web application is imported."""
    if workers > 1 and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        folder = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
            prefix="concord-metrics-"
        )
        atexit.register(_remove, folder, os.getpid())


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # and not a worker, who inherits this by its fork
        shutil.rmtree(folder, ignore_errors=True)
