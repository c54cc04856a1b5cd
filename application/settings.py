"""Everything that can be configured, read from the environment; the README has the same table."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env, EnvError
from marshmallow.validate import OneOf


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this Concord runs."""

    database_url: str | None
    """PostgreSQL to use; none: start the embedded one over ``data``."""
    migration_url: str | None
    """The same database as its owner, for ``concord migrate``; none: ``database_url``."""
    data: Path
    """Where the embedded PostgreSQL keeps its cluster."""
    host: str
    port: int
    workers: int
    """Web worker processes."""
    threads: int
    """Requests at once in each worker."""
    pool_size: int
    """Database connections of each process."""
    statement_seconds: float
    """How long one statement of a request may take; 0: as long as it does."""
    project: bool
    """Whether ``concord serve`` keeps the read models up to date itself."""
    timers: bool
    """Whether ``concord serve`` carries out what becomes due itself."""
    zone: ZoneInfo
    """The organisation's time zone: it decides which day and which period a fact belongs to."""
    record_views: bool
    """Whether each look at personal data is recorded; off only to measure what it costs."""
    export_rows: int
    """How many rows one export has at most."""
    log_level: str


def load() -> Settings:
    """Read the settings.

    Raises ``environs.EnvError`` with a sentence that names the variable.
    """
    env = Env()
    with env.prefixed("CONCORD_"):
        return Settings(
            database_url=env.str("DATABASE_URL", None) or Env().str("DATABASE_URL", None),
            migration_url=env.str("MIGRATION_URL", None),
            data=Path(env.str("DATA", ".concord/postgres")),
            host=env.str("HOST", "127.0.0.1"),
            port=env.int("PORT", 8000),
            workers=env.int("WORKERS", 1),
            threads=env.int("THREADS", 8),
            pool_size=env.int("POOL_SIZE", 20),
            statement_seconds=env.float("STATEMENT_SECONDS", 30.0),
            project=env.bool("PROJECT", True),
            timers=env.bool("TIMERS", True),
            zone=_zone(env.str("TIMEZONE", "Asia/Shanghai")),
            record_views=env.bool("RECORD_VIEWS", True),
            export_rows=env.int("EXPORT_ROWS", 100_000),
            log_level=env.str(
                "LOG_LEVEL", "info", validate=OneOf(["debug", "info", "warning", "error"])
            ),
        )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise EnvError(
            f"CONCORD_TIMEZONE: {name!r} is not a time zone such as Asia/Shanghai."
        ) from error
