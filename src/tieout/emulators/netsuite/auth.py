"""Who is calling: OAuth 2.0 client credentials and token-based authentication (reference section 3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509 import load_pem_x509_certificate

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Json, Request
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.errors import login_failed
from tieout.emulators.netsuite.state import Role, State

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - a path
TOKEN_SECONDS = 3600
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_ALGORITHMS = frozenset({"PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
_TBA_PARAMETER = re.compile(r'\s*([A-Za-z_]+)="([^"]*)"')


@dataclass(frozen=True)
class Caller:
    """An authenticated caller: the integration's name and its role."""

    integration: str
    role: Role


class TokenRefused(Exception):
    """The token endpoint's refusal: an OAuth error code; the audit trail keeps the reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Authenticator:
    """Registered integrations, issued tokens, used nonces and the login audit trail."""

    def __init__(self, state: State, switches: Switches, clock: EmulatorClock, account_id: str) -> None:
        self._state, self._switches, self._clock = state, switches, clock
        self.account_id = account_id
        self.audiences: list[str] = []
        self.tokens: dict[str, tuple[str, datetime]] = {}
        self.expired_certificates: set[str] = set()
        self.revoked: set[str] = set()
        self._nonces: set[tuple[str, str]] = set()
        self._serial = 0
        self.audit_trail: list[Json] = []

    def adopt(self, state: State) -> None:
        """Look integrations and roles up in another state."""
        self._state = state

    def reset(self) -> None:
        """Forget tokens and nonces (another data set was loaded)."""
        self.tokens.clear()
        self.expired_certificates.clear()
        self.revoked.clear()
        self._nonces.clear()
        self.audit_trail.clear()

    def revoke(self, integration: str | None) -> None:
        """Access tokens of one integration (or of all) stop working; its TBA token as well."""
        self.tokens = {
            token: known for token, known in self.tokens.items() if integration not in (None, known[0])
        }
        self.revoked |= {
            row["name"] for row in self._state.integrations if integration in (None, row["name"])
        }

    def dump(self) -> Json:
        """Tokens, nonces and expiries as JSON."""
        return {
            "tokens": {token: [name, expires.isoformat()] for token, (name, expires) in self.tokens.items()},
            "expired": sorted(self.expired_certificates),
            "revoked": sorted(self.revoked),
            "nonces": sorted(self._nonces),
            "serial": self._serial,
        }

    def restore(self, saved: Json) -> None:
        """Take back what `dump` gave."""
        self.tokens = {
            token: (name, datetime.fromisoformat(expires))
            for token, (name, expires) in saved["tokens"].items()
        }
        self.expired_certificates, self.revoked = set(saved["expired"]), set(saved["revoked"])
        self._nonces = {(nonce, stamp) for nonce, stamp in saved["nonces"]}
        self._serial = saved["serial"]

    # --- OAuth 2.0 ----------------------------------------------------------------------------------------

    def issue(self, request: Request) -> Json:
        """The token endpoint. Raises TokenRefused."""
        form = request.form
        if form.get("grant_type") != "client_credentials":
            raise TokenRefused("unsupported_grant_type", f"grant_type {form.get('grant_type')}")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise TokenRefused("invalid_request", "client_assertion_type")
        integration = self._check_assertion(form.get("client_assertion", ""), request)
        self._serial += 1
        text = f"{integration['name']}/{self._serial}/{self._clock.now().isoformat()}"
        token = "eyJraWQi." + hashlib.sha256(text.encode()).hexdigest()
        self.tokens[token] = (integration["name"], self._clock.now() + timedelta(seconds=TOKEN_SECONDS))
        return {"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}

    def _check_assertion(self, assertion: str, request: Request) -> Json:
        try:
            signed, _, signature_text = assertion.rpartition(".")
            head_text, payload_text = signed.split(".")
            head, payload = json.loads(_unbase64(head_text)), json.loads(_unbase64(payload_text))
            signature = _unbase64(signature_text)
        except (ValueError, UnicodeDecodeError):
            raise self._refuse("the assertion is not a JWT") from None
        integration = next(
            (row for row in self._state.integrations if row.get("client_id") == payload.get("iss")), None
        )
        if integration is None:
            raise self._refuse(f"no integration with client id {payload.get('iss')}", "invalid_client")
        if not self._switches.on("NS-01"):
            return integration
        kid = str(head.get("kid"))
        certificate = integration.get("certificates", {}).get(kid)
        if certificate is None or kid in self.expired_certificates:
            raise self._refuse(f"certificate {kid} is not mapped or has expired", "invalid_client")
        if head.get("alg") not in _ALGORITHMS:
            raise self._refuse(f"algorithm {head.get('alg')} is not accepted")
        if not _signature_holds(certificate, str(head["alg"]), signed.encode(), signature):
            raise self._refuse("the signature does not verify", "invalid_client")
        self._check_claims(payload, request)
        return integration

    def _check_claims(self, payload: Any, request: Request) -> None:
        audience = payload.get("aud")
        offered = set(audience if isinstance(audience, list) else [audience])
        if not offered & set(self.accepted_audiences(request)):
            raise self._refuse(f"audience {audience} is not this account's token endpoint")
        scope = payload.get("scope") or []
        scopes = scope if isinstance(scope, list) else re.split(r"[ ,]+", scope)
        if "rest_webservices" not in scopes:
            raise self._refuse("scope rest_webservices is missing", "invalid_scope")
        issued, expires = payload.get("iat"), payload.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise self._refuse("iat and exp are needed")
        now = self._clock.now().timestamp()
        if expires - issued > TOKEN_SECONDS or expires <= now or issued > now + 60:
            raise self._refuse(f"iat {issued}, exp {expires} at {now}")

    def accepted_audiences(self, request: Request) -> list[str]:
        """Token endpoint URLs a JWT may name: the real host's, the one called, and configured ones."""
        host = self.account_id.lower().replace("_", "-")
        real = f"https://{host}.suitetalk.api.netsuite.com{TOKEN_PATH}"
        called = request.headers.get("host", "")
        return [real, f"http://{called}{TOKEN_PATH}", f"https://{called}{TOKEN_PATH}", *self.audiences]

    def _refuse(self, reason: str, code: str = "invalid_grant") -> TokenRefused:
        self._audit(reason)
        return TokenRefused(code, reason)

    # --- every call ---------------------------------------------------------------------------------------

    def caller(self, request: Request) -> Caller:
        """Who calls. Raises NsError 401; the reason goes to the audit trail only."""
        header = request.headers.get("authorization", "")
        if header[:7].lower() == "bearer ":
            name = self._by_token(header[7:].strip())
        elif header[:6].lower() == "oauth ":
            name = self._by_signature(header[6:], request)
        else:
            name = None
            self._audit("no authorization header")
        integration = next((row for row in self._state.integrations if row["name"] == name), None)
        if integration is None:
            raise login_failed()
        role = self._state.roles.get(str(integration.get("role"))) or Role("3", "Administrator")
        return Caller(str(name), role)

    def _by_token(self, token: str) -> str | None:
        known = self.tokens.get(token)
        if known is None:
            self._audit("unknown access token")
            return None
        name, expires = known
        if self._clock.now() >= expires and self._switches.on("NS-01c"):
            self._audit(f"the access token of {name} has expired")
            return None
        return name

    def _by_signature(self, header: str, request: Request) -> str | None:
        given = {name: unquote(value) for name, value in _TBA_PARAMETER.findall(header)}
        integration = next(
            (row for row in self._state.integrations if row.get("consumer_key") == given.get("oauth_consumer_key")
             and row.get("token_id") == given.get("oauth_token")), None,
        )  # fmt: skip
        if integration is None or integration["name"] in self.revoked or not given.get("oauth_token"):
            self._audit("unknown consumer key or token")
            return None
        if not self._switches.on("NS-01b"):
            return str(integration["name"])
        reason = self._signature_fault(given, request, integration)
        if reason:
            self._audit(reason)
            return None
        self._nonces.add((given["oauth_nonce"], given["oauth_timestamp"]))
        return str(integration["name"])

    def _signature_fault(self, given: dict[str, str], request: Request, integration: Json) -> str | None:
        if given.get("realm") != self.account_id.upper().replace("-", "_"):
            return f"realm {given.get('realm')} is not {self.account_id}"
        if given.get("oauth_signature_method") != "HMAC-SHA256":
            return f"signature method {given.get('oauth_signature_method')}"
        stamp = given.get("oauth_timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) - self._clock.now().timestamp()) > 300:
            return f"timestamp {stamp} is too far from {self._clock.now().isoformat()}"
        nonce = (given.get("oauth_nonce", ""), stamp)
        if not nonce[0] or nonce in self._nonces:
            return f"nonce {nonce[0]} was used before"
        wanted = {
            tba_signature(request, given, integration, base_url) for base_url in self._base_urls(request)
        }
        return None if given.get("oauth_signature") in wanted else "the signature does not verify"

    def _base_urls(self, request: Request) -> list[str]:
        host = self.account_id.lower().replace("_", "-")
        called = request.headers.get("host", "")
        return [f"https://{host}.suitetalk.api.netsuite.com", f"http://{called}", f"https://{called}"]

    def _audit(self, reason: str) -> None:
        self.audit_trail.append({"at": self._clock.now().isoformat(), "reason": reason})


def tba_signature(request: Request, given: dict[str, str], integration: Json, base_url: str) -> str:
    """The OAuth 1.0a HMAC-SHA256 signature this request should carry."""
    pairs = parse_qsl(request.raw_query, keep_blank_values=True)
    pairs += [(name, value) for name, value in given.items() if name not in ("realm", "oauth_signature")]
    encoded = sorted((_encode(name), _encode(value)) for name, value in pairs)
    normal = "&".join(f"{name}={value}" for name, value in encoded)
    text = "&".join((request.method, _encode(base_url + request.raw_path), _encode(normal)))
    key = f"{_encode(integration['consumer_secret'])}&{_encode(integration['token_secret'])}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _encode(text: str) -> str:
    return quote(text, safe="-._~")


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature_holds(pem: str, algorithm: str, signed: bytes, signature: bytes) -> bool:
    key: Any
    if "BEGIN CERTIFICATE" in pem:
        key = load_pem_x509_certificate(pem.encode()).public_key()
    else:
        key = serialization.load_pem_public_key(pem.encode())
    digest = _HASHES[algorithm[2:]]
    try:
        if algorithm.startswith("PS") and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
            return True
        if algorithm.startswith("ES") and isinstance(key, ec.EllipticCurvePublicKey):
            half = len(signature) // 2
            parts = (int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
            key.verify(encode_dss_signature(*parts), signed, ec.ECDSA(digest))
            return True
    except InvalidSignature:
        return False
    return False
