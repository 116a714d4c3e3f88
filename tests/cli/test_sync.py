"""`tieout sync`: from files to confirmed invoices; what holds it, and what stops its start."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.support.desk import CONFIGURATION, deal, open_desk

CREATES = {"operation": "create", "record": "invoice"}


def test_deals_in_files_become_confirmed_invoices(desk):
    desk.ingest(deal(1), deal(2))
    counts = desk.sync()
    assert (counts["inputs"], counts["confirmed"], counts["case"], counts["ignored"]) == (2, 2, 0, 0)
    assert sorted(one["external_id"] for one in desk.invoices()) == ["inv-D-1", "inv-D-2"]
    assert [row["outcome"] for row in counts["rows"]] == ["confirmed", "confirmed"]


def test_syncing_again_changes_nothing(desk):
    desk.ingest(deal(1))
    desk.sync()
    before = desk.control.truth("invoice")
    desk.ingest(deal(1))
    assert desk.sync()["confirmed"] == 1
    assert desk.control.truth("invoice") == before


def test_open_cases_are_told_by_the_exit_code_and_by_name(desk):
    desk.ingest(deal(1), deal(2, lines=[]))
    result = desk.run("sync")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "2 inputs: 1 confirmed, 1 case",
        "     1 × lines_missing — Deal has no lines: D-2 (#1)",
    ]


def test_a_run_that_was_not_drained_says_so(desk):
    desk.ingest(deal(1))
    desk.control.faults({"kind": "hang", "match": CREATES, "times": 9})
    result = desk.run("sync", "--limit-seconds", "2")
    assert result.exit_code == 1
    assert "not drained; run `tieout sync` again to go on" in result.stderr


def frozen(start: str, end: str) -> str:
    window = f"  headroom: 1\n  blackouts:\n    - {{start: {start}, end: {end}, why: October close}}\n"
    return CONFIGURATION.replace("  headroom: 1\n", window)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-02T08:00:00Z", "2026-11-03T08:00:00Z"),
        ("2026-11-02T09:30:00+01:00", "2026-11-02T23:00:00-05:00"),
    ],
)
def test_a_freeze_holds_writes_until_it_is_over(tmp_path, start, end):
    with open_desk(tmp_path / "desk", frozen(start, end)) as desk:
        desk.ingest(deal(1))
        planned = False
        for _ in range(20):
            held = desk.run("sync", "--limit-seconds", "1")
            assert held.exit_code == 1
            assert "warning: nothing is written before 2026-11-0" in held.stderr
            assert ": October close" in held.stderr
            planned = desk.json("trace", "D-1")["deals"][0]["standing"] == "planned"
            if planned:
                break
        assert planned
        assert desk.control.stats()["creates_ok"] == 0
        over = frozen(start, "2026-11-02T09:00:00Z").replace("@netsuite@", desk.url)
        desk.config.write_text(over)
        assert desk.sync()["confirmed"] == 1


def test_a_restored_copy_is_refused_until_it_is_taken_over(desk):
    desk.ingest(deal(1))
    backup = desk.folder / "backup.db"
    shutil.copy(desk.folder / "tieout.db", backup)
    desk.sync()
    asked = len(desk.asked())
    shutil.copy(backup, desk.folder / "tieout.db")
    for rest in ("tieout.db-wal", "tieout.db-shm"):
        (desk.folder / rest).unlink(missing_ok=True)
    desk.sync_refused("restored or foreign copy", "taking over is an explicit command")
    assert len(desk.asked()) == asked

    unsure = desk.run("take-over")
    assert unsure.exit_code == 2
    assert "no other copy" in unsure.stderr
    desk.sync_refused("restored or foreign copy")

    assert desk.run("take-over", "--yes").exit_code == 0
    assert desk.sync()["confirmed"] == 1
    assert [one["external_id"] for one in desk.invoices()] == ["inv-D-1"]  # adopted, not written twice


def test_a_database_moved_from_under_its_installation_is_refused(desk):
    desk.sync()
    (desk.folder / ".tieout-desk").unlink()
    desk.sync_refused("is missing: this database was copied or moved", "tieout take-over")


def test_the_database_of_another_installation_cannot_be_taken_over(desk):
    desk.sync()
    desk.config.write_text(desk.config.read_text().replace("installation: desk", "installation: other"))
    desk.sync_refused("database belongs to installation 'desk', the configuration says 'other'")
    result = desk.run("take-over", "--yes")
    assert result.exit_code == 2
    assert "belongs to installation 'desk'" in result.stderr


def test_an_account_with_legacy_tax_is_refused_with_the_reason(tmp_path):
    with open_desk(tmp_path / "desk", tax_engine="legacy") as desk:
        desk.ingest(deal(1))
        desk.sync_refused("legacy tax", "nothing was started")
        assert desk.invoices() == []


def test_a_missing_canary_is_told_at_the_start(tmp_path):
    text = "\n".join(row for row in CONFIGURATION.splitlines() if not row.startswith("    invoice:"))
    with open_desk(tmp_path / "desk", text) as desk:
        result = desk.run("sync")
        assert "warning: no canary for invoice in subsidiary 1" in result.stderr


def test_a_bad_row_of_a_configured_crosswalk_is_a_warning_and_the_others_count(desk):
    (desk.folder / "items.csv").write_text("system,key,target\nfiles,P1,501\nfiles,P2,widget\n")
    desk.ingest(deal(1))
    result = desk.run("sync")
    assert result.exit_code == 0
    assert (
        "warning: items.csv:3: target: expected a NetSuite internal id (digits), found 'widget'"
        in result.stderr
    )
    assert len(desk.invoices()) == 1


@pytest.mark.parametrize("verbose", [[], ["--verbose"]])
def test_logs_hold_neither_key_nor_token_and_standard_output_only_the_object(desk, verbose):
    desk.ingest(deal(1))
    desk.control.faults({"kind": "commit_500", "match": CREATES})
    result = desk.run("sync", "--json", *verbose)
    json.loads(result.stdout)
    said = result.stderr + result.stdout
    assert "BEGIN" not in said
    assert "eyJ" not in said
    assert "Bearer" not in said
    assert ("call ended" in result.stderr) == bool(verbose)
