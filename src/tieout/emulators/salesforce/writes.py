"""Creating and changing rows, with every refusal Salesforce has for it.

Two kinds of writers: the API (field-level security, locks, validation and duplicate rules apply) and people or
other programs through the control API (`human=True`), who are past those checks but not past the arithmetic.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.checks import (
    check_duplicate_rules,
    check_locks,
    check_references,
    check_required,
    check_unique,
    check_validation_rules,
)
from tieout.emulators.salesforce.derive import BEFORE_SAVE
from tieout.emulators.salesforce.errors import SalesforceError, no_such_column, not_found
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.org import Org, key_of
from tieout.emulators.salesforce.rollups import after_save
from tieout.emulators.salesforce.schema import Field, SObject
from tieout.emulators.salesforce.store import Record
from tieout.emulators.salesforce.values import read_given, read_sent


@dataclass(frozen=True)
class Writer:
    """Who writes. `stamp` overrides the present for a transaction that began earlier (late commit).

    `automated`: a trigger or mass job, which moves `SystemModstamp` and leaves `LastModifiedDate`.
    """

    org: Org
    user_id: str
    label: str
    request: int | None = None
    human: bool = False
    automated: bool = False
    allow_duplicates: bool = False
    stamp: str | None = None

    @property
    def at(self) -> str:
        """The stamp of this write."""
        return self.stamp or self.org.now()

    def create(self, sobject: SObject, body: Json) -> str:
        """Insert a row and return its id. Raises SalesforceError."""
        if not sobject.createable and not self.human:
            raise SalesforceError(
                400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {sobject.name}"
            )
        sent = self._read(sobject, body, creating=True)
        org, at = self.org, self.at
        row: Record = {"Id": sent.get("Id") or org.new_id(sobject)}
        for spec in sobject.fields.values():
            if spec.type == "boolean":
                row[spec.name] = False
        row |= {
            name: value
            for name, value in {
                "OwnerId": self.user_id, "CreatedById": self.user_id, "LastModifiedById": self.user_id,
                "CreatedDate": at, "LastModifiedDate": at, "SystemModstamp": at,
                "CurrencyIsoCode": org.settings["corporate_currency"],
            }.items()
            if sobject.get(name) is not None
        }  # fmt: skip
        row |= sent
        check_required(self.org, sobject, row)
        self._save(sobject, None, row, sent.keys())
        return str(row["Id"])

    def update(self, sobject: SObject, record_id: str, body: Json) -> None:
        """Change a row. Raises SalesforceError."""
        before = self.org.store.get(sobject.name, record_id)
        if before is None:
            raise not_found()
        if before.get("IsDeleted"):
            raise SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
        if not self.human:
            check_locks(self.org, sobject, before)
        sent = self._read(sobject, body, creating=False)
        row = {**before, **sent, "SystemModstamp": self.at}
        if not self.automated:
            row |= {"LastModifiedDate": self.at, "LastModifiedById": self.user_id}
        check_required(self.org, sobject, row, only=sent.keys())
        self._save(sobject, before, row, sent.keys())

    def _save(self, sobject: SObject, before: Record | None, row: Record, sent: AbstractSet[str]) -> None:
        org = self.org
        check_references(org, sobject, row, sent)
        derive = BEFORE_SAVE.get(sobject.name)
        if derive is not None:
            derive(org, before, row, sent, human=self.human)
        check_unique(org, sobject, row)
        if not self.human:
            check_duplicate_rules(org, sobject, row, allowed=self.allow_duplicates)
            check_validation_rules(org, sobject, row, sent)
        org.store.put(sobject.name, row)
        org.remember(row, self.label, self.request, dict.fromkeys(sent))
        after_save(org, sobject, before, row, user_id=self.user_id, at=self.at)

    def _read(self, sobject: SObject, body: Json, *, creating: bool) -> Record:
        sent: Record = {}
        refused: list[str] = []
        for key, raw in body.items():
            if key == "attributes":
                continue
            if isinstance(raw, dict) and (link := sobject.by_relationship(key)) is not None:
                sent[link.name] = self._by_external_id(link, raw)
                continue
            spec = sobject.get(key) if self.human else self.org.field(sobject, key)
            if spec is None:
                raise no_such_column(key, sobject.name)
            if self.human:
                sent[spec.name] = read_given(spec, raw)
                continue
            if spec.name == "Id":
                message = "The Id field should not be specified in the sobject data."
                raise SalesforceError(400, "INVALID_FIELD", message, ["Id"])
            if not (spec.createable if creating else spec.updateable):
                refused.append(spec.name)
                continue
            sent[spec.name] = read_sent(spec, raw)
        if refused and self.org.switches.on("SF-16b"):
            message = (
                f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set."
            )
            raise SalesforceError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, refused)
        return sent

    def _by_external_id(self, link: Field, raw: Json) -> Any:
        """A parent named by its own external id: `"Account": {"ERP_Id__c": "4711"}`."""
        parent = self.org.sobject(link.reference_to or "")
        named = {key: value for key, value in raw.items() if key != "attributes"}
        if parent is None or len(named) != 1:
            raise SalesforceError(400, "INVALID_FIELD", f"{link.relationship}: more than one external id", [])
        ((name, value),) = named.items()
        spec = self.org.field(parent, name)
        if spec is None or not spec.key:
            raise no_such_column(name, parent.name)
        found = matching_rows(self.org, parent, spec, value)
        if len(found) != 1:
            message = f"Foreign key external ID: {value} not found for field {name} in entity {parent.name}"
            raise SalesforceError(400, "INVALID_FIELD", message, [])
        return found[0]["Id"]


def matching_rows(org: Org, sobject: SObject, spec: Field, value: Any) -> list[Record]:
    """Live rows whose key field holds the value."""
    table = org.store.tables[sobject.name]
    wanted = read_given(spec, value)
    if spec.type == "id":
        row = table.rows.get(to_18(str(value)) or "")
        return [row] if row is not None and not row.get("IsDeleted") else []
    if wanted is None:
        return []
    if table.indexes(spec.name):
        return [row for row in table.find(spec.name, wanted) if not row.get("IsDeleted")]
    key = key_of(spec)
    return [row for row in org.store.live(sobject.name) if key(row.get(spec.name)) == key(wanted)]
