"""A Stripe connector over a running emulator, for tests."""

from __future__ import annotations

import json
from datetime import date, timedelta

from tests.emulators.stripe.support import ACME, BETA, DAY, KEY, NOW, SECRET, Desk

from tieout.connectors.kit.registration import Setup
from tieout.connectors.stripe import STRIPE
from tieout.domain.cash.movements import CASH, Movement
from tieout.domain.money import Money
from tieout.flows.codec import decode_movement
from tieout.runner.clock import ManualClock

ACCOUNT = "acct_1TieoutEmulator"
SECRETS = {"env:KEY": KEY, "env:HOOK": SECRET, "env:OLD": "whsec_old"}
USD = f"stripe:{ACCOUNT}:usd"


def options(base_url, **changes):
    """Options for the sample account."""
    given = {
        "base_url": base_url,
        "api_key": "env:KEY",
        "webhooks": {"secrets": ["env:HOOK", "env:OLD"]},
        "deadline_seconds": 5,
        **changes,
    }
    return STRIPE.options.model_validate(given)


def connect(base_url, clock, *, cut_over=date(2026, 10, 1), **changes):
    """A connector built as `bootstrap` builds it."""
    chosen = options(base_url, **changes)
    return STRIPE.build(Setup("stripe", "sandbox", cut_over, chosen, SECRETS.__getitem__, clock))


class Till(Desk):
    """An emulator, a connector, and one clock for both. `known`: the newest sighting of each movement."""

    def __init__(self, switches=None, dataset=None, **changes):
        super().__init__(dataset, switches)
        self.control.config(webhooks={"duplicate_share": 0.0})
        self.clock = ManualClock(NOW)
        self._changes = changes
        self.cursor = None
        self.known = {}
        self.reconnect()

    def reconnect(self):
        """As after a restart: only the cursor is left."""
        self.source = connect(self.emulator.base_url, self.clock, **self._changes)

    def __exit__(self, *args):
        self.source.close()
        super().__exit__(*args)

    def pass_time(self, seconds):
        super().pass_time(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def poll(self):
        """Poll until there is no more. Returns what came, newest last."""
        came = []
        for _ in range(500):
            batch = self.source.poll(self.cursor)
            self.cursor = batch.cursor
            came += batch.sightings
            if not batch.more:
                break
        else:
            raise AssertionError("the poll does not end")
        for one in came:
            assert one.version > getattr(self.known.get(one.object_id), "version", ""), "versions must grow"
            self.known[one.object_id] = one
        return came

    def movements(self):
        """The newest movement of each identity."""
        return {
            identity: decode_movement(json.loads(json.dumps(one.payload["movement"])))
            for identity, one in self.known.items()
            if "movement" in one.payload
        }

    def movement(self, identity) -> Movement:
        return self.movements()[identity]

    def kinds(self):
        """Identity → kind, of everything but fees."""
        return {name: str(one.kind) for name, one in self.movements().items() if not name.endswith("-fee")}

    def cash(self, account=USD):
        """What the movements of a balance come to, in minor units."""
        rows = [one for one in self.movements().values() if one.kind in CASH and one.account == account]
        return sum(one.amount.minor if one.credit else -one.amount.minor for one in rows)

    def balance(self, currency="usd"):
        """What the emulator's balance transactions come to."""
        rows = [one["fields"] for one in self.control.truth("balance_transaction")]
        return sum(one["net"] for one in rows if one["currency"] == currency)


def usd(minor):
    return Money.from_minor(minor, "USD")


__all__ = [
    "ACCOUNT",
    "ACME",
    "BETA",
    "DAY",
    "KEY",
    "NOW",
    "SECRET",
    "USD",
    "Till",
    "connect",
    "options",
    "usd",
]
