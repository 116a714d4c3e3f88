"""Breaks the product on purpose: each named mutation must turn its tests red.

`python tests/mutants/run.py [--only WORDS] [--jobs 2]`. A mutation is made in a copy of the tree. Exit 1 when a
mutation survives, cannot be made any more, or a requirement called covered has no killed mutation whose tests
carry its mark.
"""

from __future__ import annotations

import argparse
import ast
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.tidy import markers  # noqa: E402 - the repository is no package

TABLE = Path(__file__).with_name("mutants.toml")
COPIED = ("src", "tests", "bench", "docs", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in one file of src/tieout; one of `tests` must fail then."""

    name: str
    requirements: tuple[str, ...]
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def read_table() -> list[Mutant]:
    """Every mutation. Raises `ValueError` for two of one name."""
    rows = tomllib.loads(TABLE.read_text())["mutant"]
    found = [
        Mutant(
            name=row["name"],
            requirements=tuple(row["requirements"]),
            file=row["file"],
            old=row["old"],
            new=row["new"],
            tests=tuple(row["tests"]),
        )
        for row in rows
    ]
    if len({mutant.name for mutant in found}) < len(found):
        raise ValueError("two mutations have one name")
    return found


def marks_of(test: str) -> set[str]:
    """Requirements a test (`path::function`, or a whole file) is marked with."""
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in {name, ""}]
    wanted = ast.Module(body=list(nodes), type_ignores=[]) if name else tree
    return {requirement for requirement, _ in markers.claims(ROOT / path, wanted)}


def run_tests(copy: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """pytest on a copy of the tree, which shadows the installed package."""
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def verdict(copy: Path, mutant: Mutant) -> str:
    """`killed`, `survived`, or why it could not be told."""
    file = copy / "src" / "tieout" / mutant.file
    original = file.read_text()
    if original.count(mutant.old) != 1:
        return f"cannot be made: its text stands {original.count(mutant.old)} times in {mutant.file}"
    file.write_text(original.replace(mutant.old, mutant.new))
    try:
        ended = run_tests(copy, mutant.tests).returncode
    finally:
        file.write_text(original)
    return {0: "survived", 1: "killed"}.get(ended, f"pytest ended with {ended}")


def copy_tree(target: Path) -> None:
    """The tree as it stands, without what runs leave behind."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, target / name)


def unshown(killed: list[Mutant]) -> list[str]:
    """Requirements called covered that no killed mutation shows."""
    shown = {
        requirement
        for mutant in killed
        for requirement in mutant.requirements
        if any(requirement in marks_of(test) for test in mutant.tests)
    }
    covered = [name for name, done in markers.rows(markers.PAGE.read_text()).items() if done]
    return [name for name in covered if name not in shown]


def main() -> int:
    """Run all; print each verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="mutations whose name contains this")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    mutants = [mutant for mutant in read_table() if options.only in mutant.name]
    if not mutants:
        print(f"no mutation has {options.only!r} in its name")
        return 1
    copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for number in range(options.jobs):
            copy_tree(Path(folder) / str(number))
            copies.put(Path(folder) / str(number))
        sound = run_tests(Path(folder) / "0", tuple(sorted({test for one in mutants for test in one.tests})))
        if sound.returncode:
            print(f"the tests fail without any mutation:\n{sound.stdout[-3000:]}")
            return 1

        def judge(mutant: Mutant) -> str:
            copy = copies.get()
            try:
                return verdict(copy, mutant)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.jobs) as pool:
            verdicts = list(zip(mutants, pool.map(judge, mutants), strict=True))
    for mutant, said in verdicts:
        print(f"{said:9} {mutant.name}  ({', '.join(mutant.requirements)})", flush=True)
    killed = [mutant for mutant, said in verdicts if said == "killed"]
    missing = [] if options.only else unshown(killed)
    if missing:
        print(f"covered, but no killed mutation shows it: {', '.join(missing)}")
    print(f"{len(killed)} of {len(mutants)} mutations killed")
    return 0 if len(killed) == len(mutants) and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
