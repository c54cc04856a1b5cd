"""Kill what runs, again and again, and prove that nothing acknowledged is lost.

``python tests/crash/run.py --kills 200 --seed 1``: exit code 1 where anything was lost, doubled,
out of order, or shown differently from what the log says. The same seed kills the same kinds of
process in the same order. Kills are kills of processes: what a power cut takes from a disk that
lies about having written is not tried here.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.crash.campaign import run

SECONDS_EACH = 6.0
"""How long a kill may take, on average, where no --seconds are given."""

console = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> int:
    """Run a campaign as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, metavar="N", help="none: any")
    parser.add_argument("--seconds", type=float, metavar="N", help="stop killing after so long")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there, too")
    parser.add_argument("--folder", type=Path, help="work there, and leave it; none: a new one")
    told = parser.parse_args()
    if not Path("/proc/self/stat").exists():
        console.print("This campaign finds what to kill in /proc: it needs Linux.")
        return 2
    seed = random.SystemRandom().randrange(10**6) if told.seed is None else told.seed
    seconds = max(60.0, told.kills * SECONDS_EACH) if told.seconds is None else told.seconds
    if told.folder and told.folder.exists() and any(told.folder.iterdir()):
        console.print(f"{told.folder} is not empty: choose another folder.")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    folder = told.folder or Path(tempfile.mkdtemp(prefix="concord-crash-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # PostgreSQL may run as somebody else, who has to get in
    console.print(f"seed {seed}, {told.kills} kills, in {folder}")
    keep = True
    try:
        result = run(folder, seed, told.kills, seconds, console.print)
        keep = told.folder is not None or result.findings.any()
    except KeyboardInterrupt:
        keep = told.folder is not None
        console.print("Stopped.")
        return 130
    finally:
        if keep:
            console.print(f"Data and output are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for kind, sentences in vars(result.findings).items():
        for sentence in sentences[:10]:
            console.print(f"{kind}: {sentence}", markup=False)
        if len(sentences) > 10:
            console.print(f"{kind}: … and {len(sentences) - 10} more")
    console.print(f"answers that were not 2xx: {dict(result.answers)}")
    console.print(f"ended by themselves: {result.ended_by_themselves}")
    sys.stdout.write(result.sentence() + "\n")
    if told.json:
        told.json.write_text(json.dumps(result.as_dict(), indent=2) + "\n")
    return 1 if result.findings.any() else 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # once: what was started is being ended
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
