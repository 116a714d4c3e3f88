"""One check for each rule of `rules.RULES`: passes with the rule on, fails with it off. Each takes a `Desk`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor

from tests.emulators.stripe.support import ACME, DAY, ENDPOINT, KEY, SECRET, Desk, receiving, refused

from tieout.emulators.stripe.versions import ACACIA, NEWEST

CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


# Transport


@check
def keys_are_checked(desk: Desk):
    for word in ("", "Bearer sk_test_unknown", "Basic !!"):
        error = refused(desk.get("charges", headers={"Authorization": word}), 401)
        assert error["message"].startswith(
            ("You did not provide an API key.", "Invalid API Key provided: sk_test_")
        )
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    assert desk.get("charges", headers={"Authorization": f"Basic {basic}"}).status_code == 200


@check
def unknown_parameters_are_refused(desk: Desk):
    error = refused(desk.post("customers", nmae="Acme"), 400, code="parameter_unknown")
    assert (error["message"], error["param"]) == ("Received unknown parameter: nmae", "nmae")


@check
def bodies_are_forms(desk: Desk):
    refused(desk.http.post("/v1/customers", json={"name": "Acme"}), 400)


@check
def every_answer_has_a_request_id(desk: Desk):
    answers = [
        desk.get("charges"),
        desk.get("charges/ch_none"),
        desk.get("charges", headers={"Authorization": ""}),
    ]
    ids = [one.headers["Request-Id"] for one in answers if "Request-Id" in one.headers]
    assert len(set(ids)) == 3


@check
def older_versions_have_older_shapes(desk: Desk):
    invoice = desk.bill()
    desk.made(f"invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
    new = desk.get(f"invoices/{invoice['id']}")
    old = desk.get(f"invoices/{invoice['id']}", headers={"Stripe-Version": ACACIA})
    assert (new.headers["Stripe-Version"], old.headers["Stripe-Version"]) == (NEWEST, ACACIA)
    assert not {"charge", "payment_intent", "paid", "paid_out_of_band"} & set(new.json())
    payment = desk.read("invoice_payments", invoice=invoice["id"])["data"][0]
    assert old.json()["payment_intent"] == payment["payment"]["payment_intent"]
    assert (old.json()["paid"], old.json()["paid_out_of_band"]) == (True, False)
    charge = desk.get(f"charges/{old.json()['charge']}", headers={"Stripe-Version": ACACIA}).json()
    assert charge["invoice"] == invoice["id"]
    assert "invoice" not in desk.read(f"charges/{charge['id']}")
    refused(desk.get("invoice_payments", headers={"Stripe-Version": ACACIA}), 404)


@check
def charges_that_are_no_card_are_py(desk: Desk):
    debit, card = desk.pay(method="pm_usBankAccount_success"), desk.pay()
    assert (debit["latest_charge"][:3], card["latest_charge"][:3]) == ("py_", "ch_")


@check
def unknown_versions_are_refused(desk: Desk):
    error = refused(desk.get("charges", headers={"Stripe-Version": "2031-01-01.zebra"}), 400)
    assert error["message"] == "Invalid Stripe API version: 2031-01-01.zebra"


# Idempotency


@check
def a_repeated_key_replays(desk: Desk):
    head = {"Idempotency-Key": "once"}
    first, second = (desk.post("customers", headers=head, name="Acme") for _ in range(2))
    assert first.content == second.content
    desk.control.faults({"kind": "commit_500", "match": {"operation": "create"}})
    failed, again = (
        desk.post("customers", headers={"Idempotency-Key": "failed"}, name="Acme") for _ in range(2)
    )
    assert (failed.status_code, again.status_code, failed.content) == (500, 500, again.content)
    assert (first.headers.get("Idempotent-Replayed"), second.headers.get("Idempotent-Replayed")) == (
        None,
        "true",
    )


@check
def a_key_with_other_parameters_is_refused(desk: Desk):
    head = {"Idempotency-Key": "once"}
    desk.post("customers", headers=head, name="Acme")
    error = refused(desk.post("customers", headers=head, name="Other"), 400, "idempotency_error")
    assert error["message"] == (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a"
        " key other than 'once' if you meant to execute a different request."
    )


@check
def refused_requests_keep_no_key(desk: Desk):
    head = {"Idempotency-Key": "once"}
    refused(desk.post("refunds", headers=head), 400, code="parameter_missing")
    again = desk.post("refunds", headers=head)
    assert "Idempotent-Replayed" not in again.headers


@check
def keys_end_after_a_day(desk: Desk):
    head = {"Idempotency-Key": "once"}
    first = desk.post("customers", headers=head, name="Acme").json()["id"]
    desk.pass_time(DAY - 1)
    assert desk.post("customers", headers=head, name="Acme").json()["id"] == first
    desk.pass_time(1)
    assert desk.post("customers", headers=head, name="Acme").json()["id"] != first


@check
def a_key_in_flight_is_refused(desk: Desk):
    head = {"Idempotency-Key": "slow"}
    desk.control.config(latency={"read_ms": 0, "write_ms": 400})
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(desk.post, "customers", headers=head, name="Acme") for _ in range(2)]
        first, second = sorted((one.result() for one in answers), key=lambda one: one.status_code)
    assert first.status_code == 200
    error = refused(second, 409, "idempotency_error", "idempotency_key_in_use")
    assert "in-progress request" in error["message"]


# Lists


@check
def lists_are_newest_first(desk: Desk):
    made = [desk.made("customers", name=f"C{number}")["id"] for number in range(5)]
    page = desk.read("customers", limit=2)
    assert ([one["id"] for one in page["data"]], page["has_more"]) == (made[:2:-1], True)
    after = desk.read("customers", limit=2, starting_after=made[3])
    assert [one["id"] for one in after["data"]] == [made[2], made[1]]
    before = desk.read("customers", limit=2, ending_before=made[1])
    assert [one["id"] for one in before["data"]] == [made[3], made[2]]
    assert before["has_more"] is True
    refused(desk.get("customers", starting_after="cus_none"), 404, code="resource_missing")


@check
def limits_are_1_to_100(desk: Desk):
    for limit in (0, 101):
        refused(desk.get("customers", limit=limit), 400, code="parameter_invalid_integer")
    for number in range(11):
        desk.made("customers", name=f"C{number}")
    assert len(desk.read("customers")["data"]) == 10


@check
def nested_lists_hold_ten(desk: Desk):
    for number in range(12):
        desk.made("invoiceitems", customer=ACME, amount=100 + number, currency="usd")
    invoice = desk.made("invoices", customer=ACME, pending_invoice_items_behavior="include")
    assert (len(invoice["lines"]["data"]), invoice["lines"]["has_more"]) == (10, True)
    assert len(desk.read(f"invoices/{invoice['id']}/lines", limit=100)["data"]) == 12


# Webhooks


def header_of(headers):
    parts = [part.split("=", 1) for part in headers["Stripe-Signature"].split(",")]
    return int(parts[0][1]), [value for name, value in parts if name == "v1"]


@check
def webhooks_come_in_no_order(desk: Desk):
    with receiving(desk) as receiver:
        made = [desk.made("customers", name=f"C{number}")["id"] for number in range(12)]
        desk.deliver()
        told = [event["data"]["object"]["id"] for event in receiver.events]
        assert sorted(told) == sorted(made)
        assert told != made


@check
def webhooks_come_twice(desk: Desk):
    with receiving(desk, duplicate_share=1.0) as receiver:
        desk.made("customers", name="Acme")
        desk.deliver()
        first, second = receiver.events
        assert first["id"] == second["id"]


@check
def all_live_secrets_sign(desk: Desk):
    with receiving(desk) as receiver:
        new = desk.admin("roll_secret", endpoint=ENDPOINT, overlap_seconds=3600)["secret"]
        desk.made("customers", name="Acme")
        desk.deliver()
        (headers, body), *_ = receiver.requests
        stamp, given = header_of(headers)
        signed = f"{stamp}.".encode() + body
        assert given == [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in (SECRET, new)]
        desk.pass_time(3600)
        desk.made("customers", name="Beta")
        desk.deliver()
        assert len(header_of(receiver.requests[-1][0])[1]) == 1


@check
def each_attempt_is_signed_anew(desk: Desk):
    with receiving(desk) as receiver:
        receiver.answers = [500]
        desk.made("customers", name="Acme")
        desk.deliver()
        desk.pass_time(1000)
        desk.deliver()
        first, second = (header_of(headers)[0] for headers, _ in receiver.requests)
        assert second - first == 1000


@check
def webhooks_are_retried(desk: Desk):
    with receiving(desk) as receiver:
        receiver.answers = [302, 503]
        desk.made("customers", name="Acme")
        event = desk.read("events")["data"][0]
        assert event["pending_webhooks"] == 1
        for _ in range(5):
            desk.deliver()
            desk.pass_time(3600)
        assert [one["status"] for one in desk.admin("deliveries")["attempts"]] == [302, 503, 200]
        assert desk.read(f"events/{event['id']}")["pending_webhooks"] == 0


@check
def events_have_the_endpoints_version(desk: Desk):
    with receiving(desk) as receiver:
        old = desk.made(
            "webhook_endpoints", url=receiver.url, enabled_events=["invoice.paid"], api_version=ACACIA
        )
        assert old["secret"].startswith("whsec_")
        invoice = desk.bill()
        desk.made(f"invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
        desk.deliver()
        told = [event for event in receiver.events if event["type"] == "invoice.paid"]
        shapes = {event["api_version"]: "payment_intent" in event["data"]["object"] for event in told}
        assert shapes == {NEWEST: False, ACACIA: True}


@check
def disabled_endpoints_get_nothing(desk: Desk):
    with receiving(desk) as receiver:
        desk.made(f"webhook_endpoints/{ENDPOINT}", disabled=True)
        desk.made("customers", name="Unheard")
        desk.made(f"webhook_endpoints/{ENDPOINT}", disabled=False)
        desk.made("customers", name="Heard")
        desk.deliver()
        assert [event["data"]["object"]["name"] for event in receiver.events] == ["Heard"]


@check
def one_change_may_be_two_events(desk: Desk):
    with receiving(desk, twin_share=1.0) as receiver:
        made = desk.made("customers", name="Acme")
        desk.deliver()
        assert [event["data"]["object"]["id"] for event in receiver.events] == [made["id"], made["id"]]
        assert len({event["id"] for event in receiver.events}) == 2


# Events


@check
def events_are_kept_for_thirty_days(desk: Desk):
    desk.made("customers", name="Acme")
    event = desk.read("events")["data"][0]
    desk.pass_time(30 * DAY)
    assert desk.read(f"events/{event['id']}")["type"] == "customer.created"
    desk.pass_time(1)
    refused(desk.get(f"events/{event['id']}"), 404, code="resource_missing")
    assert desk.read("events")["data"] == []


@check
def events_are_filtered_by_type(desk: Desk):
    desk.pay()
    desk.made("customers", name="Acme")
    assert desk.events(type="customer.created") == ["customer.created"]
    assert desk.events(types=["charge.succeeded", "customer.created"]) == [
        "charge.succeeded",
        "customer.created",
    ]


# Money


@check
def debits_take_days(desk: Desk):
    intent = desk.pay(amount=90_000, method="pm_usBankAccount_success", customer=ACME)
    assert intent["status"] == "processing"
    charge = desk.charge(intent, expand=["balance_transaction"])
    assert (charge["status"], charge["paid"]) == ("pending", False)
    assert (charge["balance_transaction"]["status"], charge["balance_transaction"]["fee"]) == ("pending", 500)
    assert charge["payment_method_details"]["us_bank_account"]["expected_debit_date"] == "2026-11-06"
    desk.pass_time(4 * DAY)
    assert desk.charge(intent)["status"] == "succeeded"
    assert desk.events("payment_intent.processing", "charge.pending", "charge.succeeded",
    "payment_intent.succeeded") == [
        "payment_intent.processing", "charge.pending", "charge.succeeded", "payment_intent.succeeded",
    ]  # fmt: skip


@check
def late_returns_are_final(desk: Desk):
    intent = desk.pay(method="pm_usBankAccount_dispute", customer=ACME)
    desk.pass_time(24 * DAY)
    desk.pass_time(1)
    (dispute,) = desk.read("disputes", charge=intent["latest_charge"])["data"]
    assert (dispute["status"], dispute["reason"]) == ("lost", "insufficient_funds")
    assert [one["net"] for one in dispute["balance_transactions"]] == [-5000 - 1500]
    stamps = {one["created"] for one in desk.read("events", limit=100)["data"] if "dispute" in one["type"]}
    assert len(stamps) == 1
    refused(desk.post(f"disputes/{dispute['id']}/close"), 400)


@check
def refunds_of_debits_take_days(desk: Desk):
    intent = desk.pay(method="pm_usBankAccount_success", customer=ACME)
    desk.pass_time(4 * DAY)
    refund = desk.made("refunds", payment_intent=intent["id"], amount=2000)
    assert refund["status"] == "pending"
    desk.admin("fail_refund", refund=refund["id"])
    failed = desk.read(f"refunds/{refund['id']}", expand=["failure_balance_transaction"])
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert failed["failure_balance_transaction"]["amount"] == 2000
    assert desk.charge(intent)["amount_refunded"] == 0
    assert desk.events("charge.refunded", "refund.created", "refund.updated", "charge.refund.updated",
    "refund.failed") == [
        "refund.created", "charge.refunded", "refund.updated", "charge.refund.updated", "refund.failed",
    ]  # fmt: skip


@check
def inquiries_move_no_money(desk: Desk):
    intent = desk.pay(method="pm_card_createDisputeInquiry")
    (dispute,) = desk.read("disputes", charge=intent["latest_charge"])["data"]
    assert (dispute["status"], dispute["balance_transactions"]) == ("warning_needs_response", [])
    desk.admin("escalate", dispute=dispute["id"])
    withdrawn = desk.read(f"disputes/{dispute['id']}")
    assert [(one["amount"], one["fee"]) for one in withdrawn["balance_transactions"]] == [(-5000, 1500)]
    won = desk.admin("win", dispute=dispute["id"])
    assert won["status"] == "won"
    rows = desk.read(f"disputes/{dispute['id']}")["balance_transactions"]
    assert [(one["amount"], one["fee"]) for one in rows] == [(-5000, 1500), (5000, 0)]


@check
def paid_payouts_may_fail(desk: Desk):
    desk.pay(method="pm_card_bypassPending")
    payout = desk.made("payouts", amount=4000, currency="usd")
    desk.pass_time(3 * DAY)
    assert desk.read(f"payouts/{payout['id']}")["status"] == "paid"
    desk.admin("fail_payout", payout=payout["id"])
    failed = desk.read(f"payouts/{payout['id']}", expand=["failure_balance_transaction"])
    assert failed["status"] == "failed"
    assert failed["failure_balance_transaction"]["amount"] == 4000
    assert desk.events("payout.paid", "payout.failed") == ["payout.paid", "payout.failed"]


@check
def the_balance_transaction_comes_late(desk: Desk):
    intent = desk.pay(settle=False)
    assert desk.charge(intent)["balance_transaction"] is None
    desk.pass_time(2)
    charge = desk.charge(intent, expand=["balance_transaction"])
    assert (charge["balance_transaction"]["amount"], charge["balance_transaction"]["fee"]) == (5000, 175)
    told = desk.read("events", type="charge.updated")["data"][0]["data"]
    assert told["previous_attributes"] == {"balance_transaction": None}
    assert told["object"]["balance_transaction"] == charge["balance_transaction"]["id"]


@check
def refunds_stay_below_the_charge(desk: Desk):
    intent = desk.pay()
    desk.made("refunds", payment_intent=intent["id"], amount=3000)
    error = refused(desk.post("refunds", payment_intent=intent["id"], amount=2001), 400)
    assert error["message"] == "Refund amount (2001) is greater than unrefunded amount on charge (2000)"
    desk.made("refunds", payment_intent=intent["id"])
    charge = desk.charge(intent)
    assert (charge["amount_refunded"], charge["refunded"]) == (5000, True)
    refused(desk.post("refunds", payment_intent=intent["id"]), 400, code="charge_already_refunded")


@check
def payouts_are_complete_when_reconciled(desk: Desk):
    for _ in range(3):
        desk.pay()
    desk.pass_time(2 * DAY)
    (payout,) = desk.admin("sweep")["payouts"]
    early = desk.read("balance_transactions", payout=payout["id"])["data"]
    desk.pass_time(3600)
    rows = desk.read("balance_transactions", payout=payout["id"])["data"]
    assert (len(early), len(rows)) == (3, 4)
    assert sum(one["net"] for one in rows if one["type"] != "payout") == payout["amount"] == 3 * (5000 - 175)
    assert desk.read(f"payouts/{payout['id']}")["reconciliation_status"] == "completed"
    assert desk.events("payout.reconciliation_completed") == ["payout.reconciliation_completed"]


@check
def manual_payouts_have_no_list(desk: Desk):
    desk.pay(method="pm_card_bypassPending")
    payout = desk.made("payouts", amount=1000, currency="usd")
    assert payout["reconciliation_status"] == "not_applicable"
    refused(desk.get("balance_transactions", payout=payout["id"]), 400)
    refused(desk.post("payouts", amount=100_000, currency="usd"), 400, code="balance_insufficient")


# Metadata


@check
def metadata_is_limited(desk: Desk):
    many = {f"k{number}": "v" for number in range(51)}
    for given in (many, {"k" * 41: "v"}, {"k": "v" * 501}):
        refused(desk.post("customers", metadata=given), 400)
    customer = desk.made("customers", metadata={"a": "1", "b": "2"})
    assert desk.made(f"customers/{customer['id']}", metadata={"a": "", "c": "3"})["metadata"] == {
        "b": "2",
        "c": "3",
    }


@check
def charges_copy_metadata_once(desk: Desk):
    intent = desk.pay(metadata={"order": "1"})
    desk.made(f"payment_intents/{intent['id']}", metadata={"order": "2"})
    assert desk.read(f"payment_intents/{intent['id']}")["metadata"] == {"order": "2"}
    assert desk.charge(intent)["metadata"] == {"order": "1"}
    assert desk.made("refunds", payment_intent=intent["id"])["metadata"] == {}


# Bank transfers


def transfer(desk, amount, reference=""):
    desk.admin(
        "transfer", customer=ACME, amount=amount, currency="usd", reference=reference, sender_name="ACME INC"
    )
    rows = desk.read(f"customers/{ACME}/cash_balance_transactions", limit=100)["data"]
    return [(one["type"], one["net_amount"]) for one in reversed(rows)]


def remaining(desk, *invoices):
    return [desk.read(f"invoices/{one['id']}")["amount_remaining"] for one in invoices]


@check
def transfers_follow_the_reference(desk: Desk):
    first, second = desk.bill(amount=5000), desk.bill(amount=5000)
    assert transfer(desk, 5000, second["number"]) == [("funded", 5000), ("applied_to_payment", -5000)]
    assert remaining(desk, first, second) == [5000, 0]
    funded = desk.read(f"customers/{ACME}/cash_balance_transactions")["data"][-1]
    assert funded["funded"]["bank_transfer"]["reference"] == second["number"]
    assert funded["funded"]["bank_transfer"]["us_bank_transfer"]["sender_name"] == "ACME INC"


@check
def transfers_follow_an_exact_group(desk: Desk):
    bills = [desk.bill(amount=amount) for amount in (4000, 3000, 2000)]
    transfer(desk, 5000)
    assert remaining(desk, *bills) == [4000, 0, 0]


@check
def transfers_pay_the_oldest_in_full(desk: Desk):
    old, new = desk.bill(amount=3000), desk.bill(amount=4000)
    transfer(desk, 5000)
    assert remaining(desk, old, new) == [0, 4000]
    balance = desk.read(f"customers/{ACME}/cash_balance")
    assert balance["available"] == {"usd": 2000}


@check
def transfers_fund_intents_in_part(desk: Desk):
    intent = desk.made(
        "payment_intents", amount=8000, currency="usd", customer=ACME, confirm=True,
        payment_method_types=["customer_balance"], payment_method_data={"type": "customer_balance"},
    )  # fmt: skip
    assert intent["status"] == "requires_action"
    transfer(desk, 5000)
    part = desk.read(f"payment_intents/{intent['id']}")
    assert part["next_action"]["display_bank_transfer_instructions"]["amount_remaining"] == 3000
    transfer(desk, 3000)
    whole = desk.read(f"payment_intents/{intent['id']}", expand=["latest_charge"])
    assert (whole["status"], whole["latest_charge"]["amount"]) == ("succeeded", 8000)
    assert whole["latest_charge"]["payment_method_details"]["type"] == "customer_balance"
    assert desk.events("payment_intent.partially_funded") == ["payment_intent.partially_funded"]


# Invoices


@check
def drafts_wait_for_webhooks(desk: Desk):
    with receiving(desk) as receiver:
        receiver.answers = [500]
        desk.made("invoiceitems", customer=ACME, amount=5000, currency="usd")
        given = {"customer": ACME, "pending_invoice_items_behavior": "include", "auto_advance": True}
        invoice = desk.made("invoices", **given)
        receiver.answers = [500, 500]
        desk.deliver()
        desk.pass_time(3600)
        assert desk.read(f"invoices/{invoice['id']}")["status"] == "draft"
        desk.deliver()
        desk.pass_time(3600)
        assert desk.read(f"invoices/{invoice['id']}")["status"] == "open"


@check
def out_of_band_is_no_payment(desk: Desk):
    invoice = desk.bill()
    desk.made(f"invoices/{invoice['id']}/pay", paid_out_of_band=True)
    rows = desk.read("invoice_payments", invoice=invoice["id"])["data"]
    assert [(one["status"], one["payment"]["type"]) for one in rows] == [
        ("paid", "payment_record"), ("canceled", "payment_intent"),
    ]  # fmt: skip
    assert desk.read("charges")["data"] == []
    assert desk.events("invoice.paid", "invoice.payment_succeeded", "charge.succeeded") == ["invoice.paid"]


# Limits


@check
def requests_are_limited(desk: Desk):
    desk.admin("limit", on=True)
    answers = [desk.get("charges") for _ in range(26)]
    error = refused(answers[-1], 429, code="rate_limit")
    assert error["message"].startswith("Request rate limit exceeded.")
    assert answers[-1].headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert "Retry-After" not in answers[-1].headers
    assert [one.status_code for one in answers[:25]] == [200] * 25
