"""Bearer tokens (service keys, private apps, OAuth) and the OAuth endpoints.

Source: crm-cpq reference §8.1; bodies as in public captures.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tieout.emulators.hubspot.calls import Route
from tieout.emulators.hubspot.errors import NO_CREDENTIALS, HubSpotError, OAuthRefusal, no_route
from tieout.emulators.hubspot.portal import Portal, shown
from tieout.emulators.kit.http import Json, Request

_KNOWN_LOOKS = ("pat-", "service-", "CN", "CL", "CJ")
_BEGINNING = "1970-01-01T00:00:00.000+00:00"


@dataclass
class Token:
    """One bearer token. `expires_at` None: lives until somebody revokes it."""

    token: str
    kind: str
    scopes: list[str] | None
    app_id: int
    client_id: str | None = None
    expires_at: str | None = None


@dataclass
class OAuthApp:
    """An app that may trade refresh tokens and codes; `codes` work once."""

    client_id: str
    client_secret: str
    scopes: list[str]
    app_id: int = 54321
    refresh_tokens: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)


class Auth:
    """Every token of a portal."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.tokens: dict[str, Token] = {}
        self.apps: dict[str, OAuthApp] = {}
        self._minted = 0

    def load(self, tokens: list[Json], apps: list[Json]) -> None:
        """Tokens and apps of a data set. Raises ValueError when one is malformed."""
        try:
            found = [Token(one["token"], one.get("kind", "private_app"), one.get("scopes"),
                           int(one.get("app_id", 54321))) for one in tokens]  # fmt: skip
            self.apps = {one["client_id"]: OAuthApp(**one) for one in apps}
        except (TypeError, KeyError) as error:
            raise ValueError(f"tokens or oauth_apps: {error}") from None
        self.tokens = {one.token: one for one in found}
        self._minted = 0

    # Bearer

    def check(self, request: Request) -> Token:
        """Who is calling. Raises HubSpotError 401."""
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        word = word.strip()
        if scheme.lower() != "bearer" or not word:
            raise HubSpotError(401, "INVALID_AUTHENTICATION", NO_CREDENTIALS)
        token = self.tokens.get(word)
        if token is None:
            if word.startswith(_KNOWN_LOOKS):
                raise HubSpotError(401, "INVALID_AUTHENTICATION", NO_CREDENTIALS)
            # What HubSpot cannot decode has, to HubSpot, expired in 1970.
            raise self._expired(_BEGINNING)
        if token.expires_at is not None and token.expires_at <= self._portal.now() and self._lives():
            raise self._expired(token.expires_at)
        return token

    def known(self, request: Request) -> Token | None:
        """The caller if there is one, whatever its state."""
        return self.tokens.get(request.headers.get("authorization", "").partition(" ")[2].strip())

    def _lives(self) -> bool:
        return self._portal.switches.on("HS-01b")

    def _expired(self, at: str) -> HubSpotError:
        seconds = int((self._portal.clock.now() - datetime.fromisoformat(at)).total_seconds())
        days, minutes = seconds // 86400, seconds // 60
        ago = f"{days} day(s)" if days else f"{minutes} minute(s)" if minutes else f"{seconds} second(s)"
        when = "1970-01-01T00:00:00Z" if at == _BEGINNING else shown(at)
        message = f"The OAuth token used to make this call expired {ago} ago."
        return HubSpotError(401, "EXPIRED_AUTHENTICATION", message, context={"expire time": [when]})

    def expire_all(self) -> None:
        """Every token that can expire does."""
        for token in self.tokens.values():
            if token.kind == "oauth":
                token.expires_at = self._portal.now()

    # OAuth

    def serve(self, request: Request, route: Route) -> tuple[int, Any]:
        """The token endpoints. Raises OAuthRefusal and HubSpotError."""
        match (request.method, *route.parts):
            case ("POST", "token"):
                return 200, self._token(request, route)
            case ("POST", "token", "introspect"):
                return 200, self._introspect(request)
            case ("POST", "token", "revoke"):
                self._app(request)
                self._revoke(request.form.get("token", ""))
                return 204, None
            case ("GET", "access-tokens", word):
                return 200, self._info(word)
            case ("GET", "refresh-tokens", word):
                return 200, self._refresh_info(word)
            case ("POST", "private-apps", "get", "access-token-info"):
                return 200, self._private_info(str(request.json_object.get("tokenKey", "")))
        raise no_route()

    def _app(self, request: Request) -> OAuthApp:
        app = self.apps.get(request.form.get("client_id", ""))
        if app is None:
            raise OAuthRefusal("BAD_CLIENT_ID", "missing or unknown client id", "invalid_client")
        if request.form.get("client_secret") != app.client_secret and self._portal.switches.on("HS-01e"):
            raise OAuthRefusal("BAD_CLIENT_SECRET", "missing or invalid client secret", "invalid_client")
        return app

    def _token(self, request: Request, route: Route) -> Json:
        grant = request.form.get("grant_type")
        if grant not in ("refresh_token", "authorization_code"):
            raise OAuthRefusal("BAD_GRANT_TYPE", "missing or unknown grant type", "unsupported_grant_type")
        app = self._app(request)
        if grant == "refresh_token":
            refresh = request.form.get("refresh_token", "")
            if refresh not in app.refresh_tokens:
                raise OAuthRefusal("BAD_REFRESH_TOKEN", "missing or invalid refresh token", "invalid_grant")
        else:
            code = request.form.get("code", "")
            if app.codes.get(code) != request.form.get("redirect_uri"):
                raise OAuthRefusal("BAD_AUTH_CODE", "missing or unknown auth code", "invalid_grant")
            del app.codes[code]
            refresh = f"na1-refresh-{self._word(code)[:24]}"
            app.refresh_tokens.append(refresh)
        token = self._mint(app)
        lifetime = int(self._portal.settings["token_ttl_seconds"])
        answer = {
            "token_type": "bearer",
            "refresh_token": refresh,
            "access_token": token.token,
            "expires_in": lifetime,
        }
        if route.version == "v1":
            return answer
        who = {"hub_id": self._portal.portal_id, "scopes": app.scopes, "token_use": "access_token"}
        return {**answer, **who, "user_id": 1}

    def _word(self, salt: str) -> str:
        return hashlib.sha256(f"{self._portal.settings['seed']}-{salt}".encode()).hexdigest()

    def _mint(self, app: OAuthApp) -> Token:
        self._minted += 1
        word = f"CN{self._word(f'{app.client_id}-{self._minted}-{self._portal.now()}')}"
        dies = self._portal.later(float(self._portal.settings["token_ttl_seconds"]))
        self.tokens[word] = Token(word, "oauth", list(app.scopes), app.app_id, app.client_id, dies)
        return self.tokens[word]

    def _revoke(self, word: str) -> None:
        self.tokens.pop(word, None)
        for app in self.apps.values():
            if word in app.refresh_tokens:
                app.refresh_tokens.remove(word)

    def _left(self, token: Token) -> int:
        if token.expires_at is None:
            return 0
        dies = datetime.fromisoformat(token.expires_at)
        return max(0, int((dies - self._portal.clock.now()).total_seconds()))

    def _info(self, word: str) -> Json:
        token = self.tokens.get(word)
        if token is None or (token.kind == "oauth" and self._left(token) == 0):
            raise HubSpotError(404, None, "The access token is unknown or has expired")
        return {
            "token": word, "user": "integration@example.com", "hub_domain": "example.com",
            "scopes": token.scopes or [], "hub_id": self._portal.portal_id, "app_id": token.app_id,
            "expires_in": self._left(token), "user_id": 1, "token_type": "access",
        }  # fmt: skip

    def _refresh_info(self, word: str) -> Json:
        for app in self.apps.values():
            if word in app.refresh_tokens:
                return {
                    "token": word, "user": "integration@example.com", "hub_domain": "example.com",
                    "scopes": app.scopes, "hub_id": self._portal.portal_id, "client_id": app.client_id,
                    "user_id": 1, "token_type": "refresh",
                }  # fmt: skip
        raise HubSpotError(404, None, "The refresh token is unknown")

    def _introspect(self, request: Request) -> Json:
        self._app(request)
        token = self.tokens.get(request.form.get("token", ""))
        if token is None or (token.kind == "oauth" and self._left(token) == 0):
            return {"active": False}
        return {
            "active": True, "token_use": "access_token", "token_type": "bearer", "client_id": token.client_id,
            "hub_id": self._portal.portal_id, "app_id": token.app_id, "user_id": 1,
            "scopes": token.scopes or [], "expires_in": self._left(token),
        }  # fmt: skip

    def _private_info(self, word: str) -> Json:
        token = self.tokens.get(word)
        if token is None or token.kind == "oauth":
            raise HubSpotError(401, "INVALID_AUTHENTICATION", NO_CREDENTIALS)
        return {
            "userId": 1,
            "hubId": self._portal.portal_id,
            "appId": token.app_id,
            "scopes": token.scopes or [],
        }

    # State

    def dump(self) -> Json:
        """Everything, as JSON."""
        return {
            "tokens": [asdict(one) for one in self.tokens.values()],
            "apps": [asdict(one) for one in self.apps.values()],
            "minted": self._minted,
        }

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        self.tokens = {one["token"]: Token(**one) for one in state["tokens"]}
        self.apps = {one["client_id"]: OAuthApp(**one) for one in state["apps"]}
        self._minted = state["minted"]
