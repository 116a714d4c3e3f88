"""What is no bank file is refused with a stable code and a reason; every code is of use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.connectors.bank.samples import figures, read_text

import tieout.connectors.bank
from tieout.connectors.bank import parse_bank_file, summary
from tieout.connectors.bank.codes import CODES
from tieout.connectors.bank.collecting import MAX_FINDINGS, Collector
from tieout.domain.cash.movements import Severity

FOLDER = Path(tieout.connectors.bank.__file__).parent


@pytest.mark.parametrize("content", [b"", b"   \r\n", b"\x00" * 40, b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content: bytes):
    assert summary(parse_bank_file(content, "x"))["refused"] == "file_empty"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("00,0004,1/", "bai2"),
        ("Dear customer,\nplease find attached", "csv"),
        ("ISA*00*", "x12-820"),
        ("<html><body/></html>", "camt"),
        ('{"a": ', "json"),
        ("7" * 94 + "\n" + "3" * 94, "nacha"),
    ],
)
def test_an_unknown_file_is_told_the_nearest_format_and_what_keeps_it_from_being_that(
    text: str, nearest: str
):
    read_file = read_text(text)
    (finding,) = read_file.findings
    assert finding.code == "format_unknown"
    assert finding.found.startswith(f"nearest is {nearest}, but ")


def test_a_file_that_is_too_large_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr("tieout.connectors.bank.reading.MAX_FILE_BYTES", 10)
    assert figures(read_text("01,BANK,US,260919,0600"))["refused"] == "file_too_large"


def test_a_fault_of_a_reader_is_a_finding_and_stops_nothing(monkeypatch):
    def broken(*_: object) -> object:
        raise KeyError("unforeseen")

    monkeypatch.setitem(tieout.connectors.bank.reading._READERS, "bai2", broken)
    read_file = read_text("01,BANK,US,260919,0600,1,,,2/")
    assert (figures(read_file)["refused"], read_file.findings[0].found) == (
        "file_unreadable",
        "KeyError: 'unforeseen'",
    )


def test_warnings_are_bounded_and_what_stops_something_is_always_kept():
    found = Collector("d", "x")
    for _ in range(MAX_FINDINGS + 7):
        found.note("nacha_record_unknown", "a", "b", found.place("c"))
    found.note("nacha_file_totals", "a", "b", found.place("c"))
    read_file = found.finish()
    assert [one.code for one in read_file.findings[MAX_FINDINGS:]] == ["nacha_file_totals", "findings_cut"]
    assert read_file.findings[-1].found == "7 more"


def test_every_code_is_used_and_only_blocking_ones_refuse():
    written = "".join(path.read_text() for path in FOLDER.glob("*.py") if path.name != "codes.py")
    used = set(re.findall(r'"([a-z][a-z0-9_]+)"', written))
    assert set(CODES) - used == set()
    assert [code for code, one in CODES.items() if one.refuses and one.severity is not Severity.BLOCKS] == []


def test_a_large_file_takes_time_in_proportion():
    import time

    row = "622071000013555019900        0000050000               HARBORLINE INDUSTRIAL   {:015d}"
    head = "5220ACME SUPPLY INC                     1234567890CCDVENDORPAY 2609182609182621021000020000002"
    text = "\n".join([head, *(row.format(number) for number in range(20_000))])
    began = time.monotonic()
    assert figures(read_text(text))["entries"] == 20_000
    assert time.monotonic() - began < 20
