"""Webhooks: which events exist, how they are batched, spoiled, signed and sent again.

Source: crm-cpq reference §8.8. Delivery is at least once, in no order, with event ids that repeat. What a batch
suffers is drawn from the seed, so the same run delivers the same way.

`config["webhooks"]`: `mode` ("manual": deliveries happen on `admin deliver`; "automatic": as events arise),
`batch_max` (at most 100), `duplicate_share` and `drop_share` (0 to 1, of events), `signature` ("right", "wrong"
or "missing"), `timestamp_age_seconds` (how old the timestamp header claims to be), `answer_within_seconds` (real
seconds until an attempt counts as failed).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
import threading
from typing import Any

from tieout.emulators.hubspot.portal import Portal, in_milliseconds
from tieout.emulators.hubspot.values import milliseconds
from tieout.emulators.kit.http import Json

BATCH_MOST = 100
RETRIES_MOST = 10
RETRY_WITHIN_SECONDS = 24 * 3600
NEW_SUBSCRIPTION_SECONDS = 300
DEFAULTS: Json = {
    "mode": "manual",
    "batch_max": BATCH_MOST,
    "duplicate_share": 0.25,
    "drop_share": 0.0,
    "signature": "right",
    "timestamp_age_seconds": 0,
    "answer_within_seconds": 5.0,
}
# The only escapes that are decoded before the hash.
_DECODED = {"%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(",
            "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";"}  # fmt: skip


def decoded_uri(uri: str) -> str:
    """The URI as it is hashed."""
    return re.sub(
        "|".join(_DECODED), lambda found: _DECODED[found.group(0).upper()], uri, flags=re.IGNORECASE
    )


def signature_v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """`X-HubSpot-Signature-v3`: base64 of HMAC-SHA256 over method, URI, body and timestamp, nothing between."""
    text = method.encode() + decoded_uri(uri).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def signature_v1(secret: str, body: bytes) -> str:
    """`X-HubSpot-Signature` version v1: hex SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


