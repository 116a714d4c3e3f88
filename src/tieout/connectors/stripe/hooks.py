"""Webhooks: is it Stripe's, and what does it say to read again (stripe-billing §1.1).

An event is a hint: it comes twice, late, in no order, in the endpoint's API version and with amounts of the moment it
was made. So nothing of it is believed but the object it names.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.connectors.stripe.values import mapping_of, text_of
from tieout.flows.errors import HookRefused, HookUnreadable
from tieout.flows.ports import HookRequest

SIGNATURE = "stripe-signature"
_SCHEME = "v1"
_MOST_SIGNATURES = 20
_THIN = "v2.core.event"


@dataclass(frozen=True, slots=True, order=True)
class ObjectId:
    """An object to read again: what it is, and its id."""

    object: str
    id: str


class Hook:
    """Verifies the webhooks of one endpoint. Pure, but for the comparison in constant time."""

    def __init__(
        self, *, secrets: Sequence[str], tolerance_seconds: int = 300, live: bool | None = None
    ) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a hook needs secrets, and none of them empty")
        self._secrets, self._tolerance, self._live = tuple(secrets), tolerance_seconds, live

    def verify(self, request: HookRequest) -> list[ObjectId]:
        """The object to read again. Raises `HookRefused` and `HookUnreadable`."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        stamp, given = _parts(headers.get(SIGNATURE, ""))
        # Stripe's own helper looks one way only: a stamp from the future would be good for ever.
        if abs(int(request.received_at.timestamp()) - int(stamp)) > self._tolerance:
            raise HookRefused("the signature's time is too far from now")
        made = [sign(secret, stamp, request.body) for secret in self._secrets]
        # Each is compared whatever the others say: time must not tell which one it was.
        right = [hmac.compare_digest(one.encode(), other.encode()) for one in made for other in given]
        if not any(right):
            raise HookRefused("no signature is right for this body")
        return self._named(request.body)

    def _named(self, body: bytes) -> list[ObjectId]:
        try:
            event = json.loads(body)
        except ValueError as error:
            raise HookUnreadable("the body is not JSON") from error
        if not isinstance(event, Mapping) or text_of(event, "object") not in {"event", _THIN}:
            raise HookUnreadable("the body is no event")
        if self._live is not None and event.get("livemode") is not self._live:
            mode = "live" if self._live else "test"
            raise HookRefused(f"expected an event of {mode} mode, found livemode {event.get('livemode')!r}")
        return named_by(event)


def named_by(event: Mapping[str, Any]) -> list[ObjectId]:
    """What an event is about, of either kind; `v1.` before a thin event's type is no part of the name."""
    if text_of(event, "object") == _THIN:
        related = mapping_of(event, "related_object")
        one = ObjectId(text_of(related, "type").removeprefix("v1."), text_of(related, "id"))
    else:
        about = mapping_of(mapping_of(event, "data"), "object")
        one = ObjectId(text_of(about, "object"), text_of(about, "id"))
    return [one] if one.object and one.id else []


def sign(secret: str, stamp: str, body: bytes) -> str:
    """Hex of HMAC-SHA256 over `stamp.body`, keyed with the secret as it is written, `whsec_` included."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _parts(header: str) -> tuple[str, list[str]]:
    """The stamp and the signatures of the scheme we know; others may stand beside them and mean nothing."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamp = next((value for name, _, value in pairs if name == "t"), "")
    given = [value for name, _, value in pairs if name == _SCHEME and value][:_MOST_SIGNATURES]
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12 or not given:
        raise HookRefused("the request has no signature header with a time and a v1 signature")
    return stamp, given
