"""Refusals in Stripe's envelope and words."""

from __future__ import annotations

from tieout.emulators.kit.http import Json

DOCS = "https://stripe.com/docs/error-codes"
RATE_REASONS = (
    "global-rate",
    "global-concurrency",
    "endpoint-rate",
    "endpoint-concurrency",
    "resource-specific",
)
LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is currently accessing"
    " it. If you see this error intermittently, retry the request. If you see this error frequently and are making"
    " multiple concurrent requests to a single object, make your requests serially or at a lower rate. For more"
    " details, see https://stripe.com/docs/rate-limits#object-lock-timeouts."
)


class StripeError(Exception):
    """One refusal. `retry`: what `Stripe-Should-Retry` says; None: the header is absent."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        retry: bool | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        more: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.param = status, kind, code, param
        self.headers = [*headers]
        if retry is not None:
            self.headers.append(("Stripe-Should-Retry", "true" if retry else "false"))
        self._more = more or {}

    def body(self, request_id: str) -> Json:
        """The error envelope."""
        error: Json = {"message": str(self), "type": self.kind}
        if self.code is not None:
            error |= {"code": self.code, "doc_url": f"{DOCS}/{self.code.replace('_', '-')}"}
        if self.param is not None:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": {**error, **self._more}}


def missing(noun: str, object_id: str, param: str = "id") -> StripeError:
    """An id that names nothing."""
    return StripeError(404, f"No such {noun}: '{object_id}'", code="resource_missing", param=param)


def unknown_parameter(name: str) -> StripeError:
    """A parameter the endpoint does not take."""
    return StripeError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def required(name: str) -> StripeError:
    """A parameter that must be there."""
    return StripeError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def invalid_integer(name: str, value: object) -> StripeError:
    """A number that is none."""
    return StripeError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)


def rate_limited(reason: str) -> StripeError:
    """Too many requests, with the reason in a header and no Retry-After."""
    return StripeError(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
        headers=(("Stripe-Rate-Limited-Reason", reason),),
    )


def lock_timeout() -> StripeError:
    """Somebody else holds the object; this 429 has no rate header."""
    return StripeError(429, LOCKED, code="lock_timeout", retry=True)


def key_in_use(key: str) -> StripeError:
    """The first request with this key has not been answered yet."""
    return StripeError(
        409,
        f"There is currently another in-progress request using this Stripe-Idempotent-Key: {key}. Please try again"
        " later.",
        kind="idempotency_error",
        code="idempotency_key_in_use",
        retry=True,
    )


def card_declined(message: str, decline: str, charge: str, intent: Json | None) -> StripeError:
    """The issuer said no; the charge exists and failed."""
    more: Json = {"charge": charge, "decline_code": decline}
    if intent is not None:
        more["payment_intent"] = intent
    return StripeError(402, message, kind="card_error", code="card_declined", more=more)
