"""A campaign: clients write, a seed decides what is killed next; in the end all must be there."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from application.store.log import Log
from application.store.pool import Pool
from tests.crash import follower
from tests.crash.checks import Findings, check_follower, check_log, check_read_models
from tests.crash.processes import wait_until
from tests.crash.stage import Stage

KINDS = {
    "web worker": 5,
    "projector": 3,
    "backend": 5,
    "database": 4,
    "postmaster": 2,
    "web master": 1,
}
"""What is killed, and how often among all: the rest of the time is spent on starting it again."""
AT_ONCE = 0.25
"""How many kills do not wait until the last has been got over."""
CLIENTS = 8
RECOVERY_SECONDS = 60.0


@dataclass(frozen=True)
class Kill:
    """One kill of a campaign."""

    kind: str
    delay: float
    which: float
    """Which of several, as a fraction."""
    at_once: bool


def plan(seed: int, count: int) -> list[Kill]:
    """The kills of a campaign: the same ones for the same seed."""
    chance = random.Random(seed)
    kinds = list(KINDS)
    return [
        Kill(
            kind=chance.choices(kinds, list(KINDS.values()))[0],
            delay=chance.uniform(0.02, 0.3),
            which=chance.random(),
            at_once=chance.random() < AT_ONCE,
        )
        for _ in range(count)
    ]


@dataclass
class Result:
    """How a campaign ended."""

    seed: int
    asked: int
    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    acknowledged: int = 0
    repeated: int = 0
    """How many of them took more than one request."""
    carried_out_unanswered: int = 0
    """How many of those had been carried out before the last one."""
    facts: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    ended_by_themselves: dict[str, list[int]] = field(default_factory=dict)
    recovery_seconds: list[float] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "seed": self.seed,
            "asked": self.asked,
            "kills": dict(sorted(self.kills.items())),
            "seconds": round(self.seconds, 1),
            "acknowledged": self.acknowledged,
            "repeated": self.repeated,
            "carried_out_unanswered": self.carried_out_unanswered,
            "facts": self.facts,
            "answers": dict(self.answers),
            "ended_by_themselves": self.ended_by_themselves,
            "slowest_database_start": round(max(self.recovery_seconds, default=0.0), 2),
            **{kind: len(sentences) for kind, sentences in vars(self.findings).items()},
            "findings": {kind: found[:20] for kind, found in vars(self.findings).items() if found},
        }

    def sentence(self) -> str:
        """The result line."""
        found = self.findings
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.kills.items()))
        return (
            f"seed {self.seed}: {self.kills.total()} of {self.asked} kills in {self.seconds:.0f} s"
            f" ({kinds}); acknowledged {self.acknowledged:,}, of these {self.repeated:,} after"
            f" repeating, {self.carried_out_unanswered:,} carried out but not answered at first;"
            f" lost {len(found.lost)}, duplicated {len(found.duplicated)},"
            f" order violations {len(found.order)}, read-model differences"
            f" {len(found.read_models)}, keys without their facts {len(found.keys)},"
            f" other {len(found.other)}"
        )


def run(
    folder: Path,
    seed: int,
    kills: int,
    seconds: float,
    say: Callable[[str], None] = lambda _sentence: None,
) -> Result:
    """Kill for so many times, or seconds if they are over first; then check everything.

    ``folder`` is where the data and the services' output go; it stays.
    """
    result = Result(seed, kills)
    with ExitStack() as stack:
        stage = Stage(folder, str(seed), CLIENTS, stack)
        _kill_all(stage, plan(seed, kills), time.monotonic() + seconds, result, say)
        say("Waiting until all is well again …")
        _quiesce(stage, result)
        say("Comparing …")
        _check(stage, result)
    return result


def _kill_all(
    stage: Stage,
    kills: list[Kill],
    deadline: float,
    result: Result,
    say: Callable[[str], None],
) -> None:
    began, before = time.monotonic(), -1
    for kill in kills:
        if not kill.at_once and not wait_until(
            lambda count=before: stage.load.count > count, RECOVERY_SECONDS
        ):
            result.findings.other.append(
                f"{RECOVERY_SECONDS:.0f} s after {result.kills.total()} kills, nothing was"
                f" acknowledged any more; /health says {stage.health()}"
            )
            break
        time.sleep(kill.delay)
        before = stage.load.count
        if not wait_until(lambda what=kill: stage.kill(what.kind, what.which), RECOVERY_SECONDS):
            result.findings.other.append(f"For {RECOVERY_SECONDS:.0f} s there was no {kill.kind}")
            break
        result.kills[kill.kind] += 1
        if result.kills.total() % 20 == 0:
            say(f"{result.kills.total()} kills, {stage.load.count:,} acknowledged")
        if time.monotonic() > deadline:
            break
    result.seconds = time.monotonic() - began


def _quiesce(stage: Stage, result: Result) -> None:
    """Let everybody finish, then end the services as an administrator does."""
    other = result.findings.other
    stage.load.stop(RECOVERY_SECONDS)
    if not wait_until(stage.settled, RECOVERY_SECONDS, 0.05):
        other.append(f"It did not settle: the log is at {stage.head()}, /health {stage.health()}")
    for name, service in stage.services.items():
        if (code := service.stop()) != 0:
            other.append(f"{name} did not end as it was asked to: {code}")
        result.ended_by_themselves[name] = service.unasked
    if (code := stage.end_follower()) != 0:
        other.append(f"The follower ended with {code}")
    result.recovery_seconds = stage.database.recoveries


def _check(stage: Stage, result: Result) -> None:
    journal, found = stage.load.journal, result.findings
    result.acknowledged = len(journal.acknowledged)
    result.repeated = sum(change.attempts > 1 for change in journal.acknowledged)
    result.answers = journal.statuses
    found.other += [f"refused: {told}" for told in journal.refused]
    found.other += [f"never acknowledged: {key}" for key in journal.unanswered]
    result.carried_out_unanswered = check_log(stage.dsn, journal.acknowledged, found)
    pool = Pool(stage.dsn)
    try:
        log = list(follower.lines(Log(pool)))
    finally:
        pool.close()
    result.facts = len(log)
    check_follower(follower.noted(stage.notes), log, found)
    check_read_models(stage.dsn, found)
