"""OAuth: client credentials and JWT bearer tokens that die when their time is over.

Sources: crm-cpq reference §1. Tokens carry no expiry in the answer; a client learns of it by a 401.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tieout.emulators.kit.http import Json, Request
from tieout.emulators.salesforce.errors import OAuthError, SalesforceError
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.values import stamp

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
EXPIRED = SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid")


@dataclass(frozen=True)
class Session:
    """What a token stands for. `expires` is a stamp of the emulator clock."""

    user_id: str
    username: str
    client_id: str
    expires: str


class Auth:
    """Connected apps, and the tokens given out."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.apps: dict[str, Json] = {}
        self.sessions: dict[str, Session] = {}
        self._issued = 0

    def load(self, apps: list[Json]) -> None:
        """Register the apps; all old tokens die. Raises ValueError on an unreadable key."""
        for app in apps:
            if app.get("public_key"):
                public_key(app["public_key"])
        self.apps = {app["client_id"]: app for app in apps}
        self.sessions = {}

    def expire_all(self) -> None:
        """Make every token invalid, as an admin does by ending sessions."""
        self.sessions = {}

    def session(self, request: Request) -> Session:
        """The session of a request's bearer token. Raises SalesforceError 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = self.sessions.get(token.strip()) if scheme.lower() in ("bearer", "oauth") else None
        if found is None or (found.expires <= self._org.now() and self._org.switches.on("SF-01a")):
            raise EXPIRED
        return found

    def known_session(self, request: Request) -> Session | None:
        """As `session`, for a request that was admitted before (its token may have died while it ran)."""
        return self.sessions.get(request.headers.get("authorization", "").partition(" ")[2].strip())

    def token(self, request: Request) -> Json:
        """Answer a token request. Raises OAuthError."""
        form = request.form
        grant = form.get("grant_type")
        if grant == "client_credentials":
            app, user_id, username = self._client_credentials(request, form)
        elif grant == JWT_GRANT:
            app, user_id, username = self._jwt(request, form.get("assertion", ""))
        else:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        ttl = timedelta(seconds=float(self._org.settings["token_ttl_seconds"]))
        expires = stamp(self._org.clock.now() + ttl)
        self._issued += 1
        digest = hashlib.sha256(f"{self._org.settings['seed']} {self._issued} {app['client_id']}".encode())
        secret = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
        token = f"{self._org.settings['id'][:15]}!AQ{secret}"
        self.sessions[token] = Session(user_id, username, app["client_id"], expires)
        base = self.instance_url(request)
        return {
            "access_token": token,
            "scope": app.get("scope", "api"),
            "instance_url": base,
            "id": f"{base}/id/{self._org.settings['id']}/{user_id}",
            "token_type": "Bearer",
        }

    def instance_url(self, request: Request) -> str:
        """Where REST calls go: the configured URL, else the host the client itself used."""
        configured = self._org.settings.get("instance_url")
        scheme = request.headers.get("x-forwarded-proto", "http")
        return str(configured or f"{scheme}://{request.headers.get('host', '127.0.0.1')}")

    def _client_credentials(self, request: Request, form: dict[str, str]) -> tuple[Json, str, str]:
        if request.headers.get("host", "").split(":")[0] in LOGIN_HOSTS and self._org.switches.on("SF-01f"):
            raise OAuthError("invalid_grant", "request not supported on this domain")
        client_id, client_secret = _basic(request) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        app = self.apps.get(client_id)
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not app.get("client_secret") or app["client_secret"] != client_secret:
            raise OAuthError("invalid_client", "invalid client credentials")
        if not app.get("run_as") and self._org.switches.on("SF-01e"):
            raise OAuthError("invalid_grant", "no client credentials user enabled")
        user_id = to_18(app.get("run_as") or "") or self._org.settings["api_user_id"]
        user = self._org.store.get("User", user_id) or {}
        return app, user_id, str(user.get("Username", "integration@example.com"))

    def _jwt(self, request: Request, assertion: str) -> tuple[Json, str, str]:
        header, claims, signed, signature = _decoded(assertion)
        app = self.apps.get(str(claims.get("iss")))
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not app.get("public_key") or header.get("alg") != "RS256":
            raise OAuthError("invalid_grant", "invalid assertion")
        try:
            public_key(app["public_key"]).verify(signature, signed, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            if self._org.switches.on("SF-01b"):
                raise OAuthError("invalid_grant", "invalid assertion") from None
        audiences = app.get("audiences") or [
            *(f"https://{host}" for host in LOGIN_HOSTS), self.instance_url(request),
        ]  # fmt: skip
        if claims.get("aud") not in audiences and self._org.switches.on("SF-01c"):
            raise OAuthError("invalid_grant", "audience is invalid")
        expires = claims.get("exp")
        now = self._org.clock.now().timestamp()
        if not isinstance(expires, int | float | str) or float(expires) <= now:
            raise OAuthError("invalid_grant", "assertion has expired")
        username = str(claims.get("sub"))
        approved = app.get("approved", True) and username == app.get("username")
        if not approved and self._org.switches.on("SF-01d"):
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        users = self._org.store.live("User")
        found = next((row["Id"] for row in users if row.get("Username") == username), None)
        return app, found or to_18(app.get("run_as") or "") or self._org.settings["api_user_id"], username

    def identity(self, request: Request, session: Session) -> Json:
        """What the identity URL answers."""
        base = self.instance_url(request)
        org_id = self._org.settings["id"]
        user = self._org.store.get("User", session.user_id) or {}
        return {
            "id": f"{base}/id/{org_id}/{session.user_id}",
            "asserted_user": True,
            "user_id": session.user_id,
            "organization_id": org_id,
            "username": session.username,
            "nick_name": session.username.partition("@")[0],
            "display_name": user.get("Name"),
            "email": user.get("Email"),
            "active": True,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_US",
            "utcOffset": 0,
            "urls": {
                "rest": f"{base}/services/data/v{{version}}/",
                "query": f"{base}/services/data/v{{version}}/query/",
            },
        }

    def userinfo(self, request: Request, session: Session) -> Json:
        """What the OpenID endpoint answers."""
        identity = self.identity(request, session)
        return {
            "sub": identity["id"],
            "user_id": session.user_id,
            "organization_id": identity["organization_id"],
            "preferred_username": session.username,
            "name": identity["display_name"],
            "email": identity["email"],
        }

    def dump(self) -> Json:
        """Apps and live tokens, as JSON."""
        sessions = {token: asdict(session) for token, session in self.sessions.items()}
        return {"apps": list(self.apps.values()), "sessions": sessions, "issued": self._issued}

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        self.load(state["apps"])
        self.sessions = {token: Session(**item) for token, item in state["sessions"].items()}
        self._issued = state["issued"]


def public_key(pem: str) -> rsa.RSAPublicKey:
    """The RSA key in a PEM public key or certificate. Raises ValueError."""
    data = pem.encode()
    if b"BEGIN CERTIFICATE" in data:
        key: Any = x509.load_pem_x509_certificate(data).public_key()
    else:
        key = load_pem_public_key(data)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("connected app: RS256 needs an RSA key")  # noqa: TRY004 - a data set is wrong, not a call
    return key


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


def _decoded(assertion: str) -> tuple[Json, Json, bytes, bytes]:
    try:
        head, body, signature = assertion.split(".")
        header, claims = (json.loads(_unpadded(part)) for part in (head, body))
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise ValueError(assertion)  # noqa: TRY004 - refused below in the vendor's words
        return header, claims, f"{head}.{body}".encode(), _unpadded(signature)
    except ValueError:
        raise OAuthError("invalid_grant", "invalid assertion") from None


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
