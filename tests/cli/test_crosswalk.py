"""`tieout crosswalk`: good rows load, bad rows are named, nothing is forgotten."""

from __future__ import annotations

import csv

import pytest
from tests.support.desk import Desk, write_items

HEAD = "system,key,target,valid_from,valid_to,subsidiary,why\n"


@pytest.fixture
def load(quiet_desk):
    def load_(text: str | bytes, *words: str, code: int = 0) -> str:
        file = quiet_desk.folder / "rows.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = quiet_desk.run("crosswalk", "import", "item", str(file), *words)
        assert result.exit_code == code, result.output
        return str(result.stdout)

    return load_


def rejected(quiet_desk: Desk) -> list[dict[str, str]]:
    with (quiet_desk.folder / "rows.rejected.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


BAD = {
    "files,,501,,,,": "key is empty; it is required",
    ",P7,501,,,,": "system is empty; it is required",
    "files,P7,,,,,": "target is empty; it is required",
    "files,P7,widget,,,,": "target: expected a NetSuite internal id (digits), found 'widget'",
    "files,P7,501,1.10.2026,,,": "dates are written YYYY-MM-DD, found '1.10.2026' and ''",
    "files,P7,501,,2026-13-01,,": "dates are written YYYY-MM-DD, found '' and '2026-13-01'",
    "files,P5,502,,,,": "key 'P5' stands on line 2 already; keep one",
    "files,P7,501,,,,why,too many": "expected 7 columns at most, found more: ['too many']",
}


@pytest.mark.parametrize("row", BAD)
def test_a_bad_row_is_named_with_its_line_and_the_others_are_loaded(quiet_desk, load, row):
    said = load(f"{HEAD}files,P5,501,,,,\n{row}\nfiles,P6,502,,,,\n", code=1)
    assert said.splitlines()[:2] == ["2 row(s) added, 0 unchanged.", f"rows.csv:3: {BAD[row]}"]
    (one,) = rejected(quiet_desk)
    assert (one["line"], one["reason"]) == ("3", BAD[row])
    exported = quiet_desk.run("crosswalk", "export", "item").stdout
    assert [line.split(",")[1:3] for line in exported.splitlines()[1:]] == [["P5", "501"], ["P6", "502"]]


def test_a_period_that_ends_before_it_begins_is_a_bad_row(quiet_desk, load):
    load(f"{HEAD}files,P5,501,2026-10-02,2026-10-01,,\n", code=1)
    assert rejected(quiet_desk)[0]["line"] == "2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "expected columns system, key, target; found nothing"),
        (b"product;item\nP5;501\n", "expected columns system, key, target; found product;item"),
        (
            "system,key,target\nfiles,Ü,501\n".encode("latin-1"),
            "expected a readable UTF-8 file: 'utf-8' codec",
        ),
    ],
)
def test_a_file_that_is_no_crosswalk_loads_nothing(load, text, reason):
    said = load(text, code=1).splitlines()
    assert said[0] == "0 row(s) added, 0 unchanged."
    assert said[1].startswith(f"rows.csv:1: {reason}")


def test_a_spreadsheets_utf8_and_line_ends_are_read(load):
    text = '\ufeffsystem,key,target\r\nfiles,"P,5 «Ü»",501\r\n'
    assert load(text) == "1 row(s) added, 0 unchanged.\n"


def test_a_file_that_is_not_there_is_refused_and_leaves_nothing(quiet_desk):
    result = quiet_desk.run("crosswalk", "import", "item", str(quiet_desk.folder / "none.csv"))
    assert result.exit_code == 2
    assert result.stderr.strip() == f"there is no file {quiet_desk.folder / 'none.csv'}"
    assert not (quiet_desk.folder / "none.rejected.csv").exists()


def test_an_unknown_kind_is_refused(quiet_desk):
    result = quiet_desk.run("crosswalk", "import", "items", "rows.csv")
    assert result.exit_code == 2
    assert "items" in result.stderr


def test_every_version_is_kept_with_who_and_why(quiet_desk, load):
    load(f"{HEAD}files,P5,501,,,,\n", "--why", "first load")
    load(f"{HEAD}files,P5,501,,,,\n", "--why", "again")  # says nothing new: no version
    load(f"{HEAD}files,P5,502,,,,\n", "--why", "new price list", "--by", "bo")
    assert quiet_desk.json("crosswalk", "history", "item", "P5")["versions"] == [
        {"version": 1, "target": "501", "by": "ana", "why": "first load"},
        {"version": 2, "target": "502", "by": "bo", "why": "new price list"},
    ]


def test_a_key_without_rows_is_told(quiet_desk):
    result = quiet_desk.run("crosswalk", "history", "item", "nobody")
    assert (result.exit_code, result.stderr.strip()) == (1, "no item row for nobody")


def test_what_is_exported_can_be_imported(quiet_desk, load):
    load(f"{HEAD}files,P5,501,2026-01-01,2027-01-01,2,spring\n")
    out = quiet_desk.folder / "out.csv"
    assert quiet_desk.run("crosswalk", "export", "item", "--file", str(out)).exit_code == 0
    assert load(out.read_bytes()) == "0 row(s) added, 1 unchanged.\n"


def test_check_names_rows_that_lead_to_unknown_or_inactive_items(quiet_desk, load):
    load(f"{HEAD}files,P1,501,,,,\nfiles,P-OLD,507,,,,\nfiles,P5,99999,,,,\n")
    problems = quiet_desk.json("crosswalk", "check", code=1)["problems"]
    assert [one.split(":")[0] for one in problems] == ["item files P-OLD → 507", "item files P5 → 99999"]
    assert "inactive" in problems[0]
    assert "no such item" in problems[1]


def test_check_is_content_when_every_row_leads_somewhere(quiet_desk):
    write_items(quiet_desk.folder / "rows.csv", [("files", "P1", "501")])
    assert quiet_desk.run("crosswalk", "import", "item", str(quiet_desk.folder / "rows.csv")).exit_code == 0
    result = quiet_desk.run("crosswalk", "check")
    assert (result.exit_code, result.stdout) == (0, "Every row leads to an active record.\n")
