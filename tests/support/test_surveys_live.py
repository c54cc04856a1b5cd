"""A running Concord draws by itself, and its report is the same in a terminal as over HTTP."""

import os
import subprocess
import sys

from tests.web.client import wait_until
from tests.web.company import Company
from tests.web.stories_surveys import SAID, SAMPLING, programme

pytest_plugins = ["tests.web.fixtures"]


def test_concord_asks_by_itself_and_reports_what_was_answered(serve, dsn):
    with serve(dsn) as running:
        company = Company(running.api, running.crm)
        started = programme(company, sampling=SAMPLING | {"share": 100, "channel": "phone"})
        request = company.request(("resolve", {"resolution": "Replaced"}))
        drawn = {"filter[programme_id]": started.id}

        def asked() -> list[str]:
            return list(running.api.get("/surveys", **drawn).went_well().ids)

        wait_until(lambda: len(asked()) == 1, lambda: str(running.logged("timer.fault")), 20)
        (survey,) = asked()
        shown = running.api.get(f"/surveys/{survey}").json
        assert (shown["request_id"], shown["channel"]) == (request.id, "phone")
        last = company.do(f"/surveys/{survey}/answers", SAID, seen=1)
        query = {"aspect": "overall", "from": "2020-01-01", "to": "2090-01-01"}
        by = {"by": "programme", "position": last.position}
        told = running.api.get("/reports/satisfaction", after=last, **query, **by).went_well()
        assert (told.json["n"], told.json["response"]) == (1, "100.00")
        assert [each["group"] for each in told.json["groups"]] == [started.id]
        words = [f"--{name}={value}" for name, value in (query | by).items()]
        assert _concord(dsn, *words, "--json") == told.body + b"\n"
        drawn_by_month = _concord(dsn, *words[:3]).decode()
        assert "overall (csat)" in drawn_by_month
        assert "100.00" in drawn_by_month


def _concord(dsn: str, *words: str) -> bytes:
    finished = subprocess.run(
        [sys.executable, "-m", "web", "report", "satisfaction", *words],
        env=os.environ | {"DATABASE_URL": dsn},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
