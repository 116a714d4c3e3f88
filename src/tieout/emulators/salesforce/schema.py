"""Objects and fields: what `describe` says and what reads and writes are checked against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tieout.emulators.kit.http import Json

NUMERIC = frozenset({"double", "currency", "percent"})
TEXTUAL = frozenset({"string", "textarea", "picklist", "email", "phone", "url"})


@dataclass(frozen=True)
class Field:
    """One field. `type` is Salesforce's `type`; `child` names the relationship seen from the parent."""

    name: str
    type: str
    length: int = 0
    scale: int = 0
    reference_to: str | None = None
    relationship: str | None = None
    child: str | None = None
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    calculated: bool = False
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    defaulted: bool = False
    restricted: bool = False
    values: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        """Made by the org or a package, not by Salesforce."""
        return self.name.endswith("__c")

    @property
    def key(self) -> bool:
        """Usable in `/sobjects/{type}/{field}/{value}` and in collection upserts (describe: idLookup or externalId)."""
        return self.external_id or self.type in ("id", "email")


@dataclass
class SObject:
    """One object with its fields by lower-case name."""

    name: str
    key_prefix: str
    fields: dict[str, Field] = field(default_factory=dict)
    label: str = ""
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    soft_delete: bool = True
    mergeable: bool = False

    def get(self, name: str) -> Field | None:
        """The field of that name, whatever its case."""
        return self.fields.get(name.lower())

    def by_relationship(self, name: str) -> Field | None:
        """The reference field whose parent is reached as `name`."""
        wanted = name.lower()
        return next((f for f in self.fields.values() if (f.relationship or "").lower() == wanted), None)

    def add(self, spec: Field) -> None:
        """Add or replace a field."""
        self.fields[spec.name.lower()] = spec


def parse_field(line: str) -> Field:
    """One line of a field table: `Name type[(length|length,scale|Target:Relationship:Children)] flags…`.

    Flags: `required`, `readonly` (derived, never written), `insertonly`, `nofilter`, `defaulted`, `restricted`.
    """
    name, kind, *flags = line.split()
    options: dict[str, Any] = {}
    if "(" in kind:
        kind, inner = kind[:-1].split("(")
        if kind == "reference":
            target, relationship, child = (*inner.split(":"), "", "")[:3]
            options |= {"reference_to": target, "relationship": relationship or None, "child": child or None}
            options["length"] = 18
        else:
            length, _, scale = inner.partition(",")
            options |= {"length": int(length), "scale": int(scale or 0)}
    elif kind == "id":
        options["length"] = 18
    elif kind in TEXTUAL:
        options["length"] = 255
    elif kind in ("currency", "double"):
        options |= {"length": 18, "scale": 2}
    for flag in flags:
        options |= {
            "required": {"nillable": False},
            "readonly": {"createable": False, "updateable": False},
            "insertonly": {"updateable": False},
            "nofilter": {"filterable": False},
            "defaulted": {"defaulted": True, "nillable": False},
            "restricted": {"restricted": True},
        }[flag]
    return Field(name, kind, **options)


def parse_object(name: str, prefix: str, table: str, **options: Any) -> SObject:
    """An object from a field table, one field a line."""
    sobject = SObject(name, prefix, label=name.removesuffix("__c").replace("_", " "), **options)
    for line in table.splitlines():
        if line:
            sobject.add(parse_field(line))
    return sobject


AUDIT = """
CreatedDate datetime readonly required
CreatedById reference(User:CreatedBy) readonly required
LastModifiedDate datetime readonly required
LastModifiedById reference(User:LastModifiedBy) readonly required
SystemModstamp datetime readonly required
"""


def custom_object(name: str, prefix: str, fields: Iterable[Json]) -> SObject:
    """A custom object as an admin makes one: Name, OwnerId and the audit fields come by themselves."""
    sobject = parse_object(
        name, prefix,
        "Id id readonly required\nIsDeleted boolean readonly required\n"
        "OwnerId reference(User:Owner) defaulted\nName string(80)\n" + AUDIT,
    )  # fmt: skip
    for item in fields:
        sobject.add(custom_field(item))
    return sobject


def custom_field(item: Json) -> Field:
    """A custom field as the data set declares it. Raises ValueError on an unknown type."""
    kind = item.get("type", "string")
    if kind not in TEXTUAL | NUMERIC | {"boolean", "int", "date", "datetime", "reference", "id"}:
        raise ValueError(f"custom field {item['name']}: unknown type {kind}")
    default = 18 if kind in NUMERIC or kind == "reference" else 255 if kind in TEXTUAL else 0
    calculated = bool(item.get("calculated", False))
    spec = Field(
        item["name"],
        kind,
        length=int(item.get("length") or default),
        scale=int(item.get("scale", 2 if kind in NUMERIC else 0)),
        reference_to=item.get("reference_to"),
        relationship=item.get("relationship"),
        child=item.get("child_relationship"),
        nillable=not item.get("required", False),
        filterable=bool(item.get("filterable", True)),
        calculated=calculated,
        external_id=bool(item.get("external_id", False)),
        unique=bool(item.get("unique", False)),
        case_sensitive=bool(item.get("case_sensitive", False)),
        values=tuple(item.get("values", ())),
        restricted=bool(item.get("values")),
    )
    if spec.type == "reference" and spec.relationship is None and spec.name.endswith("__c"):
        spec = replace(spec, relationship=spec.name[:-1] + "r")
    return replace(spec, createable=False, updateable=False) if calculated else spec
