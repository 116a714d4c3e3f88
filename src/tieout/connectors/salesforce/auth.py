"""Access tokens: client credentials, or a JWT bearer assertion (crm-cpq §1).

A token's answer names no expiry: it is good until a 401.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tieout.connectors.kit.http import Answer, HttpClient
from tieout.connectors.salesforce.ids import full_id
from tieout.connectors.salesforce.options import JwtBearer, SalesforceOptions
from tieout.flows.errors import MaybeSent, NotSent, Paused
from tieout.flows.ports import Clock

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE = timedelta(seconds=180)
_SERVER_ERROR = 500
#: what the token endpoint says when it wants the same request again, later
_TRANSIENT = frozenset({"unknown_error", "temporarily_unavailable", "server_error"})
_HINTS = {
    "user hasn't approved this consumer": "pre-authorise the app for the integration user",
    "no client credentials user enabled": "set a run-as user on the app",
    "audience is invalid": "set auth.audience to the login host of this org",
    "request not supported on this domain": "set base_url to the org's My Domain URL",
}


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """A token, where it may be used, and who it stands for."""

    token: str
    instance_url: str
    org_id: str
    user_id: str


class Sessions:
    """One session at a time, shared by all threads."""

    def __init__(self, options: SalesforceOptions, secret: str, http: HttpClient, clock: Clock) -> None:
        self._options, self._secret = options, secret
        self._http, self._clock = http, clock
        self._lock = threading.Lock()
        self._session: Session | None = None

    def current(self) -> Session:
        """The session, logged in when there is none. Raises `Paused` and `NotSent`."""
        with self._lock:
            if self._session is None:
                self._session = self._log_in()
            return self._session

    def forget(self, session: Session) -> None:
        """This session was refused; another thread may have replaced it already."""
        with self._lock:
            if self._session is session:
                self._session = None

    def _log_in(self) -> Session:
        try:
            answer = self._http.send(
                "POST",
                TOKEN_PATH,
                headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
                content=urlencode(self._form()).encode(),
            )
        except MaybeSent as error:
            # Nothing but a login can have been carried out, and a login changes nothing.
            raise NotSent(f"no token: {error}", error.raw) from error
        return self._session_of(_token_of(answer))

    def _form(self) -> dict[str, str]:
        auth = self._options.auth
        if isinstance(auth, JwtBearer):
            return {"grant_type": _JWT_GRANT, "assertion": self._assertion(auth)}
        return {
            "grant_type": "client_credentials",
            "client_id": auth.client_id,
            "client_secret": self._secret,
        }

    def _assertion(self, auth: JwtBearer) -> str:
        expires = int((self._clock.now() + _ASSERTION_LIFE).timestamp())
        claims = {"iss": auth.client_id, "sub": auth.username, "aud": auth.audience, "exp": expires}
        try:
            key = RSAKey.import_key(self._secret)
        except ValueError as error:
            raise Paused("the private key for Salesforce is not an RSA key in PEM form") from error
        return jwt.encode({"alg": "RS256"}, claims, key, algorithms=["RS256"])

    def _session_of(self, body: Mapping[str, object]) -> Session:
        who = urlsplit(str(body.get("id", ""))).path.rstrip("/").split("/")
        org_id, user_id = (full_id(part) or "" for part in (who[-2:] if len(who) > 1 else ("", "")))
        instance = self._options.instance_url or str(body.get("instance_url") or self._http.base_url)
        if self._http.base_url.startswith("https:") and not instance.startswith("https:"):
            raise Paused(f"the token is for {instance}, which is not https")
        return Session(str(body["access_token"]), instance.rstrip("/"), org_id, user_id)


def _token_of(answer: Answer) -> Mapping[str, object]:
    try:
        body = json.loads(answer.text)
    except ValueError:
        body = None
    if isinstance(body, dict) and body.get("access_token"):
        return body
    if answer.status >= _SERVER_ERROR or not isinstance(body, dict):
        raise NotSent(f"token endpoint answered {answer.status}", answer.raw)
    error, words = str(body.get("error", "")), str(body.get("error_description", ""))
    if error in _TRANSIENT:
        raise NotSent(f"token endpoint answered {error}: {words}", answer.raw)
    hint = next((f"; {what}" for said, what in _HINTS.items() if said in words), "")
    raise Paused(f"Salesforce refuses our login: {error}: {words}{hint}", answer.raw)
