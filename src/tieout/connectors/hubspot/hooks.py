"""Webhooks: is it HubSpot's, and which records does it say to read again (crm-cpq §8.8).

An event is a hint, nothing more: events come twice, in no order, with ids that repeat and values that are old
news. So nothing of an event is believed but the record it names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.connectors.hubspot.properties import COMPANY, DEAL, LINE
from tieout.connectors.hubspot.values import is_id, milliseconds, text_of
from tieout.flows.errors import HookRefused, HookUnreadable
from tieout.flows.ports import HookRequest

SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"
#: The only escapes that are decoded before the hash; all others stay as they are.
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(",
    "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPE = re.compile("|".join(_DECODED), re.IGNORECASE)
_TYPE_IDS = {"0-2": COMPANY, "0-3": DEAL, "0-8": LINE}
_READ_AGAIN = frozenset({COMPANY, DEAL, LINE})
_ID_FIELDS = ("objectId", "primaryObjectId", "newObjectId")


@dataclass(frozen=True, slots=True, order=True)
class ObjectId:
    """A record to read again: `deal`, `company` or `line_item`, and its id."""

    object: str
    id: str


class Hook:
    """Verifies the webhooks of one app. Pure, but for the comparison in constant time."""

    def __init__(
        self, *, public_url: str, secrets: Sequence[str], portal_id: int = 0, max_age_seconds: int = 300
    ) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a hook needs secrets, and none of them empty")
        self._url, self._secrets = public_url, tuple(secrets)
        self._portal_id, self._max_age_ms = portal_id, max_age_seconds * 1000

    def verify(self, request: HookRequest) -> list[ObjectId]:
        """The records to read again, each once. Raises `HookRefused`."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        stamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        if not stamp or not given:
            raise HookRefused("the request has no v3 signature or no timestamp")
        if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 15:
            raise HookRefused("the timestamp is no number of milliseconds")
        if abs(milliseconds(request.received_at) - int(stamp)) > self._max_age_ms:
            raise HookRefused("the timestamp is too far from now")
        uri = f"{self._url}?{request.query}" if request.query else self._url
        made = [signature_v3(secret, request.method, uri, request.body, stamp) for secret in self._secrets]
        # Each is compared whatever the first says: time must not tell which one it was.
        right = [hmac.compare_digest(one.encode(), given.encode()) for one in made]
        if not any(right):
            raise HookRefused("the signature is not right for this URL and body")
        return self._ids(request.body)

    def _ids(self, body: bytes) -> list[ObjectId]:
        try:
            events = json.loads(body)
        except ValueError as error:
            raise HookUnreadable("the body is not JSON") from error
        if not isinstance(events, list) or not all(isinstance(event, Mapping) for event in events):
            raise HookUnreadable("the body is no array of events")
        portals = {text_of(event, "portalId") for event in events}
        if self._portal_id and portals - {str(self._portal_id)}:
            raise HookRefused(f"events of portal {', '.join(sorted(portals))}, not of {self._portal_id}")
        return ids_of(events)


def ids_of(events: Iterable[Mapping[str, Any]]) -> list[ObjectId]:
    """The records these events name, each once, of the kinds that make up a deal."""
    found = {one: None for event in events for one in _named(event) if is_id(one.id)}
    return [one for one in found if one.object in _READ_AGAIN]


def _named(event: Mapping[str, Any]) -> Iterator[ObjectId]:
    # The documentation's table calls the field `eventType`; payloads say `subscriptionType`.
    kind, _, what = (text_of(event, "subscriptionType") or text_of(event, "eventType")).partition(".")
    if what == "associationChange":
        left, _, right = text_of(event, "associationType").lower().partition("_to_")
        yield ObjectId(left, text_of(event, "fromObjectId"))
        yield ObjectId(right, text_of(event, "toObjectId"))
        return
    if kind == "object":
        kind = _TYPE_IDS.get(text_of(event, "objectTypeId"), "")
    for name in _ID_FIELDS:
        yield ObjectId(kind, text_of(event, name))
    merged = event.get("mergedObjectIds")
    for one in merged if isinstance(merged, list) else ():
        yield ObjectId(kind, text_of({"id": one}, "id"))


def decoded_uri(uri: str) -> str:
    """The URI as it is hashed."""
    return _ESCAPE.sub(lambda escape: _DECODED[escape.group(0).upper()], uri)


def signature_v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """Base64 of HMAC-SHA256 over method, URI, raw body and timestamp, with nothing between them."""
    text = method.encode() + decoded_uri(uri).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
