from __future__ import annotations

import time
from decimal import Decimal

import pytest
from tests.emulators.netsuite.support import NOON, Desk, customer, invoice, line

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.netsuite import build
from tieout.emulators.netsuite.loading import ADMINISTRATOR


@pytest.fixture(scope="module")
def desk():
    with Desk() as running:
        for number in range(1, 11):
            body = invoice(f"inv-{number}", line(rate=0.1), line("502", number, 1.1), memo=f"no. {number}")
            assert running.post("invoice", body).status == 204
        euro = invoice("inv-eu", line(rate=100), entity={"id": "1002"}, otherRefNum="PO-1")
        assert running.post("invoice", euro).status == 204
        yield running


def one(desk: Desk, text: str, *params: object) -> dict[str, str]:
    rows = desk.rows(text, *params)
    assert len(rows) == 1
    return rows[0]


def test_sums_are_exact_to_the_cent(desk):
    row = one(desk, "SELECT SUM(foreigntotal) AS s, COUNT(*) AS n FROM transaction WHERE entity = ?", "1001")
    assert Decimal(row["s"]) == Decimal("0.1") * 10 + Decimal("1.1") * 55
    assert row["n"] == "10"


def test_revenue_lines_are_negative_and_the_mainline_carries_the_subsidiary(desk):
    rows = desk.rows(
        "SELECT tl.mainline, tl.taxline, tl.foreignamount, tl.quantity, tl.subsidiary FROM transaction t "
        "JOIN transactionline tl ON tl.transaction = t.id WHERE t.externalid = ? ORDER BY tl.id",
        "inv-eu",
    )
    assert [(row["mainline"], row["taxline"], row["foreignamount"], row.get("quantity")) for row in rows] == [
        ("T", "F", "119", None),
        ("F", "F", "-100", "-1"),
        ("F", "T", "-19", None),
    ]
    assert {row["subsidiary"] for row in rows} == {"2"}


def test_display_text_of_references_and_statuses(desk):
    row = one(
        desk,
        "SELECT BUILTIN.DF(t.entity) AS e, BUILTIN.DF(t.currency) AS c, BUILTIN.DF(t.status) AS s, "
        "BUILTIN.DF(t.postingperiod) AS p, BUILTIN.DF(t.terms) AS tm FROM transaction t WHERE t.externalid = 'inv-eu'",
    )
    assert row == {
        "e": "CUS2 Müller & Söhne KG",
        "c": "Euro",
        "s": "Invoice : Open",
        "p": "Nov 2026",
        "tm": "Net 30",
    }


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("SELECT id FROM customer WHERE EXISTS (SELECT 1 FROM transaction t WHERE t.entity = customer.id)", 2),
        ("SELECT id FROM currency UNION SELECT id FROM term", 3),
        ("SELECT id FROM currency UNION ALL SELECT id FROM term", 6),
        ("SELECT CASE WHEN isinactive = 'T' THEN 1 ELSE 0 END AS x FROM item WHERE NVL(displayname, 'x') <> 'x'", 8),
        ("SELECT id FROM transaction WHERE trandate >= TO_DATE('2026-11-05', 'YYYY-MM-DD')", 11),
        ("SELECT id FROM transaction WHERE trandate = '11/5/2026' AND lastmodifieddate >= SYSDATE - 1", 11),
        ("SELECT id FROM transaction WHERE TRUNC(createddate) = TRUNC(SYSDATE)", 11),
        ("SELECT id FROM transaction WHERE createddate > TO_DATE('2026-11-05 12:00:01','YYYY-MM-DD HH24:MI:SS')", 0),
        ("SELECT id FROM customer WHERE UPPER(companyname) = 'MÜLLER & SÖHNE KG'", 1),
        ("SELECT i.id FROM item i JOIN itemsubsidiarymap m ON m.item = i.id WHERE m.subsidiary = 2", 7),
        ("SELECT entity, COUNT(*) AS n FROM transaction GROUP BY entity HAVING COUNT(*) > 5", 1),
        ("SELECT * FROM (SELECT id FROM transaction ORDER BY id) WHERE ROWNUM <= 3", 3),
        ("SELECT t.id FROM transaction t LEFT JOIN customer c ON c.id = t.entity AND c.entityid = 'none'", 11),
        ("SELECT id FROM entity WHERE type = 'CustJob'", 2),
        ("SELECT periodname FROM accountingperiod WHERE closed = 'T'", 9),
        ("SELECT r.subsidiary FROM customer c, customersubsidiaryrelationship r WHERE r.entity = c.id", 2),
        ("SELECT 'x' AS one FROM dual", 1),
        ("SELECT id FROM transaction ORDER BY id DESC OFFSET 9 ROWS FETCH NEXT 5 ROWS ONLY", 2),
        ("SELECT id FROM transaction WHERE otherrefnum IS NOT NULL AND approvalstatus = 2 AND posting = 'T'", 1),
    ],
)  # fmt: skip
def test_statements_of_integrations_run(desk, text, count):
    assert len(desk.rows(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "SELEC id FROM customer",
        "DELETE FROM customer",
        "SELECT id FROM customer; SELECT id FROM item",
        "SELECT CURRENT_DATE FROM currency",
        "SELECT NOW() FROM currency",
        "SELECT c.nope FROM customer c",
        "SELECT x.id FROM customer c",
        "SELECT id FROM transaction WHERE trandate = 'soon'",
        "SELECT _subsidiary FROM transaction",
        "SELECT name FROM sqlite_master",
    ],
)
def test_what_the_platform_cannot_run_is_refused_with_its_code(desk, text):
    answer = desk.query(text)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER")


