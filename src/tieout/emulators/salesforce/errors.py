"""Error answers of the Salesforce REST and OAuth doors."""

from __future__ import annotations

from tieout.emulators.kit.http import Json

NOT_FOUND_TEXT = "The requested resource does not exist"


class SalesforceError(Exception):
    """A refusal with Salesforce's own words. `status` is the HTTP status, `code` the `errorCode`."""

    def __init__(self, status: int, code: str, message: str, fields: list[str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def rest(self) -> list[Json]:
        """The body of a REST answer: an array."""
        item: Json = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            item["fields"] = self.fields
        return [item]

    def row(self) -> Json:
        """One entry of `errors` in a collections answer, where the code is called `statusCode`."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []}


class OAuthError(Exception):
    """A refusal of the token endpoint: an object, not the REST array."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.error = error
        self.description = description


def not_found() -> SalesforceError:
    """The answer for an unknown path, object or record."""
    return SalesforceError(404, "NOT_FOUND", NOT_FOUND_TEXT)


def no_such_column(field: str, sobject: str) -> SalesforceError:
    """The answer when a write names a field the caller cannot see."""
    return SalesforceError(400, "INVALID_FIELD", f"No such column '{field}' on sobject of type {sobject}")


def no_external_id(name: str) -> SalesforceError:
    """The answer for a malformed id or an external id field that is none."""
    return SalesforceError(
        404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}"
    )
