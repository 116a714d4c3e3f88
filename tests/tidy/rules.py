"""The rules no linter has: each takes a syntax tree and yields what breaks it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.source import Offence, imported_names, resolved

CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
}
NAIVE = {
    "datetime.datetime.utcnow",
    "datetime.datetime.utcfromtimestamp",
    "datetime.datetime.today",
    "datetime.date.today",
}
CHANCE = {"random", "secrets", "uuid.uuid1", "uuid.uuid4", "os.urandom"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP|STUB|PLACEHOLDER)\b")


def floats(path: Path, tree: ast.Module) -> Iterator[Offence]:
    """Money and quantities are Decimal: neither the name `float` nor a literal such as `0.1` may appear."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "float":
            yield Offence(path, node.lineno, "the name float")
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield Offence(path, node.lineno, f"the float literal {node.value!r}")
        elif isinstance(node, ast.Attribute) and node.attr in {"Float", "REAL", "Double", "DOUBLE", "FLOAT"}:
            yield Offence(path, node.lineno, f"the binary column type {node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sqlalchemy"):
            for alias in node.names:
                if alias.name in {"Float", "REAL", "Double", "DOUBLE", "FLOAT"}:
                    yield Offence(path, node.lineno, f"the binary column type {alias.name}")


def naive_times(path: Path, tree: ast.Module) -> Iterator[Offence]:
    """An instant carries its zone: no `utcnow()`, and no `now()` or constructor without a zone."""
    names = imported_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = resolved(node.func, names)
        if called in NAIVE:
            yield Offence(path, node.lineno, f"{called}() is naive")
        elif called == "datetime.datetime.now" and not _argument(node, 0, "tz"):
            yield Offence(path, node.lineno, "datetime.now() without a zone")
        elif called == "datetime.datetime.fromtimestamp" and not _argument(node, 1, "tz"):
            yield Offence(path, node.lineno, "datetime.fromtimestamp() without a zone")
        elif called == "datetime.datetime" and not _argument(node, 7, "tzinfo"):
            yield Offence(path, node.lineno, "datetime(...) without a zone")


def unslotted_reads(path: Path, tree: ast.Module) -> Iterator[Offence]:
    """NetSuite counts every request: a call of `….netsuite.x(…)` stands inside `with ….slots.reading()`."""

    def walk(node: ast.AST, slotted: bool) -> Iterator[Offence]:
        if isinstance(node, ast.With):
            opened = [ast.unparse(item.context_expr) for item in node.items]
            slotted = slotted or any(one.endswith("slots.reading()") for one in opened)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            slotted = False  # when it runs is not decided where it is written
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not slotted:
            owner = ast.unparse(node.func.value)
            if owner.endswith(".netsuite"):
                yield Offence(path, node.lineno, f"{owner}.{node.func.attr}() holds no slot")
        for child in ast.iter_child_nodes(node):
            yield from walk(child, slotted)

    yield from walk(tree, slotted=False)


def clocks_and_chance(path: Path, tree: ast.Module) -> Iterator[Offence]:
    """The domain is told the time and draws nothing: same input, same output."""
    names = imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names if alias.name in CHANCE | {"time"}]
            yield from (Offence(path, node.lineno, f"import {name}") for name in found)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if node.module in CHANCE or whole in CHANCE | CLOCKS:
                    yield Offence(path, node.lineno, f"import of {whole}")
        elif isinstance(node, ast.Attribute):
            whole = resolved(node, names)
            if whole in CLOCKS | CHANCE:
                yield Offence(path, node.lineno, whole)


def unfinished(path: Path, text: str) -> Iterator[Offence]:
    """What is not done is not in the tree: no notes to come back to, and no bodies that only refuse."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and UNFINISHED.search(token.string):
            yield Offence(path, token.start[0], token.string)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(raised, ast.Name) and raised.id == "NotImplementedError":
                yield Offence(path, node.lineno, "raise NotImplementedError")


def skips(path: Path, tree: ast.Module) -> Iterator[Offence]:
    """A test that does not run proves nothing: no skip, no xfail, under any name."""
    names = imported_names(tree)
    refused = {"pytest.skip", "pytest.xfail", "pytest.importorskip"}
    refused |= {f"pytest.mark.{mark}" for mark in ("skip", "skipif", "xfail")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and resolved(node, names) in refused:
            yield Offence(path, node.lineno, resolved(node, names))


def _argument(call: ast.Call, position: int, keyword: str) -> bool:
    given: ast.expr | None = call.args[position] if len(call.args) > position else None
    for word in call.keywords:
        if word.arg in {keyword, None}:
            given = word.value
    return given is not None and not (isinstance(given, ast.Constant) and given.value is None)
