"""The page that says how to write a connector, followed to the letter in a copy of the house."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "how-to" / "write-a-connector.md"
BLOCK = re.compile(
    r"^```(?P<kind>\w+) title=\"(?P<file>[^\"]+)\"\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
COPIED = ("src", "tests/support", "tests/conftest.py", "tests/connectors/conftest.py", "pyproject.toml")


def blocks() -> list[tuple[str, str, str]]:
    """Kind, file name and text of every block of the page that names a file."""
    return [(m["kind"], m["file"], m["text"]) for m in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def change(text: str, diff: str) -> str:
    """Put the added lines of a diff after the lines it shows, which have to stand there exactly once."""
    lines = diff.splitlines()
    shown = "\n".join(line[1:] for line in lines if line.startswith(" ")) + "\n"
    added = "\n".join(line[1:] for line in lines if line.startswith("+")) + "\n"
    assert lines == sorted(lines, key=lambda line: line.startswith("+")), "added lines come last"
    assert text.count(shown) == 1, f"stands {text.count(shown)} times: {shown}"
    return text.replace(shown, shown + added)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with everything done to it that the page says."""
    folder = tmp_path_factory.mktemp("house")
    for name in COPIED:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    for kind, name, text in blocks():
        file = folder / name
        if kind == "diff":
            file.write_text(change(file.read_text(encoding="utf-8"), text), encoding="utf-8")
        else:
            assert not file.exists(), f"{name} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return folder


def run(house: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(house / "src"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    return subprocess.run(words, cwd=house, env=env, capture_output=True, text=True, timeout=240, check=False)


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_the_page_has_the_blocks_of_a_whole_connector():
    kinds = [kind for kind, _, _ in blocks()]
    assert (kinds.count("python"), kinds.count("diff"), kinds.count("yaml")) == (6, 3, 1)


def test_what_the_page_writes_passes_the_suite_and_syncs_a_deal(house: Path):
    done = run(
        house, sys.executable, "-m", "pytest", "tests/connectors/ledgerline", "-q", "-p", "no:cacheprovider"
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert re.search(r"\b(\d+) passed|\.{9}", done.stdout), done.stdout


def test_what_the_page_writes_keeps_the_import_contracts(house: Path):
    done = run(house, tool("lint-imports"), "--no-logo", "--no-cache")
    assert done.returncode == 0, done.stdout[-2000:]


def test_what_the_page_writes_is_typed_and_in_style(house: Path):
    folders = ("src/tieout/connectors/ledgerline", "tests/connectors/ledgerline")
    done = run(house, tool("ruff"), "check", "--no-cache", *folders)
    assert done.returncode == 0, done.stdout
    typed = run(house, tool("mypy"), "--cache-dir", os.devnull, "--follow-imports=silent", folders[0])
    assert typed.returncode == 0, typed.stdout


def test_a_block_that_does_not_fit_any_more_is_noticed():
    with pytest.raises(AssertionError, match="stands 0 times"):
        change("a\nb\n", " c\n+d\n")
    assert change("a\nb\n", " a\n+d\n") == "a\nd\nb\n"
