"""Checks of the rules about money: each holds while its rule is on, and fails when the rule is switched off."""

from __future__ import annotations

from typing import Any

from tests.emulators.netsuite.rule_checks import CHANGES, CHECKS, check, dataset
from tests.emulators.netsuite.support import (
    PREFIX,
    Answer,
    Desk,
    apply,
    customer,
    invoice,
    journal,
    line,
    payment,
)

from tieout.emulators.kit.client import ControlError

__all__ = ["CHANGES", "CHECKS"]  # this module's checks stand beside the others

SUBLIST = (
    f"{PREFIX}You have attempted an invalid sublist or line item operation. You are either trying to cannot access a "
    "field on a non-existent line or you are trying to add or remove lines from a static sublist."
)
LINKS = f"{PREFIX}Links sum to more than original transaction amount"


def refused(answer: Answer) -> str:
    """What a request was refused with; empty when it was not."""
    return answer.detail if answer.status >= 400 else ""


def open_and_paid(desk: Desk, number: str) -> tuple[str, float, float]:
    body = desk.whole(f"invoice/{number}")
    return (body["status"]["id"], body["amountRemaining"], body["amountPaid"])


@check
def check_ns_10b(desk: Desk) -> None:
    wanted = f"{PREFIX}You have entered an Invalid Field Value 401 for the following field: "
    assert refused(desk.post("customerPayment", payment(arAcct={"id": "401"}))) == f"{wanted}arAcct."
    assert refused(desk.post("customerPayment", payment(account={"id": "401"}))) == f"{wanted}account."


@check
def check_ns_17(desk: Desk) -> None:
    """Other customer, other A/R account, other currency, other kind, already paid, unknown."""
    own = desk.post("invoice", invoice("inv-1")).id
    german = desk.post("invoice", invoice("inv-2", entity={"id": "1002"})).id
    elsewhere = desk.post("invoice", invoice("inv-3", account={"id": "123"})).id
    order = desk.post("salesOrder", invoice("so-1")).id
    desk.patch("customer/1001", {"currencyList": {"items": [{"currency": {"id": "3"}}]}})
    yen = desk.post("invoice", invoice("inv-4", currency={"id": "3"})).id
    for document in (german, elsewhere, order, yen, "999"):
        answer = desk.post("customerPayment", payment("pay-x", 10, apply=apply((document, 10))))
        assert (refused(answer), answer.status) == (SUBLIST, 400)
        assert answer.body["o:errorDetails"][0]["o:errorPath"] == "apply.items[0]"
    paid = desk.post("customerPayment", payment("pay-1", 100, apply=apply((own, 100)))).id
    assert refused(desk.post("customerPayment", payment("pay-2", 1, apply=apply((own, 1))))) == SUBLIST
    assert [one["external_id"] for one in desk.control.truth("customerPayment")] == ["pay-1"]
    desk.control.switches({"NS-17": "lenient"})
    number = desk.post("customerPayment", payment("pay-3", 10, apply=apply((german, 10)))).id
    body = desk.whole(f"customerPayment/{number}")
    assert (body["applied"], body["unapplied"]) == (0.0, 10.0), "silently left unapplied"
    assert open_and_paid(desk, own) == ("B", 0.0, 100.0)
    assert desk.whole(f"customerPayment/{paid}")["status"]["refName"] == "Not Deposited"


@dataset("NS-17")
def _second_receivable(data: dict[str, Any]) -> None:
    data["accounts"].append({"id": "123", "number": "1120", "name": "A/R Other", "type": "AcctRec"})


@check
def check_ns_17b(desk: Desk) -> None:
    own = desk.post("invoice", invoice("inv-1")).id
    rows = apply((own, 10), refNum="INV10001")
    answer = desk.post("customerPayment", payment(apply=rows))
    assert refused(answer) == SUBLIST
    assert answer.body["o:errorDetails"][0]["o:errorPath"] == "apply.items[0].refNum"


@check
def check_ns_17c(desk: Desk) -> None:
    child = desk.post("customer", customer("child", parent={"id": "1001"})).id
    document = desk.post("invoice", invoice("inv-1", entity={"id": child})).id
    assert refused(desk.post("customerPayment", payment(apply=apply((document, 100))))) == SUBLIST
    desk.control.switches({"NS-17c": "off"})
    assert desk.post("customerPayment", payment("pay-2", apply=apply((document, 100)))).status == 204
    desk.control.switches({"NS-17c": "on"})


