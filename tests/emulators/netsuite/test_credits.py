"""Credit memos, deposits, refunds and journals: how they meet invoices, payments and each other."""

from __future__ import annotations

import pytest
from tests.emulators.netsuite.cash_rule_checks import LINKS, SUBLIST, open_and_paid, refused
from tests.emulators.netsuite.support import PREFIX, Desk, apply, customer, invoice, journal, line, payment

FORM = "application/vnd.oracle.resource+json; type=create-form"
OVER = f"{PREFIX}Amount applied greater than total payments and credits"
AGAIN = {"customer": {"id": "1001"}}
TYPES = (
    "customerPayment", "creditMemo", "customerDeposit", "customerRefund", "depositApplication", "journalEntry",
    "deposit",
)  # fmt: skip


@pytest.fixture
def desk():
    with Desk() as running:
        yield running


def credited(desk: Desk, number: str) -> tuple[str, float, float]:
    body = desk.whole(f"creditMemo/{number}")
    return (body["status"]["refName"], body["applied"], body["unapplied"])


def transform(desk: Desk, source: str, target: str, body: dict, **headers: str):
    return desk.call("POST", f"/record/v1/{source}/!transform/{target}", body, **headers)


def test_a_credit_memo_is_applied_at_creation_and_by_patch(desk):
    one, two = (desk.post("invoice", invoice(f"inv-{n}")).id for n in (1, 2))
    number = desk.post("creditMemo", invoice("cm-1", line(rate=130), apply=apply((one, 100)))).id
    assert credited(desk, number) == ("Open", 100.0, 30.0)
    assert open_and_paid(desk, one) == ("B", 0.0, 100.0)
    assert refused(desk.patch(f"creditMemo/{number}", {"apply": apply((two, 31))})) == OVER
    assert desk.patch(f"creditMemo/{number}", {"apply": apply((two, 30))}).status == 204
    assert credited(desk, number) == ("Fully Applied", 130.0, 0.0)
    assert open_and_paid(desk, two) == ("A", 70.0, 30.0)
    links = "SELECT previousdoc, foreignamount, nexttype FROM nexttransactionlinelink WHERE nextdoc = ?"
    assert desk.rows(f"{links} ORDER BY previousdoc", number) == [
        {"previousdoc": one, "foreignamount": "100", "nexttype": "CustCred"},
        {"previousdoc": two, "foreignamount": "30", "nexttype": "CustCred"},
    ]
    off = {"items": [{"doc": {"id": one}, "apply": False}]}
    assert desk.patch(f"creditMemo/{number}", {"apply": off}).status == 204
    assert open_and_paid(desk, one) == ("A", 100.0, 0.0)
    assert refused(desk.patch(f"creditMemo/{number}", {"item": {"items": [{"line": 1, "rate": 20}]}})) == OVER
    assert refused(desk.delete(f"invoice/{two}")).startswith(f"{PREFIX}This transaction cannot be deleted")
    assert desk.delete(f"creditMemo/{number}").status == 204
    assert open_and_paid(desk, two) == ("A", 100.0, 0.0)


def test_a_credit_memo_posts_the_other_way_round(desk):
    number = desk.post("creditMemo", invoice("cm-1", line(rate=50), entity={"id": "1002"})).id
    rows = desk.rows(
        "SELECT l.mainline, l.taxline, l.foreignamount, l.quantity, l.account FROM transactionline l"
        " WHERE l.transaction = ? ORDER BY l.id",
        number,
    )
    assert rows == [
        {"mainline": "T", "taxline": "F", "foreignamount": "-59.5", "account": "122"},
        {"mainline": "F", "taxline": "F", "foreignamount": "50", "quantity": "1", "account": "401"},
        {"mainline": "F", "taxline": "T", "foreignamount": "9.5"},
    ]
    sums = "SELECT SUM(debit) AS d, SUM(credit) AS c FROM transactionaccountingline WHERE transaction = ?"
    assert desk.rows(sums, number) == [{"d": "65.45", "c": "65.45"}]


