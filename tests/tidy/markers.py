"""Which requirements the tests claim and which the documentation calls covered: read, not imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.source import REFERENCE, TESTS, python_files

PAGE = REFERENCE / "requirements.md"
ROW = re.compile(r"^\|\s*(R\d{2})\s*\|.*\|\s*(covered|not yet)\s*\|\s*$")


def rows(page: str) -> dict[str, bool]:
    """Requirement id -> whether the page calls it covered."""
    found: dict[str, bool] = {}
    for line in page.splitlines():
        if line.startswith("| R"):
            match = ROW.match(line)
            if match is None:
                raise ValueError(f"not a requirement row (id | text | covered or not yet): {line}")
            if match[1] in found:
                raise ValueError(f"{match[1]} has two rows")
            found[match[1]] = match[2] == "covered"
    return found


def claims(path: Path, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(requirement id, place) for each `@pytest.mark.requirement("R..")`, wherever it stands."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr == "requirement":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value, f"{path.name}:{node.lineno}"


def claimed() -> dict[str, list[str]]:
    """Requirement id -> the tests that name it."""
    found: dict[str, list[str]] = {}
    for path in python_files(TESTS):
        if path.parent.name != "tidy":
            for requirement, where in claims(path, ast.parse(path.read_text())):
                found.setdefault(requirement, []).append(where)
    return found
