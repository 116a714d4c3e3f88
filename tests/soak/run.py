"""Long runs under faults, then SIGKILL at every crash point; writes the result to `docs/reference/soak.md`.

`python tests/soak/run.py [--part crew --part alone --part kills] [--seeds 20] [--first 1] [--deals 300] [--jobs 2]`;
exit 1 when anything was not as it must be. The page is written after each part.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support import crash  # noqa: E402 - the repository is no package
from tests.support.crash_scenarios import story_of  # noqa: E402
from tests.support.truth import tell_killed  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "soak.md"
ZEROS = ("duplicates", "lost", "order_violations", "misapplied", "planted_missed", "unplanted_cases")


#: Workers that are killed; one process; SIGKILL at every point.
PARTS = ("crew", "alone", "kills")
#: Three workers on PostgreSQL, one killed every five seconds, all restarted in turn half-way.
CREW = ("--store", "postgres", "--workers", "3", "--kill-every", "5")


def demo(seed: int, deals: int, crew: tuple[str, ...]) -> dict[str, Any]:
    """One hostile demo, as its JSON object; what it said on standard error when it printed none."""
    command = [sys.executable, "-m", "tieout", "demo", "--faults", "hostile", "--json", *crew]
    command += ["--seed", str(seed), "--deals", str(deals)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        result: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        result = {"seed": seed, "ok": False, "error": done.stderr[-2000:]}
    result["exit"] = done.returncode
    result["by"] = f"3 workers, {result.get('killed', '?')} killed" if crew else "one process"
    return result


def kill(point: str) -> str:
    """SIGKILL at one point. Returns what went wrong, or nothing."""
    story = story_of(point)
    if story is None:
        return f"{point}: no story"
    try:
        with tempfile.TemporaryDirectory() as folder:
            tell_killed(story, Path(folder), point)
    except AssertionError as error:
        return f"{point} ({story.name}): {error}"
    return ""


def commit() -> str:
    """The commit the run is about, marked when the product differs from it."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    dirty = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "src"], cwd=ROOT, check=False)
    return head.stdout.strip() + (" with changes not committed" if dirty.returncode else "")


def page(runs: list[dict[str, Any]], wrong: list[str], points: int, commit_id: str, seconds: float) -> str:
    """The page's text."""
    lines = [
        "# Long runs",
        "",
        "The last result of `make soak`: hostile demos on many seeds, checked against the emulators' ground",
        "truth, then a process ended by SIGKILL at every [crash point](crash-points.md).",
        "",
        f"Commit {commit_id}. {seconds / 60:.0f} minutes.",
        "",
        f"SIGKILL at {points} points; wrong afterwards: {len(wrong)}." if points else "SIGKILL: not run.",
        *(f"- {one}" for one in wrong),
        "",
        "| seed | by | inputs | confirmed | open cases | ignored | "
        + " | ".join(ZEROS)
        + " | as planned | seconds |",
        "|" + "---|" * (8 + len(ZEROS)),
    ]
    for run in runs:
        figures = [run.get(name, "?") for name in ("inputs", "confirmed", "open_cases", "ignored", *ZEROS)]
        verdict = "yes" if run["ok"] else "**no**"
        cells = [run["seed"], run["by"], *figures, verdict, run.get("seconds", "?")]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join([*lines, ""])


def main() -> int:
    """Run everything; print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--deals", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-write", action="store_true", help="leave the page as it is")
    parser.add_argument("--part", choices=PARTS, action="append", help="run this part only")
    options = parser.parse_args()
    began, commit_id = time.monotonic(), commit()
    seeds = range(options.first, options.first + options.seeds)
    runs: list[dict[str, Any]] = []
    points: list[str] = []
    wrong: list[str] = []
    for part in PARTS:
        if part not in (options.part or PARTS):
            continue
        with ThreadPoolExecutor(options.jobs) as pool:
            if part == "kills":
                points = crash.points()
                wrong = kills(pool, points)
            else:
                runs += demos(pool, seeds, options.deals, CREW if part == "crew" else ())
        if not options.no_write:
            PAGE.write_text(page(runs, wrong, len(points), commit_id, time.monotonic() - began))
    good = all(run["ok"] for run in runs) and not wrong
    print(f"{len(points)} crash points by SIGKILL, {len(wrong)} wrong; {len(runs)} seeds; good: {good}")
    return 0 if good else 1


def demos(
    pool: ThreadPoolExecutor, seeds: Iterable[int], deals: int, crew: tuple[str, ...]
) -> list[dict[str, Any]]:
    """One demo per seed."""
    runs = []
    for run in pool.map(lambda seed: demo(seed, deals, crew), seeds):
        runs.append(run)
        shown = {name: run[name] for name in ("ok", "inputs", *ZEROS, "seconds", "error") if name in run}
        print(f"seed {run['seed']} by {run['by']}: {shown}", flush=True)
        if not run["ok"]:
            told = {name: run.get(name) for name in ("drained", "cases_by_code", "violations", "mismatches")}
            print(f"  {told}", flush=True)
    return runs


def kills(pool: ThreadPoolExecutor, points: list[str]) -> list[str]:
    """SIGKILL at every point: what went wrong."""
    wrong = []
    for number, problem in enumerate(pool.map(kill, points), start=1):
        if problem:
            wrong.append(problem)
            print(f"SIGKILL {problem}", flush=True)
        elif number % 20 == 0:
            print(f"SIGKILL at {number} of {len(points)} points", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
