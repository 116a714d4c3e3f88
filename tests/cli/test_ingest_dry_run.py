"""`tieout ingest --dry-run`: figures of bank files in an empty folder, with nothing set up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tieout.cli.app import app

SAMPLES = Path(__file__).resolve().parents[1] / "fixtures" / "bank"
RETURNS = str(SAMPLES / "nacha" / "syn-returns-r01-r29-r03.ach")
FIELDS = {
    "format",
    "entries",
    "credits",
    "debits",
    "movements",
    "returns",
    "return_codes",
    "nocs",
    "remittance_texts",
    "references",
    "statements",
    "findings",
    "blocked",
    "refused",
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["ingest", "--dry-run", *words])


def test_figures_are_printed_without_configuration_or_database_and_nothing_is_left_behind(run, tmp_path):
    result = run("--json", RETURNS)
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert set(told) == FIELDS | {"file", "files"}
    assert {key: value for key, value in told.items() if key != "files"} == told["files"][0]
    assert (told["debits"], told["return_codes"]) == ({"USD": "2140.00"}, ["R01", "R29", "R03"])
    assert list(tmp_path.iterdir()) == []


def test_several_files_are_listed_and_a_refused_one_does_not_stop_the_others(run):
    result = run("--json", RETURNS, str(SAMPLES / "bai2" / "sample-parseError.txt"), RETURNS)
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert set(told) == {"files"}
    assert [one["refused"] for one in told["files"]] == [None, "format_unknown", None]


def test_a_rejected_entry_is_something_to_look_at_and_a_warning_or_unfooted_balance_is_told_only(run):
    assert run("--json", str(SAMPLES / "csv" / "csv_garbled_amount.csv")).exit_code == 1
    blocked = run("--json", str(SAMPLES / "mt940" / "jejik-abnamro.sta"))
    assert (blocked.exit_code, json.loads(blocked.stdout)["blocked"]) == (0, True)


def test_people_get_a_table_with_every_finding_and_its_remedy(run, tmp_path):
    result = run(RETURNS, str(SAMPLES / "csv" / "csv_garbled_amount.csv"))
    assert "2140.00 USD" in result.stdout
    assert "3 R01, R29, R03" in result.stdout
    assert "rejects csv_row_unreadable at row 2, line 3: expected an amount, found '12..34'" in result.stdout
    file = tmp_path / "[bold].csv"
    file.write_text("Date,Text,Amount,Currency\n2026-09-18,[/nothing] [red]x,1.00,EUR\n", encoding="utf-8")
    shown = run(str(file))
    assert shown.exit_code == 0
    assert "[/nothing] [red]x" in shown.stdout


def test_the_options_of_an_account_can_be_tried(run):
    sent = json.loads(run("--json", "--perspective", "originator", "--currency", "cad", RETURNS).stdout)
    assert sent["debits"] == {"CAD": "2140.00"}
    assert run("--perspective", "mine", RETURNS).exit_code == 2
    assert run("--date-order", "ymd", RETURNS).exit_code == 2


def test_a_missing_file_starts_nothing(run):
    result = run("--json", RETURNS, "none.ach")
    assert (result.exit_code, result.stdout) == (2, "")
