"""A client's view of a running emulator, and a receiver of its webhooks, for tests."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import httpx2

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.stripe.app import StripeEmulator
from tieout.emulators.stripe.sample import ACME, BETA, ENDPOINT, KEY, SECRET, sample_dataset

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = 24 * 3600


def flat(given, prefix=""):
    """Nested values as Stripe's bracketed form keys."""
    rows = []
    for name, value in given.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            rows += flat(value, key)
        elif isinstance(value, list | tuple):
            for index, one in enumerate(value):
                rows += flat({str(index): one}, key) if isinstance(one, dict) else [(f"{key}[]", one)]
        else:
            rows.append((key, str(value).lower() if isinstance(value, bool) else value))
    return rows


class Desk:
    """An emulator with a frozen clock and a client with its secret key."""

    def __init__(self, dataset=None, switches=None):
        self.emulator = StripeEmulator(
            sample_dataset() if dataset is None else dataset, EmulatorClock(NOW, frozen=True)
        )
        self.emulator.start()
        self.control = self.emulator.control
        if switches:
            self.control.switches(switches)
        self.http = httpx2.Client(base_url=self.emulator.base_url, headers={"Authorization": f"Bearer {KEY}"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()
        self.emulator.stop()

    def get(self, path, headers=None, **params):
        return self.http.get(f"/v1/{path}", params=flat(params), headers=headers)

    def post(self, path, headers=None, **given):
        head = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.http.post(f"/v1/{path}", content=urlencode(flat(given)).encode(), headers=head)

    def made(self, path, **given):
        """POST that must succeed."""
        answer = self.post(path, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, path, **params):
        """GET that must succeed."""
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pay(self, amount=5000, method="pm_card_visa", settle=True, **given):
        """A confirmed payment intent; `settle` waits for its balance transaction."""
        kind = "us_bank_account" if "usBank" in method else "card"
        given = {
            "amount": amount,
            "currency": "usd",
            "payment_method": method,
            "payment_method_types": [kind],
            **given,
        }
        intent = self.made("payment_intents", confirm=True, **given)
        if settle:
            self.pass_time(2)
        return intent

    def charge(self, intent, **params):
        return self.read(f"charges/{intent['latest_charge']}", **params)

    def bill(self, amount=5000, customer=ACME, **given):
        """A finalised invoice."""
        self.made("invoiceitems", customer=customer, amount=amount, currency="usd", description="Seats")
        invoice = self.made("invoices", customer=customer, pending_invoice_items_behavior="include", **given)
        return self.made(f"invoices/{invoice['id']}/finalize")

    def events(self, *types, **params):
        """Types of the newest hundred events, oldest first."""
        found = self.read("events", limit=100, **params)["data"]
        return [one["type"] for one in reversed(found) if not types or one["type"] in types]

    def admin(self, action, **arguments):
        return self.control.admin(action, **arguments)

    def pass_time(self, seconds):
        self.control.clock(advance_seconds=seconds)

    def deliver(self):
        """Send the webhooks that are due; returns when their answers are in."""
        number = self.admin("deliver")["round"]
        deadline = time.monotonic() + 10
        while self.admin("deliveries")["done"] < number:
            assert time.monotonic() < deadline, "nothing was delivered"
            time.sleep(0.005)


class Receiver:
    """A webhook endpoint. `answers` are the next statuses; then 200."""

    def __init__(self):
        self.requests, self.answers = [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/stripe"

    @property
    def events(self):
        return [json.loads(body) for _, body in self.requests]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving(desk, **config):
    """A receiver that the sample's endpoint sends to; nothing is duplicated unless asked for."""
    desk.control.config(webhooks={"duplicate_share": 0.0, **config})
    with Receiver() as receiver:
        desk.control.load(sample_dataset(receiver.url))
        yield receiver


def refused(answer, status, kind="invalid_request_error", code=None):
    """Assert one refusal; returns its error object."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert (error["type"], error.get("code")) == (kind, code), error
    return error


__all__ = [
    "ACME",
    "BETA",
    "DAY",
    "ENDPOINT",
    "KEY",
    "NOW",
    "SECRET",
    "Desk",
    "Receiver",
    "receiving",
    "refused",
]
