"""One check per rule: it holds while the rule is on, and fails when the rule is switched off."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.emulators.netsuite.support import NOON, PREFIX, Desk, customer, invoice, line

from tieout.emulators.netsuite.keys import new_key_pair

Check = Callable[[Desk], None]
CHECKS: dict[str, Check] = {}
CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {}


def check(function: Check) -> Check:
    CHECKS[function.__name__] = function
    return function


def dataset(rule: str) -> Callable[[Callable[[dict[str, Any]], None]], Callable[[dict[str, Any]], None]]:
    """Register how the sample data set must differ for a rule's check."""

    def register(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        CHANGES[rule] = change
        return change

    return register


# --- 1, 2: logging in, slots --------------------------------------------------------------------------------


@check
def check_ns_01(desk: Desk) -> None:
    assert desk.token(desk.assertion()).status == 200
    other_key, _ = new_key_pair()
    for wrong in (
        desk.assertion(key=other_key),
        desk.assertion(head={"kid": "kid-2"}),
        desk.assertion(aud="https://evil.example/token"),
        desk.assertion(exp=desk.now() + 7200),
        desk.assertion(iat=desk.now() - 3700, exp=desk.now() - 100),
        desk.assertion(scope="restlets"),
    ):
        answer = desk.token(wrong)
        assert answer.status in (400, 401)
        assert answer.body["error"] in ("invalid_grant", "invalid_client", "invalid_scope")


def tba(
    desk: Desk, nonce: str, *, secret: str = "cs", realm: str = "TSTDRV1234567", shift: int = 0
) -> dict[str, str]:
    given = {
        "oauth_consumer_key": "ck", "oauth_token": "tk", "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(desk.now() + shift), "oauth_nonce": nonce, "oauth_version": "1.0",
    }  # fmt: skip
    pairs = sorted({**given, "limit": "5"}.items())
    normal = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    url = f"{desk.emulator.base_url}/services/rest/record/v1/customer"
    text = "&".join(("GET", quote(url, safe=""), quote(normal, safe="")))
    digest = hmac.new(f"{secret}&ts".encode(), text.encode(), hashlib.sha256).digest()
    given["oauth_signature"] = base64.b64encode(digest).decode()
    parts = ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in given.items())
    return {"Authorization": f'OAuth realm="{realm}", {parts}'}


@check
def check_ns_01b(desk: Desk) -> None:
    path = "/services/rest/record/v1/customer?limit=5"
    good = tba(desk, "n1")
    assert desk.raw("GET", path, None, good).status == 200
    for wrong in (
        good,
        tba(desk, "n2", secret="other"),
        tba(desk, "n3", realm="1234567_SB1"),
        tba(desk, "n4", shift=-400),
    ):
        answer = desk.raw("GET", path, None, wrong)
        assert answer.status == 401
        assert answer.body["title"] == "Unauthorized"
        assert answer.code == "INVALID_LOGIN"
        assert answer.detail.startswith("Invalid login attempt. For more details, see the Login Audit Trail")


@check
def check_ns_01c(desk: Desk) -> None:
    desk.control.clock(advance_seconds=3599)
    assert desk.get("customer/1001").status == 200
    desk.control.clock(advance_seconds=2)
    assert desk.get("customer/1001").status == 401
    desk.login()
    assert desk.get("customer/1001").status == 200


@check
def check_ns_02(desk: Desk) -> None:
    desk.control.config(concurrency=0)
    answer = desk.get("customer/1001")
    assert answer.status == 429
    assert answer.body["title"] == "Bad Request"
    assert (answer.code, answer.detail) == (
        "CONCURRENCY_LIMIT_EXCEEDED",
        "Concurrent request limit exceeded. Request blocked.",
    )
    assert answer.body["o:errorCode"] == "USER_ERROR"
    assert "retry-after" not in answer.headers


@check
def check_ns_02b(desk: Desk) -> None:
    desk.control.faults({"kind": "hang", "match": {"operation": "create"}})
    with Desk_timeout(desk):
        desk.post("invoice", invoice())
    assert desk.control.stats()["in_flight"] == 1, "the client has left, the slot is still taken"
    desk.control.config(concurrency=1)
    assert desk.get("customer/1001").status == 429


