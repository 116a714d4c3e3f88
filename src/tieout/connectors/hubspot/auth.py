"""Bearer tokens: one that stays, or access tokens renewed with a refresh token (crm-cpq §8.1)."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from tieout.connectors.hubspot.errors import TOO_MANY, body_of, error_of, words_of
from tieout.connectors.hubspot.options import HubSpotOptions, RefreshToken
from tieout.connectors.kit.http import HttpClient
from tieout.flows.errors import MaybeSent, NotSent, Paused, Throttled
from tieout.flows.ports import Clock

TOKEN_PATH = "/oauth/v3/token"  # noqa: S105 - a path
_EARLIER = timedelta(seconds=60)
_OK, _SERVER_ERROR = 200, 500


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What `auth` refers to, resolved: a token, or client secret and refresh token."""

    token: str = ""
    client_secret: str = ""
    refresh_token: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """A bearer token; `until` None: nobody knows when it ends."""

    token: str
    until: datetime | None


class Tokens:
    """One token at a time, shared by all threads."""

    def __init__(self, options: HubSpotOptions, secrets: Secrets, http: HttpClient, clock: Clock) -> None:
        self._auth, self._secrets, self._http, self._clock = options.auth, secrets, http, clock
        self._lock = threading.Lock()
        self._access: Access | None = None

    @property
    def renews(self) -> bool:
        """Whether a refused token can be replaced."""
        return isinstance(self._auth, RefreshToken)

    def current(self) -> Access:
        """The token to use now, renewed a minute before it ends. Raises `Paused`, `Throttled` and `NotSent`."""
        if not isinstance(self._auth, RefreshToken):
            return Access(self._secrets.token, None)
        with self._lock:
            access = self._access
            if access is None or (access.until is not None and self._clock.now() >= access.until):
                access = self._access = self._renew(self._auth)
            return access

    def forget(self, access: Access) -> None:
        """This token was refused; another thread may have replaced it already."""
        with self._lock:
            if self._access is access:
                self._access = None

    def _renew(self, auth: RefreshToken) -> Access:
        asked = self._clock.now()
        form = {
            "grant_type": "refresh_token",
            "client_id": auth.client_id,
            "client_secret": self._secrets.client_secret,
            "refresh_token": self._secrets.refresh_token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            answer = self._http.send("POST", TOKEN_PATH, headers=headers, content=urlencode(form).encode())
        except MaybeSent as error:
            # Nothing but a renewal can have been carried out, and HubSpot's refresh tokens stay good.
            raise NotSent(f"no token: {error}", error.raw) from error
        if answer.status == TOO_MANY:
            raise Throttled(f"no token: {error_of(answer)}", answer.raw)
        if answer.status >= _SERVER_ERROR or not answer.is_json:
            raise NotSent(f"no token: HubSpot answered {answer.status}", answer.raw)
        if answer.status != _OK:
            raise Paused(f"HubSpot refuses to log us in: {words_of(body_of(answer))}", answer.raw)
        return self._access_of(answer.text, asked)

    @staticmethod
    def _access_of(text: str, asked: datetime) -> Access:
        """`expires_in` is read, never assumed: HubSpot has changed it before."""
        try:
            body = json.loads(text)
            token, seconds = str(body["access_token"]), int(body["expires_in"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotSent("HubSpot's token answer has no token or no expiry") from error
        return Access(
            token, asked + timedelta(seconds=seconds) - min(_EARLIER, timedelta(seconds=seconds / 2))
        )
