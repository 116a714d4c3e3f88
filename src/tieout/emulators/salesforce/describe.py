"""`describe` and the other metadata answers, cut to the keys clients read."""

from __future__ import annotations

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.schema import NUMERIC, Field, SObject

VERSIONS = range(31, 68)
_SEASONS = ("Spring", "Summer", "Winter")
_SOAP = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date",
    "datetime": "xsd:dateTime", "address": "urn:address",
}  # fmt: skip


def version_list() -> list[Json]:
    """What `/services/data` answers; three releases a year, v33.0 being Spring '15."""
    return [_version(number) for number in VERSIONS]


def _version(number: int) -> Json:
    year, season = divmod(number - 33, 3)
    years = (2015 + year) if season != 2 else (2016 + year)
    return {
        "label": f"{_SEASONS[season]} '{years % 100:02d}",
        "url": f"/services/data/v{number}.0",
        "version": f"{number}.0",
    }


def resource_list(version: str) -> Json:
    """What `/services/data/vXX.X` answers."""
    names = ("limits", "sobjects", "query", "queryAll", "composite")
    return {name: f"/services/data/{version}/{name}" for name in names}


def brief(sobject: SObject, version: str) -> Json:
    """An object in the global list."""
    base = f"/services/data/{version}/sobjects/{sobject.name}"
    return {
        "name": sobject.name,
        "label": sobject.label,
        "labelPlural": f"{sobject.label}s",
        "keyPrefix": sobject.key_prefix,
        "custom": sobject.name.endswith("__c"),
        "createable": sobject.createable,
        "updateable": sobject.updateable,
        "deletable": sobject.deletable,
        "mergeable": sobject.mergeable,
        "undeletable": sobject.soft_delete and sobject.deletable,
        "queryable": True,
        "retrieveable": True,
        "replicateable": True,
        "triggerable": True,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def full(org: Org, sobject: SObject, version: str) -> Json:
    """An object with its fields and children, as the API user sees them."""
    children = [
        {
            "childSObject": child.name,
            "field": spec.name,
            "relationshipName": spec.child,
            "cascadeDelete": not spec.nillable,
            "restrictedDelete": False,
            "deprecatedAndHidden": False,
        }
        for child, spec in org.children.get(sobject.name, {}).values()
        if org.sees(child, spec)
    ]
    fields = [_field(org, sobject, spec) for spec in org.visible_fields(sobject)]
    return {
        **brief(sobject, version),
        "fields": fields,
        "childRelationships": children,
        "recordTypeInfos": [],
    }


def _field(org: Org, sobject: SObject, spec: Field) -> Json:
    number = spec.type in NUMERIC
    return {
        "name": spec.name,
        "label": spec.name.removesuffix("__c").replace("_", " "),
        "type": spec.type,
        "soapType": _SOAP.get(spec.type, "xsd:double" if number else "xsd:string"),
        "length": 0 if number else spec.length,
        "precision": spec.length if number else 0,
        "scale": spec.scale,
        "nillable": spec.nillable,
        "createable": spec.createable,
        "updateable": spec.updateable,
        "defaultedOnCreate": spec.defaulted or spec.type == "boolean" or not spec.createable,
        "filterable": spec.filterable,
        "sortable": spec.filterable and spec.type != "address",
        "groupable": spec.filterable and not number and spec.type not in ("datetime", "address"),
        "aggregatable": spec.filterable,
        "calculated": spec.calculated,
        "custom": spec.custom,
        "externalId": spec.external_id,
        "idLookup": spec.key,
        "unique": spec.unique,
        "caseSensitive": spec.case_sensitive,
        "nameField": spec.name == "Name",
        "referenceTo": [spec.reference_to] if spec.reference_to else [],
        "relationshipName": spec.relationship,
        "restrictedPicklist": spec.restricted,
        "picklistValues": _values(org, sobject, spec),
        "deprecatedAndHidden": False,
    }


def _values(org: Org, sobject: SObject, spec: Field) -> list[Json]:
    values = spec.values
    if (sobject.name, spec.name) == ("Opportunity", "StageName"):
        values = tuple(org.stages)
    return [
        {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
        for value in values
    ]
