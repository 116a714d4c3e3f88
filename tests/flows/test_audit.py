"""Whatever is done to sealed evidence is found; a tail that is cut off is found against an exported head."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.house import House, house
from tests.support.script import order

from tieout.domain.audit import GENESIS
from tieout.flows.audit import export, verify

_GUARDS = ("event", "attempt", "decision", "seal")


@pytest.fixture
def h(tmp_path: Path):
    with house(tmp_path) as made:
        for number in (1, 2):
            made.source.put(order(number))
            made.run()
            while made.machine.sealing.run(now_at_once=True):
                pass
        yield made


def tamper(h: House, *statements: str) -> None:
    """What somebody with all rights in the database may do."""
    with h.database.write() as connection:
        for table in _GUARDS:
            if h.database.is_postgres:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_update"))
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_delete"))
        for statement in statements:
            connection.execute(text(statement))


def test_a_log_nobody_touched_verifies(h: House):
    verdict = verify(h.store)
    assert verdict.breaks == ()
    assert verdict.unsealed == 0
    assert verdict.seals >= 2
    assert verify(h.store, verdict.head).breaks == ()
    assert verify(h.store, GENESIS).breaks == ()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE event SET kind = 'judged_ignored' WHERE id = 1", "has been changed"),
        ("UPDATE attempt SET response = 'nothing happened' WHERE id = 2", "has been changed"),
        ("DELETE FROM attempt WHERE id = 2", "rows were sealed"),
        ("UPDATE event SET id = 9999 WHERE id = 2", "rows were sealed"),
        ("UPDATE seal SET digest = 'x' WHERE number = 1", "has been changed"),
        ("UPDATE seal SET rows = rows - 1 WHERE number = 1", "rows were sealed"),
        ("DELETE FROM seal WHERE number = 1", "is missing"),
    ],
)
def test_any_change_is_found(h: House, statement: str, found: str):
    tamper(h, statement)
    breaks = verify(h.store).breaks
    assert breaks
    assert any(found in one.found for one in breaks), breaks


def test_a_row_slipped_in_between_is_found(h: House):
    tamper(h, "UPDATE event SET id = 500 WHERE id = 1")
    verdict = verify(h.store)
    assert verdict.unsealed == 1
    assert verdict.breaks


def test_a_tail_that_is_cut_off_is_found_against_an_exported_head(h: House):
    before = verify(h.store)
    last = before.seals
    with h.store.read() as unit:
        upto = unit.audit.seals()[-2].upto
    cuts = [f"DELETE FROM {table} WHERE id > {upto[table]}" for table in ("event", "attempt", "decision")]
    tamper(h, f"DELETE FROM seal WHERE number = {last}", *cuts)
    assert verify(h.store).breaks == ()
    (one,) = verify(h.store, before.head).breaks
    assert "cut off" in one.found


def test_a_tail_made_anew_is_found_against_an_exported_head(h: House):
    before = verify(h.store)
    tamper(
        h,
        f"DELETE FROM seal WHERE number = {before.seals}",
        "UPDATE event SET data = '{}' WHERE id = (SELECT max(id) FROM event)",
    )
    h.machine.sealing.run(now_at_once=True)
    assert verify(h.store).breaks == ()
    assert verify(h.store, before.head).breaks


def test_an_export_holds_every_sealed_row_and_ends_with_the_head(h: House):
    lines = [json.loads(line) for line in export(h.store)]
    verdict = verify(h.store)
    assert lines[-1] == ["head", {"head": verdict.head, "seals": verdict.seals}]
    assert sum(kind not in {"seal", "head"} for kind, _ in lines) == verdict.rows
    assert {kind for kind, _ in lines} >= {"event", "attempt"}
