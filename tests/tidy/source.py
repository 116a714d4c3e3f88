"""Reading the source tree as syntax: what the tidy tests share."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tieout"
TESTS = ROOT / "tests"
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"


@dataclass(frozen=True, slots=True)
class Offence:
    """One line that breaks a rule, printed as an editor can open it."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        shown = self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path
        return f"{shown}:{self.line}: {self.what}"


def python_files(*folders: Path) -> Iterator[Path]:
    """Every Python file below the folders, in a stable order."""
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def dotted(node: ast.expr) -> str:
    """`datetime.datetime.now` for the expression that says so; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What each imported name really is: `{"dt": "datetime", "uuid4": "uuid.uuid4"}`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def resolved(node: ast.expr, names: dict[str, str]) -> str:
    """The dotted name of an expression with its import undone: `dt.now` -> `datetime.datetime.now`."""
    path = dotted(node)
    head, _, tail = path.partition(".")
    whole = names.get(head, head)
    return f"{whole}.{tail}" if tail else whole