@check
def check_ns_18(desk: Desk) -> None:
    one, two = (desk.post("invoice", invoice(f"inv-{n}")).id for n in (1, 2))
    answer = desk.post("customerPayment", payment("pay-1", 150, apply=apply((one, 100), (two, 60))))
    assert refused(answer) == f"{PREFIX}Amount applied greater than total payments and credits"
    assert desk.control.truth("customerPayment") == []
    assert open_and_paid(desk, one) == ("A", 100.0, 0.0)
    number = desk.post("customerPayment", payment("pay-1", 150, apply=apply((one, 100), (two, 40)))).id
    body = desk.whole(f"customerPayment/{number}")
    assert (body["total"], body["applied"], body["unapplied"]) == (150.0, 140.0, 10.0)
    assert open_and_paid(desk, two) == ("A", 60.0, 40.0), "a partial application raises nothing"
    again = {"customer": {"id": "1001"}, "payment": 130}
    assert "greater than total" in refused(desk.patch(f"customerPayment/{number}", again))


@check
def check_ns_18b(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    answer = desk.post("customerPayment", payment("pay-1", 500, apply=apply((one, 100.01))))
    assert refused(answer) == LINKS
    number = desk.post("customerPayment", payment("pay-1", 500, apply=apply((one, 60)))).id
    assert refused(desk.post("customerPayment", payment("pay-2", 500, apply=apply((one, 41))))) == LINKS
    raised = {"customer": {"id": "1001"}, "apply": apply((one, 100))}
    assert desk.patch(f"customerPayment/{number}", raised).status == 204, "its own part counts as due"


@check
def check_ns_18c(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    answer = desk.post("customerPayment", payment("pay-1", 98, apply=apply((one, 98), disc=3)))
    assert refused(answer) == LINKS
    number = desk.post("customerPayment", payment("pay-1", 98, apply=apply((one, 98), disc=2))).id
    assert open_and_paid(desk, one) == ("B", 0.0, 100.0)
    body = desk.whole(f"customerPayment/{number}")
    assert (body["total"], body["applied"], body["unapplied"]) == (98.0, 98.0, 0.0)
    lines = desk.rows(
        "SELECT account, debit, credit FROM transactionaccountingline WHERE transaction = ?", number
    )
    assert lines == [
        {"account": "121", "credit": "100"}, {"account": "111", "debit": "98"}, {"account": "402", "debit": "2"},
    ]  # fmt: skip


@check
def check_ns_18d(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    stamp = desk.whole(f"invoice/{one}")["lastModifiedDate"]
    desk.control.clock(advance_seconds=60)
    desk.post("customerPayment", payment(apply=apply((one, 100)))).id  # noqa: B018 - asserts 204
    assert desk.whole(f"invoice/{one}")["lastModifiedDate"] == stamp


@check
def check_ns_18e(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    desk.post("customerPayment", payment(amount=80, apply=apply((one, 80)))).id  # noqa: B018
    lower = {"item": {"items": [{"line": 1, "rate": 70}]}}
    assert refused(desk.patch(f"invoice/{one}", lower)) == LINKS
    exactly = {"item": {"items": [{"line": 1, "rate": 80}]}}
    assert desk.patch(f"invoice/{one}", exactly).status == 204
    assert open_and_paid(desk, one) == ("B", 0.0, 80.0)


@check
def check_ns_19(desk: Desk) -> None:
    newer = desk.post("invoice", invoice("inv-1", tranDate="2026-11-04")).id
    older = desk.post("invoice", invoice("inv-2", tranDate="2026-11-01")).id
    answer = desk.post("customerPayment", payment(autoApply=True, apply=apply((newer, 10))))
    assert refused(answer) == (
        f"{PREFIX}Ambiguous data: <autoApply> has been selected and lines have been selected in the <applyList> "
        "element."
    )
    desk.post("customerPayment", payment("pay-2", 130, autoApply=True)).id  # noqa: B018
    assert open_and_paid(desk, older) == ("B", 0.0, 100.0), "the oldest first"
    assert open_and_paid(desk, newer) == ("A", 70.0, 30.0)


@check
def check_ns_19b(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    answer = desk.post("customerPayment", payment(amount=-5))
    assert refused(answer) == f"{PREFIX}Negative payments not allowed"
    answer = desk.post("customerPayment", payment(amount=5, apply=apply((one, -5))))
    assert "Invalid Field Value -5 for the following field: amount" in refused(answer)


@check
def check_ns_20b(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment()).id
    taken = {"account": {"id": "101"}, "payment": {"items": [{"id": number}]}}
    slip = desk.post("deposit", taken).id
    path, again = f"customerPayment/{number}", {"customer": {"id": "1001"}}
    wanted = f"{PREFIX}You cannot edit the account of a transaction line that is linked to others"
    assert refused(desk.patch(path, again | {"payment": 90})) == wanted
    assert refused(desk.patch(path, again | {"apply": apply((one, 100))})) == wanted
    assert desk.patch(path, {"memo": "harmless"}).status == 204
    assert refused(desk.delete(path)).startswith(
        f"{PREFIX}This transaction cannot be deleted because it is referred"
    )
    desk.control.switches({"NS-20b": "ledger"})
    assert desk.patch(path, again | {"apply": apply((one, 100))}).status == 204
    assert refused(desk.patch(path, again | {"payment": 110})) == wanted
    assert desk.delete(f"deposit/{slip}").status == 204
    assert desk.whole(path)["status"]["refName"] == "Not Deposited"
    assert desk.delete(path).status == 204


@check
def check_ns_20c(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    other = desk.post("customer", customer("other")).id
    desk.post("customerPayment", payment(apply=apply((one, 100)))).id  # noqa: B018
    assert refused(desk.patch(f"invoice/{one}", {"entity": {"id": other}})) == (
        f"{PREFIX}You are attempting to link transactions, but the entities on the transactions do not match."
    )
    assert refused(desk.patch(f"invoice/{one}", {"account": {"id": "123"}})) == (
        f"{PREFIX}You cannot edit the account of a transaction line that is linked to others"
    )


@dataset("NS-20c")
def _second_receivable_too(data: dict[str, Any]) -> None:
    _second_receivable(data)


@check
def check_ns_21(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment(apply=apply((one, 100)))).id
    desk.control.admin("void_record", record="customerPayment", id=number)
    assert open_and_paid(desk, one) == ("A", 100.0, 0.0)
    body = desk.whole(f"customerPayment/{number}")
    assert (body["total"], body["applied"], body["unapplied"], body["memo"]) == (0.0, 0.0, 0.0, "VOID")
    assert desk.rows("SELECT voided FROM transaction WHERE id = ?", number) == [{"voided": "T"}]
    change = {"customer": {"id": "1001"}, "apply": apply((one, 100))}
    assert refused(desk.patch(f"customerPayment/{number}", change)) == (
        f"{PREFIX}The G/L impact of a voided transaction cannot be changed."
    )
    assert desk.patch(f"customerPayment/{number}", {"memo": "bounced"}).status == 204
    desk.control.admin("void_record", record="invoice", id=one)
    assert open_and_paid(desk, one) == ("V", 0.0, 0.0)
    assert refused(desk.post("customerPayment", payment("pay-2", apply=apply((one, 1))))) == SUBLIST


@check
def check_ns_21b(desk: Desk) -> None:
    number = desk.post("customerPayment", payment()).id
    try:
        desk.control.admin("void_record", record="customerPayment", id=number)
    except ControlError as error:
        assert "voided using reversing journals" in str(error)  # noqa: PT017 - without the rule there is no error
    assert desk.whole(f"customerPayment/{number}")["total"] == 100.0


@dataset("NS-21b")
def _reversing_journals(data: dict[str, Any]) -> None:
    data["account"]["void_by_reversing_journal"] = True


@check
def check_ns_23b(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    assert refused(desk.post("customerPayment", payment(apply=apply((one, 100))))) == SUBLIST
    desk.control.admin("approve_invoice", id=one)
    assert desk.post("customerPayment", payment(apply=apply((one, 100)))).status == 204
    assert open_and_paid(desk, one) == ("B", 0.0, 100.0)


@dataset("NS-23b")
def _approval_wanted(data: dict[str, Any]) -> None:
    data["account"]["invoice_approval"] = "pending"


@check
def check_ns_24c(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    transform = f"/record/v1/invoice/{one}/!transform/customerPayment"
    paid = desk.call("POST", transform, {"externalId": "pay-1"}).id
    body = desk.whole(f"customerPayment/{paid}")
    assert (body["payment"], body["applied"], body["customer"]["id"], body["arAcct"]["id"]) == (
        100.0, 100.0, "1001", "121",
    )  # fmt: skip
    assert refused(desk.call("POST", transform, {"externalId": "pay-2"})) == (
        f"{PREFIX}Can not initialize customerPayment: invalid invoice reference {one}."
    )


@check
def check_ns_26k(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1", line(rate=80))).id
    number = desk.post("customerPayment", payment(apply=apply((one, 80)))).id
    rows = desk.rows(
        "SELECT m.account, a.account AS ledger, a.paymentamountused, a.paymentamountunused, m.subsidiary"
        " FROM transactionline m JOIN transactionaccountingline a ON a.transaction = m.transaction"
        " AND a.transactionline = m.id WHERE m.mainline = 'T' AND m.transaction = ?",
        number,
    )
    assert rows == [
        {
            "account": "121",
            "ledger": "121",
            "paymentamountused": "80",
            "paymentamountunused": "20",
            "subsidiary": "1",
        }
    ]


@check
def check_ns_26l(desk: Desk) -> None:
    number = desk.post("creditMemo", invoice("cm-1", line(rate=30))).id
    text = "SELECT type, foreigntotal, foreignpaymentamountunused FROM transaction WHERE id = ?"
    assert desk.rows(text, number) == [
        {"type": "CustCred", "foreigntotal": "-30", "foreignpaymentamountunused": "30"}
    ]


@check
def check_ns_40(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    number = desk.post("customerPayment", payment()).id
    path = f"customerPayment/{number}"
    assert (
        refused(desk.patch(path, {"apply": apply((one, 100))}))
        == f"{PREFIX}Please enter value(s) for: Customer."
    )
    assert desk.patch(path, {"customer": {"id": "1001"}, "apply": apply((one, 100))}).status == 204
    assert desk.patch(path, {"memo": "found on the statement"}).status == 204


@check
def check_ns_41(desk: Desk) -> None:
    both = payment(account={"id": "101"}, undepFunds={"id": "T"})
    assert "Invalid Field Value 101 for the following field: account" in refused(
        desk.post("customerPayment", both)
    )
    assert refused(desk.post("customerPayment", payment(undepFunds={"id": "F"}))) == (
        f"{PREFIX}Please enter value(s) for: Account."
    )
    banked = desk.post("customerPayment", payment("pay-1", account={"id": "101"})).id
    body = desk.whole(f"customerPayment/{banked}")
    assert (body["undepFunds"]["id"], body["status"]) == ("F", {"id": "C", "refName": "Deposited"})
    waiting = desk.whole(f"customerPayment/{desk.post('customerPayment', payment('pay-2')).id}")
    assert (waiting["undepFunds"]["id"], waiting["account"]["id"], waiting["status"]["id"]) == (
        "T",
        "111",
        "B",
    )


@check
def check_ns_44(desk: Desk) -> None:
    debit, credit = {"account": {"id": "611"}, "debit": 10}, {"account": {"id": "101"}, "credit": 9.99}
    assert refused(desk.post("journalEntry", journal("je-1", debit, credit))) == (
        f"{PREFIX}The amounts in the journal entry must balance."
    )
    number = desk.post("journalEntry", journal("je-1", debit, credit | {"credit": 10})).id
    rows = desk.rows(
        "SELECT account, debit, credit FROM transactionaccountingline WHERE transaction = ?", number
    )
    assert rows == [{"account": "611", "debit": "10"}, {"account": "101", "credit": "10"}]


@check
def check_ns_44b(desk: Desk) -> None:
    lines = ({"debit": 10}, {"account": {"id": "101"}, "credit": 10})
    assert refused(desk.post("journalEntry", journal("je-1", *lines))) == (
        f"{PREFIX}Account are mandatory on all lines of the journal entry."
    )


@check
def check_ns_45(desk: Desk) -> None:
    """A chargeback and a credit by journal: both stand open on the customer's account."""
    owed = {"account": {"id": "121"}, "entity": {"id": "1001"}, "debit": 40}
    back = {"account": {"id": "121"}, "entity": {"id": "1001"}, "credit": 15}
    number = desk.post("journalEntry", journal("je-1", owed, {"account": {"id": "101"}, "credit": 40})).id
    other = desk.post("journalEntry", journal("je-2", {"account": {"id": "402"}, "debit": 15}, back)).id
    used = {"apply": apply((number, 40)), "credit": apply((other, 15))}
    paid = desk.post("customerPayment", payment("pay-1", 25, **used)).id
    body = desk.whole(f"customerPayment/{paid}")
    assert (body["total"], body["applied"], body["unapplied"]) == (40.0, 40.0, 0.0)
    assert [(row["doc"]["id"], row["line"], row["type"]) for row in body["apply"]["items"]] == [
        (number, 1, "Journal")
    ]
    assert [(row["doc"]["id"], row["line"]) for row in body["credit"]["items"]] == [(other, 2)]
    rows = desk.rows(
        "SELECT amountpaid, amountunpaid, paymentamountused, paymentamountunused FROM transactionaccountingline"
        " WHERE account = 121 AND transaction IN (?, ?) ORDER BY transaction",
        number,
        other,
    )
    assert rows == [
        {"amountpaid": "40", "amountunpaid": "0"},
        {"paymentamountused": "15", "paymentamountunused": "0"},
    ]
    assert refused(desk.post("customerPayment", payment("pay-2", 1, apply=apply((number, 1))))) == SUBLIST
    assert desk.delete(f"journalEntry/{number}").status == 400
    lower = {"line": {"items": [{"line": 1, "debit": 39}, {"line": 2, "credit": 39}]}}
    assert refused(desk.patch(f"journalEntry/{number}", lower)) == LINKS
    moved = {"line": {"items": [{"line": 1, "account": {"id": "112"}}]}}
    assert "linked to others" in refused(desk.patch(f"journalEntry/{number}", moved))


@check
def check_ns_46(desk: Desk) -> None:
    waiting = desk.post("customerPayment", payment("pay-1")).id
    banked = desk.post("customerPayment", payment("pay-2", account={"id": "101"})).id
    german = desk.post("customerPayment", payment("pay-3", customer={"id": "1002"})).id
    invoiced = desk.post("invoice", invoice("inv-1")).id
    for number in (banked, german, invoiced, "999"):
        body = {"account": {"id": "101"}, "payment": {"items": [{"id": number, "deposit": True}]}}
        assert refused(desk.post("deposit", body)) == f"{PREFIX}Invalid id reference key {number}"
    body = {"externalId": "bd-1", "account": {"id": "101"}, "payment": {"items": [{"id": waiting}]}}
    slip = desk.whole(f"deposit/{desk.post('deposit', body).id}")
    assert (slip["total"], slip["subsidiary"]["id"], slip["currency"]["id"]) == (100.0, "1", "1")
    assert desk.whole(f"customerPayment/{waiting}")["status"] == {"id": "C", "refName": "Deposited"}
    again = body | {"externalId": "bd-2"}
    assert refused(desk.post("deposit", again)) == f"{PREFIX}Invalid id reference key {waiting}", "only once"


@check
def check_ns_46b(desk: Desk) -> None:
    fee = {"account": {"id": "101"}, "other": {"items": [{"account": {"id": "611"}, "amount": -3}]}}
    assert refused(desk.post("deposit", fee)) == f"{PREFIX}The total can not be negative"


@check
def check_ns_47(desk: Desk) -> None:
    paid = desk.post("customerPayment", payment()).id
    body = {
        "customer": {"id": "1001"},
        "account": {"id": "101"},
        "externalId": "rf-1",
        "apply": apply((paid, 60)),
    }
    number = desk.post("customerRefund", body).id
    assert desk.whole(f"customerRefund/{number}")["total"] == 60.0
    left = desk.whole(f"customerPayment/{paid}")
    assert (left["applied"], left["unapplied"]) == (60.0, 40.0)
    more = body | {"externalId": "rf-2", "apply": apply((paid, 41))}
    assert refused(desk.post("customerRefund", more)) == LINKS
    assert desk.delete(f"customerPayment/{paid}").status == 400
    assert desk.delete(f"customerRefund/{number}").status == 204
    assert desk.whole(f"customerPayment/{paid}")["unapplied"] == 100.0


def _transform(desk: Desk, path: str, target: str, body: dict[str, Any]) -> Answer:
    return desk.post(f"{path}/!transform/{target}", body)


def _advance(desk: Desk, external: str, order: str, amount: float) -> str:
    body = payment(external, amount, salesOrder={"id": order})
    return str(desk.post("customerDeposit", body).id)


@check
def check_ns_48(desk: Desk) -> None:
    one = desk.post("invoice", invoice("inv-1")).id
    advance = desk.post("customerDeposit", payment("cd-1", 70)).id
    body = {"externalId": "da-1", "deposit": {"id": advance}, "apply": apply((one, 70))}
    answer = desk.post("depositApplication", body)
    assert (answer.status, answer.code) == (400, "INVALID_REQUEST")
    assert desk.control.truth("depositApplication") == []
    body.pop("deposit")
    assert _transform(desk, f"customerDeposit/{advance}", "depositApplication", body).status == 204


@check
def check_ns_48b(desk: Desk) -> None:
    """Of the same customer, and not made from the order: not listed."""
    desk.control.switches({"NS-48c": "off"})
    order = str(desk.post("salesOrder", invoice("so-1")).id)
    advance = _advance(desk, "cd-1", order, 60)
    other = desk.post("invoice", invoice("inv-1")).id
    body = {"externalId": "da-1", "apply": apply((other, 60))}
    assert refused(_transform(desk, f"customerDeposit/{advance}", "depositApplication", body)) == SUBLIST
    own = _transform(desk, f"salesOrder/{order}", "invoice", {"externalId": "inv-2"}).id
    body["apply"] = apply((own, 60))
    assert _transform(desk, f"customerDeposit/{advance}", "depositApplication", body).status == 204
    assert open_and_paid(desk, str(own)) == ("A", 40.0, 60.0)


@check
def check_ns_48c(desk: Desk) -> None:
    order = str(desk.post("salesOrder", invoice("so-1")).id)
    first, second = _advance(desk, "cd-1", order, 60), _advance(desk, "cd-2", order, 60)
    billed = str(_transform(desk, f"salesOrder/{order}", "invoice", {"externalId": "inv-1"}).id)
    assert open_and_paid(desk, billed) == ("B", 0.0, 100.0)
    left = [desk.whole(f"customerDeposit/{one}")["remaining"] for one in (first, second)]
    assert left == [0.0, 20.0]
    made = desk.control.truth("depositApplication")
    assert [(one["external_id"], one["_meta"]["created_by"]) for one in made] == [(None, "netsuite")] * 2
    # Taken back, it is taken up again when the invoice is saved once more.
    assert desk.delete(f"depositApplication/{made[0]['id']}").status == 204
    assert open_and_paid(desk, billed) == ("A", 60.0, 40.0)
    desk.patch(f"invoice/{billed}", {"memo": "looked at"})
    assert open_and_paid(desk, billed) == ("B", 0.0, 100.0)


@check
def check_ns_48d(desk: Desk) -> None:
    desk.patch("customer/1001", {"currencyList": {"items": [{"currency": {"id": "3"}}]}})
    yen = str(desk.post("salesOrder", invoice("so-1", currency={"id": "3"})).id)
    body = payment("cd-1", 10, salesOrder={"id": yen})
    assert f"Invalid Field Value {yen} for the following field: salesOrder" in refused(
        desk.post("customerDeposit", body)
    )
    rows = desk.rows("SELECT createdfrom FROM transactionline WHERE createdfrom = ?", yen)
    assert rows == []
    assert desk.post("customerDeposit", body | {"currency": {"id": "3"}}).status == 204
    rows = desk.rows("SELECT createdfrom FROM transactionline WHERE createdfrom = ? AND mainline = 'T'", yen)
    assert rows == [{"createdfrom": yen}]
