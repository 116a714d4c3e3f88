"""The source tree keeps the rules, and each rule can be broken."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.tidy import rules
from tests.tidy.source import PACKAGE, ROOT, TESTS, Offence, python_files

Rule = Callable[[Path, ast.Module], Iterator[Offence]]
DOMAIN = PACKAGE / "domain"
STORE = PACKAGE / "store"


def offences(rule: Rule, *folders: Path) -> list[str]:
    files = [(path, ast.parse(path.read_text())) for path in python_files(*folders)]
    return [str(found) for path, tree in files for found in rule(path, tree)]


def test_domain_and_store_know_no_binary_fractions():
    assert offences(rules.floats, DOMAIN, STORE) == []


def test_no_instant_is_naive():
    assert offences(rules.naive_times, PACKAGE) == []


def test_the_domain_has_no_clock_and_no_chance():
    assert offences(rules.clocks_and_chance, DOMAIN) == []


def test_nothing_unfinished_is_kept():
    found = [str(one) for path in python_files(PACKAGE) for one in rules.unfinished(path, path.read_text())]
    assert found == []


def test_every_read_of_netsuite_holds_a_slot():
    # The sending lane takes its slots before the call; the doctor asks one thing at a time, in the head-room.
    flows = PACKAGE / "flows"
    found = offences(rules.unslotted_reads, flows)
    assert [one for one in found if "flows/sending.py" not in one and "flows/doctor/" not in one] == []


def test_every_mutation_can_still_be_made():
    mutants = tomllib.loads((TESTS / "mutants" / "mutants.toml").read_text())["mutant"]
    texts = {one["name"]: ((PACKAGE / one["file"]).read_text(), one["old"]) for one in mutants}
    assert [name for name, (text, old) in texts.items() if text.count(old) != 1] == []


def test_no_test_is_skipped():
    assert offences(rules.skips, TESTS) == []


def test_the_locks_pin_hashes_and_name_no_index():
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text().splitlines()
        assert not [line for line in lines if "://" in line or line.startswith(("-i", "--index", "--extra"))]
        pins = [number for number, line in enumerate(lines) if "==" in line and line[0].isalpha()]
        assert pins
        assert not [lines[number] for number in pins if "--hash=sha256:" not in lines[number + 1]]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (rules.unslotted_reads, "context.netsuite.look_up([])"),
        (rules.unslotted_reads, "with other():\n    self._context.netsuite.items_now([])"),
        (rules.floats, "total = 0.1"),
        (rules.floats, "total = float(text)"),
        (rules.floats, "def tax(rate: float) -> None: ..."),
        (rules.floats, "from sqlalchemy import Float"),
        (rules.floats, "import sqlalchemy as sa\ncolumn = sa.REAL()"),
        (rules.naive_times, "import datetime as dt\nnow = dt.datetime.utcnow()"),
        (rules.naive_times, "from datetime import datetime\nnow = datetime.now()"),
        (rules.naive_times, "from datetime import datetime\nnow = datetime.now(None)"),
        (rules.naive_times, "from datetime import datetime\nday = datetime(2026, 1, 1)"),
        (rules.naive_times, "from datetime import date\nday = date.today()"),
        (rules.naive_times, "from datetime import datetime\nat = datetime.fromtimestamp(1)"),
        (rules.clocks_and_chance, "from datetime import UTC, datetime\nnow = datetime.now(UTC)"),
        (rules.clocks_and_chance, "from datetime import datetime\nclock = datetime.now"),
        (rules.clocks_and_chance, "import datetime\nclock = datetime.date.today"),
        (rules.clocks_and_chance, "import random"),
        (rules.clocks_and_chance, "from random import choice"),
        (rules.clocks_and_chance, "import time"),
        (rules.clocks_and_chance, "from time import monotonic"),
        (rules.clocks_and_chance, "from uuid import uuid4"),
        (rules.clocks_and_chance, "import uuid\nkey = uuid.uuid4()"),
        (rules.skips, "import pytest\n@pytest.mark.skip\ndef test_x(): ..."),
        (rules.skips, "import pytest\n@pytest.mark.skipif(True, reason='')\ndef test_x(): ..."),
        (rules.skips, "from pytest import skip\ndef test_x(): skip()"),
        (rules.skips, "from pytest import mark\n@mark.xfail\ndef test_x(): ..."),
    ],
)
def test_each_rule_sees_what_breaks_it(rule: Rule, code: str):
    assert list(rule(Path("example.py"), ast.parse(code)))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (rules.unslotted_reads, "with context.slots.reading():\n    context.netsuite.look_up([])"),
        (rules.unslotted_reads, "at = context.netsuite.account"),
        (rules.floats, "from decimal import Decimal\ntotal = Decimal('0.1')"),
        (rules.naive_times, "from datetime import UTC, datetime\nnow = datetime.now(tz=UTC)"),
        (rules.naive_times, "from datetime import UTC, datetime\nday = datetime(2026, 1, 1, tzinfo=UTC)"),
        (rules.clocks_and_chance, "from datetime import datetime\ndef due(now: datetime): return now"),
        (rules.skips, "import pytest\n@pytest.mark.parametrize('x', [1])\ndef test_x(x): ..."),
    ],
)
def test_each_rule_leaves_good_code_alone(rule: Rule, code: str):
    assert not list(rule(Path("example.py"), ast.parse(code)))


@pytest.mark.parametrize("text", ["x = 1  # TODO later\n", "def f():\n    raise NotImplementedError\n"])
def test_unfinished_work_is_seen(text: str):
    assert list(rules.unfinished(Path("example.py"), text))
