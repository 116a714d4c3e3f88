"""`tieout payments` as somebody in accounts receivable types it."""

from __future__ import annotations

from tests.support.desk import Desk

ROWS = """scheme,value,customer,evidence
ach_company,9123456789,5001,asked them
iban,DE02120300000000202051,5002,
ach_company,,5003,
ach_company,9123456780,ACME Inc,
netsuite_customer,5004,5004,
ach_company,9123456789,5001,asked them
"""


def test_payers_are_learned_from_a_file_and_bad_rows_are_named(quiet_desk: Desk):
    file = quiet_desk.folder / "payers.csv"
    file.write_text(ROWS, encoding="utf-8")
    done = quiet_desk.json("payments", "teach", str(file), code=1)
    assert (done["learned"], done["known"]) == (2, 1)
    assert [(one["line"], one["reason"].partition(":")[0]) for one in done["rejected"]] == [
        (4, "value"),
        (5, "customer"),
        (6, "scheme"),
    ]
    known = quiet_desk.json("payments", "aliases")["aliases"]
    assert [(one["scheme"], one["value"], one["customer"], one["evidence"]) for one in known] == [
        ("ach_company", "9123456789", "5001", "asked them"),
        ("iban", "DE02120300000000202051", "5002", "payers.csv, line 3"),
    ]
    assert {one["taught_by"] for one in known} == {"ana"}


def test_a_file_that_is_no_list_of_payers_is_refused_whole(quiet_desk: Desk):
    file = quiet_desk.folder / "payers.csv"
    file.write_text("customer,name\n1,ACME\n", encoding="utf-8")
    refused = quiet_desk.run("payments", "teach", str(file))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "expected the columns scheme, value, customer, evidence, found customer, name" in refused.stderr
    file.write_bytes(b"scheme,value,customer\nach,\xff,1\n")
    assert "expected UTF-8" in quiet_desk.run("payments", "teach", str(file)).stderr
    assert "no such file" in quiet_desk.run("payments", "teach", str(file) + "x").stderr.lower()
    assert quiet_desk.json("payments", "aliases")["aliases"] == []
