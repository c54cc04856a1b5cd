"""Ask a running Concord everything its OpenAPI document allows, and everything it forbids.

``python tests/fuzz/run.py --seed 1 --max-examples 50``: exit code 1 where an answer was a fault of
ours or not what the document says. The same seed and the same number of examples ask the same;
with ``--minutes`` it asks for as long as that.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2]))

from application.store.embedded import embedded_server
from application.store.migrate import migrate
from tests.fuzz.fuzzing import fuzz, prepare
from tests.web.served import concord

console = Console(highlight=False, soft_wrap=True, markup=False)


def main() -> int:
    """Fuzz as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, metavar="N", help="none: any")
    parser.add_argument("--max-examples", type=int, metavar="N", default=50)
    parser.add_argument("--minutes", type=float, metavar="N", help="go on for as long as that")
    told = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if told.seed is None else told.seed
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    options = ["--seed", str(seed), "--max-examples", str(told.max_examples)]
    if told.minutes:
        options += ["--max-time", str(max(1, round(told.minutes * 60)))]
    folder = Path(tempfile.mkdtemp(prefix="concord-fuzz-"))
    folder.chmod(0o755)  # PostgreSQL may run as somebody else, who has to get in
    console.print(f"seed {seed}, {told.max_examples} examples of each operation and phase")
    try:
        with embedded_server(folder / "data", durable=False) as server:
            migrate(server.dsn)
            with concord(server.dsn, folder / "log") as running:
                result = fuzz(running, folder, prepare(running), *options)
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in result.failures:
        console.print(f"- {line}")
    console.print(f"never went well: {', '.join(result.never) or 'none'}")
    console.print(f"seed {seed}: {result.cases:,} cases, {len(result.failures)} failures")
    if result.failures:
        again = f"make fuzz SEED={seed} MAX_EXAMPLES={told.max_examples}"
        console.print(f"Again: {again}; one alone: the curl line above, with a key of your own.")
    return 0 if result.good or (told.minutes and not result.failures) else 1


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
