"""From names in a query to fields and values: parents are followed, hidden fields do not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.schema import Field, SObject
from tieout.emulators.salesforce.soql.ast import Path
from tieout.emulators.salesforce.soql.parser import located
from tieout.emulators.salesforce.store import Record

MAX_PARENTS = 5
_WSDL = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True)
class Hop:
    """One step from a row to its parent."""

    relationship: str
    key: str
    parent: SObject


@dataclass(frozen=True)
class Reached:
    """A field at the end of its parents. `get` reads it from a row of the queried object."""

    hops: tuple[Hop, ...]
    field: Field
    owner: SObject
    get: Callable[[Record], Any]


class Scope:
    """One FROM: the object, and the text for error messages."""

    def __init__(self, org: Org, text: str, sobject: SObject) -> None:
        self.org = org
        self.text = text
        self.sobject = sobject

    def reach(self, path: Path) -> Reached:
        """Resolve a path. Raises SalesforceError INVALID_FIELD as Salesforce words it."""
        parts = path.parts
        if len(parts) > 1 and parts[0].lower() == self.sobject.name.lower():
            if self.sobject.by_relationship(parts[0]) is None:
                parts = parts[1:]  # `Account.Name FROM Account` is the row itself
        hops: list[Hop] = []
        owner = self.sobject
        for name in parts[:-1]:
            link = owner.by_relationship(name)
            target = (
                self.org.sobject(link.reference_to or "") if link and self.org.sees(owner, link) else None
            )
            if link is None or target is None or len(hops) == MAX_PARENTS:
                raise self.no_relationship(name, path.at)
            hops.append(Hop(link.relationship or name, link.name, target))
            owner = target
        spec = self.org.field(owner, parts[-1])
        if spec is None and not self.org.switches.on("SF-06e"):
            spec = Field(parts[-1], "string")
        if spec is None:
            raise self.no_column(parts[-1], owner, path.at)
        return Reached(tuple(hops), spec, owner, self._getter(tuple(hops), spec))

    def parent_row(self, row: Record, hops: tuple[Hop, ...]) -> Record | None:
        """Follow the hops; None as soon as one leads nowhere."""
        current: Record | None = row
        for hop in hops:
            if current is None:
                return None
            current = self.org.store.get(hop.parent.name, current.get(hop.key))
        return current

    def _getter(self, hops: tuple[Hop, ...], spec: Field) -> Callable[[Record], Any]:
        name, compound = spec.name, spec.type == "address"

        def get(row: Record) -> Any:
            return address_of(row, name) if compound else row.get(name)

        if not hops:
            return get

        def through_parents(row: Record) -> Any:
            parent = self.parent_row(row, hops)
            return None if parent is None else get(parent)

        return through_parents

    def no_column(self, name: str, owner: SObject, at: int) -> SalesforceError:
        """The refusal of an unknown or hidden field."""
        message = (
            f"No such column '{name}' on entity '{owner.name}'. If you are attempting to use a custom field, be "
            f"sure to append the '__c' after the custom field name. {_WSDL}"
        )
        return SalesforceError(400, "INVALID_FIELD", located(self.text, at, message))

    def no_relationship(self, name: str, at: int) -> SalesforceError:
        """The refusal of an unknown parent."""
        message = (
            f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
            f"relationship, be sure to append the '__r' after the custom relationship name. {_WSDL}"
        )
        return SalesforceError(400, "INVALID_FIELD", located(self.text, at, message))


def no_type(text: str, name: str, at: int) -> SalesforceError:
    """The refusal of an unknown object."""
    message = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
        f"the '__c' after the entity name. {_WSDL}"
    )
    return SalesforceError(400, "INVALID_TYPE", located(text, at, message))


def no_child(text: str, name: str, at: int) -> SalesforceError:
    """The refusal of an unknown child relationship in a subquery."""
    message = (
        f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a custom "
        f"relationship, be sure to append the '__r' after the custom relationship name. {_WSDL}"
    )
    return SalesforceError(400, "INVALID_TYPE", located(text, at, message))


_ADDRESS_PARTS = (
    ("city", "City"), ("country", "Country"), ("countryCode", "CountryCode"), ("geocodeAccuracy", "GeocodeAccuracy"),
    ("latitude", "Latitude"), ("longitude", "Longitude"), ("postalCode", "PostalCode"), ("state", "State"),
    ("stateCode", "StateCode"), ("street", "Street"),
)  # fmt: skip


def address_of(row: Record, field_name: str) -> dict[str, Any] | None:
    """The compound address; None when every part is empty."""
    prefix = field_name.removesuffix("Address")
    parts = {
        key: row.get(prefix + suffix)
        for key, suffix in _ADDRESS_PARTS
        if not suffix.endswith("Code") or suffix == "PostalCode" or prefix + suffix in row
    }
    return parts if any(value is not None for value in parts.values()) else None
