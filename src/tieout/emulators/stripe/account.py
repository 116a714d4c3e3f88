"""One account's state: objects by kind, events, balance, and what falls due."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches
from tieout.emulators.stripe import currencies, versions
from tieout.emulators.stripe.errors import missing

DAY = 24 * 3600
EVENTS_KEPT = 30 * DAY
#: kind → (prefix of its ids, noun of its errors)
KINDS = {
    "customer": ("cus", "customer"), "payment_method": ("pm", "PaymentMethod"),
    "payment_intent": ("pi", "payment_intent"), "charge": ("ch", "charge"), "refund": ("re", "refund"),
    "dispute": ("du", "dispute"), "payout": ("po", "payout"), "invoice": ("in", "invoice"),
    "invoiceitem": ("ii", "invoiceitem"), "invoice_payment": ("inpay", "invoice_payment"),
    "payment_record": ("pr", "payment_record"), "balance_transaction": ("txn", "balance_transaction"),
    "customer_cash_balance_transaction": ("ccsbtxn", "customer_cash_balance_transaction"),
    "checkout.session": ("cs_test", "checkout.session"), "event": ("evt", "event"),
    "webhook_endpoint": ("we", "webhook endpoint"),
}  # fmt: skip
DEFAULT_SETTINGS: Json = {
    "id": "acct_1TieoutEmulator",
    "livemode": False,
    "default_currency": "usd",
    #: balances the account holds; money in another currency is converted to the default one
    "balances": ["usd"],
    "rates": {"eur": "1.0800", "gbp": "1.2700", "jpy": "0.0067", "kwd": "3.2500"},
    "api_version": versions.NEWEST,
    "keys": ["sk_test_tieout"],
    "pricing": "blended",
    "seed": 7,
    "card_available_days": 2,
    "ach_days": 4,
    "payout_days": 2,
    "reconcile_seconds": 3600,
    "payout_schedule": "manual",
    "reconciliation_mode": "automatic",
    "invoice_draft_seconds": 3600,
}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Account:
    """Objects are kept in the newest API version's shape; names that begin with `_` are never shown."""

    def __init__(self, clock: EmulatorClock, switches: Switches) -> None:
        self.clock, self.switches = clock, switches
        self.tell: Callable[[Json], None] = lambda _: None
        self.clear(dict(DEFAULT_SETTINGS))

    def clear(self, settings: Json) -> None:
        """An empty account."""
        self.settings = settings
        self.objects: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self.due: list[Json] = []
        self.request: Json = {"id": None, "idempotency_key": None}
        self._serial = 0
        self._moment: int | None = None

    # Time and ids

    def now(self) -> int:
        """Seconds since 1970; while something is done that fell due before, the second it fell due."""
        return self._moment if self._moment is not None else int(self.clock.now().timestamp())

    def midnight(self, seconds: int) -> int:
        """The day's beginning, UTC."""
        day = datetime.fromtimestamp(seconds, UTC).replace(hour=0, minute=0, second=0)
        return int(day.timestamp())

    def new_id(self, prefix: str, length: int = 24) -> str:
        """The next id: no two alike, the same in every run of the same seed."""
        self._serial += 1
        number = int.from_bytes(hashlib.sha256(f"{self.settings['seed']}-{self._serial}".encode()).digest())
        letters = []
        for _ in range(length):
            number, at = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[at])
        return f"{prefix}_{''.join(letters)}"

    # Objects

    def make(self, kind: str, fields: Json, prefix: str = "") -> Json:
        """A new object of a kind."""
        item: Json = {"id": self.new_id(prefix or KINDS[kind][0]), "object": kind, "created": self.now()}
        item |= {"livemode": self.settings["livemode"], **fields}
        self.objects[kind][item["id"]] = item
        return item

    def get(self, kind: str, object_id: Any, param: str = "id") -> Json:
        """An object. Raises `StripeError` when there is none."""
        item = self.objects[kind].get(str(object_id))
        if item is None:
            raise missing(KINDS[kind][1], str(object_id), param)
        return item

    def find(self, object_id: str) -> Json | None:
        """Any object by its id."""
        return next((items[object_id] for items in self.objects.values() if object_id in items), None)

    def all(self, kind: str, **equal: Any) -> Iterator[Json]:
        """Objects of a kind whose fields are these."""
        for item in self.objects[kind].values():
            if all(item.get(name) == value for name, value in equal.items()):
                yield item

    def change(self, item: Json, event: str | None = None, **fields: Any) -> Json:
        """Change an object and tell of it, with the old values."""
        previous = {
            name: deepcopy(item.get(name)) for name, value in fields.items() if item.get(name) != value
        }
        item |= fields
        if event and (previous or not event.endswith(".updated")):
            self.emit(event, item, {k: v for k, v in previous.items() if not k.startswith("_")})
        return item

    # Events

    def emit(self, kind: str, item: Json, previous: Json | None = None) -> Json:
        """Something happened to an object: an event with the object as it is at this moment."""
        data: Json = {"object": deepcopy(item)}
        if previous is not None and kind.endswith("updated"):
            data["previous_attributes"] = previous
        event = self.make(
            "event",
            {
                "api_version": self.settings["api_version"],
                "data": data,
                "pending_webhooks": 0,
                "request": dict(self.request),
                "type": kind,
            },
        )
        self.tell(event)
        return event

    def shown_event(self, event: Json, version: str) -> Json:
        """An event with its object in a version's shape, which is what `api_version` then says."""
        shown = versions.render(event, version, self.payments)
        shown["data"] = {
            **event["data"],
            "object": versions.render(event["data"]["object"], version, self.payments),
        }
        return {**shown, "api_version": version}

    def events(self) -> list[Json]:
        """Events that are kept: thirty days."""
        kept = self.now() - EVENTS_KEPT
        aged = self.switches.on("ST-06a")
        return [one for one in self.objects["event"].values() if not aged or one["created"] >= kept]

    def payments(self, field: str, object_id: str) -> list[Json]:
        """Invoice payments of an invoice, or of a payment intent."""
        return [
            one
            for one in self.objects["invoice_payment"].values()
            if object_id in {one.get(field), one["payment"].get(field)}
        ]

    # Balance

    def settle(self, amount: int, currency: str) -> tuple[int, str, str | None]:
        """An amount in the balance it goes to: amount, currency, and the rate when it was converted."""
        if currency in self.settings["balances"]:
            return amount, currency, None
        target = self.settings["default_currency"]
        rate = self.settings["rates"][currency]
        return currencies.converted(amount, currency, target, Decimal(rate)), target, rate

    def transact(
        self,
        kind: str,
        category: str,
        amount: int,
        currency: str,
        source: str | None,
        *,
        fee: int = 0,
        fee_text: str = "Stripe processing fees",
        available_on: int | None = None,
        description: str | None = None,
    ) -> Json:
        """Money moves: a balance transaction in the currency of its balance. `fee` is in that currency."""
        gross, balance, rate = self.settle(amount, currency)
        now = self.now()
        ready = now if available_on is None else available_on
        details = [{"amount": fee, "application": None, "currency": balance, "description": fee_text,
                    "type": "stripe_fee"}] if fee else []  # fmt: skip
        item = self.make(
            "balance_transaction",
            {
                "amount": gross, "available_on": ready, "balance_type": "payments", "currency": balance,
                "description": description, "exchange_rate": None if rate is None else float(rate),
                "fee": fee, "fee_details": details, "net": gross - fee, "reporting_category": category,
                "source": source, "status": "available" if ready <= now else "pending", "type": kind, "_payout": None,
            },
        )  # fmt: skip
        del item["livemode"]
        if ready > now:
            self.later(ready, "available", id=item["id"])
        elif gross > 0:
            self.emit("balance.available", self.balance())
        return item

    def balance(self) -> Json:
        """The balance: available and pending, by currency."""
        sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
        for name in self.settings["balances"]:
            sums["available"][name] = sums["pending"][name] = 0
        for item in self.objects["balance_transaction"].values():
            part = sums[item["status"]]
            part[item["currency"]] = part.get(item["currency"], 0) + item["net"]
        rows = {
            name: [{"amount": amount, "currency": code, "source_types": {"card": amount}} for code,
            amount in part.items()]
            for name, part in sums.items()
        }  # fmt: skip
        return {"object": "balance", "livemode": self.settings["livemode"], **rows}

    # What falls due

    def later(self, at: int, action: str, **arguments: Any) -> None:
        """Something will happen by itself."""
        self.due.append({"at": at, "action": action, **arguments})

    def take_due(self) -> Json | None:
        """The first thing that is due, taken from the list; it is done at the second it fell due."""
        self._moment = None
        first = min(self.due, key=lambda one: one["at"], default=None)
        if first is None or first["at"] > self.now():
            return None
        self.due.remove(first)
        self._moment = first["at"]
        return first

    # State

    def dump(self) -> Json:
        """Everything, as JSON."""
        return {"settings": self.settings, "objects": self.objects, "due": self.due, "serial": self._serial}

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        self.clear(state["settings"])
        self.objects |= state["objects"]
        self.due, self._serial = state["due"], state["serial"]
