"""Authentication: OAuth 2.0 M2M with a signed JWT, or TBA's OAuth 1.0a signature (reference §3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from tieout.connectors.kit.http import Answer, HttpClient
from tieout.connectors.netsuite.config import MachineCredentials, NetSuiteConfig, TokenCredentials
from tieout.flows.errors import MaybeSent, Paused, Throttled
from tieout.flows.ports import Clock

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - a path
_MARGIN = timedelta(seconds=120)
_ASSERTION_LIFE = timedelta(seconds=300)
_TOO_MANY = 429
_SERVER_ERROR = 500


class Authenticator(Protocol):
    """Makes the `Authorization` header of a request."""

    def header(self, method: str, url: str, params: dict[str, str]) -> str:
        """Value of the header. Raises `CallError`s when a token cannot be had."""
        ...

    def forget(self) -> None:
        """The header was refused: do not use what made it again."""
        ...


def authenticator(config: NetSuiteConfig, http: HttpClient, clock: Clock) -> Authenticator:
    """The authenticator for the configured credentials."""
    if isinstance(config.credentials, TokenCredentials):
        return TokenSigner(config.account, config.credentials, clock)
    return MachineTokens(config.credentials, http, clock)


class MachineTokens:
    """Access tokens by client credentials; there is no refresh token, so a new one is asked for."""

    def __init__(self, credentials: MachineCredentials, http: HttpClient, clock: Clock) -> None:
        self._credentials, self._http, self._clock = credentials, http, clock
        self._lock = threading.Lock()
        self._token = ""
        self._good_until: datetime | None = None

    def header(self, method: str, url: str, params: dict[str, str]) -> str:
        """A bearer token, asked for when there is none or the old one is about to expire."""
        del method, url, params
        with self._lock:
            now = self._clock.now()
            if self._good_until is None or now >= self._good_until:
                self._ask(now)
            return f"Bearer {self._token}"

    def forget(self) -> None:
        """Ask for a new token next time."""
        with self._lock:
            self._good_until = None

    def _ask(self, now: datetime) -> None:
        body = "&".join(
            (
                "grant_type=client_credentials",
                f"client_assertion_type={quote('urn:ietf:params:oauth:client-assertion-type:jwt-bearer', safe='')}",
                f"client_assertion={self._assertion(now)}",
            )
        )
        answer = self._http.send(
            "POST",
            TOKEN_PATH,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=body.encode(),
        )
        token = _token_of(answer)
        self._token = str(token["access_token"])
        life = timedelta(seconds=int(str(token.get("expires_in", 3600))))
        self._good_until = now + max(life - _MARGIN, life / 2)

    def _assertion(self, now: datetime) -> str:
        credentials = self._credentials
        header = {"typ": "JWT", "alg": credentials.algorithm, "kid": credentials.certificate_id}
        claims = {
            "iss": credentials.client_id,
            "scope": ["rest_webservices"],
            "aud": self._http.base_url + TOKEN_PATH,
            "iat": int(now.timestamp()),
            "exp": int((now + _ASSERTION_LIFE).timestamp()),
            "jti": secrets.token_hex(16),
        }
        return jwt.encode(header, claims, signing_key(credentials), algorithms=[credentials.algorithm])


def signing_key(credentials: MachineCredentials) -> ECKey | RSAKey:
    """The private key assertions are signed with. Raises `ValueError` when it is none of the algorithm's."""
    try:
        if credentials.algorithm.startswith("ES"):
            key: ECKey | RSAKey = ECKey.import_key(credentials.private_key_pem)
        else:
            key = RSAKey.import_key(credentials.private_key_pem)
    except (ValueError, TypeError, JoseError) as error:
        raise ValueError("not a key of this algorithm") from error
    if not key.is_private:
        raise ValueError("a public key cannot sign")
    return key


def _token_of(answer: Answer) -> dict[str, object]:
    if answer.status == _TOO_MANY:
        raise Throttled("token endpoint is throttled", answer.raw)
    if answer.status >= _SERVER_ERROR:
        raise MaybeSent(f"token endpoint answered {answer.status}", answer.raw)
    try:
        body = json.loads(answer.text)
    except ValueError:
        body = {}
    if not isinstance(body, dict) or "access_token" not in body:
        raise Paused(
            f"NetSuite refuses our certificate or role (token endpoint answered {answer.status}); see the"
            " Login Audit Trail in NetSuite",
            answer.raw,
        )
    return body


class TokenSigner:
    """TBA: every request is signed; nothing is asked for."""

    def __init__(self, account: str, credentials: TokenCredentials, clock: Clock) -> None:
        self._realm = account.upper().replace("-", "_")
        self._credentials, self._clock = credentials, clock

    def header(self, method: str, url: str, params: dict[str, str]) -> str:
        """The OAuth 1.0a header, HMAC-SHA256; the JSON body is not signed."""
        credentials = self._credentials
        oauth = {
            "oauth_consumer_key": credentials.consumer_key,
            "oauth_token": credentials.token_id,
            "oauth_signature_method": "HMAC-SHA256",
            "oauth_timestamp": str(int(self._clock.now().timestamp())),
            "oauth_nonce": secrets.token_hex(16),
            "oauth_version": "1.0",
        }
        parts = urlsplit(url)
        pairs = sorted((_enc(k), _enc(v)) for k, v in {**params, **oauth}.items())
        normal = "&".join(f"{key}={value}" for key, value in pairs)
        base = "&".join((method.upper(), _enc(f"{parts.scheme}://{parts.netloc}{parts.path}"), _enc(normal)))
        key = f"{_enc(credentials.consumer_secret)}&{_enc(credentials.token_secret)}"
        digest = hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()
        oauth["oauth_signature"] = base64.b64encode(digest).decode()
        fields = ", ".join(f'{name}="{_enc(value)}"' for name, value in oauth.items())
        return f'OAuth realm="{self._realm}", {fields}'

    def forget(self) -> None:
        """Nothing is kept."""


def _enc(text: str) -> str:
    return quote(text, safe="~")
