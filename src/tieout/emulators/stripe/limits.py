"""Requests a second (§1.9)."""

from __future__ import annotations

from collections import deque

from tieout.emulators.stripe.account import Account
from tieout.emulators.stripe.errors import rate_limited

LIVE, SANDBOX = 100, 25


class Limits:
    """A second's requests, counted on the emulator's clock; a frozen clock counts nothing unless `counted` is set."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.counted = False
        #: reasons the next requests are refused for
        self.forced: list[str] = []
        self._seen: deque[float] = deque()

    def count(self) -> None:
        """One more request. Raises `StripeError` over the limit."""
        if self.forced:
            raise rate_limited(self.forced.pop(0))
        if not self.counted or not self._account.switches.on("ST-13a"):
            return
        now = self._account.clock.now().timestamp()
        while self._seen and now - self._seen[0] >= 1:
            self._seen.popleft()
        if len(self._seen) >= (LIVE if self._account.settings["livemode"] else SANDBOX):
            raise rate_limited("global-rate")
        self._seen.append(now)
