"""A customer payment's life: created, applied, unapplied, applied again, deleted; and what SuiteQL says of it."""

from __future__ import annotations

import copy
import time

import pytest
from tests.emulators.netsuite.cash_rule_checks import LINKS, SUBLIST, open_and_paid, refused
from tests.emulators.netsuite.rule_checks import Desk_timeout
from tests.emulators.netsuite.support import PREFIX, Desk, apply, invoice, line, payment

from tieout.emulators.netsuite import NetSuiteEmulator

FORM = "application/vnd.oracle.resource+json; type=create-form"
AGAIN = {"customer": {"id": "1001"}}


@pytest.fixture
def desk():
    with Desk() as running:
        yield running


def test_the_official_sample_pays_one_invoice_and_keeps_the_rest_unapplied(desk):
    document = desk.post("invoice", invoice("inv-1", line(rate=200))).id
    body = payment("pay-1", 250, checkNumber="4711", memo="ACH", custbody_tieout_source_id="py_1")
    number = desk.post("customerPayment", body | {"apply": apply((document, 200))}).id
    whole = desk.whole(f"customerPayment/{number}")
    shown = {
        name: whole[name] for name in ("payment", "total", "applied", "unapplied", "checkNumber", "tranDate")
    }
    assert shown == {
        "payment": 250.0, "total": 250.0, "applied": 200.0, "unapplied": 50.0, "checkNumber": "4711",
        "tranDate": "2026-11-05",
    }  # fmt: skip
    references = (
        "customer",
        "subsidiary",
        "currency",
        "arAcct",
        "account",
        "undepFunds",
        "status",
        "postingPeriod",
    )
    assert {name: whole[name]["id"] for name in references} == {
        "customer": "1001", "subsidiary": "1", "currency": "1", "arAcct": "121", "account": "111", "undepFunds": "T",
        "status": "B", "postingPeriod": "111",
    }  # fmt: skip
    (row,) = whole["apply"]["items"]
    assert (row["doc"]["id"], row["apply"], row["amount"], row["due"], row["total"], row["type"]) == (
        document, True, 200.0, 200.0, 200.0, "Invoice",
    )  # fmt: skip
    assert open_and_paid(desk, document) == ("B", 0.0, 200.0)
    assert desk.get(f"customerPayment/{number}/apply/doc={document},line=0").body["amount"] == 200.0
    truth = desk.control.truth("customerPayment")[0]
    assert truth["lines"]["apply"] == [{"doc": document, "line": 0, "amount": "200", "apply": True}]
    assert truth["fields"]["custbody_tieout_source_id"] == "py_1"


def test_the_apply_list_shows_what_could_be_chosen(desk):
    first, second = (desk.post("invoice", invoice(f"inv-{n}", line(rate=n))).id for n in (10, 20))
    desk.post("invoice", invoice("inv-other", entity={"id": "1002"}))
    number = desk.post("customerPayment", payment(amount=4, apply=apply((second, 4)))).id
    rows = desk.whole(f"customerPayment/{number}")["apply"]["items"]
    assert [(row["doc"]["id"], row["apply"], row["due"], row.get("amount")) for row in rows] == [
        (second, True, 20.0, 4.0),
        (first, False, 10.0, None),
    ]
    answer = desk.call("POST", "/record/v1/customerPayment?expand=apply", payment("pay-2", 5), Accept=FORM)
    assert [(row["doc"]["id"], row["due"]) for row in answer.body["apply"]["items"]] == [
        (first, 10.0),
        (second, 16.0),
    ]
    assert len(desk.control.truth("customerPayment")) == 1, "a form saves nothing"


