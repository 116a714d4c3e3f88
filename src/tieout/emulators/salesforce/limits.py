"""The daily request allowance and the header that reports it.

Sources: crm-cpq reference §2.5: a rolling 24 hours; refusals are 403 with two message texts, never 429, and carry
no `Retry-After`.
"""

from __future__ import annotations

from collections import deque

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.org import Org

MINUTES_KEPT = 24 * 60
TOTAL_EXCEEDED = SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
CONCURRENT_EXCEEDED = SalesforceError(
    403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
)


class ApiUsage:
    """Counts calls by minute of the emulator clock."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._minutes: deque[list[int]] = deque()
        self.used = 0

    def clear(self) -> None:
        """Start counting anew."""
        self._minutes.clear()
        self.used = 0

    def count(self) -> None:
        """One more call. Raises SalesforceError when the allowance is used up."""
        minute = int(self._org.clock.now().timestamp()) // 60
        while self._minutes and self._minutes[0][0] <= minute - MINUTES_KEPT:
            self.used -= self._minutes.popleft()[1]
        if self.used >= self.allowance and self._org.switches.on("SF-12b"):
            raise TOTAL_EXCEEDED
        if self._minutes and self._minutes[-1][0] == minute:
            self._minutes[-1][1] += 1
        else:
            self._minutes.append([minute, 1])
        self.used += 1

    @property
    def allowance(self) -> int:
        """Calls in 24 hours."""
        return int(self._org.settings["daily_api_limit"])

    def header(self) -> list[tuple[str, str]]:
        """`Sforce-Limit-Info`, on every answer."""
        if not self._org.switches.on("SF-12a"):
            return []
        return [("Sforce-Limit-Info", f"api-usage={self.used}/{self.allowance}")]

    def resource(self) -> Json:
        """What `/limits` answers."""
        return {
            "DailyApiRequests": {"Max": self.allowance, "Remaining": max(0, self.allowance - self.used)},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DataStorageMB": {"Max": 10_240, "Remaining": 10_000},
        }