def test_an_invoice_becomes_a_credit_memo_that_is_applied_only_when_told(desk):
    one = desk.post("invoice", invoice("inv-1", line(quantity=2, rate=50), otherRefNum="PO 1")).id
    silent = transform(desk, f"invoice/{one}", "creditMemo", {"externalId": "cm-1"}).id
    assert credited(desk, silent) == ("Open", 0.0, 100.0)
    body = {"externalId": "cm-2", "apply": {"items": [{"doc": {"id": one}}]}}
    told = transform(desk, f"invoice/{one}", "creditMemo", body).id
    assert credited(desk, told) == ("Fully Applied", 100.0, 0.0)
    whole = desk.whole(f"creditMemo/{told}")
    assert (whole["createdFrom"]["id"], whole["otherRefNum"], whole["item"]["items"][0]["quantity"]) == (
        one, "PO 1", 2.0,
    )  # fmt: skip
    part = {"externalId": "cm-3", "item": {"items": [{"line": 1, "quantity": 1}]}}
    lowered = transform(desk, f"invoice/{one}", "creditMemo", part).id
    assert desk.whole(f"creditMemo/{lowered}")["total"] == 50.0


def test_a_payment_draws_on_credits_and_deposits(desk):
    one = desk.post("invoice", invoice("inv-1", line(rate=300))).id
    credit = desk.post("creditMemo", invoice("cm-1", line(rate=120))).id
    advance = desk.post("customerDeposit", payment("cd-1", 80)).id
    rows = {"apply": apply((one, 300)), "credit": apply((credit, 120)), "deposit": apply((advance, 80))}
    assert refused(desk.post("customerPayment", payment("pay-1", 99, **rows))) == OVER
    number = desk.post("customerPayment", payment("pay-1", 100, **rows)).id
    body = desk.whole(f"customerPayment/{number}")
    assert (body["payment"], body["total"], body["applied"], body["unapplied"]) == (100.0, 300.0, 300.0, 0.0)
    assert open_and_paid(desk, one) == ("B", 0.0, 300.0)
    assert credited(desk, credit) == ("Fully Applied", 120.0, 0.0)
    assert desk.whole(f"customerDeposit/{advance}")["status"]["refName"] == "Fully Applied"
    more = payment("pay-2", 0, credit=apply((credit, 1)))
    assert refused(desk.post("customerPayment", more)) == SUBLIST, "a used-up credit is not listed"
    assert desk.delete(f"creditMemo/{credit}").status == 400
    assert desk.delete(f"customerPayment/{number}").status == 204
    assert credited(desk, credit) == ("Open", 0.0, 120.0)
    assert desk.whole(f"customerDeposit/{advance}")["remaining"] == 80.0


def test_a_customer_deposit_knows_no_apply_list_and_is_used_by_an_application(desk):
    one = desk.post("invoice", invoice("inv-1")).id
    assert desk.post("customerDeposit", payment("cd-0", 70, apply=apply((one, 70)))).code == "INVALID_CONTENT"
    assert (
        refused(desk.post("customerDeposit", AGAIN)) == f"{PREFIX}Please enter value(s) for: Payment Amount."
    )
    advance = desk.post("customerDeposit", payment("cd-1", 70)).id
    body = {"externalId": "da-1", "apply": {"items": [{"doc": {"id": one}}]}}
    number = transform(desk, f"customerDeposit/{advance}", "depositApplication", body).id
    assert desk.whole(f"depositApplication/{number}")["total"] == 70.0
    assert open_and_paid(desk, one) == ("A", 30.0, 70.0)
    assert desk.whole(f"customerDeposit/{advance}")["remaining"] == 0.0
    text = "SELECT linktype, previousdoc FROM nexttransactionlinelink WHERE nextdoc = ? ORDER BY linktype"
    assert desk.rows(text, number) == [
        {"linktype": "DepAppl", "previousdoc": advance},
        {"linktype": "Payment", "previousdoc": one},
    ]
    assert refused(transform(desk, f"customerDeposit/{advance}", "depositApplication", body)).endswith(
        f"invalid customerDeposit reference {advance}."
    )
    lower = {"apply": {"items": [{"doc": {"id": one}, "amount": 50}]}}
    assert desk.patch(f"depositApplication/{number}", lower).status == 204
    assert desk.whole(f"customerDeposit/{advance}")["remaining"] == 20.0
    assert desk.delete(f"depositApplication/{number}").status == 204
    assert desk.whole(f"customerDeposit/{advance}")["status"]["refName"] == "Not Deposited"