class Desk_timeout:  # noqa: N801 - reads as a verb in the checks
    """Inside, a call gives up after a moment; the TimeoutError is expected."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __enter__(self) -> None:
        self._desk.get("customer/1001")
        connection = self._desk._connection
        assert connection is not None
        assert connection.sock is not None
        connection.sock.settimeout(0.15)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is TimeoutError


# --- 3, 4: ids ------------------------------------------------------------------------------------------------


@check
def check_ns_03(desk: Desk) -> None:
    answer = desk.post("invoice", invoice())
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["location"].endswith("/services/rest/record/v1/invoice/1")


@check
def check_ns_03b(desk: Desk) -> None:
    order = desk.post("salesOrder", invoice("so-1")).id
    bill = desk.post("invoice", invoice("inv-1")).id
    assert int(bill) == int(order) + 1


@check
def check_ns_04(desk: Desk) -> None:
    desk.post("salesOrder", invoice("x-1")).id  # noqa: B018 - asserts 204
    for record in ("salesOrder", "invoice"):
        answer = desk.post(record, invoice("x-1"))
        assert (answer.status, answer.code, answer.detail) == (
            400, "USER_ERROR", f"{PREFIX}This record already exists.",
        )  # fmt: skip
    desk.post("customer", customer("c-1")).id  # noqa: B018
    for record, body in (("customer", customer("c-1")), ("contact", {"firstName": "A", "externalId": "c-1"})):
        assert desk.post(record, body).detail == f"{PREFIX}This entity already exists."
    assert desk.post("invoice", invoice("X-1")).status == 204, "ids that differ in case are different ids"


@check
def check_ns_04b(desk: Desk) -> None:
    desk.post("salesOrder", invoice("x-1")).id  # noqa: B018
    assert desk.get("salesOrder/eid:x-1").status == 200
    answer = desk.get("invoice/eid:x-1")
    assert (answer.status, answer.detail) == (400, f"{PREFIX}Transaction type specified is incorrect.")


@check
def check_ns_05(desk: Desk) -> None:
    assert desk.post("customer", customer("a", entityId="Initech")).status == 204
    answer = desk.post("customer", customer("b", entityId="initech"))
    assert answer.detail == (
        f"{PREFIX}A customer record with this ID already exists. You must enter a unique customer ID for each "
        "record you create."
    )


# --- 6: what is missing ---------------------------------------------------------------------------------------


@check
def check_ns_06(desk: Desk) -> None:
    for path in ("customer/99", "customer/eid:nobody", "serviceSaleItem/99", "term/99"):
        answer = desk.get(path)
        assert (answer.status, answer.code, answer.detail) == (
            404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.",
        )  # fmt: skip
    assert desk.get("file/1").detail == "Record type 'file' does not exist."


@check
def check_ns_06b(desk: Desk) -> None:
    order = desk.post("salesOrder", invoice("so-1")).id
    for number in ("99", order):
        answer = desk.get(f"invoice/{number}")
        assert (answer.status, answer.detail) == (400, f"{PREFIX}Transaction type specified is incorrect.")


@check
def check_ns_06c(desk: Desk) -> None:
    assert desk.get("invoice/eid:nothing").status == 404


# --- 7 to 12: what a record must have -------------------------------------------------------------------------


@check
def check_ns_07(desk: Desk) -> None:
    answer = desk.post("customer", {"isPerson": True})
    assert answer.detail == f"{PREFIX}Please enter value(s) for: First Name, Last Name, Subsidiary."
    assert desk.post("customer", {}).detail == f"{PREFIX}Please enter value(s) for: Company Name, Subsidiary."
    assert desk.post("invoice", {}).detail == f"{PREFIX}Please enter value(s) for: Customer."


@check
def check_ns_07b(desk: Desk) -> None:
    desk.control.admin("add_mandatory_field", form="101", field="otherRefNum", label="PO Number (Required)")
    desk.control.admin(
        "add_mandatory_field", form="101", field="item.custcol_tieout_charge_id", label="Charge"
    )
    answer = desk.post("invoice", invoice())
    assert answer.detail == f"{PREFIX}Please enter value(s) for: PO Number (Required), Charge."
    assert desk.post("invoice", invoice(customForm={"id": "102"})).status == 204, "another form asks for less"
    desk.control.admin("remove_mandatory_field", form="101", field="item.custcol_tieout_charge_id")
    assert desk.post("invoice", invoice("inv-2", otherRefNum="4711")).status == 204


@check
def check_ns_08(desk: Desk) -> None:
    body = invoice()
    del body["item"]
    wanted = f"{PREFIX}You must enter at least one line item for this transaction."
    assert desk.post("invoice", body).detail == wanted
    body["item"] = {"items": []}
    assert desk.post("invoice", body).detail == wanted


@check
def check_ns_09(desk: Desk) -> None:
    # unknown, inactive, not available in the customer's subsidiary
    for item in ("53384", "507"):
        answer = desk.post("invoice", invoice(None, line(), line(item)))
        assert (
            answer.detail
            == f"{PREFIX}You have entered an Invalid Field Value {item} for the following field: item."
        )
        assert answer.body["o:errorDetails"][0]["o:errorPath"] == "item.items[1]"
    german = invoice(None, line("506"), entity={"id": "1002"})
    assert "Invalid Field Value 506" in desk.post("invoice", german).detail
    assert "field: entity" in desk.post("invoice", invoice(entity={"id": "77"})).detail
    assert "field: entity" in desk.post("invoice", invoice(entity={"externalId": "nobody"})).detail
    elsewhere = invoice(None, line(location={"id": "1"}), entity={"id": "1002"})
    assert "field: location" in desk.post("invoice", elsewhere).detail


@check
def check_ns_10(desk: Desk) -> None:
    answer = desk.post("invoice", invoice(account={"id": "122"}))
    assert (
        answer.detail == f"{PREFIX}The A/R Germany account cannot be used with the Northwind Inc subsidiary."
    )
    desk.control.admin("set_ar_account", account="122")
    assert "A/R Germany" in desk.post("invoice", invoice()).detail


@check
def check_ns_11(desk: Desk) -> None:
    answer = desk.post("invoice", invoice(subsidiary={"id": "2"}))
    assert answer.detail == f"{PREFIX}Invalid subsidiary reference key 2 for entity 1001."
    shared = {"entity": {"id": "1001"}, "subsidiary": {"id": "2"}}
    assert desk.post("customerSubsidiaryRelationship", shared).status == 204
    assert desk.post("invoice", invoice(subsidiary={"id": "2"})).status == 204


@check
def check_ns_12(desk: Desk) -> None:
    answer = desk.post("invoice", invoice(currency={"id": "3"}))
    assert answer.detail == f"{PREFIX}The transaction currency does not match the names currency"


# --- 13 to 15: bodies -----------------------------------------------------------------------------------------


@check
def check_ns_13(desk: Desk) -> None:
    answer = desk.post("invoice", invoice(custbody_unknown="x"))
    assert (answer.status, answer.code) == (400, "INVALID_CONTENT")
    assert answer.body["o:errorDetails"][0]["o:errorPath"] == "custbody_unknown"
    lenient = desk.post("invoice", invoice(custbody_unknown="x"), X_NetSuite_PropertyNameValidation="warning")
    assert lenient.status == 204
    assert "custbody_unknown" in lenient.headers["warning"]
    desk.control.admin("hide_custom_field", form="101", field="custbody_tieout_run_id")
    hidden = desk.post("invoice", invoice("inv-2", custbody_tieout_run_id="r"))
    assert hidden.code == "INVALID_CONTENT"
    misspelt = desk.post("invoice", invoice("inv-3", line(quantiti=3)))
    assert misspelt.body["o:errorDetails"][0]["o:errorPath"] == "item.items[0].quantiti"


@check
def check_ns_14(desk: Desk) -> None:
    for body, path in (
        (invoice(tranDate="11/05/2026"), "tranDate"),
        (invoice(tranDate="2026-11-05T10:00:00Z"), "tranDate"),
        (invoice(None, {"item": {"id": "501"}, "quantity": "three"}), "item.items[0].quantity"),
        (invoice(toBeEmailed="yes"), "toBeEmailed"),
    ):
        answer = desk.post("invoice", body)
        assert (answer.status, answer.code) == (400, "INVALID_CONTENT")
        assert answer.body["o:errorDetails"][0]["o:errorPath"] == path


@check
def check_ns_15(desk: Desk) -> None:
    number = desk.post("invoice", invoice(None, line(), line("502", 2, 50))).id
    assert desk.patch(f"invoice/{number}", {"item": {"items": [{"line": 1, "rate": 80}]}}).status == 204
    assert [one["amount"] for one in desk.whole(f"invoice/{number}")["item"]["items"]] == [80.0, 100.0]
    assert desk.patch(f"invoice/{number}", {"item": {"items": [line("503", 1, 7)]}}).status == 204
    body = desk.whole(f"invoice/{number}")
    assert [one["amount"] for one in body["item"]["items"]] == [80.0, 100.0, 7.0]
    assert [one["line"] for one in body["item"]["items"]] == [1, 2, 3]
    assert body["total"] == 187.0


@check
def check_ns_15b(desk: Desk) -> None:
    number = desk.post("invoice", invoice(None, line(), line("502", 2, 50))).id
    body = {"item": {"items": [{"line": 2, "quantity": 3}, line("503", 1, 7)]}}
    assert desk.patch(f"invoice/{number}?replace=item", body).status == 204
    lines = desk.whole(f"invoice/{number}")["item"]["items"]
    assert [(one["item"]["id"], one["amount"]) for one in lines] == [("502", 150.0), ("503", 7.0)]


@check
def check_ns_15c(desk: Desk) -> None:
    number = desk.post("invoice", invoice(memo="first", otherRefNum="PO 1")).id
    assert desk.patch(f"invoice/{number}", {"memo": None}).status == 204
    body = desk.whole(f"invoice/{number}")
    assert "memo" not in body
    assert body["otherRefNum"] == "PO 1", "what is not named stays"


@check
def check_ns_15d(desk: Desk) -> None:
    assert desk.call("PUT", "/record/v1/customer/eid:acc-9", customer(None)).status == 204
    assert desk.call("PUT", "/record/v1/customer/eid:acc-9", {"phone": "1"}).status == 204
    assert desk.whole("customer/eid:acc-9")["phone"] == "1"
    assert desk.call("PUT", "/record/v1/customer/1001", {"phone": "1"}).status == 400


# --- 16 to 24: periods, locks, approval, transforms -----------------------------------------------------------


@check
def check_ns_16(desk: Desk) -> None:
    wanted = (
        f"{PREFIX}Insert Transaction Failure: No valid, open, posting period for date - 9/3/2026. Please visit "
        "Setup > Manage Accounting Periods to set up a new accounting period."
    )
    assert desk.post("invoice", invoice(tranDate="2026-09-03")).detail == wanted
    assert "1/1/2031" in desk.post("invoice", invoice(tranDate="2031-01-01")).detail
    desk.control.admin("open_period", date="2026-09-03")
    assert desk.post("invoice", invoice(tranDate="2026-09-03")).status == 204
    assert desk.post("salesOrder", invoice("so-1", tranDate="2026-08-03")).status == 204, "orders do not post"


@check
def check_ns_16b(desk: Desk) -> None:
    number = desk.post("invoice", invoice()).id
    desk.control.admin("close_period", date="2026-11-05")
    wanted = f"{PREFIX}This transaction is in a period that has been closed. You may not edit it."
    assert desk.patch(f"invoice/{number}", {"memo": "late"}).detail == wanted
    assert desk.delete(f"invoice/{number}").detail == wanted


@check
def check_ns_20(desk: Desk) -> None:
    order = desk.post("salesOrder", invoice("so-1")).id
    bill = desk.call("POST", f"/record/v1/salesOrder/{order}/!transform/invoice", {"externalId": "inv-1"}).id
    assert desk.delete(f"salesOrder/{order}").detail.startswith(
        f"{PREFIX}This transaction cannot be deleted because it is referred to by other transactions."
    )
    assert desk.delete("customer/1001").detail == (
        f"{PREFIX}This customer or job cannot be deleted because it has child entities."
    )
    assert desk.delete(f"invoice/{bill}").status == 204
    assert desk.whole(f"salesOrder/{order}")["status"]["id"] == "F", "what was billed can be billed again"
    assert desk.delete(f"salesOrder/{order}").status == 204


@check
def check_ns_22(desk: Desk) -> None:
    number = desk.post("invoice", invoice()).id
    desk.control.admin("touch_record", record="invoice", id=number)
    assert desk.patch(f"invoice/{number}", {"memo": "mine"}).detail == f"{PREFIX}Record has been changed"
    assert desk.patch(f"invoice/{number}", {"memo": "mine"}).status == 204, "read again, save again"


@check
def check_ns_22b(desk: Desk) -> None:
    desk.control.admin("lock_record_by_workflow", record="customer", id="1001")
    wanted = f"{PREFIX}This record has been locked by a user defined workflow."
    assert desk.patch("customer/1001", {"phone": "1"}).detail == wanted
    desk.control.admin("unlock_record", record="customer", id="1001")
    assert desk.patch("customer/1001", {"phone": "1"}).status == 204


@check
def check_ns_22c(desk: Desk) -> None:
    desk.control.admin("arm_user_event_refusal", text="Credit team says no.", match={"contains": "PO 13"})
    answer = desk.post("invoice", invoice(otherRefNum="PO 13"))
    assert (answer.status, answer.code, answer.detail) == (400, "USER_ERROR", f"{PREFIX}Credit team says no.")
    assert desk.post("invoice", invoice(otherRefNum="PO 14")).status == 204


@check
def check_ns_23(desk: Desk) -> None:
    number = desk.post("invoice", invoice()).id
    body = desk.whole(f"invoice/{number}")
    assert (body["approvalStatus"]["id"], body["status"]["id"]) == ("1", "D")
    assert desk.rows("SELECT posting FROM transaction")[0]["posting"] == "F"
    desk.control.admin("approve_invoice", id=number)
    assert desk.whole(f"invoice/{number}")["status"] == {"id": "A", "refName": "Open"}


@dataset("NS-23")
def _approval(data: dict[str, Any]) -> None:
    data["account"]["invoice_approval"] = "pending"


@check
def check_ns_24(desk: Desk) -> None:
    order = desk.post("salesOrder", invoice("so-1", line(quantity=3))).id
    transform = f"/record/v1/salesOrder/{order}/!transform/invoice"
    assert desk.call("POST", transform, {"externalId": "inv-1"}).status == 204
    answer = desk.call("POST", transform, {"externalId": "inv-2"})
    assert answer.detail == f"{PREFIX}You have an invalid sales order {order} or the order is already billed"
    closed = desk.post("salesOrder", invoice("so-2", orderStatus={"id": "H"})).id
    answer = desk.call("POST", f"/record/v1/salesOrder/{closed}/!transform/invoice", {})
    assert answer.detail.endswith("the order is already closed.")
    pending = desk.post("salesOrder", invoice("so-3", orderStatus={"id": "A"})).id
    assert desk.call("POST", f"/record/v1/salesOrder/{pending}/!transform/invoice", {}).status == 400


@check
def check_ns_24b(desk: Desk) -> None:
    order = desk.post("salesOrder", invoice("so-1", line(quantity=3, rate=10), line("502"))).id
    transform = f"/record/v1/salesOrder/{order}/!transform/invoice"
    part = {"externalId": "inv-1", "item": {"items": [{"orderLine": 1, "quantity": 2}]}}
    bill = desk.call("POST", f"{transform}?replace=item", part).id
    assert desk.whole(f"invoice/{bill}")["total"] == 20.0
    assert desk.whole(f"salesOrder/{order}")["status"]["id"] == "F"
    rest = desk.call("POST", transform, {"externalId": "inv-2"}).id
    assert desk.whole(f"invoice/{rest}")["total"] == 110.0
    assert desk.whole(f"salesOrder/{order}")["status"] == {"id": "G", "refName": "Billed"}
    links = desk.rows(
        "SELECT nextdoc FROM nexttransactionlinelink WHERE previousdoc = ? ORDER BY nextdoc", order
    )
    assert [link["nextdoc"] for link in links] == [bill, rest, rest]


# --- 25, 26: lists and SuiteQL --------------------------------------------------------------------------------


@check
def check_ns_25(desk: Desk) -> None:
    page = desk.get("customer?limit=1").body
    assert [sorted(item) for item in page["items"]] == [["id", "links"]]
    assert (page["count"], page["hasMore"], page["offset"], page["totalResults"]) == (1, True, 0, 2)
    found = desk.search(
        "customer", 'companyName START_WITH "Glo" AND externalId IS "0015g00000AAAAAAA1"'
    ).body
    assert [item["id"] for item in found["items"]] == ["1001"]
    answer = desk.search("customer", "companyName IS 'Globex Corporation'")
    assert (answer.code, answer.detail) == (
        "INVALID_PARAMETER",
        "Invalid search query. Provide a valid search query.",
    )
    assert answer.body["o:errorDetails"][0]["o:errorQueryParam"] == "q"
    assert desk.search("invoice", "tranDate ON_OR_AFTER 2026-11-01").status == 400, (
        "q takes the account's format"
    )
    assert desk.search("invoice", 'tranDate ON_OR_AFTER "11/1/2026"').status == 200


@check
def check_ns_25b(desk: Desk) -> None:
    for page in ("?limit=2&offset=1", "?limit=1001", "?limit=0"):
        assert desk.get(f"customer{page}").code == "INVALID_PARAMETER"
        assert desk.query("SELECT id FROM customer", page=page).code == "INVALID_PARAMETER"


@check
def check_ns_26(desk: Desk) -> None:
    assert desk.query("SELECT id FROM customer").status == 200
    assert desk.query("SELECT id FROM customer", prefer="").status == 400


@check
def check_ns_26b(desk: Desk) -> None:
    number = desk.post("invoice", invoice()).id
    query = "SELECT ID, ForeignTotal AS MyTotal, memo, status FROM Transaction"
    assert desk.rows(query) == [{"id": number, "mytotal": "100", "status": "A"}], "NULL members are left out"


@check
def check_ns_26c(desk: Desk) -> None:
    desk.post("invoice", invoice()).id  # noqa: B018
    shape = 'YYYY-MM-DD"T"HH24:MI:SS'
    rows = desk.rows(
        f"SELECT trandate, createddate, TO_CHAR(createddate, '{shape}') AS stamp FROM transaction"
    )
    local = NOON.replace(hour=12).strftime("%Y-%m-%dT%H:%M:%S")
    assert rows == [{"trandate": "11/5/2026", "createddate": "11/5/2026", "stamp": local}]


@check
def check_ns_26d(desk: Desk) -> None:
    desk.post("customer", customer("o'brien", companyName="O'Brien")).id  # noqa: B018
    rows = desk.rows("SELECT companyname FROM customer WHERE externalid IN (?, ?)", "o'brien", "x")
    assert rows == [{"companyname": "O'Brien"}]


@check
def check_ns_26e(desk: Desk) -> None:
    assert desk.query("SELECT id FROM customer LIMIT 1").code == "INVALID_PARAMETER"
    assert len(desk.rows("SELECT id FROM customer FETCH FIRST 1 ROWS ONLY")) == 1
    assert len(desk.rows("SELECT id FROM customer WHERE ROWNUM <= 1")) == 1


@check
def check_ns_26f(desk: Desk) -> None:
    assert desk.query("SELECT id FROM customers").detail == (
        "Invalid search query. Detailed unprocessed description follows. Invalid search type: customers."
    )


@check
def check_ns_26g(desk: Desk) -> None:
    assert desk.query("SELECT nope FROM customer").detail == (
        "Invalid search query. Detailed unprocessed description follows. Search error occurred: Unknown identifier "
        "'nope'. Available identifiers are: {customer=customer}"
    )
    assert "Unknown identifier 'subsidiary'" in desk.query("SELECT subsidiary FROM transaction").detail


@check
def check_ns_26h(desk: Desk) -> None:
    desk.post("invoice", invoice("Inv-A")).id  # noqa: B018
    assert len(desk.rows("SELECT id FROM transaction WHERE externalid = ?", "Inv-A")) == 1
    assert desk.rows("SELECT id FROM transaction WHERE externalid = ?", "inv-a") == []


@check
def check_ns_26j(desk: Desk) -> None:
    desk.control.admin("set_role", role="1001", subsidiaries=["1"])
    assert [row["id"] for row in desk.rows("SELECT id FROM customer")] == ["1001"]
    desk.control.admin("set_role", role="1001", permissions={"suiteql": "full", "customer": "view"})
    desk.control.admin("human_create", record="invoice", body=invoice())
    assert desk.rows("SELECT id FROM transaction") == []
    assert desk.rows("SELECT id FROM item") == []
    desk.control.admin("set_preference", name="missing_permission", value="unknown_table")
    assert "Invalid search type: item." in desk.query("SELECT id FROM item").detail


# --- 29: permissions ------------------------------------------------------------------------------------------


@check
def check_ns_29(desk: Desk) -> None:
    desk.control.admin("set_role", role="1001", permissions={"customer": "edit", "invoice": "view"})
    answer = desk.post("invoice", invoice())
    assert answer.status == 403
    assert answer.detail.endswith(
        "Permission Violation: You need a higher level of the 'Transactions -> Invoice' permission to access this "
        "page. Please contact your account administrator."
    )
    assert desk.delete("customer/1001").status == 403
    assert desk.query("SELECT id FROM customer").status == 403


@check
def check_ns_29b(desk: Desk) -> None:
    desk.control.admin("set_role", role="1001", permissions={"customer": "view"})
    assert desk.get("customer/1001").status == 403
    assert desk.get("customer").status == 200


@check
def check_ns_30(desk: Desk) -> None:
    answer = desk.raw("GET", "/services/rest/record/v1/customer", None, {})
    assert (answer.status, answer.code) == (401, "INVALID_LOGIN")


@check
def check_ns_30b(desk: Desk) -> None:
    assert desk.get("invoice/9").detail.startswith("Error while accessing a resource. ")


@check
def check_ns_30c(desk: Desk) -> None:
    assert desk.get("invoice/9").body["type"].startswith("https://www.w3.org/Protocols/rfc2616/")


# --- 33 and on: amounts ---------------------------------------------------------------------------------------


@check
def check_ns_33(desk: Desk) -> None:
    number = desk.post(
        "invoice", invoice(None, line(quantity=3, rate=0.335), line("502", 2, 5, amount=11))
    ).id
    body = desk.whole(f"invoice/{number}")
    assert [one["amount"] for one in body["item"]["items"]] == [1.01, 11.0], (
        "an amount may differ from qty × rate"
    )
    assert body["total"] == 12.01


@check
def check_ns_34(desk: Desk) -> None:
    answer = desk.post("invoice", invoice(memo="x" * 1000))
    assert answer.detail == (
        f"{PREFIX}The field memo contained more than the maximum number ( 999 ) of characters allowed."
    )
    assert "( 83 )" in desk.post("customer", customer(companyName="y" * 84)).detail
    assert "( 45 )" in desk.post("invoice", invoice(otherRefNum="z" * 46)).detail


@check
def check_ns_35(desk: Desk) -> None:
    answer = desk.post("invoice", invoice(None, *[line()] * 4))
    assert answer.detail == f"{PREFIX}Transactions may not contain more than 3 lines."


@dataset("NS-35")
def _three_lines(data: dict[str, Any]) -> None:
    data["account"]["line_limit"] = 3


@check
def check_ns_36(desk: Desk) -> None:
    number = desk.post("invoice", invoice(None, line(rate=10.01), entity={"id": "1002"})).id
    body = desk.whole(f"invoice/{number}")
    assert (body["subtotal"], body["taxTotal"], body["total"]) == (10.01, 1.9, 11.91)
    rows = desk.rows("SELECT foreignamount FROM transactionline WHERE taxline = 'T'")
    assert rows == [{"foreignamount": "-1.9"}]
    override = {
        "taxDetailsOverride": True,
        "taxDetails": {"items": [{"taxDetailsReference": "L1", "taxAmount": 0.5, "taxRate": 5}]},
    }
    number = desk.post("invoice", invoice(None, line(rate=10.01), entity={"id": "1002"}, **override)).id
    assert desk.whole(f"invoice/{number}")["total"] == 10.51


@check
def check_ns_37(desk: Desk) -> None:
    yen = {"entity": {"id": "1001"}, "currency": {"id": "3"}}
    desk.patch("customer/1001", {"currencyList": {"items": [{"currency": {"id": "3"}}]}})
    assert desk.post("invoice", invoice(None, line(rate=99.5), **yen)).status == 204, (
        "a rate may have decimals"
    )
    answer = desk.post("invoice", invoice(None, line(amount=99.5), **yen))
    assert "Invalid Field Value 99.5 for the following field: amount" in answer.detail


@check
def check_ns_38(desk: Desk) -> None:
    number = desk.post("invoice", invoice()).id
    assert desk.whole(f"invoice/{number}")["dueDate"] == "2026-12-05", "the customer's Net 30"
    number = desk.post("invoice", invoice("inv-2", terms={"id": "3"})).id
    assert desk.whole(f"invoice/{number}")["dueDate"] == "2027-01-04"


@check
def check_ns_39(desk: Desk) -> None:
    answer = desk.post("invoice", invoice(None, line("509")))
    assert answer.detail.startswith(
        f"{PREFIX}One of the items on this transaction has an amount but no account."
    )


@dataset("NS-39")
def _accountless(data: dict[str, Any]) -> None:
    data["items"].append(json.loads('{"id": "509", "kind": "serviceSaleItem", "itemid": "NOACC"}'))