def test_unapply_by_flag_or_by_zero_and_apply_again(desk):
    one, two, three = (desk.post("invoice", invoice(f"inv-{n}")).id for n in (1, 2, 3))
    number = desk.post("customerPayment", payment(amount=200, apply=apply((one, 100), (two, 100)))).id
    path = f"customerPayment/{number}"
    off = {"items": [{"doc": {"id": one}, "apply": False}, {"doc": {"id": two}, "apply": True, "amount": 0}]}
    assert desk.patch(path, AGAIN | {"apply": off}).status == 204
    assert (desk.whole(path)["applied"], desk.whole(path)["unapplied"]) == (0.0, 200.0)
    assert [open_and_paid(desk, each) for each in (one, two)] == [("A", 100.0, 0.0)] * 2
    assert desk.patch(path, AGAIN | {"apply": {"items": [{"doc": {"id": two}, "amount": 70}]}}).status == 204
    assert desk.patch(path, AGAIN | {"apply": apply((three, None))}).status == 204, "others stay as they are"
    assert desk.whole(path)["applied"] == 170.0
    assert open_and_paid(desk, two) == ("A", 30.0, 70.0)
    assert open_and_paid(desk, three) == ("B", 0.0, 100.0)
    wanted = [{"previousdoc": two, "nextdoc": number, "foreignamount": "70"},
              {"previousdoc": three, "nextdoc": number, "foreignamount": "100"}]  # fmt: skip
    for table in ("nexttransactionlinelink", "previoustransactionlinelink"):
        text = f"SELECT previousdoc, nextdoc, foreignamount FROM {table} WHERE linktype = 'Payment'"
        assert desk.rows(f"{text} ORDER BY previousdoc") == wanted
    assert (
        desk.call("PATCH", f"/record/v1/{path}?replace=apply", AGAIN | {"apply": apply((one, 5))}).status
        == 204
    )
    assert desk.whole(path)["applied"] == 5.0, "replace drops what is not named"


def test_a_line_that_only_names_its_document_applies_nothing(desk):
    document = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment(apply={"items": [{"doc": {"id": document}}]})).id
    assert desk.whole(f"customerPayment/{number}")["unapplied"] == 100.0


def test_a_payment_without_an_amount_is_what_its_lines_come_to(desk):
    document = desk.post("invoice", invoice("inv-1", line(rate=37.5))).id
    number = desk.post("customerPayment", payment(amount=None, apply=apply((document, None)))).id
    assert desk.whole(f"customerPayment/{number}")["payment"] == 37.5
    assert refused(desk.post("customerPayment", payment("pay-2", None))) == (
        f"{PREFIX}Please enter value(s) for: Payment Amount."
    )


def test_documents_may_be_named_by_external_id(desk):
    document = desk.post("invoice", invoice("inv-1")).id
    rows = {"items": [{"doc": {"externalId": "inv-1"}, "apply": True, "amount": 100}]}
    assert desk.post("customerPayment", payment(apply=rows)).status == 204
    assert open_and_paid(desk, document)[0] == "B"


def test_deleting_a_payment_opens_its_invoices_again(desk):
    document = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment(apply=apply((document, 100)))).id
    assert refused(desk.delete(f"invoice/{document}")).startswith(
        f"{PREFIX}This transaction cannot be deleted because it is referred to by other transactions."
    )
    assert desk.delete(f"customerPayment/{number}").status == 204
    assert open_and_paid(desk, document) == ("A", 100.0, 0.0)
    assert desk.rows("SELECT nextdoc FROM nexttransactionlinelink") == []
    assert desk.delete(f"invoice/{document}").status == 204


def test_payments_keep_the_period_account_and_subsidiary_rules(desk):
    late = desk.post("customerPayment", payment(tranDate="2026-09-30"))
    assert "No valid, open, posting period for date - 9/30/2026" in refused(late)
    for name, account, text in (("arAcct", "122", "A/R Germany"), ("account", "102", "Girokonto")):
        answer = desk.post("customerPayment", payment(**{name: {"id": account}}))
        assert (
            refused(answer) == f"{PREFIX}The {text} account cannot be used with the Northwind Inc subsidiary."
        )
    answer = desk.post("customerPayment", payment(subsidiary={"id": "2"}))
    assert refused(answer) == f"{PREFIX}Invalid subsidiary reference key 2 for entity 1001."
    answer = desk.post("customerPayment", payment(currency={"id": "2"}))
    assert refused(answer) == f"{PREFIX}The transaction currency does not match the names currency"
    answer = desk.post("customerPayment", {"payment": 5})
    assert refused(answer) == f"{PREFIX}Please enter value(s) for: Customer."
    desk.post("invoice", invoice("x-1"))
    assert refused(desk.post("customerPayment", payment("x-1"))) == f"{PREFIX}This record already exists."
    number = desk.post("customerPayment", payment()).id
    desk.control.admin("close_period", date="2026-11-05")
    closed = f"{PREFIX}This transaction is in a period that has been closed. You may not edit it."
    assert refused(desk.patch(f"customerPayment/{number}", {"memo": "late"})) == closed
    assert refused(desk.delete(f"customerPayment/{number}")) == closed


