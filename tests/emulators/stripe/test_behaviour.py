from __future__ import annotations

import base64
import contextlib
import itertools
from urllib.parse import urlencode

import httpx2
import pytest
from tests.emulators.stripe.support import ACME, BETA, DAY, KEY, NOW, Desk, flat, receiving, refused

from tieout.emulators.kit.client import ControlError
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.stripe.app import StripeEmulator
from tieout.emulators.stripe.versions import ACACIA


@pytest.fixture
def desk():
    with Desk() as made:
        yield made


def balance(desk):
    return sum(one["net"] for one in desk.control.truth("balance_transaction") for one in [one["fields"]])


# Cards


def test_a_declined_card_leaves_a_failed_charge_and_an_intent_to_try_again(desk):
    given = {"amount": 5000, "currency": "usd", "payment_method": "pm_card_chargeDeclined", "confirm": True}
    answer = desk.post("payment_intents", **given)
    error = refused(answer, 402, "card_error", "card_declined")
    intent = desk.read(f"payment_intents/{error['payment_intent']['id']}")
    assert (intent["status"], intent["amount_received"]) == ("requires_payment_method", 0)
    charge = desk.read(f"charges/{error['charge']}")
    assert (charge["status"], charge["captured"], charge["balance_transaction"]) == ("failed", False, None)
    again = desk.made(f"payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
    assert again["status"] == "succeeded"


def test_an_authorised_card_is_no_money_until_it_is_captured_and_may_be_captured_in_part(desk):
    intent = desk.pay(capture_method="manual")
    charge = desk.charge(intent)
    assert (intent["status"], charge["captured"], charge["balance_transaction"]) == (
        "requires_capture",
        False,
        None,
    )
    desk.made(f"payment_intents/{intent['id']}/capture", amount_to_capture=3000)
    desk.pass_time(2)
    charge = desk.charge(intent, expand=["balance_transaction"])
    assert (charge["amount"], charge["amount_captured"], charge["balance_transaction"]["amount"]) == (
        5000,
        3000,
        3000,
    )


def test_money_of_another_currency_is_converted_to_the_balance(desk):
    intent = desk.pay(amount=10_000, currency="eur")
    row = desk.charge(intent, expand=["balance_transaction"])["balance_transaction"]
    assert (row["currency"], row["amount"], row["exchange_rate"], row["fee"]) == ("usd", 10_800, 1.08, 343)
    yen = desk.charge(desk.pay(amount=10_000, currency="jpy"), expand=["balance_transaction"])[
        "balance_transaction"
    ]
    assert (yen["amount"], yen["net"]) == (6700, 6700 - 224)


def test_amounts_keep_the_steps_of_their_currency(desk):
    refused(desk.post("payment_intents", amount=150, currency="isk"), 400,
            code="invalid_charge_amount_no_decimal_compatible")  # fmt: skip
    refused(desk.post("payment_intents", amount=5124, currency="kwd"), 400, code="invalid_charge_amount")
    refused(desk.post("payment_intents", amount=49, currency="usd"), 400, code="amount_too_small")
    assert refused(desk.post("payment_intents", amount=49, currency="xyz"), 400)["param"] == "currency"


def test_with_ic_plus_pricing_fees_come_later_on_their_own(desk):
    desk.admin("set_account", settings={"pricing": "ic_plus"})
    row = desk.charge(desk.pay(), expand=["balance_transaction"])["balance_transaction"]
    assert (row["fee"], row["net"]) == (0, 5000)
    fee = desk.admin("bill_fees", amount=120)
    assert (fee["type"], fee["net"], fee["source"]) == ("stripe_fee", -120, None)


# Debits


def test_a_debit_that_fails_takes_its_pending_money_back(desk):
    intent = desk.pay(method="pm_usBankAccount_insufficientFunds", customer=ACME)
    desk.pass_time(4 * DAY)
    charge = desk.charge(intent, expand=["failure_balance_transaction"])
    assert (charge["status"], charge["failure_code"]) == ("failed", "insufficient_funds")
    assert charge["failure_balance_transaction"]["amount"] == -5000
    assert desk.events("payment_intent.payment_failed", "charge.failed") == [
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_an_account_number_says_how_its_debits_end(desk):
    method = desk.made(
        "payment_methods", type="us_bank_account", us_bank_account={"account_number": "000222222227"}
    )
    assert method["us_bank_account"]["last4"] == "2227"
    intent = desk.pay(method=method["id"], payment_method_types=["us_bank_account"])
    desk.pass_time(4 * DAY)
    assert desk.charge(intent)["status"] == "failed"


def test_a_refund_waits_for_the_original(desk):
    intent = desk.pay(method="pm_usBankAccount_success")
    error = refused(desk.post("refunds", payment_intent=intent["id"]), 400)
    assert error["message"].endswith("does not have a successful charge to refund.")


# Invoices


def test_several_payments_make_an_invoice_paid_in_parts(desk):
    invoice = desk.bill(amount=9000)
    first, second = desk.pay(amount=4000, customer=ACME), desk.pay(amount=6000, customer=ACME)
    part = desk.made(f"invoices/{invoice['id']}/attach_payment", payment_intent=first["id"])
    assert (part["status"], part["amount_remaining"]) == ("open", 5000)
    whole = desk.made(f"invoices/{invoice['id']}/attach_payment", payment_intent=second["id"])
    assert (whole["status"], whole["amount_remaining"], whole["amount_overpaid"]) == ("paid", 0, 1000)
    assert "invoice.overpaid" in desk.events()
    paid = desk.read("invoice_payments", payment={"type": "payment_intent", "payment_intent": first["id"]})[
        "data"
    ]
    assert [(one["invoice"], one["amount_paid"], one["status"]) for one in paid] == [
        (invoice["id"], 4000, "paid")
    ]


def test_one_payment_pays_several_invoices_as_far_as_it_reaches(desk):
    bills = [desk.bill(amount=3000), desk.bill(amount=3000)]
    intent = desk.made("payment_intents", amount=5000, currency="usd", customer=ACME)
    for one in bills:
        desk.made(f"invoices/{one['id']}/attach_payment", payment_intent=intent["id"])
    desk.made(f"payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
    states = [desk.read(f"invoices/{one['id']}")["status"] for one in bills]
    rows = desk.read("invoice_payments", payment={"payment_intent": intent["id"]})["data"]
    assert sum(one["amount_paid"] for one in rows) == 5000
    assert states == ["paid", "open"]


def test_what_is_paid_outside_of_stripe_is_only_shown_when_it_is_asked_for(desk):
    invoice = desk.bill()
    desk.made(f"invoices/{invoice['id']}/pay", paid_out_of_band=True)
    plain = desk.read(f"invoices/{invoice['id']}")
    assert "amount_paid_off_stripe" not in plain
    shown = desk.read(f"invoices/{invoice['id']}", expand=["amount_paid_off_stripe", "payments"])
    assert shown["amount_paid_off_stripe"] == 5000
    assert [one["status"] for one in shown["payments"]["data"]] == ["canceled", "paid"]
    old = desk.get(f"invoices/{invoice['id']}", headers={"Stripe-Version": ACACIA}).json()
    assert (old["paid_out_of_band"], old["charge"]) == (True, None)


def test_an_endpoint_of_before_basil_is_not_told_of_invoice_payments(desk):
    with receiving(desk) as receiver:
        desk.made("webhook_endpoints", url=receiver.url, enabled_events=["*"], api_version=ACACIA)
        invoice = desk.bill()
        desk.made(f"invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
        desk.deliver()
        told = [one["api_version"] for one in receiver.events if one["type"] == "invoice_payment.paid"]
        assert len(told) == 1
        assert told[0] != ACACIA


# Checkout


def test_a_sessions_own_metadata_reaches_no_charge_and_its_payment_intent_data_does(desk):
    price = {"currency": "usd", "unit_amount": 2500}
    session = desk.made(
        "checkout/sessions", mode="payment", line_items=[{"price_data": price, "quantity": 2}],
        metadata={"own": "1"}, payment_intent_data={"metadata": {"inherited": "2"}},
    )  # fmt: skip
    done = desk.admin("complete_checkout", session=session["id"])
    charge = desk.charge(desk.read(f"payment_intents/{done['payment_intent']}"))
    assert (charge["amount"], charge["metadata"]) == (5000, {"inherited": "2"})


# Transport


def test_expansions_reach_through_lists_and_refuse_what_is_no_reference(desk):
    desk.pay()
    rows = desk.read("charges", expand=["data.balance_transaction", "data.payment_intent.payment_method"])[
        "data"
    ]
    assert rows[0]["balance_transaction"]["object"] == "balance_transaction"
    assert rows[0]["payment_intent"]["payment_method"]["card"]["last4"] == "4242"
    assert "cannot be expanded" in refused(desk.get("charges", expand=["data.amount"]), 400)["message"]
    deep = "data.payment_intent.latest_charge.payment_intent.customer"
    assert "more than 4 levels" in refused(desk.get("charges", expand=[deep]), 400)["message"]


def test_a_stored_failure_is_replayed_and_the_object_exists(desk):
    desk.control.faults({"kind": "commit_500", "match": {"operation": "create"}})
    head = {"Idempotency-Key": "lost"}
    assert desk.post("customers", headers=head, name="Lost").status_code == 500
    again = desk.post("customers", headers=head, name="Lost")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (500, "true")
    assert [one["fields"]["name"] for one in desk.control.truth("customer")].count("Lost") == 1


def test_each_reason_of_a_limit_and_a_held_object_have_their_own_429(desk):
    for reason in ("global-concurrency", "endpoint-rate"):
        desk.admin("throttle", reason=reason)
        answer = desk.get("charges")
        refused(answer, 429, code="rate_limit")
        assert answer.headers["Stripe-Rate-Limited-Reason"] == reason
    desk.admin("lock", id=ACME)
    answer = desk.get(f"customers/{ACME}")
    refused(answer, 429, code="lock_timeout")
    assert (answer.headers["Stripe-Should-Retry"], "Stripe-Rate-Limited-Reason" in answer.headers) == (
        "true",
        False,
    )
    assert desk.get(f"customers/{ACME}").status_code == 200


def test_an_answer_that_was_lost_on_the_way_is_replayed(desk):
    desk.control.faults({"kind": "commit_reset", "match": {"operation": "create"}})
    head = {"Idempotency-Key": "lost"}
    with pytest.raises(httpx2.HTTPError):
        desk.post("customers", headers=head, name="Lost")
    again = desk.post("customers", headers=head, name="Lost")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert [one["fields"]["name"] for one in desk.control.truth("customer")].count("Lost") == 1


def test_under_the_hostile_profile_a_stubborn_client_with_keys_pays_once():
    with StripeEmulator(clock=EmulatorClock(NOW)) as stripe:
        stripe.control.profile("hostile", seed=3)
        stripe.control.clock(t0=NOW.isoformat(), scale=600)
        with httpx2.Client(
            base_url=stripe.base_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=1
        ) as http:
            for number in range(25):
                _stubbornly(http, number)
        charges = [one for one in stripe.control.truth("charge") if one["fields"]["status"] == "succeeded"]
    assert sorted(one["fields"]["description"] for one in charges) == sorted(f"Order {n}" for n in range(25))


def _stubbornly(http, number):
    form = urlencode(flat({"amount": 5000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa",
                           "description": f"Order {number}"}))  # fmt: skip
    head = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": f"order-{number}"}
    for _ in range(20):
        with contextlib.suppress(httpx2.HTTPError, ValueError):
            answer = http.post("/v1/payment_intents", content=form.encode(), headers=head)
            if answer.status_code == 200 and answer.json()["status"] == "succeeded":
                return
            if answer.headers.get("Idempotent-Replayed") and answer.status_code == 500:
                return  # this key says no more than that; whether it was done is for a read to tell
    raise AssertionError(f"order {number} was never answered")


def test_events_say_which_request_caused_them(desk):
    desk.post("customers", headers={"Idempotency-Key": "mine"}, name="Acme")
    assert desk.read("events")["data"][0]["request"]["idempotency_key"] == "mine"
    desk.pay()
    late = desk.read("events", type="charge.updated")["data"][0]
    assert late["request"] == {"id": None, "idempotency_key": None}


def test_basic_and_bearer_are_the_same_key_and_both_are_hidden_in_errors(desk):
    wrong = base64.b64encode(b"sk_test_secretsecretsecret:").decode()
    error = refused(desk.get("charges", headers={"Authorization": f"Basic {wrong}"}), 401)
    assert "secretsecret" not in error["message"]


def test_state_is_saved_and_restored(desk, tmp_path):
    intent = desk.pay(method="pm_usBankAccount_success", customer=BETA)
    desk.control.save(str(tmp_path / "state.json"))
    with StripeEmulator(clock=EmulatorClock(NOW, frozen=True)) as other:
        other.control.restore(str(tmp_path / "state.json"))
        other.control.clock(advance_seconds=4 * DAY)
        charge = next(one for one in other.control.truth("charge") if one["id"] == intent["latest_charge"])
        assert charge["fields"]["status"] == "succeeded"


def test_the_same_seed_is_the_same_run():
    ids = []
    for _ in range(2):
        with Desk() as desk:
            ids.append([desk.pay()["id"], desk.bill()["number"]])
    assert ids[0] == ids[1]


def test_what_an_administrator_cannot_do_is_said(desk):
    for action, given in (
        ("nothing", {}),
        ("dispute", {"charge": "ch_none"}),
        ("throttle", {"reason": "mood"}),
    ):
        with pytest.raises(ControlError):
            desk.admin(action, **given)
    with pytest.raises(ControlError, match="unknown account settings"):
        desk.control.load({"account": {"colour": "mauve"}})


# Invariants


def test_every_movement_of_the_balance_is_a_transaction_and_a_payout_empties_it(desk):
    desk.admin("set_account", settings={"payout_schedule": "daily"})
    for amount, method in itertools.product((1000, 7777), ("pm_card_visa", "pm_usBankAccount_success")):
        desk.pay(amount=amount, method=method, customer=ACME)
    intent = desk.pay(amount=9000)
    desk.made("refunds", payment_intent=intent["id"], amount=1234)
    for _ in range(8):
        desk.pass_time(DAY)
        desk.read("balance")
    assert balance(desk) == 0
    for payout in desk.read("payouts", limit=100)["data"]:
        rows = desk.read("balance_transactions", payout=payout["id"], limit=100)["data"]
        assert sum(one["net"] for one in rows if one["type"] != "payout") == payout["amount"]
        assert payout["reconciliation_status"] == "completed"


JUNK = [
    {}, {"amount": "x"}, {"amount": {"a": 1}}, {"currency": ["usd"]}, {"metadata": "x"}, {"metadata": {"a": {"b": 1}}},
    {"expand": "x"}, {"expand": {"a": 1}}, {"confirm": "maybe"}, {"payment_method": {"a": 1}}, {"limit": "x"},
    {"created": {"gte": "x"}}, {"created": {"near": 1}}, {"created": "x"}, {"starting_after": {"a": 1}},
    {"types": {"a": 1}}, {"payment": "x"}, {"customer": {"a": 1}, "amount": 1, "currency": "usd"},
    {"line_items": "x", "mode": "payment"}, {"line_items": ["x"], "mode": "payment"}, {"url": {"a": 1}},
    {"payment_method_data": "x"}, {"type": "card", "card": "x"}, {"invoice_settings": "x"}, {"cash_balance": "x"},
    {"amount": 5000, "currency": "usd", "payment_method_types": {"a": "card"}, "confirm": True},
    {"enabled_events": "x", "url": "http://127.0.0.1:9"}, {"payment_intent_data": "x", "mode": "payment"},
]  # fmt: skip
PATHS = (
    "customers", f"customers/{ACME}", "payment_methods", "payment_intents", "charges", "refunds", "payouts", "events",
    "invoices", "invoiceitems", "invoice_payments", "checkout/sessions", "webhook_endpoints", "balance_transactions",
    f"test_helpers/customers/{ACME}/fund_cash_balance", "nothing", "payment_methods/pm_card_visa/attach",
)  # fmt: skip


def test_nonsense_is_refused_and_never_breaks_the_account(desk):
    for path, junk in itertools.product(PATHS, JUNK):
        for answer in (desk.get(path, **junk), desk.post(path, **junk)):
            assert answer.status_code < 500, (path, junk, answer.text, flat(junk))
    assert desk.read("account")["object"] == "account"
