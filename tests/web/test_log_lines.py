"""Whatever happens in a server, its log is one JSON document a line."""

import json
import subprocess
import sys

UNCAUGHT = """
from web import logs

logs.configure("info")
raise ValueError("It broke.\\nCONTEXT: COPY customers, line 1: Harbour Foods")
"""


def test_what_nobody_caught_is_one_line_without_the_row_it_was_about():
    done = subprocess.run(
        [sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"]) == ("unexpected", "error")
    assert (told["kind"], told["error"]) == ("builtins.ValueError", "It broke.")
    assert "Harbour" not in done.stderr
    assert len(told["at"]) == 1  # where it was raised
