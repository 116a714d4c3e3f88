"""One API call, after its path has been read: which family, which version, which parts.

Both route families end in the same place: `/crm/v3/objects/deals` and `/crm/objects/2026-03/deals` differ only in
`version`. Source: crm-cpq reference §0.1, §8.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tieout.emulators.hubspot.errors import HubSpotError, invalid, missing_scopes
from tieout.emulators.hubspot.objects import ObjectType, object_type
from tieout.emulators.hubspot.writes import Writer
from tieout.emulators.kit.http import Json, Request

DATED_VERSIONS = ("2025-09", "2026-03", "2026-09")
_DATED = re.compile(r"/(crm/)?([a-z][a-z-]*)/(\d{4}-\d{2})(?:/(.*))?\Z")
_LEGACY_CRM = re.compile(r"/crm/(v[34])/([a-z]+)(?:/(.*))?\Z")
_LEGACY_OTHER = re.compile(r"/(account-info|oauth)/(v\d)(?:/(.*))?\Z")
_CRM = frozenset({"objects", "associations", "pipelines", "properties", "owners"})


@dataclass(frozen=True)
class Route:
    """`family` is objects, associations, pipelines, properties, owners, account-info or oauth."""

    family: str
    version: str
    parts: tuple[str, ...]

    @property
    def dated(self) -> bool:
        """True for the date-based family."""
        return self.version[:1] != "v"


def read_route(path: str) -> Route | None:
    """The route of a path as sent; None when it is none of ours."""
    match = _DATED.match(path)
    if match:
        crm, family, version, rest = match.groups()
        if version in DATED_VERSIONS and (family in _CRM) == bool(crm):
            return (
                Route(family, version, _parts(rest)) if crm or family in ("account-info", "oauth") else None
            )
        return None
    match = _LEGACY_CRM.match(path)
    if match and match.group(2) in _CRM:
        return Route(match.group(2), match.group(1), _parts(match.group(3)))
    match = _LEGACY_OTHER.match(path)
    if match:
        return Route(match.group(1), match.group(2), _parts(match.group(3)))
    return None


def _parts(rest: str | None) -> tuple[str, ...]:
    return tuple(unquote(part) for part in (rest or "").split("/") if part)


@dataclass
class Call:
    """A call on its way through a handler. `need` checks scopes and raises HubSpotError when they are missing."""

    method: str
    route: Route
    request: Request
    writer: Writer
    scopes: frozenset[str] | None

    @property
    def parts(self) -> tuple[str, ...]:
        """The path after the family."""
        return self.route.parts

    @property
    def query(self) -> dict[str, str]:
        """Query parameters, the last of a name."""
        return self.request.query

    def listed(self, name: str) -> list[str]:
        """A parameter that may come several times, or once with commas."""
        found: list[str] = []
        for pair in self.request.raw_query.split("&"):
            key, _, value = pair.partition("=")
            if unquote(key) == name:
                found += [one.strip() for one in unquote(value.replace("+", " ")).split(",") if one.strip()]
        return found

    def integer(self, name: str, default: int, most: int) -> int:
        """A numeric parameter. Raises HubSpotError past its bounds."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdigit() or not 0 < int(text) <= most:
            raise invalid(
                f"Invalid value for query parameter {name}: must be between 1 and {most}, was {text}"
            )
        return int(text)

    @property
    def body(self) -> Json:
        """The JSON object sent. Raises HubSpotError when there is none."""
        try:
            value: Any = self.request.json
        except ValueError:
            raise invalid(
                "Invalid input JSON on line 1, column 1: Unable to parse the request body"
            ) from None
        if not isinstance(value, dict):
            raise invalid("Invalid input JSON: expected an object")
        return value

    def inputs(self, most: int) -> list[Json]:
        """`inputs` of a batch body. Raises HubSpotError when there are none or too many."""
        found = self.body.get("inputs")
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise invalid("Invalid input JSON: inputs is required")
        if len(found) > most:
            raise invalid(f"The number of inputs {len(found)} is over the limit of {most} for this request")
        return found

    def need(self, scopes: tuple[str, ...]) -> None:
        """Any of these scopes must have been granted."""
        if self.scopes is not None and not self.scopes & set(scopes):
            raise missing_scopes(list(scopes))


def typed(word: str) -> ObjectType:
    """The object type of a path part. Raises HubSpotError."""
    spec = object_type(word)
    if spec is None:
        raise HubSpotError(400, "VALIDATION_ERROR", f"Unable to infer object type from: {word}")
    return spec