def test_somebody_elses_newer_version_and_a_workflow_lock_refuse_an_application(desk):
    document = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment()).id
    change = AGAIN | {"apply": apply((document, 100))}
    desk.control.admin("touch_record", record="customerPayment", id=number)
    assert refused(desk.patch(f"customerPayment/{number}", change)) == f"{PREFIX}Record has been changed"
    desk.control.admin("lock_record_by_workflow", record="customerPayment", id=number)
    assert "locked by a user defined workflow" in refused(desk.patch(f"customerPayment/{number}", change))
    assert open_and_paid(desk, document) == ("A", 100.0, 0.0)


def test_a_refused_application_changes_nothing(desk):
    one, two = (desk.post("invoice", invoice(f"inv-{n}")).id for n in (1, 2))
    number = desk.post("customerPayment", payment(amount=100, apply=apply((one, 60)))).id
    before = desk.control.truth()
    for rows in (apply((two, 41)), apply((one, 101)), apply((two, 10), ("999", 1))):
        answer = desk.patch(f"customerPayment/{number}", AGAIN | {"apply": rows})
        assert refused(answer) in (
            f"{PREFIX}Amount applied greater than total payments and credits",
            LINKS,
            SUBLIST,
        )
    assert desk.control.truth() == before


def test_changing_the_customer_of_an_applied_payment_is_refused(desk):
    one = desk.post("invoice", invoice("inv-1")).id
    other = desk.post("customer", {"companyName": "Other", "subsidiary": {"id": "1"}}).id
    number = desk.post("customerPayment", payment(apply=apply((one, 60)))).id
    assert refused(desk.patch(f"customerPayment/{number}", {"customer": {"id": other}})) == SUBLIST


def test_two_payments_share_an_invoice(desk):
    document = desk.post("invoice", invoice("inv-1")).id
    desk.post("customerPayment", payment("pay-1", 30, apply=apply((document, 30))))
    second = desk.post("customerPayment", payment("pay-2", 90, apply=apply((document, None)))).id
    assert desk.whole(f"customerPayment/{second}")["applied"] == 70.0, "what is due, no more"
    rows = desk.rows(
        "SELECT i.foreignamountpaid, i.foreignamountunpaid, i.status, SUM(p.foreigntotal) AS paid FROM transaction i"
        " JOIN NextTransactionLineLink l ON l.previousdoc = i.id JOIN transaction p ON p.id = l.nextdoc"
        " WHERE i.id = ? AND p.recordtype = 'customerpayment'"
        " GROUP BY i.foreignamountpaid, i.foreignamountunpaid, i.status",
        document,
    )
    assert rows == [{"foreignamountpaid": "100", "foreignamountunpaid": "0", "status": "B", "paid": "120"}]


def test_the_ledger_balances_in_base_currency(desk):
    document = desk.post("invoice", invoice("inv-1", line(rate=50), entity={"id": "1002"})).id
    body = payment(amount=59.5, customer={"id": "1002"}, account={"id": "102"}, apply=apply((document, 59.5)))
    number = desk.post("customerPayment", body).id
    rows = desk.rows(
        "SELECT a.debit, a.credit, a.amountpaid, a.amountunpaid, BUILTIN.DF(a.account) AS name, a.posting"
        " FROM transactionaccountingline a WHERE a.transaction IN (?, ?) ORDER BY a.transaction, a.transactionline",
        document,
        number,
    )
    assert rows == [
        {"debit": "65.45", "amountpaid": "65.45", "amountunpaid": "0", "name": "A/R Germany", "posting": "T"},
        {"credit": "55", "name": "Revenue", "posting": "T"},
        {"credit": "10.45", "posting": "T"},
        {"credit": "65.45", "name": "A/R Germany", "posting": "T"},
        {"debit": "65.45", "name": "Girokonto", "posting": "T"},
    ]