def test_a_deposit_for_an_order_of_somebody_else_is_refused(desk):
    order = desk.post("salesOrder", invoice("so-1")).id
    other = desk.post("customer", customer("other")).id
    body = payment("cd-1", 70, customer={"id": other}, salesOrder={"id": order})
    assert f"Invalid Field Value {order} for the following field: salesOrder" in refused(
        desk.post("customerDeposit", body)
    )
    made = transform(desk, f"salesOrder/{order}", "customerDeposit", {"externalId": "cd-2", "payment": 60}).id
    assert desk.whole(f"customerDeposit/{made}")["salesOrder"]["id"] == order


def test_a_refund_pays_credits_and_deposits_back(desk):
    credit = desk.post("creditMemo", invoice("cm-1", line(rate=120))).id
    advance = desk.post("customerDeposit", payment("cd-1", 80)).id
    empty = AGAIN | {"externalId": "rf-0", "account": {"id": "101"}}
    assert refused(desk.post("customerRefund", empty)) == (
        f"{PREFIX}You must enter at least one line item for this transaction."
    )
    assert refused(desk.post("customerRefund", AGAIN | {"apply": apply((credit, 1))})) == (
        f"{PREFIX}Please enter value(s) for: Account."
    )
    body = empty | {"externalId": "rf-1", "apply": apply((credit, 120)), "deposit": apply((advance, 30))}
    number = desk.post("customerRefund", body).id
    assert desk.whole(f"customerRefund/{number}")["total"] == 150.0
    assert credited(desk, credit) == ("Fully Applied", 120.0, 0.0)
    assert desk.whole(f"customerDeposit/{advance}")["remaining"] == 50.0
    rows = desk.rows(
        "SELECT account, debit, credit FROM transactionaccountingline WHERE transaction = ?", number
    )
    assert rows == [{"account": "121", "debit": "150"}, {"account": "101", "credit": "150"}]
    one = desk.post("invoice", invoice("inv-1")).id
    assert refused(desk.patch(f"creditMemo/{credit}", {"apply": apply((one, 1))})) == OVER
    rest = desk.post("creditMemo", invoice("cm-2", line(rate=10))).id
    whole = {"externalId": "rf-2", "account": {"id": "101"}}
    paid_back = transform(desk, f"creditMemo/{rest}", "customerRefund", whole).id
    assert desk.whole(f"customerRefund/{paid_back}")["total"] == 10.0


def test_a_journal_is_edited_line_by_line_and_keeps_balance(desk):
    lines = ({"account": {"id": "611"}, "debit": 10, "memo": "fee"}, {"account": {"id": "101"}, "credit": 10})
    number = desk.post("journalEntry", journal("je-1", *lines)).id
    change = {"line": {"items": [{"line": 1, "debit": 12}, {"line": 2, "credit": 12}]}}
    assert desk.patch(f"journalEntry/{number}", change).status == 204
    body = desk.whole(f"journalEntry/{number}")
    assert [(row["line"], row.get("debit"), row.get("credit")) for row in body["line"]["items"]] == [
        (1, 12.0, None), (2, None, 12.0),
    ]  # fmt: skip
    assert body["status"]["refName"] == "Approved for Posting"
    assert refused(desk.post("journalEntry", {"line": {"items": list(lines)}})).endswith("for: Subsidiary.")
    wrong = journal("je-2", lines[0], {"account": {"id": "122"}, "credit": 10})
    assert "A/R Germany account cannot be used" in refused(desk.post("journalEntry", wrong))


