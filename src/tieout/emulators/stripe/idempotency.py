"""Idempotency keys: the first answer is what a repeated request gets (§1.8)."""

from __future__ import annotations

import hashlib

from tieout.emulators.kit.http import Json, Request, Response
from tieout.emulators.stripe.account import DAY, Account
from tieout.emulators.stripe.errors import StripeError

HEADER = "idempotency-key"
_LONGEST = 255


class Idempotency:
    """Answers by account and key, for a day."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.kept: dict[str, Json] = {}

    def replay(self, request: Request) -> Response | None:
        """The first answer to this key, if there is one. Raises `StripeError` for another request's key."""
        key = request.headers.get(HEADER)
        if not key or request.method != "POST" or not self._account.switches.on("ST-03a"):
            return None
        if len(key) > _LONGEST:
            raise StripeError(400, "Idempotency key is too long.", kind="idempotency_error")
        known = self.kept.get(key)
        ended = self._account.switches.on("ST-03d")
        if known is None or (ended and self._account.now() - known["at"] >= DAY):
            self.kept.pop(key, None)
            return None
        if known["print"] != _print(request) and self._account.switches.on("ST-03b"):
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with. Try"
                f" using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        headers = [tuple(one) for one in known["headers"]]
        return Response(known["status"], known["body"].encode(), [*headers, ("Idempotent-Replayed", "true")])

    def keep(self, request: Request, response: Response) -> None:
        """Remember an answer; nothing was executed for one that failed validation, so that is not remembered."""
        key = request.headers.get(HEADER)
        if not key or request.method != "POST":
            return
        unexecuted = response.status in {400, 401, 404, 409, 429} and self._account.switches.on("ST-03c")
        if unexecuted:
            return
        self.kept[key] = {
            "at": self._account.now(), "print": _print(request), "status": response.status,
            "body": response.body.decode(), "headers": [list(one) for one in response.headers],
        }  # fmt: skip


def _print(request: Request) -> str:
    return hashlib.sha256(f"{request.raw_path}\n".encode() + request.body).hexdigest()
