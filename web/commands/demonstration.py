"""``concord demo``: the sample company, a key ready to use, and four requests worth trying."""

import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console

from application.crm import Crm
from application.demo import is_told, landmarks, tell
from application.settings import Settings
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from web.access.auth import authenticate
from web.commands.accounts import trusted_key
from web.commands.demo_review import SHOWN_REVIEW, review_ana
from web.problems import Problem


def demonstrate(settings: Settings, url: str, console: Console, bar: Any) -> None:
    """Tell the sample company unless it is told, and print what to try."""
    crm = Crm(url)
    try:
        if not is_told(crm):
            with bar("Telling 90 days of a sample company") as progress:
                told = tell(crm, progress)
            console.print(f"Told {told.facts:,} facts of a sample company.", highlight=False)
            review_ana(crm)
            Projections(crm.pool, PROJECTIONS).catch_up()
        _print_welcome(settings, console, _key(crm, settings.data.parent / "demo-key.json"))
    finally:
        crm.close()


def _key(crm: Crm, file: Path) -> str:
    """Return the key of the last time if it still opens, else a new one.

    It is kept in a file only its owner can read: the demo shows made-up data.
    """
    if file.exists():
        kept = str(json.loads(file.read_text())["key"])
        try:
            authenticate(crm, f"Bearer {kept}")
        except Problem:
            file.unlink()
        else:
            return kept
    made = trusted_key(crm, "demo")
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        json.dump({"id": str(made.id), "key": made.text}, opened)
    return made.text


def _print_welcome(settings: Settings, console: Console, key: str) -> None:
    known = landmarks()
    base = f"http://{settings.host}:{settings.port}"
    header = f'-H "Authorization: Bearer {key}"'
    disputed = f"{base}/api/v1/customers/{known.disputed_customer_id}"
    lines = (
        f"Concord      {base}/   (Ctrl-C ends it and everything it started)",
        f"Docs         {base}/api/v1/docs/",
        f"API key      {key}",
        "",
        "# a customer's timeline, every department on one line",
        f'curl -s {header} "{base}/api/v1/customers/{known.customer_id}/timeline?limit=5"',
        "# who owned the disputed customer on 1 August, as anyone can check today",
        f'curl -s {header} "{disputed}/ownership?as_of=2026-08-01T00:00:00Z"',
        "# the service department's queue, the oldest first",
        f'curl -s {header} "{base}/api/v1/departments/{known.department_id}/queue?limit=5"',
        "# a review in sentences, each point with the facts behind it",
        f'curl -s {header} "{base}/api/v1/reviews/{SHOWN_REVIEW}/explanation?language=en"',
        "",
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)