def test_a_journal_that_is_not_approved_cannot_be_paid(desk):
    owed = {"account": {"id": "121"}, "entity": {"id": "1001"}, "debit": 40}
    lines = (owed, {"account": {"id": "101"}, "credit": 40})
    number = desk.post("journalEntry", journal("je-1", *lines, approved=False)).id
    assert refused(desk.post("customerPayment", payment("pay-1", 40, apply=apply((number, 40))))) == SUBLIST
    assert desk.rows("SELECT posting FROM transaction WHERE id = ?", number) == [{"posting": "F"}]
    desk.patch(f"journalEntry/{number}", {"approved": True})
    assert desk.post("customerPayment", payment("pay-1", 40, apply=apply((number, 40)))).status == 204


def test_a_bank_deposit_with_a_fee_and_cash_back(desk):
    first, second = (desk.post("customerPayment", payment(f"pay-{n}", n)).id for n in (60, 40))
    body = {
        "externalId": "bd-1",
        "account": {"id": "101"},
        "tranDate": "2026-11-05",
        "payment": {"items": [{"id": first}, {"id": second}]},
        "other": {"items": [{"account": {"id": "611"}, "amount": -2.5, "memo": "fee"}]},
        "cashBack": {"items": [{"account": {"id": "112"}, "amount": 10}]},
    }
    number = desk.post("deposit", body).id
    assert desk.whole(f"deposit/{number}")["total"] == 87.5
    rows = desk.rows(
        "SELECT account, debit, credit FROM transactionaccountingline WHERE transaction = ? ORDER BY transactionline",
        number,
    )
    assert rows == [
        {"account": "101", "debit": "87.5"}, {"account": "111", "credit": "60"}, {"account": "111", "credit": "40"},
        {"account": "611", "debit": "2.5"}, {"account": "112", "debit": "10"},
    ]  # fmt: skip
    out = {"payment": {"items": [{"id": second, "deposit": False}]}}
    assert desk.patch(f"deposit/{number}", out).status == 204
    letters = [desk.whole(f"customerPayment/{each}")["status"]["id"] for each in (first, second)]
    assert letters == ["C", "B"]
    assert desk.whole(f"deposit/{number}")["total"] == 47.5


def test_reversing_journals_forbid_direct_voids_but_for_refunds(desk):
    paid = desk.post("customerPayment", payment()).id
    body = AGAIN | {"account": {"id": "101"}, "apply": apply((paid, 60))}
    refund = desk.post("customerRefund", body).id
    desk.control.admin("set_preference", name="void_by_reversing_journal", value=True)
    desk.control.admin("void_record", record="customerRefund", id=refund)
    assert desk.whole(f"customerRefund/{refund}")["status"]["refName"] == "Voided"
    assert desk.whole(f"customerPayment/{paid}")["unapplied"] == 100.0


@pytest.mark.parametrize("kind", TYPES)
def test_every_record_about_money_is_described_permitted_and_listed(desk, kind):
    schema = desk.get(f"metadata-catalog/{kind}").body
    assert schema["properties"]["custbody_tieout_source_id"]["type"] == "string"
    assert desk.get(kind).body["totalResults"] == 0
    desk.control.admin("set_role", role="1001", permissions={kind: "view"})
    answer = desk.post(kind, {})
    assert (answer.status, "Permission Violation" in answer.detail) == (403, True)


def test_create_forms_of_credits_and_journals_save_nothing(desk):
    one = desk.post("invoice", invoice("inv-1")).id
    form = transform(desk, f"invoice/{one}", "customerPayment?expand=apply", {}, Accept=FORM)
    (row,) = form.body["apply"]["items"]
    assert (form.body["payment"], row["apply"], row["amount"], row["due"]) == (100.0, True, 100.0, 100.0)
    assert (
        desk.call("POST", "/record/v1/creditMemo", invoice("cm-1"), Accept=FORM).body["account"]["id"]
        == "121"
    )
    assert open_and_paid(desk, one) == ("A", 100.0, 0.0)
    assert [one["record"] for one in desk.control.truth() if one["record"] in TYPES] == []


