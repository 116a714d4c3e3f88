"""How often one may call: ten seconds rolling and a day for each app, five searches a second for the account.

Source: crm-cpq reference §8.6, §8.7. The day begins at midnight of the account's time zone.
"""

from __future__ import annotations

from collections import Counter, deque
from zoneinfo import ZoneInfo

from tieout.emulators.hubspot.auth import Token
from tieout.emulators.hubspot.errors import too_many
from tieout.emulators.hubspot.portal import Portal

Header = tuple[str, str]


class Limits:
    """Counts calls on the emulator's clock."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.clear()

    def clear(self) -> None:
        """Start counting anew."""
        self._recent: dict[str, deque[float]] = {}
        self._searches: deque[float] = deque()
        self._days: Counter[tuple[str, str]] = Counter()

    def count(self, token: Token, *, search: bool) -> None:
        """One more call. Raises HubSpotError 429."""
        settings, switches = self._portal.settings, self._portal.switches
        shape = switches.on("HS-26d")
        if search and switches.on("HS-21d"):
            if not self._room(self._searches, 1.0, int(settings["search_limit"])):
                raise too_many("SECONDLY", "secondly", rate_shape=shape)
            self._searches.append(self._seconds())
        elif not search and switches.on("HS-26b"):
            recent = self._recent.setdefault(self._who(token), deque())
            if not self._room(recent, 10.0, self._most(token)):
                raise too_many("TEN_SECONDLY_ROLLING", "ten_secondly_rolling", rate_shape=shape)
            recent.append(self._seconds())
        day = self._day(token)
        if (
            token.kind != "oauth"
            and self._days[day] >= int(settings["daily_limit"])
            and switches.on("HS-26c")
        ):
            raise too_many("DAILY", "daily", rate_shape=shape)
        self._days[day] += 1

    def headers(self, token: Token | None, *, search: bool) -> list[Header]:
        """What an answer tells about the limits; search answers tell nothing."""
        if token is None or (search and self._portal.switches.on("HS-21h")):
            return []
        recent = self._recent.setdefault(self._who(token), deque())
        self._room(recent, 10.0, 0)
        most = self._most(token)
        found = [
            ("X-HubSpot-RateLimit-Interval-Milliseconds", "10000"),
            ("X-HubSpot-RateLimit-Max", str(most)),
            ("X-HubSpot-RateLimit-Remaining", str(max(0, most - len(recent)))),
        ]
        if token.kind != "oauth" or not self._portal.switches.on("HS-26a"):
            daily = int(self._portal.settings["daily_limit"])
            left = max(0, daily - self._days[self._day(token)])
            found += [
                ("X-HubSpot-RateLimit-Daily", str(daily)),
                ("X-HubSpot-RateLimit-Daily-Remaining", str(left)),
            ]
        return found

    def _who(self, token: Token) -> str:
        return token.client_id or token.token

    def _most(self, token: Token) -> int:
        name = "oauth_ten_second_limit" if token.kind == "oauth" else "ten_second_limit"
        return int(self._portal.settings[name])

    def _seconds(self) -> float:
        return self._portal.clock.now().timestamp()

    def _day(self, token: Token) -> tuple[str, str]:
        zone = ZoneInfo(str(self._portal.settings["time_zone"]))
        return self._who(token), self._portal.clock.now().astimezone(zone).date().isoformat()

    def _room(self, times: deque[float], window: float, most: int) -> bool:
        now = self._seconds()
        while times and times[0] <= now - window:
            times.popleft()
        return len(times) < most
