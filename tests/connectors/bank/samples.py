"""The sample files and what they come to by an independent reading."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tieout.connectors.bank import BankOptions, parse_bank_file, summary
from tieout.domain.cash.movements import BankFile

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "bank"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
SAMPLES = sorted(EXPECTED)


@cache
def content_of(name: str) -> bytes:
    """The bytes of a sample."""
    return (FOLDER / name).read_bytes()


def read(name: str, **options: Any) -> BankFile:
    """A sample, read."""
    return parse_bank_file(content_of(name), name, BankOptions(**options))


def read_text(text: str, **options: Any) -> BankFile:
    """A text of the test's own, read."""
    return parse_bank_file(text.encode(), "test", BankOptions(**options))


def figures(read_file: BankFile) -> dict[str, Any]:
    """Its figures."""
    return summary(read_file)


def codes(read_file: BankFile) -> list[str]:
    """Codes of its findings, in order."""
    return [finding.code for finding in read_file.findings]
