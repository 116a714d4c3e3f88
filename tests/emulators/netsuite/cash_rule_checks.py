"""Checks of the rules about money: each holds while its rule is on, and fails when the rule is switched off."""

from __future__ import annotations

from typing import Any

from tests.emulators.netsuite.rule_checks import CHANGES, CHECKS, check, dataset
from tests.emulators.netsuite.support import PREFIX, Answer, Desk, apply, customer, invoice, line, payment

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
