"""What the account says about itself: the metadata catalogue, and pre-filled forms that save nothing.

The catalogue names the fields of a record type, the account's custom ones included; it does not tell which
of them a form makes mandatory (reference §1.11). A `create-form` shows what the account would choose and
saves nothing (§1.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tieout.connectors.netsuite.client import RECORD, NetSuiteClient, read_error
from tieout.connectors.netsuite.create import creation
from tieout.connectors.netsuite.mapping import (
    BODY_INSTALLATION,
    BODY_SOURCE,
    BODY_SYSTEM,
    ENTITY_INSTALLATION,
    ENTITY_SOURCE,
    ENTITY_SYSTEM,
    LINE_SOURCE,
    RECORD_PATHS,
)
from tieout.connectors.netsuite.replies import encode_body
from tieout.domain.comparison import CreateDraft
from tieout.domain.ids import RecordGroup, RecordType
from tieout.flows.errors import EnvironmentMismatch, MaybeSent
from tieout.flows.rows import Links

_CREATE_FORM = "application/vnd.oracle.resource+json; type=create-form"
_SCHEMA = "application/schema+json"
#: A field that exists only with SuiteTax (reference §8.2).
_SUITETAX_FIELD = "taxDetailsOverride"


def fields_of(client: NetSuiteClient, record: RecordType) -> tuple[set[str], set[str]]:
    """Field names of a record type: of its header, and of its item lines. Raises `CallError`s."""
    path = f"{RECORD}/metadata-catalog/{RECORD_PATHS[record]}"
    answer = client.call("GET", path, headers={"Accept": _SCHEMA})
    if answer.status != 200:
        raise read_error(answer)
    try:
        properties: Mapping[str, Any] = json.loads(answer.text)["properties"]
        lines = properties.get("item", {}).get("properties", {}).get("items", {}).get("items", {})
        return set(properties), set(lines.get("properties", {}))
    except (ValueError, KeyError, AttributeError) as error:
        raise MaybeSent(f"the catalogue of {record} cannot be read", answer.raw) from error


def missing_fields(client: NetSuiteClient, record: RecordType) -> list[str]:
    """Trace fields the account lacks for this record type: without them a record cannot be told as ours."""
    header, lines = fields_of(client, record)
    if record.group is RecordGroup.ENTITY:
        wanted = {ENTITY_SYSTEM, ENTITY_SOURCE, ENTITY_INSTALLATION}
        return sorted(wanted - header)
    missing = {BODY_SYSTEM, BODY_SOURCE, BODY_INSTALLATION} - header
    without_lines = record is RecordType.CUSTOMER_PAYMENT
    return sorted(missing) + ([] if without_lines or LINE_SOURCE in lines else [LINE_SOURCE])


def refuse_legacy_tax(client: NetSuiteClient) -> None:
    """Raise `EnvironmentMismatch` for an account without SuiteTax: REST does not support legacy tax."""
    header, _ = fields_of(client, RecordType.INVOICE)
    if _SUITETAX_FIELD not in header:
        raise EnvironmentMismatch(
            f"the account uses legacy tax (invoices have no {_SUITETAX_FIELD}); NetSuite's REST services"
            " support SuiteTax only, so nothing was started"
        )


def preview(client: NetSuiteClient, draft: CreateDraft, links: Links) -> dict[str, Any]:
    """The form NetSuite would fill in for this draft: defaults for subsidiary, account, terms, period.

    Nothing is saved, and nothing is promised: mandatory fields are not validated. Raises `CallError`s.
    """
    path, body = creation(draft, links)
    answer = client.call("POST", f"{RECORD}/{path}", encode_body(body), headers={"Accept": _CREATE_FORM})
    if answer.status != 200:
        raise read_error(answer)
    form = json.loads(answer.text)
    return form if isinstance(form, dict) else {}
