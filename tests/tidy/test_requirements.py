"""What the documentation calls covered is shown by a test, and nothing else is claimed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.tidy import markers


def test_every_covered_requirement_has_a_test():
    claimed = markers.claimed()
    covered = [requirement for requirement, done in markers.rows(markers.PAGE.read_text()).items() if done]
    assert [requirement for requirement in covered if requirement not in claimed] == []


def test_tests_claim_only_requirements_that_exist():
    known = markers.rows(markers.PAGE.read_text())
    assert known
    assert {name: where for name, where in markers.claimed().items() if name not in known} == {}


def test_a_marker_is_found_wherever_it_stands():
    code = """
@pytest.mark.requirement("R20", "R21")
def test_a(): ...

class TestB:
    pytestmark = pytest.mark.requirement("R01")
"""
    assert [found[0] for found in markers.claims(Path("x.py"), ast.parse(code))] == ["R20", "R21", "R01"]


@pytest.mark.parametrize("page", ["| R01 | text | perhaps |", "| R01 | a | covered |\n| R01 | b | not yet |"])
def test_a_row_that_says_neither_is_refused(page: str):
    with pytest.raises(ValueError, match="R01"):
        markers.rows(page)
