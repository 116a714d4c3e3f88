"""Webhooks: at least once, in no order, signed over the raw body, tried again (§1.1, §1.5).

`config["webhooks"]`: `mode` ("manual": deliveries happen on `admin deliver`; "automatic": as events arise),
`duplicate_share`, `drop_share` and `twin_share` (0 to 1; a twin is another event about the same change), `signature`
("right", "wrong" or "missing"), `timestamp_age_seconds` (how old the signature claims to be; negative: from the
future), `answer_within_seconds` (real seconds until an attempt counts as failed).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import versions
from tieout.emulators.stripe.account import DAY, Account

DEFAULTS: Json = {
    "mode": "manual",
    "duplicate_share": 0.25,
    "drop_share": 0.0,
    "twin_share": 0.0,
    "signature": "right",
    "timestamp_age_seconds": 0,
    "answer_within_seconds": 5.0,
}
LIVE_RETRY_SECONDS = 3 * DAY
SANDBOX_TRIES = 4
_FIRST_PAUSE = 300


def sign(secret: str, stamp: int, body: bytes, scheme: str = "v1") -> str:
    """One signature as the header has it: hex of HMAC-SHA256 over `t.body`."""
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"{scheme}={made}"


class Outbox:
    """Events that wait for endpoints, and what was tried. Guarded by a lock: a delivery thread works on it too."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.lock = threading.Lock()
        self.config: Json = dict(DEFAULTS)
        self.clear()

    def clear(self) -> None:
        """Nothing waits."""
        self.waiting: list[Json] = []
        self.attempts: list[Json] = []
        self._drawn = 0

    def told(self, event: Json) -> None:
        """An event was made: one delivery for each enabled endpoint that asks for it."""
        for endpoint in self._account.objects["webhook_endpoint"].values():
            if endpoint["status"] != "enabled" and self._account.switches.on("ST-05g"):
                continue
            version = endpoint["api_version"] or self._account.settings["api_version"]
            if event["type"].startswith("invoice_payment.") and versions.is_old(version):
                continue
            wanted = endpoint["enabled_events"]
            if "*" not in wanted and event["type"] not in wanted:
                continue
            event["pending_webhooks"] += 1
            with self.lock:
                if self._chance() >= float(self.config["drop_share"]):
                    self._wait(event, endpoint)
                if self._chance() < float(self.config["duplicate_share"]) and self._account.switches.on(
                    "ST-05b"
                ):
                    self._wait(event, endpoint)
        twin = self._chance() < float(self.config["twin_share"]) and not event.get("_twin")
        if twin and self._account.switches.on("ST-05h"):
            made = self._account.make("event", {**event, "id": self._account.new_id("evt"), "_twin": True})
            made["pending_webhooks"] = 0
            self.told(made)

    def _wait(self, event: Json, endpoint: Json) -> None:
        now = self._account.now()
        self.waiting.append(
            {"due": now, "since": now, "event": event["id"], "endpoint": endpoint["id"], "attempt": 0}
        )

    def _chance(self) -> float:
        self._drawn += 1
        return self._random(self._drawn).random()

    def _random(self, salt: object) -> random.Random:
        return random.Random(f"{self._account.settings['seed']}-webhook-{salt}")

    # -- what the courier asks for

    def take(self, config: Json) -> list[Json]:
        """The deliveries that are due, shuffled: `url`, `headers`, `body`."""
        now = self._account.now()
        with self.lock:
            due = [one for one in self.waiting if one["due"] <= now]
            self.waiting = [one for one in self.waiting if one["due"] > now]
            self._drawn += 1
            if self._account.switches.on("ST-05a"):
                self._random(self._drawn).shuffle(due)
        return [made for one in due if (made := self._signed(one, config)) is not None]

    def _signed(self, one: Json, config: Json) -> Json | None:
        endpoint = self._account.objects["webhook_endpoint"].get(one["endpoint"])
        event = self._account.objects["event"].get(one["event"])
        if endpoint is None or event is None:
            return None
        own = self._account.switches.on("ST-05f")
        version = (endpoint["api_version"] if own else None) or self._account.settings["api_version"]
        body = json.dumps(self._account.shown_event(event, version), indent=2, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        if config["signature"] != "missing":
            headers["Stripe-Signature"] = self._signature(endpoint, one, body, config)
        return {"url": endpoint["url"], "headers": headers, "body": body.decode(), "delivery": one}

    def _signature(self, endpoint: Json, one: Json, body: bytes, config: Json) -> str:
        now = self._account.now()
        # Each attempt is signed anew: a retry of an old event carries a newer stamp than a younger event's first try.
        sent = now if self._account.switches.on("ST-05d") else one["since"]
        stamp = sent - int(config["timestamp_age_seconds"])
        live = [row["secret"] for row in endpoint["_secrets"] if row["until"] is None or row["until"] > now]
        if not self._account.switches.on("ST-05c"):
            live = live[-1:]
        wrong = "-not" if config["signature"] == "wrong" else ""
        parts = [sign(secret + wrong, stamp, body) for secret in live]
        return ",".join([f"t={stamp}", *parts, sign("old-scheme", stamp, body, "v0")])

    def finished(self, batch: Json, status: int | None) -> None:
        """An attempt was answered (or not: None). Anything but 2xx comes again, later, until Stripe gives up."""
        one, now = batch["delivery"], self._account.now()
        ok = status is not None and 200 <= status < 300
        event = self._account.objects["event"].get(one["event"])
        with self.lock:
            self.attempts.append({"status": status, "attempt": one["attempt"], "event": one["event"],
                                  "endpoint": one["endpoint"], "at": now})  # fmt: skip
            if ok:
                if event is not None and event["pending_webhooks"] > 0:
                    event["pending_webhooks"] -= 1
                return
            again = self._again(one, now)
            if again is not None and self._account.switches.on("ST-05e"):
                self.waiting.append({**one, "due": again, "attempt": one["attempt"] + 1})
            elif event is not None and event["pending_webhooks"] > 0:
                event["pending_webhooks"] -= 1

    def _again(self, one: Json, now: int) -> int | None:
        """When it is tried next: the gaps double; live for three days, in a sandbox three more times."""
        number = one["attempt"] + 1
        if not self._account.settings["livemode"] and number >= SANDBOX_TRIES:
            return None
        due = now + int(_FIRST_PAUSE * 2 ** one["attempt"])
        return due if due <= one["since"] + LIVE_RETRY_SECONDS else None

    def impatient(self) -> bool:
        """An answer must come in time, always."""
        return True

    def status(self) -> Json:
        """What waits and what was tried."""
        with self.lock:
            due: Any = min((one["due"] for one in self.waiting), default=None)
            return {"waiting": len(self.waiting), "next_due": due, "attempts": list(self.attempts)}

    def dump(self) -> Json:
        """Everything, as JSON."""
        with self.lock:
            return {"waiting": self.waiting, "attempts": self.attempts, "drawn": self._drawn}

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        with self.lock:
            self.waiting, self.attempts, self._drawn = state["waiting"], state["attempts"], state["drawn"]
