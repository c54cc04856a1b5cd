"""``concord report complaints``, run as people run it: the same bytes as the report itself."""

import json
import os
import subprocess
import sys
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from application.demo import facts
from projections.reports.complaints import Question, complaints
from projections.reports.period import Period
from projections.reports.replaying import as_json

PERIOD = ("--from", "2026-07-01", "--to", "2026-08-01")


@pytest.fixture
def concord(dsn, tmp_path):
    """Run the command over a database of its own."""
    settings = os.environ | {
        "DATABASE_URL": dsn,
        "CONCORD_DATA": str(tmp_path / "unused"),
        "CONCORD_TIMEZONE": "Asia/Shanghai",
    }

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "web", "report", "complaints", *words],
            env=settings, capture_output=True, check=False, timeout=120,
        )  # fmt: skip

    return run


def test_the_complaints_of_the_sample_companys_july(concord, crm):
    crm.append(facts()[:5000])
    done = concord(*PERIOD, "--json")
    assert done.returncode == 0, done.stderr
    july = Period(date(2026, 7, 1), date(2026, 8, 1), ZoneInfo("Asia/Shanghai"))
    assert done.stdout == as_json(complaints(crm.facts, Question(july))) + b"\n"
    found = json.loads(done.stdout)
    told = [fact for fact in facts()[:5000] if fact.name == "request.opened"]
    opened = [f for f in told if f.event.kind == "complaint" and f.occurred_at < july.end]
    assert found["opened"]["count"] + len(found["excluded"]) == len(opened) > 10
    assert sum(each["count"] for each in found["causes"]) == found["opened"]["count"]
    at = concord(*PERIOD, "--json", "--position", found["position"])
    assert at.stdout == done.stdout
    drawn = concord(*PERIOD)
    assert drawn.returncode == 0
    assert b"unclassified" in drawn.stdout


def test_a_period_ends_after_it_begins(concord):
    backwards = concord("--from", "2026-08-01", "--to", "2026-07-01")
    assert backwards.returncode != 0
    assert b"A period ends after it begins." in backwards.stderr
