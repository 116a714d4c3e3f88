"""Extend: one more currency or subsidiary for a customer, by internal id, after reading whose it is.

PATCH adds the lines of `currencyList` it names without a key and leaves the others (reference §1.9), so nothing that
somebody else has added meanwhile can be lost. A subsidiary is a record of its own, `customerSubsidiaryRelationship`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tieout.connectors.netsuite.client import RECORD, NetSuiteClient, Row, read_error
from tieout.connectors.netsuite.customers import currencies_of, subsidiaries_of
from tieout.connectors.netsuite.mapping import ENTITY_INSTALLATION, ref
from tieout.connectors.netsuite.queries import marks
from tieout.connectors.netsuite.replies import deliver, reply_of_error
from tieout.domain.drafts import ExtendCustomerDraft
from tieout.domain.extensions import Allowance, Extends
from tieout.domain.ids import InternalId
from tieout.flows.errors import CallError, Refused
from tieout.flows.rows import Exchange, Outcome, Problem, Reply

_NOT_FOUND = 404


def extend_customer(
    client: NetSuiteClient,
    draft: ExtendCustomerDraft,
    customer: InternalId,
    left: Callable[[], None] | None = None,
) -> Reply:
    """Read the customer, then add what it has not. Never raises for what may happen out there."""
    with client.http.one_deadline():
        path = f"{RECORD}/customer/{customer}"
        try:
            answer = client.call("GET", path)
            if answer.status != 200:
                raise read_error(answer)
            now = allowances(client, [customer]).get(customer, Allowance())
        except Refused as error:
            code = "record_vanished" if error.status == _NOT_FOUND else "refused"
            return _refused(code, customer, f"customer {customer}", str(error), error.raw)
        except CallError as error:
            return reply_of_error("PATCH", path, error, sent=False)
        stranger = _stranger(draft, answer.text)
        if stranger:
            expected = f"customer {customer} with external ID {draft.external_id or 'none'}"
            if draft.installation:
                expected += f" of installation {draft.installation}"
            code = "other_installation" if draft.installation else "record_changed"
            return _refused(code, customer, expected, stranger, answer.raw)
        if draft.extension.target in now.of(draft.extension.to):
            found = Exchange(operation="GET", request="", status=answer.status, response="it has it already")
            return Reply(outcome=Outcome.DONE, exchange=found, internal_id=customer)
        reply = _send(client, draft, customer, path, left)
        # What is known afterwards is the customer; the relationship is found under it.
        return replace(reply, internal_id=customer) if reply.internal_id else reply


def _send(
    client: NetSuiteClient,
    draft: ExtendCustomerDraft,
    customer: InternalId,
    path: str,
    left: Callable[[], None] | None,
) -> Reply:
    target = ref(draft.extension.target)
    if draft.extension.to is Extends.CURRENCIES:
        body: dict[str, Any] = {"currencyList": {"items": [{"currency": target}]}}
        return deliver(client, "PATCH", path, body, known_id=customer, left=left)
    body = {"entity": ref(customer), "subsidiary": target}
    return deliver(
        client, "POST", f"{RECORD}/customerSubsidiaryRelationship", body, known_id=customer, left=left
    )


def _stranger(draft: ExtendCustomerDraft, text: str) -> str:
    """What shows that the record is not who we think it is; empty when it is."""
    try:
        record = json.loads(text)
    except ValueError:
        return "a record that cannot be read"
    external = str(record.get("externalId") or "")
    installation = str(record.get(ENTITY_INSTALLATION) or "")
    if (external, installation) == (draft.external_id, draft.installation):
        return ""
    return f"external ID {external or 'none'} of installation {installation or 'none'}"


def _refused(code: str, customer: InternalId, expected: str, found: str, raw: str) -> Reply:
    problem = Problem(code=code, cause=customer, expected=expected, found=found, raw=raw)
    note = Exchange(operation="GET", request="", response=raw)
    return Reply(outcome=Outcome.REFUSED, exchange=note, problem=problem)


def allowances(client: NetSuiteClient, customers: Sequence[InternalId]) -> Mapping[InternalId, Allowance]:
    """What these customers may do now. Raises `CallError`s."""
    rows: list[Row] = client.suiteql(
        f"SELECT id, externalid, currency, {ENTITY_INSTALLATION} FROM customer"  # noqa: S608
        f" WHERE id IN ({marks(customers)}) ORDER BY id",
        list(customers),
    )
    currencies, related = currencies_of(client, customers), subsidiaries_of(client, customers)
    return {
        InternalId(row["id"]): Allowance(
            currencies=frozenset({*currencies.get(row["id"], ()), row.get("currency", "")} - {""}),
            subsidiaries=frozenset(related.get(row["id"], ())),
            external_id=row.get("externalid", ""),
            installation=row.get(ENTITY_INSTALLATION, ""),
        )
        for row in rows
    }