def test_a_status_of_the_compound_form_matches_nothing(desk):
    assert desk.rows("SELECT id FROM transaction WHERE status = 'CustInvc:A'") == []


def test_five_hundred_external_ids_fit_one_query_and_pages_add_up(desk):
    ids = [f"inv-{number}" for number in range(500)]
    text = f"SELECT id, externalid FROM transaction WHERE externalid IN ({', '.join('?' * 500)}) ORDER BY id"
    answer = desk.query(text, *ids)
    assert (answer.body["count"], answer.body["hasMore"]) == (10, False)
    pages = [desk.query(text, *ids, page=f"?limit=4&offset={offset}").body for offset in (0, 4, 8)]
    assert [page["count"] for page in pages] == [4, 4, 2]
    assert [page["hasMore"] for page in pages] == [True, True, False]
    assert {page["totalResults"] for page in pages} == {10}


def test_changes_and_deletions_are_seen_at_once():
    with Desk() as desk:
        number = desk.post("customer", customer()).id
        desk.patch(f"customer/{number}", {"email": "a@example.com"})
        assert desk.rows("SELECT email FROM customer WHERE id = ?", number) == [{"email": "a@example.com"}]
        desk.delete(f"customer/{number}")
        assert desk.rows("SELECT email FROM customer WHERE id = ?", number) == []
        assert desk.rows("SELECT id FROM entity WHERE id = ?", number) == []


def test_addresses_join_through_their_key():
    with Desk() as desk:
        address = {"addr1": "1 Main St", "city": "Ruritania", "country": {"id": "US"}}
        book = {"items": [{"defaultBilling": True, "addressBookAddress": address}]}
        desk.post("customer", customer(addressBook=book))
        rows = desk.rows(
            "SELECT a.city, a.country, b.defaultbilling FROM customer c "
            "JOIN customeraddressbook b ON b.entity = c.id "
            "JOIN customeraddressbookentityaddress a ON a.nkey = b.addressbookaddress"
        )
        assert rows == [{"city": "Ruritania", "country": "US", "defaultbilling": "T"}]


def test_custom_fields_are_columns(desk):
    assert (
        desk.rows("SELECT custbody_tieout_source_id FROM transaction WHERE custbody_tieout_source_id = 'x'")
        == []
    )
    assert (
        desk.rows("SELECT custcol_tieout_charge_id FROM transactionline WHERE custcol_tieout_charge_id = 'x'")
        == []
    )
    assert desk.rows("SELECT id FROM customer WHERE custentity_tieout_crm_account_id = 'x'") == []


def test_a_known_statement_is_translated_in_less_than_a_millisecond():
    app = build({"clock": {"freeze": NOON.isoformat()}})
    text = f"SELECT id FROM transaction WHERE externalid IN ({', '.join('?' * 500)})"
    params = [f"inv-{number}" for number in range(500)]
    app.suiteql.run(text, params, ADMINISTRATOR)
    started = time.perf_counter()
    for _ in range(20):
        app.suiteql.run(text, params, ADMINISTRATOR)
    assert (time.perf_counter() - started) / 20 < 0.005


def test_sysdate_follows_the_emulators_clock():
    with Desk(clock=EmulatorClock(NOON, frozen=True)) as desk:
        before = one(desk, "SELECT TO_CHAR(SYSDATE, 'HH24:MI') AS t FROM dual")
        desk.control.clock(advance_seconds=3000)
        assert (before["t"], one(desk, "SELECT TO_CHAR(SYSDATE, 'HH24:MI') AS t FROM dual")["t"]) == (
            "12:00",
            "12:50",
        )
