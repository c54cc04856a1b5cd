"""A running Concord with a story to ask about, and the tool that asks it everything."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from application.demo import tell
from tests.web.client import API
from tests.web.company import Company

if TYPE_CHECKING:  # pytest wants to be the first to import its plugins
    from tests.web.served import Running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOODBYE_SECONDS = 20


@dataclass(frozen=True)
class Result:
    """What came of it."""

    cases: int
    failures: list[str]
    """What was not as it should be, a line for each."""
    never: list[str]
    """The operations that never went well, by the server's own log."""
    complete: bool

    @property
    def good(self) -> bool:
        """All was tried, and all was as the document says."""
        return self.complete and not self.failures


def prepare(running: "Running") -> dict[str, list[str]]:
    """Tell the sample company and an import; return ids of what can be named, by kind."""
    told = tell(running.crm)
    last = Company(running.api, running.crm).imported().headers["Concord-Position"]
    known = {}
    for kind in ("member", "department", "customer", "request"):
        path, more = f"/{kind}s", {"filter[status]": "active"} if kind == "member" else {}
        known[kind] = running.api.get(path, limit=10, after=last, **more).went_well().ids
    known["customer"].append(str(told.customer_id))
    with_contact = Company(running.api, running.crm).customer().id
    contact = Company(running.api, running.crm).contact(with_contact)
    logged = running.api.get("/audit/events", name="interaction.logged", limit=10).json["items"]
    imports = running.api.get("/imports").went_well().ids
    own = running.api.get("/principals", **{"filter[kind]": "service"}).went_well().ids
    company = Company(running.api, running.crm)
    for member in known["member"][:3]:
        company.do("/principals", {"member_id": member})
    reads = {"resource": "customer", "action": "read"}
    role = company.do("/roles", {"name": "night-shift", "permissions": [reads], "shows": []})
    people = running.api.get("/principals", after=role, **{"filter[kind]": "person"})
    return known | {
        "own": own,
        "principal": people.went_well().ids,
        "role": [role.id],
        "contact": [with_contact, contact],
        "interaction": [fact["stream"]["id"] for fact in logged],
        "import": imports,
        "position": [fact["id"] for fact in logged],
    }


def fuzz(running: "Running", folder: Path, known: dict[str, list[str]], *options: str) -> Result:
    """Ask everything, as the options say; what the tool says goes to standard output."""
    report = folder / "report.json"
    environment = os.environ | {
        "CONCORD_FUZZ_URL": f"http://127.0.0.1:{running.api.port}",
        "CONCORD_FUZZ_KEY": str(running.api.key),
        "CONCORD_FUZZ_KNOWN": json.dumps(known),
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
    }
    command = [sys.executable, "-m", "schemathesis.cli"]
    command += ["--config-file", str(HERE / "schemathesis.toml")]
    command += ["run", f"http://127.0.0.1:{running.api.port}{API}/openapi.json", *options]
    command += ["--report", "json", "--report-json-path", str(report)]
    process = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(GOODBYE_SECONDS)
    if not report.exists():
        return Result(0, [f"The tool ended with {process.returncode} and no report."], [], False)
    return _result(json.loads(report.read_text()), running)


def _result(told: dict[str, Any], running: "Running") -> Result:
    failures = [f"{', '.join(one['operations'])}: {one['title']}" for one in told["failures"]]
    failures += [f"The tool itself: {one}" for one in told["errors"]]
    failures += [f"A fault: {line['error'][-500:]}" for line in running.logged("fault")]
    cases, complete = told["test_cases"]["generated"], told["complete"]
    return Result(cases, failures, _never(running), complete)


def _never(running: "Running") -> list[str]:
    lines = [line for line in running.logged("request") if line["route"].startswith(API)]
    known = {"GET", "POST", "PUT", "PATCH"}
    asked = {(line["method"], line["route"]): False for line in lines if line["status"] != 405}
    for line in lines:
        if line["status"] < 300:
            asked[line["method"], line["route"]] = True
    return sorted(
        f"{how} {path}" for (how, path), well in asked.items() if how in known and not well
    )
