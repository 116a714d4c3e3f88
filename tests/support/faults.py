"""What can be wrong before a go-live, one plant each: how it comes about, and what the examination must say."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.stripe.support import ACME
from tests.support.clinic import BALANCE, BANK, Clinic
from tests.support.desk import deal

#: Everything our role needs, at the level it needs it: what a real role looks like.
PERMISSIONS = {
    **dict.fromkeys(("customer", "contact", "salesOrder", "invoice"), "edit"),
    **dict.fromkeys(("customerPayment", "customerRefund", "journalEntry", "deposit"), "edit"),
    **dict.fromkeys(
        ("item", "account", "currency", "subsidiary", "term", "accountingPeriod", "suiteql"), "view"
    ),
}


@dataclass(frozen=True)
class Fault:
    """`code` must say `result` with these `words` in its evidence; `beside`: what else cannot pass then."""

    code: str
    plant: Callable[[Clinic], None]
    words: tuple[str, ...]
    result: str = "fail"
    beside: Mapping[str, str] = field(default_factory=dict)


def _admin(action: str, **arguments: Any) -> Callable[[Clinic], None]:
    return lambda clinic: clinic.admin(action, **arguments)


def _role(**changed: str) -> Callable[[Clinic], None]:
    return _admin("set_role", role="1001", permissions={**PERMISSIONS, **changed})


def _settings(change: Callable[[dict[str, Any]], None], *, signed: bool = True) -> Callable[[Clinic], None]:
    def plant(clinic: Clinic) -> None:
        change(clinic.settings)
        clinic.sign() if signed else clinic.write()

    return plant


def _put(value: Any, *path: str) -> Callable[[dict[str, Any]], None]:
    def change(settings: dict[str, Any]) -> None:
        place = settings
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value

    return change


def _account(change: Callable[[dict[str, Any]], None]) -> Callable[[Clinic], None]:
    return lambda clinic: clinic.reload(change)


def _sold(**changes: Any) -> Callable[[Clinic], None]:
    return lambda clinic: clinic.sold(deal(7, **changes))


def _customer(**fields: Any) -> dict[str, Any]:
    return {"subsidiary": {"id": "1"}, "currency": {"id": "1"}, **fields}


def _invoice(customer: str, **fields: Any) -> dict[str, Any]:
    lines = {"items": [{"item": {"id": "502"}, "quantity": 1, "rate": 99}]}
    return {"type": "invoice", "entity": {"id": customer}, "tranDate": "2026-10-20", "item": lines, **fields}


def _without(field: str) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        data["custom_fields"] = [one for one in data["custom_fields"] if one["id"] != field]

    return change


def _legacy(clinic: Clinic) -> None:
    clinic.reload(
        lambda data: data["customers"].append(
            _customer(id="3001", companyName="ACME GmbH", url="https://www.acme.example")
        )
    )
    customer = {"id": "A-7", "name": "Acme", "website": "acme.example", "billing": {"country": "US"}}
    clinic.sold(deal(7, customer=customer))


def _twins(data: dict[str, Any]) -> None:
    for number, external in (("3001", {}), ("3002", {"externalId": "OLD-9"})):
        name = f"Twin {number}"
        data["customers"].append(
            _customer(id=number, companyName=name, vatRegNumber="DE 123 456", **external)
        )


def _written(clinic: Clinic) -> None:
    assert clinic.desk.run("sync", "--limit-seconds", "60").exit_code == 0
    _settings(_put("bill-{tag}{source_id}", "external_ids", "invoice"))(clinic)


def _case(clinic: Clinic) -> None:
    clinic.sold(deal(7, amount="999.00"))
    assert clinic.desk.run("sync", "--limit-seconds", "60").exit_code == 1


def _strangers(clinic: Clinic) -> None:
    assert clinic.desk.run("people", "set", "bob", "--role", "admin").exit_code == 0


def _full(clinic: Clinic) -> None:
    with sqlite3.connect(clinic.desk.folder / "tieout.db") as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.kind = 'doctor_examined'"
            " BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )


def _charged(clinic: Clinic) -> None:
    """One charge that nobody stamped, and one that names our invoice."""
    clinic.charged(customer=ACME)
    clinic.charged(customer=ACME, metadata={"tieout_invoice": "inv-D-1"})


def _in_euros(clinic: Clinic) -> None:
    """A charge on a balance that no row names; it carries its stamp."""
    clinic.charged(customer=ACME, currency="eur", metadata={"tieout_invoice": "inv-D-1"})


def _tolerance(account: str) -> dict[str, Any]:
    return {"name": "bank fee", "currency": "USD", "account": account, "short": "15.00"}


#: A role that is not an administrator's may not read governance.
_NO_ADMIN = {"slots_allowed": "unverified"}
#: What a form that does not open leaves open.
_FORM_SHUT = dict.fromkeys(
    ("mandatory_fields_filled", "trace_fields_exposed", "record_accepted"), "unverified"
)

FAULTS: dict[str, Fault] = {
    "a refreshed sandbox": Fault(
        "environment_marker",
        _settings(_put("copy-of-october", "go_live", "refresh_marker")),
        ("copy-of-october", "gone"),
    ),
    "legacy tax": Fault(
        "tax_engine",
        _account(lambda data: data["account"].update(tax_engine="legacy")),
        ("no taxDetailsOverride",),
    ),
    "more slots than allowed": Fault(
        "slots_allowed", _admin("set_concurrency", slots=4), ("concurrency 5", "allows 4")
    ),
    "no headroom": Fault(
        "slots_allowed", _settings(_put(0, "netsuite", "headroom")), ("headroom 0",), result="warn"
    ),
    "governance unknown": Fault("slots_allowed", _role(), ("administrators only",), result="unverified"),
    "a list our role may not read": Fault(
        "role_reads",
        _role(account="none"),
        ("no rows",),
        beside=_NO_ADMIN | dict.fromkeys(("cash_accounts_fit", "cash_payout_accounts"), "fail"),
    ),
    "an empty list": Fault(
        "role_reads", _role(term="none"), ("no rows",), result="unverified", beside=_NO_ADMIN
    ),
    "no right to create invoices": Fault(
        "role_creates", _role(invoice="view"), ("Transactions -> Invoice",), beside=_NO_ADMIN | _FORM_SHUT
    ),
    "no right to change customers": Fault(
        "role_updates", _role(customer="create"), ("Lists -> Customers",), beside=_NO_ADMIN
    ),
    "a canary that is not configured": Fault(
        "canaries_visible", _settings(_put({}, "netsuite", "canaries", "invoice")), ("none is named",)
    ),
    "a canary our role cannot see": Fault(
        "canaries_visible",
        _settings(_put({"1": "canary-nobody"}, "netsuite", "canaries", "invoice")),
        ("cannot see invoice in subsidiary 1",),
    ),
    "a canary of another kind": Fault(
        "canaries_visible",
        _settings(_put({"1": "canary-sales_order-1"}, "netsuite", "canaries", "invoice")),
        ("sales_order",),
    ),
    "a trace field nobody made": Fault(
        "trace_fields_exist",
        _account(_without("custbody_tieout_source_system")),
        ("missing: custbody_tieout_source_system",),
        beside={**_FORM_SHUT, "trace_fields_exposed": "fail"},
    ),
    "a trace field the form hides": Fault(
        "trace_fields_exposed",
        _admin("hide_custom_field", form="101", field="custbody_tieout_installation"),
        ("custbody_tieout_installation",),
        beside={"mandatory_fields_filled": "unverified", "record_accepted": "unverified"},
    ),
    "a mandatory field nobody sends": Fault(
        "mandatory_fields_filled",
        _admin("add_mandatory_field", form="101", field="department", label="Department"),
        ("asks for Department",),
        beside={"trace_fields_exposed": "unverified", "record_accepted": "unverified"},
    ),
    "a mandatory field some deals bring": Fault(
        "mandatory_fields_filled",
        _admin("add_mandatory_field", form="101", field="otherRefNum", label="PO #"),
        ("PO #", "not every deal"),
        result="warn",
        beside={"trace_fields_exposed": "unverified", "record_accepted": "unverified"},
    ),
    "a script that refuses": Fault(
        "record_accepted",
        _admin("arm_user_event_refusal", text="Not on my watch", match={"record": "invoice"}),
        ("Not on my watch",),
        beside={"trace_fields_exposed": "unverified", "mandatory_fields_filled": "unverified"},
    ),
    "a product without a row": Fault(
        "crosswalk_complete",
        _sold(
            lines=[{"id": "1", "product": {"id": "P9", "name": "Nova"}, "quantity": "1", "amount": "250.00"}]
        ),
        ("Nova", "P9"),
    ),
    "terms without a row": Fault("crosswalk_complete", _sold(terms="Net 45"), ("terms 'Net 45'",)),
    "an inactive item that was sold": Fault(
        "crosswalk_targets", _admin("deactivate_item", id="501"), ("501", "inactive")
    ),
    "an item of another subsidiary": Fault(
        "crosswalk_targets",
        _admin("set_item_subsidiaries", id="501", subsidiaries=["2"]),
        ("sold by 2, not by 1",),
    ),
    "an inactive item nobody bought": Fault(
        "crosswalk_unused_rows", _admin("deactivate_item", id="502"), ("502", "inactive"), result="warn"
    ),
    "a renamed item": Fault(
        "crosswalk_renames",
        _admin("rename_item", id="501", displayname="Freight"),
        ("'Platform Standard' is now 'Freight'",),
        result="warn",
    ),
    "a customer from before": Fault("customers_unambiguous", _legacy, ("3001", "same name 'acme'")),
    "two customers with one tax id": Fault(
        "customers_doubled", _account(_twins), ("3001, 3002", "DE123456"), result="warn"
    ),
    "another connector's field": Fault(
        "foreign_fields",
        _admin("declare_custom_field", record="transaction", id="custbody_celigo_order_id"),
        ("custbody_celigo_order_id",),
        result="warn",
    ),
    "another integration bills our customer": Fault(
        "foreign_transactions",
        _account(
            lambda data: data["transactions"].append(_invoice("2001", externalId="CEL-77", _by="Celigo"))
        ),
        ("customer 2001", "CEL-77"),
    ),
    "another installation bills our customer": Fault(
        "foreign_transactions",
        _account(
            lambda data: data["transactions"].append(
                _invoice("2001", custbody_tieout_installation="old-house")
            )
        ),
        ("installation old-house",),
    ),
    "an invoice made by hand": Fault(
        "foreign_transactions",
        _account(lambda data: data["transactions"].append(_invoice("2001", _by="human"))),
        ("made by hand",),
        result="warn",
    ),
    "somebody else holds our id": Fault(
        "foreign_ids",
        _account(lambda data: data["transactions"].append(_invoice("1001", externalId="inv-D-1"))),
        ("inv-D-1", "invoice of files deal D-1"),
    ),
    "somebody else writes bare ids": Fault(
        "foreign_ids",
        _account(lambda data: data["transactions"].append(_invoice("1001", externalId="D-1"))),
        ("bare id",),
    ),
    "ids that differ in case only": Fault(
        "external_ids_distinct", _sold(id="d-1"), ("inv-D-1 and inv-d-1 differ only in case",)
    ),
    "a template changed after the first records": Fault(
        "external_ids_stable", _written, ("inv-D-1 would be bill-D-1 today",), result="warn"
    ),
    "a window shorter than NetSuite's": Fault(
        "retries_look_first", _settings(_put(60, "netsuite", "server_limit_seconds")), ("waited for 60 s",)
    ),
    "cut-over in a closed period": Fault(
        "cut_over_dates",
        _settings(_put("2026-09-15", "sources", "files", "cut_over")),
        ("Sep 2026 is closed",),
    ),
    "cut-over in the future": Fault(
        "cut_over_dates", _settings(_put("2026-12-01", "sources", "files", "cut_over")), ("in the future",)
    ),
    "today's period is closed": Fault(
        "period_open", _admin("close_period", date="2026-11-02"), ("Nov 2026, not open",)
    ),
    "a bank account that leads to no receivable": Fault(
        "cash_accounts_fit",
        _settings(_put(["101"], "cash", "accounts", BANK, "receivables")),
        ("of type Bank, expected AcctRec",),
        beside=_FORM_SHUT | {"record_accepted": "fail"},
    ),
    "an inactive bank account": Fault(
        "cash_accounts_fit",
        _admin("deactivate_account", id="101"),
        ("Checking (101) is inactive",),
        beside=_FORM_SHUT | {"cash_payout_accounts": "fail", "record_accepted": "fail"},
    ),
    "a tolerance on an account that is not there": Fault(
        "cash_difference_accounts",
        _settings(_put([_tolerance("998")], "cash", "tolerances")),
        ("bank fee: G/L account 998 does not exist",),
    ),
    "a tolerance on a bank account": Fault(
        "cash_difference_accounts",
        _settings(_put([_tolerance("102")], "cash", "tolerances")),
        ("Girokonto (102) is of type Bank, which takes no differences",),
    ),
    "an inactive fee account": Fault(
        "cash_payout_accounts", _admin("deactivate_account", id="611"), ("Bank Fees (611) is inactive",)
    ),
    "a clearing account of revenue": Fault(
        "cash_payout_accounts",
        _settings(_put("401", "cash", "accounts", BALANCE, "payouts", "clearing")),
        ("clearing: Revenue (401) is of type Income",),
    ),
    "a balance without its row": Fault(
        "cash_processors_mapped",
        _settings(lambda settings: settings["cash"]["accounts"].pop(BALANCE)),
        ("no row of cash.accounts is for acct_1TieoutEmulator",),
    ),
    "payouts nobody mapped": Fault(
        "cash_processors_mapped",
        _settings(lambda settings: settings["cash"]["accounts"][BALANCE].pop("payouts")),
        ("wait in undeposited funds",),
    ),
    "charges without a stamp": Fault(
        "charges_stamped",
        _charged,
        ("1 of 2 charges of the last 30 days (50.0 %) name no invoice", "ch_"),
        result="warn",
        beside={"source_ready": "warn", "cases_attended": "warn"},
    ),
    "money on an account nobody mapped": Fault(
        "cash_accounts_named",
        _in_euros,
        ("stripe:acct_1TieoutEmulator:eur:usd",),
        result="warn",
        beside={"cases_attended": "warn"},
    ),
    "no right to make deposits": Fault(
        "role_creates", _role(deposit="view"), ("Transactions -> ",), beside=_NO_ADMIN | _FORM_SHUT
    ),
    "a script that refuses journal entries": Fault(
        "record_accepted",
        _admin("arm_user_event_refusal", text="Ask the controller", match={"record": "journalEntry"}),
        ("Ask the controller",),
        beside={"trace_fields_exposed": "unverified", "mandatory_fields_filled": "unverified"},
    ),
    "a store that takes nothing": Fault(
        "store_writable",
        _full,
        ("disk is full",),
        beside={"cases_attended": "unverified", "alerts_owned": "unverified"},
    ),
    "a case nobody looks after": Fault("cases_attended", _case, ("1 of them nobody's",), result="warn"),
    "nobody is told": Fault("alerts_owned", _settings(_put("", "go_live", "alert_owner")), ("is empty",)),
    "a stranger is told": Fault("alerts_owned", _strangers, ("ana is not active; active: bob",)),
    "nobody has signed": Fault(
        "decisions_signed",
        _settings(lambda settings: settings["go_live"]["sign_offs"].pop("amendments"), signed=False),
        ("nobody has signed it",),
    ),
    "one person signed for both": Fault(
        "decisions_signed",
        _settings(_put("rita", "go_live", "sign_offs", "trigger", "finance"), signed=False),
        ("signed for both sides",),
    ),
    "signed tomorrow": Fault(
        "decisions_signed",
        _settings(_put("2026-12-24", "go_live", "sign_offs", "failure_routing", "on"), signed=False),
        ("in the future",),
    ),
    "signed, then changed": Fault(
        "decisions_signed",
        _settings(lambda settings: settings["rules"]["handoff"][0].update(name="renamed"), signed=False),
        ("were signed; they are",),
    ),
}
