"""Error answers of the HubSpot APIs: one object; texts as seen in public captures (crm-cpq reference §8.7)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from tieout.emulators.kit.http import Json

SCOPES_PAGE = "https://developers.hubspot.com/scopes"
NO_CREDENTIALS = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
    "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)


class HubSpotError(Exception):
    """A refusal in HubSpot's words. `extra` holds `errors`, `context`, `subCategory`, `links` when there are any."""

    def __init__(self, status: int, category: str | None, message: str, **extra: object) -> None:
        super().__init__(f"{status} {category}: {message}")
        self.status = status
        self.category = category
        self.message = message
        self.extra = extra

    def body(self, correlation_id: str) -> Json:
        """The answer's JSON."""
        body: Json = {"status": "error", "message": self.message, "correlationId": correlation_id}
        body.update(self.extra)
        if self.category is not None:
            body["category"] = self.category
        return body


class OAuthRefusal(Exception):
    """A refusal of the token endpoint: `status` is a word there, not `error`."""

    def __init__(self, word: str, message: str, oauth_word: str) -> None:
        super().__init__(f"{word}: {message}")
        self.word = word
        self.message = message
        self.oauth_word = oauth_word


def invalid(message: str, **extra: object) -> HubSpotError:
    """A request that makes no sense."""
    return HubSpotError(400, "VALIDATION_ERROR", message, **extra)


@contextlib.contextmanager
def parsing(what: str) -> Iterator[None]:
    """While a body is taken apart: whatever has the wrong shape becomes a 400."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise invalid(f"Invalid input JSON: {what} is missing or has the wrong form") from None


def not_found(record_id: str = "0") -> HubSpotError:
    """The answer for an unknown record; an id that is no number has words of its own."""
    if record_id.isdigit():
        return HubSpotError(404, None, "resource not found")
    message = "Object not found.  objectId are usually numeric."
    return HubSpotError(404, "OBJECT_NOT_FOUND", message, context={"id": [record_id]})


def no_route() -> HubSpotError:
    """The answer for a path nobody serves."""
    return HubSpotError(404, None, "resource not found")


def missing_scopes(scopes: list[str]) -> HubSpotError:
    """403 with the scopes any of which would do."""
    return HubSpotError(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes "
        f"here: {SCOPES_PAGE}.",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": scopes},
            }
        ],
        links={"scopes": SCOPES_PAGE},
    )


def bad_properties(problems: list[Json], portal_id: int) -> HubSpotError:
    """400 for property values; the message holds JSON inside the text.

    Each problem has `name`, `error` (the code) and `message`.
    """
    inner = [
        {
            "isValid": False,
            "message": problem["message"],
            "error": problem["error"],
            "name": problem["name"],
            "localizedErrorMessage": problem["message"],
            "portalId": portal_id,
        }
        for problem in problems
    ]
    return invalid(
        f"Property values were not valid: {json.dumps(inner, ensure_ascii=False, separators=(',', ':'))}",
        errors=[
            {
                "message": problem["message"],
                "code": problem["error"],
                "context": {"propertyName": [problem["name"]]},
            }
            for problem in problems
        ],
    )


def too_many(policy: str, words: str, *, rate_shape: bool = True) -> HubSpotError:
    """429. Its body says `errorType` where all others say `category`."""
    message = f"You have reached your {words} limit."
    if not rate_shape:
        return HubSpotError(429, "RATE_LIMITS", message, policyName=policy)
    return HubSpotError(429, None, message, errorType="RATE_LIMIT", policyName=policy)