def test_a_role_sees_payments_by_permission_and_subsidiary(desk):
    desk.post("customerPayment", payment())
    desk.control.admin("set_role", role="1001", permissions={"suiteql": "full", "invoice": "full"})
    for table in ("transaction", "transactionaccountingline"):
        assert desk.rows(f"SELECT * FROM {table}") == []
    answer = desk.post("customerPayment", payment("pay-2"))
    assert "'Transactions -> Customer Payment' permission" in answer.detail
    desk.control.admin("set_role", role="1001", permissions="all", subsidiaries=["2"])
    assert desk.rows("SELECT transaction FROM transactionaccountingline") == []


def test_a_saved_state_keeps_who_paid_what(desk, tmp_path):
    document = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment(amount=60, apply=apply((document, 60)))).id
    file = str(tmp_path / "state.json")
    desk.control.save(file)
    with Desk() as other:
        other.control.restore(file)
        other.login()
        assert open_and_paid(other, document) == ("A", 40.0, 60.0)
        assert (
            refused(other.post("customerPayment", payment("pay-2", 41, apply=apply((document, 41))))) == LINKS
        )
        off = {"items": [{"doc": {"id": document}, "apply": False}]}
        assert other.patch(f"customerPayment/{number}", AGAIN | {"apply": off}).status == 204
        assert open_and_paid(other, document) == ("A", 100.0, 0.0)


def test_a_data_set_may_hold_applied_payments():
    def history(data):
        data["transactions"] = [
            {"type": "invoice", **invoice("inv-1"), "tranDate": "2026-08-03"},
            {"type": "customerPayment", **payment("pay-1"), "tranDate": "2026-08-10", "_by": "Celigo",
             "apply": {"items": [{"doc": {"externalId": "inv-1"}, "amount": 100}]}},
        ]  # fmt: skip

    with Desk(change=history) as desk:
        paid = desk.control.truth("invoice")[0]
        assert (paid["fields"]["status"], paid["fields"]["amountPaid"]) == ("B", "100")
        wrong = copy.deepcopy(desk.dataset)
        wrong["transactions"][1]["apply"]["items"][0]["doc"] = {"id": "999"}
        with pytest.raises(ValueError, match=r"customerPayment 1: .*static sublist"):
            NetSuiteEmulator(wrong)


@pytest.mark.parametrize("kind", ["commit_hang", "hang"])
def test_a_hanging_create_or_application_is_committed_or_not_as_the_fault_says(desk, kind):
    document = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment("pay-1")).id
    committed = kind == "commit_hang"
    desk.control.faults({"kind": kind, "match": {"operation": "create", "record": "customerPayment"}})
    with Desk_timeout(desk):
        desk.post("customerPayment", payment("pay-2"))
    assert [one["external_id"] for one in desk.control.truth("customerPayment")] == ["pay-1", "pay-2"][
        : 1 + committed
    ]
    desk.control.faults({"kind": kind, "match": {"operation": "update", "record": "customerPayment"}})
    with Desk_timeout(desk):
        desk.patch(f"customerPayment/{number}", AGAIN | {"apply": apply((document, 100))})
    assert open_and_paid(desk, document)[0] == ("B" if committed else "A")


def test_throttling_and_lost_locations_reach_payments_too(desk):
    desk.control.faults({"kind": "throttle", "match": {"record": "customerPayment"}})
    assert desk.post("customerPayment", payment()).status == 429
    desk.control.faults({"kind": "missing_location", "match": {"external_id": "pay-1"}})
    answer = desk.post("customerPayment", payment())
    assert (answer.status, "location" in answer.headers) == (204, False)
    assert len(desk.control.truth("customerPayment")) == 1


def test_an_unapplied_payment_costs_little_beside_thousands_of_paid_invoices():
    def history(data):
        data["transactions"] = [
            {"type": "invoice", **invoice(None, id=str(number)), "tranDate": "2026-08-03"}
            for number in range(1, 1001)
        ]

    with Desk(change=history) as desk:
        rows = apply(*((str(number), 1) for number in range(1, 101)))
        started = time.perf_counter()
        assert desk.post("customerPayment", payment(apply=rows)).status == 204
        assert time.perf_counter() - started < 1
