"""`tieout ingest`: whatever a file holds, every deal in it ends somewhere, and nothing crashes."""

from __future__ import annotations

import csv
import json

import pytest
from tests.support.desk import CONFIGURATION, deal, open_desk

COLUMNS = (
    "deal_id,version,won,close_date,currency,amount,customer_id,customer_name,billing_country,"
    "line_id,product_id,quantity,line_amount\n"
)


def csv_row(number: int, quantity: str = "2", amount: str = "250.00", currency: str = "USD") -> str:
    return (
        f"D-{number},1,yes,2026-10-15,{currency},,A-{number},Customer {number},US,1,P1,{quantity},{amount}\n"
    )


def test_bad_rows_are_named_and_written_aside_and_good_ones_loaded(desk):
    file = desk.folder / "deals.csv"
    file.write_text(COLUMNS + csv_row(1) + ",,,,,,,,,9,P1,1,5.00\n" + csv_row(2), encoding="utf-8")
    result = desk.run("ingest", str(file))
    assert result.exit_code == 1
    assert "line 3: " in result.stdout
    with (desk.folder / "deals.csv.rejected.csv").open(encoding="utf-8", newline="") as handle:
        assert [row["line"] for row in csv.DictReader(handle)] == ["3"]
    counts = desk.sync(1)
    assert counts["inputs"] == 2
    assert counts["confirmed"] + counts["case"] == 2


LINES = [
    ({"amount": "NaN"}, "amount_invalid"),
    ({"amount": "Infinity"}, "amount_invalid"),
    ({"amount": "1e5"}, "amount_invalid"),
    ({"amount": "1,234.50"}, "amount_invalid"),
    ({"amount": "9" * 40}, "amount_invalid"),
    ({"amount": "0.001"}, "amount_invalid"),
    ({"amount": "-5.00"}, "amount_negative"),
    ({"quantity": "0"}, "quantity_invalid"),
    ({"quantity": "-1"}, "quantity_invalid"),
    ({"quantity": "9" * 30}, "quantity_invalid"),
    ({"currency": "EUR"}, "currency_mixed"),
    ({"product": {"id": ""}}, "payload_unreadable"),
    ({"kind": "recurring"}, "line_recurring_unsupported"),
    ({"kind": "usage"}, "line_usage_unsupported"),
]
HEADERS = [
    ({"currency": "XXX"}, "currency_unknown"),
    ({"currency": "BHD"}, "currency_unknown"),
    ({"lines": []}, "lines_missing"),
    ({"amount": "1.00"}, "amount_mismatch"),
    ({"customer": {"id": "A-9", "name": " "}}, "customer_missing"),
]


def test_what_nobody_can_bill_is_a_case_by_its_own_name_and_everything_else_goes_on(desk):
    good = {"id": "1", "product": {"id": "P1"}, "quantity": "2", "amount": "250.00"}
    changes = [({"lines": [{**good, **line}]}, code) for line, code in LINES] + HEADERS
    deals = [deal(number, **change) for number, (change, _) in enumerate(changes)]
    desk.run("ingest", str(write(desk, deal(900), *deals, deal(901))))
    counts = desk.sync(1)
    assert (counts["confirmed"], counts["case"]) == (2, len(changes))
    ended = {row["source_id"]: row["code"] for row in counts["rows"]}
    assert {f"D-{n}": ended[f"D-{n}"] for n in range(len(changes))} == {
        f"D-{n}": code for n, (_, code) in enumerate(changes)
    }
    assert sorted(one["external_id"] for one in desk.invoices()) == ["inv-D-900", "inv-D-901"]


def test_a_zero_deal_is_invoiced_as_it_is(desk):
    free = [{"id": "1", "product": {"id": "P1"}, "quantity": "1", "amount": "0.00"}]
    desk.ingest(deal(1, lines=free))
    assert desk.sync()["confirmed"] == 1


NAMES = [
    'O"Brien, Sons & Co',
    "emoji 🚀 Ltd",
    "שלום בע״מ",
    "line\r\nbreak\tInc",
    "株式会社",
    "<b>bold</b>",
    "'; DROP TABLE customer; --",
    "%_",
]


def test_names_of_every_kind_arrive_in_netsuite(desk):
    deals = [
        deal(
            n,
            customer={"id": f"A-{n}", "name": name, "billing": {"country": "US"}},
            po_number=f"PO {name}"[:40],
        )
        for n, name in enumerate(NAMES, start=1)
    ]
    desk.ingest(*deals)
    assert desk.sync()["confirmed"] == len(NAMES)
    made = [one["fields"] for one in desk.control.truth("customer") if one["_meta"]["created_by"] == "tieout"]
    stored = {one["custentity_tieout_crm_account_id"]: one["companyName"] for one in made}
    assert stored == {f"A-{n}": " ".join(name.split()) for n, name in enumerate(NAMES, start=1)}


def test_a_deal_of_four_hundred_lines_is_one_invoice(desk):
    lines = [{"id": str(n), "product": {"id": "P1"}, "quantity": "1", "amount": "1.01"} for n in range(400)]
    desk.ingest(deal(1, lines=lines))
    assert desk.sync()["confirmed"] == 1
    (made,) = desk.invoices()
    assert len(made["lines"]["item"]) == 400
    assert made["fields"]["subtotal"] == "404.00"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00garbage", b"{", b"null", b"[1, 2]", b'{"id": 7}', b"a,b,c\n1,2,3\n", b"\x00" * 99],
)
@pytest.mark.parametrize("name", ["deals.json", "deals.csv"])
def test_no_file_crashes_it(quiet_desk, name, content):
    file = quiet_desk.folder / name
    file.write_bytes(content)
    result = quiet_desk.run("ingest", str(file), "--json")
    assert result.exit_code in {0, 1}
    (told,) = json.loads(result.stdout)["files"]
    assert told["rejected"] or told["deals"] or not content.strip()


def test_a_missing_file_stops_it_before_the_first_is_taken_in(desk):
    good = write(desk, deal(1))
    result = desk.run("ingest", str(good), str(desk.folder / "none.json"))
    assert result.exit_code == 2
    assert result.stderr.strip() == f"there is no file {desk.folder / 'none.json'}; nothing was taken in"
    assert desk.sync()["inputs"] == 0


def test_the_source_has_to_be_one_that_takes_files(tmp_path):
    more = "  more:\n    type: generic\n    tag: m\n    cut_over: 2026-10-01\nrules:\n"
    with open_desk(tmp_path / "desk", CONFIGURATION.replace("rules:\n", more)) as desk:
        file = str(write(desk, deal(1)))
        assert (
            desk.run("ingest", file).stderr.strip()
            == "name the source with --source; these take files: files, more"
        )
        said = desk.run("ingest", file, "--source", "mor")
        assert (said.exit_code, said.stderr.strip()) == (
            2,
            "there is no source 'mor'; configured: files, more",
        )
        assert desk.run("ingest", file, "--source", "more").exit_code == 0


def write(desk, *deals):
    file = desk.folder / "deals.json"
    file.write_text(json.dumps(deals), encoding="utf-8")
    return file