def test_a_whole_month_of_money_is_saved_and_loaded(desk, tmp_path):
    one = desk.post("invoice", invoice("inv-1", line(rate=300))).id
    credit = desk.post("creditMemo", invoice("cm-1", line(rate=120), apply=apply((one, 20)))).id
    advance = desk.post("customerDeposit", payment("cd-1", 80)).id
    rows = {"apply": apply((one, 230)), "credit": apply((credit, 50)), "deposit": apply((advance, 80))}
    number = desk.post("customerPayment", payment("pay-1", 100, **rows)).id
    slip = {"externalId": "bd-1", "account": {"id": "101"}, "payment": {"items": [{"id": number}]}}
    assert desk.post("deposit", slip).status == 204
    file = str(tmp_path / "state.json")
    desk.control.save(file)
    with Desk() as other:
        other.control.restore(file)
        other.login()
        assert other.control.truth() == desk.control.truth()
        text = "SELECT * FROM nexttransactionlinelink ORDER BY nextdoc, previousdoc"
        assert other.rows(text) == desk.rows(text)
        assert "linked to others" in refused(
            other.patch(f"customerPayment/{number}", AGAIN | {"payment": 101})
        )
        more = apply((one, 51))
        assert refused(other.post("customerPayment", payment("pay-2", 60, apply=more))) == LINKS


def test_a_data_set_may_hold_every_record_about_money():
    def history(data):
        owed = {"account": {"id": "121"}, "entity": {"id": "1001"}, "debit": 40}
        data["transactions"] = [
            {"type": "invoice", "id": "11", **invoice("inv-1"), "tranDate": "2026-08-03"},
            {"type": "creditMemo", **invoice("cm-1", line(rate=30)), "tranDate": "2026-08-04",
             "apply": {"items": [{"doc": "11", "amount": 10}]}},
            {"type": "customerDeposit", **payment("cd-1", 25), "tranDate": "2026-08-05"},
            {"type": "depositApplication", "externalId": "da-1", "deposit": {"externalId": "cd-1"},
             "apply": {"items": [{"doc": "11", "amount": 15}]}},
            {"type": "journalEntry", **journal("je-1", owed, {"account": {"id": "101"}, "credit": 40})},
            {"type": "customerPayment", **payment("pay-1", 100), "tranDate": "2026-08-06",
             "apply": {"items": [{"doc": {"externalId": "je-1"}, "amount": 40}]}},
            {"type": "customerRefund", "externalId": "rf-1", "customer": {"id": "1001"}, "account": {"id": "101"},
             "apply": {"items": [{"doc": {"externalId": "pay-1"}, "amount": 5}]}},
            {"type": "deposit", "externalId": "bd-1", "account": {"id": "101"},
             "payment": {"items": [{"id": "16"}]}},
        ]  # fmt: skip

    with Desk(change=history) as desk:
        found = {
            one["external_id"]: one["fields"]
            for one in desk.control.truth()
            if one["record"] in (*TYPES, "invoice")
        }
        assert (found["inv-1"]["amountRemaining"], found["cm-1"]["unapplied"], found["cd-1"]["remaining"]) == (
            "75.00", "20.00", "10",
        )  # fmt: skip
        assert (found["pay-1"]["unapplied"], found["pay-1"]["status"], found["pay-1"]["bankDeposit"]) == (
            "55", "C", "18",
        )  # fmt: skip
        assert desk.rows("SELECT type, COUNT(*) AS n FROM transaction GROUP BY type ORDER BY type") == [
            {"type": code, "n": "1"}
            for code in (
                "CustCred",
                "CustDep",
                "CustInvc",
                "CustPymt",
                "CustRfnd",
                "DepAppl",
                "Deposit",
                "Journal",
            )
        ]