class Outbox:
    """Events that wait, batches that were tried. Guarded by a lock: a delivery thread works on it too."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.lock = threading.Lock()
        self.load({})

    def load(self, given: Json) -> None:
        """The app of a data set. Raises ValueError when a subscription cannot be."""
        self.app: Json = {"app_id": 54321, "client_secret": "", "target_url": None, "public_url": None}
        self.app.update({name: value for name, value in given.items() if name != "subscriptions"})
        self.subscriptions: list[Json] = []
        for item in given.get("subscriptions", []):
            self.subscribe({"active": True, **item}, cached=True)
        self.waiting: list[Json] = []
        self.attempts: list[Json] = []
        self._serial = 0
        self._drawn = 0

    def subscribe(self, item: Json, *, cached: bool = False) -> Json:
        """A subscription; unless `cached` it takes five minutes until events follow it, as settings do."""
        if item.get("property") == "hs_lastmodifieddate" and self._portal.switches.on("HS-25i"):
            raise ValueError("hs_lastmodifieddate cannot be subscribed to")
        found = {"id": len(self.subscriptions) + 1, "property": None, "active": False, **item}
        slow = not cached and self._portal.switches.on("HS-25k")
        found["from"] = self._portal.later(NEW_SUBSCRIPTION_SECONDS) if slow else self._portal.now()
        self.subscriptions.append(found)
        return found

    def emit(self, event: Json, config: Json) -> None:
        """Something happened: one event for each subscription that asks for it."""
        now = self._portal.now()
        for subscription in self.subscriptions:
            if not subscription["active"] or subscription["from"] > now or not _wanted(subscription, event):
                continue
            self._serial += 1
            told = {name: value for name, value in event.items() if not name.startswith("_")}
            if subscription["event_type"].startswith("object."):
                told["subscriptionType"] = f"object.{event['_what']}"
                told["objectTypeId"] = event["_type_id"]
            told |= {
                "eventId": self._event_id(),
                "subscriptionId": subscription["id"],
                "portalId": self._portal.portal_id,
                "appId": int(self.app["app_id"]),
                "occurredAt": in_milliseconds(now),
                "attemptNumber": 0,
            }
            with self.lock:
                if self._chance() >= float(config["drop_share"]):
                    self.waiting.append({"due": now, "event": told})
                if self._chance() < float(config["duplicate_share"]) and self._portal.switches.on("HS-25b"):
                    self.waiting.append({"due": now, "event": dict(told)})

    def _event_id(self) -> int:
        """Not unique: a short circle of numbers."""
        return 1_000_000 + (self._serial % 7 if self._portal.switches.on("HS-25e") else self._serial)

    def _chance(self) -> float:
        self._drawn += 1
        return self._random(self._drawn).random()

    def _random(self, salt: object) -> random.Random:
        return random.Random(f"{self._portal.settings['seed']}-webhook-{salt}")

    def take(self, config: Json) -> list[Json]:
        """The batches that are due now: `{"url", "headers", "body"}` with the events inside."""
        now = self._portal.now()
        with self.lock:
            due = [item["event"] for item in self.waiting if item["due"] <= now]
            self.waiting = [item for item in self.waiting if item["due"] > now]
            self._drawn += 1
            if self._portal.switches.on("HS-25a"):
                self._random(self._drawn).shuffle(due)
            most = (
                min(int(config["batch_max"]), BATCH_MOST) if self._portal.switches.on("HS-25c") else 1_000_000
            )
            # Events of one attempt number travel together.
            batches: list[Json] = []
            for number in sorted({event["attemptNumber"] for event in due}):
                events = [event for event in due if event["attemptNumber"] == number]
                batches += [
                    self._signed(events[at : at + most], config) for at in range(0, len(events), most)
                ]
            return batches

    def _signed(self, events: list[Json], config: Json) -> Json:
        body = json.dumps(events, separators=(",", ":"), ensure_ascii=False).encode()
        sent = self._portal.clock.now()
        timestamp = str(milliseconds(sent) - int(config["timestamp_age_seconds"]) * 1000)
        secret, target = str(self.app["client_secret"]), str(self.app["target_url"] or "")
        public = str(self.app["public_url"] or target)
        uri = public if self._portal.switches.on("HS-25g") else target.partition("?")[0]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/)",
        }
        if config["signature"] != "missing":
            right = secret if config["signature"] == "right" else f"{secret}-not"
            headers["X-HubSpot-Signature-v3"] = signature_v3(right, "POST", uri, body, timestamp)
            headers["X-HubSpot-Request-Timestamp"] = timestamp
            headers["X-HubSpot-Signature"] = signature_v1(right, body)
            headers["X-HubSpot-Signature-Version"] = "v1"
        return {"url": target, "headers": headers, "body": body.decode(), "events": events}

    def finished(self, batch: Json, status: int | None) -> None:
        """A batch was answered (or not: None). Anything but 2xx comes again, later, up to ten times."""
        ok = status is not None and 200 <= status < 300
        with self.lock:
            number = batch["events"][0]["attemptNumber"]
            self.attempts.append({"status": status, "attempt": number, "events": batch["events"]})
            again = self._portal.switches.on("HS-25d") and number < RETRIES_MOST
            if ok or not again:
                return
            for event in batch["events"]:
                share = self._random(f"retry-{self._drawn}-{number}").random()
                # Ten tries over a day: the gaps grow, their lengths are random.
                wait = RETRY_WITHIN_SECONDS * (number + 1) / 55 * (0.5 + share / 2)
                later = {**event, "attemptNumber": number + 1}
                self.waiting.append({"due": self._portal.later(wait), "event": later})

    def impatient(self) -> bool:
        """Whether an answer must come in time."""
        return self._portal.switches.on("HS-25j")

    def status(self) -> Json:
        """What waits and what was tried."""
        with self.lock:
            due = min((item["due"] for item in self.waiting), default=None)
            return {
                "waiting": len(self.waiting),
                "next_due": due,
                "attempts": list(self.attempts),
                "subscriptions": list(self.subscriptions),
            }

    def dump(self) -> Json:
        """Everything, as JSON."""
        with self.lock:
            return {"app": self.app, "subscriptions": self.subscriptions, "waiting": self.waiting,
                    "attempts": self.attempts, "serial": self._serial, "drawn": self._drawn}  # fmt: skip

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        self.load({})
        with self.lock:
            self.app, self.subscriptions = state["app"], state["subscriptions"]
            self.waiting, self.attempts = state["waiting"], state["attempts"]
            self._serial, self._drawn = state["serial"], state["drawn"]


def _wanted(subscription: Json, event: Json) -> bool:
    wanted: Any = subscription["event_type"]
    if wanted.startswith("object."):
        same = wanted == f"object.{event['_what']}" and subscription.get("object_type_id") in (
            None,
            event["_type_id"],
        )
    else:
        same = wanted == event["subscriptionType"]
    return same and subscription["property"] in (None, event.get("propertyName"))
