"""Stripe at the doors: webhooks make a poll, stamps are written, what is unstamped is listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.emulators.stripe.support import ACME, DAY, KEY, NOW, SECRET
from tests.emulators.stripe.support import Desk as Account
from tests.support.api import Api, open_api
from tests.support.desk import CONFIGURATION, open_desk

from tieout.connectors.stripe.hooks import sign
from tieout.emulators.stripe.sample import sample_dataset
from tieout.flows.codec import decode_movement
from tieout.runner.clock import ManualClock
from tieout.store import tables as t

STAMP = {"invoices": ["inv-1"], "customer": "2056"}


def configuration(base_url: str) -> str:
    source = f"""\
  stripe:
    type: stripe
    cut_over: 2026-10-01
    tag: st
    options:
      base_url: {base_url}
      api_key: "file:stripe.key"
      account: acct_1TieoutEmulator/test
      webhooks: {{secrets: ["file:stripe.old", "file:stripe.hook"]}}
rules:
"""
    return CONFIGURATION.replace("rules:\n", source)


@dataclass
class Shop:
    account: Account
    api: Api

    def received(self) -> dict[str, tuple[str, str]]:
        """Movement → kind and how it stands."""
        with self.api.application.store.read() as unit:
            rows = [one for one in unit.records.all() if one.source.system == "stripe"]
        return {
            one.source.id: (str(decode_movement(one.raw["movement"]).kind), str(one.standing))
            for one in rows
            if not one.source.id.endswith("-fee")
        }

    def bodies(self) -> list[bytes]:
        with self.api.application._database.read() as connection:
            return [bytes(row.body) for row in connection.execute(select(t.hook_event))]

    def woken(self) -> bool:
        return "stripe" in self.api.application.machine.intake.woken()

    def poll(self) -> None:
        machine = self.api.application.machine
        machine.intake.poll(self.api.application.sources["stripe"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    folder = tmp_path / "desk"
    folder.mkdir()
    for name, value in (("key", KEY), ("hook", SECRET), ("old", "whsec_old")):
        (folder / f"stripe.{name}").write_text(value)
    with (
        Account() as account,
        open_desk(folder, configuration(account.emulator.base_url)) as desk,
        open_api(desk, clock=ManualClock(NOW)) as api,
    ):
        account.control.load(sample_dataset(f"{api.url}/hooks/stripe"))
        yield Shop(account, api)


@pytest.mark.requirement("R30")
def test_a_delivery_is_stored_as_it_came_wakes_the_poll_and_becomes_one_record(shop: Shop):
    shop.account.control.config(webhooks={"duplicate_share": 1.0})
    intent = shop.account.pay(customer=ACME)
    shop.account.deliver()
    assert {one["status"] for one in shop.account.admin("deliveries")["attempts"]} == {200}
    events = [json.loads(body) for body in shop.bodies()]
    assert len({one["id"] for one in events}) == len(events), "a body that came twice is stored once"
    assert {"charge.succeeded", "payment_intent.succeeded"} <= {one["type"] for one in events}
    assert shop.woken()
    shop.poll()
    assert not shop.woken()
    assert shop.received() == {intent["latest_charge"]: ("receipt", "received")}


def test_a_debit_is_one_record_from_processing_to_cash(shop: Shop):
    intent = shop.account.pay(method="pm_usBankAccount_success", customer=ACME)
    shop.poll()
    assert shop.received() == {intent["latest_charge"]: ("information", "received")}
    shop.account.pass_time(4 * DAY)
    shop.account.read("balance")
    shop.poll()
    assert shop.received() == {intent["latest_charge"]: ("receipt", "received")}


def test_a_webhook_that_is_not_stripes_is_refused_and_nothing_is_stored(shop: Shop):
    body = b'{"object": "event", "livemode": false}'
    stamp = str(int(NOW.timestamp()))
    for header, code in (
        ("", 401),
        (f"t={stamp},v1={sign('whsec_other', stamp, body)}", 401),
        (f"t=1,v1={sign(SECRET, '1', body)}", 401),
        (f"t={stamp},v1={sign('whsec_old', stamp, body)}", 200),
    ):
        answer = shop.api.ask(
            "POST", "/hooks/stripe", by=None, content=body, headers={"Stripe-Signature": header}
        )
        assert answer.status_code == code, answer.text
    assert shop.bodies() == [body]


def test_a_lost_webhook_costs_only_time(shop: Shop):
    shop.account.control.config(webhooks={"drop_share": 1.0})
    intent = shop.account.pay()
    shop.account.deliver()
    assert shop.bodies() == []
    shop.poll()
    assert set(shop.received()) == {intent["latest_charge"]}


@pytest.mark.requirement("R39")
def test_a_payment_is_stamped_before_it_is_confirmed_and_its_charge_carries_it(shop: Shop):
    intent = shop.account.made("payment_intents", amount=5000, currency="usd", customer=ACME)
    done = shop.api.post("/stripe/stripe/stamp", {**STAMP, "object": intent["id"]})
    stamp = {"tieout_invoice": "inv-1", "tieout_customer": "2056"}
    assert done == {"metadata": stamp, "object": intent["id"], "in_time": True}
    paid = shop.account.made(f"payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
    assert shop.account.charge(paid)["metadata"] == stamp
    with shop.api.application._database.read() as connection:
        rows = connection.execute(select(t.event.c.data).where(t.event.c.kind == "payment_stamped"))
        told = [json.loads(row.data) for row in rows]
    assert told == [
        {"source": "stripe", "object": intent["id"], "invoices": ["inv-1"], "customer": "2056", "in_time": True,
         "by": "otto"}
    ]  # fmt: skip


def test_what_to_create_a_payment_with_is_told_without_writing(shop: Shop):
    before = len(shop.account.control.log())
    made = shop.api.post("/stripe/stripe/stamp", STAMP)
    assert made["metadata"] == {"tieout_invoice": "inv-1", "tieout_customer": "2056"}
    assert len(shop.account.control.log()) == before


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/stripe/nobody/stamp", STAMP, 404, "not_found"),
        ("/stripe/files/stamp", STAMP, 422, "source_takes_no_stamps"),
        ("/stripe/stripe/stamp", {**STAMP, "invoices": ["INV 1"]}, 422, "stamp_refused"),
        ("/stripe/stripe/stamp", {**STAMP, "object": "ch_1"}, 422, "stamp_refused"),
        ("/stripe/stripe/stamp", {**STAMP, "object": "pi_none"}, 422, "stamp_refused"),
        ("/stripe/stripe/stamp", {**STAMP, "invoices": []}, 422, "request_invalid"),
    ],
)
def test_a_stamp_that_cannot_be_is_refused_with_what_was_expected(shop: Shop, path, body, status, code):
    answer = shop.api.ask("POST", path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


def test_a_key_for_one_subsidiary_stamps_nothing(shop: Shop):
    shop.api.key_for("una", ["operator"], ["1"])
    answer = shop.api.ask("POST", "/stripe/stripe/stamp", json=STAMP, by="una")
    assert (answer.status_code, answer.json()["code"]) == (403, "other_subsidiary")


def test_an_account_that_does_not_answer_is_told_as_such(shop: Shop):
    shop.account.control.faults({"kind": "unauthorized", "times": 9})
    answer = shop.api.ask("POST", "/stripe/stripe/stamp", json={**STAMP, "object": "pi_1abc"})
    assert (answer.status_code, answer.json()["code"]) == (503, "outside_unavailable")
    assert KEY not in answer.text


def test_payments_without_a_stamp_are_listed_at_the_command_line(shop: Shop):
    desk, account = shop.api.desk, shop.account
    assert desk.json("payments", "unstamped", "--source", "stripe") == {"unstamped": []}
    account.pay(metadata={"tieout_invoice": "inv-1"})
    intent = account.pay(customer=ACME, description="Order 9")
    row = {"charge": intent["latest_charge"], "payment_intent": intent["id"], "day": "2026-11-02", "amount": "50.00",
           "currency": "USD", "payer": ACME, "description": "Order 9"}  # fmt: skip
    assert desk.json("payments", "unstamped", "--source", "stripe", code=1) == {"unstamped": [row]}
    shown = desk.run("payments", "unstamped", "--source", "stripe", "--since", "2026-11-01")
    assert (shown.exit_code, intent["latest_charge"][:8] in shown.stdout) == (1, True)
    for words in (("--source", "files"), ("--source", "nobody"), ("--source", "stripe", "--since", "soon")):
        assert desk.run("payments", "unstamped", *words).exit_code == 2
