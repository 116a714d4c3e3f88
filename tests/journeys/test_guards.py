"""Each guard is needed: with it nothing goes wrong, without it something does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.guards import GUARDS, PAGE, Guard, measure, row

#: a guard is about what is asked and when, not about where it is kept
pytestmark = pytest.mark.own_store


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_without_the_guard_something_goes_wrong(guard: Guard, tmp_path: Path):
    figures = measure(guard, tmp_path)
    assert figures[0] == 0
    assert figures[1] > 0
    assert row(guard, figures) in PAGE.read_text().splitlines(), "run: python -m tests.support.guards"
