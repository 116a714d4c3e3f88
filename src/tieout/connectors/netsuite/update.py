"""Update: PATCH by internal id, after reading that the record is still ours. Never a create (R17)."""

from __future__ import annotations

import json
from collections.abc import Callable

from tieout.connectors.kit.http import Answer
from tieout.connectors.netsuite.client import RECORD, NetSuiteClient, read_error
from tieout.connectors.netsuite.mapping import ENTITY_INSTALLATION, RECORD_PATHS, customer_update_body
from tieout.connectors.netsuite.replies import deliver, reply_of_error
from tieout.domain.drafts import CustomerUpdateDraft
from tieout.domain.ids import InternalId, RecordType
from tieout.flows.errors import CallError, Refused
from tieout.flows.rows import Exchange, Outcome, Problem, Reply

_NOT_FOUND = 404


def update_customer(
    client: NetSuiteClient,
    draft: CustomerUpdateDraft,
    customer: InternalId,
    left: Callable[[], None] | None = None,
) -> Reply:
    """Set address and contact fields. The address book is replaced as a whole: lines without keys would be
    added to it (reference §1.9).
    """
    with client.http.one_deadline():
        return _update(client, draft, customer, left)


def _update(
    client: NetSuiteClient,
    draft: CustomerUpdateDraft,
    customer: InternalId,
    left: Callable[[], None] | None,
) -> Reply:
    method, path = update_request(customer)
    try:
        answer = client.call("GET", path)
        if answer.status != 200:
            raise read_error(answer)
    except Refused as error:
        problem = Problem(
            code="record_vanished" if error.status == _NOT_FOUND else "refused",
            cause=customer,
            expected=f"customer {customer}, which we wrote",
            found=str(error),
            raw=error.raw,
        )
        note = Exchange(operation="PATCH", request="", status=error.status, response=error.raw)
        return Reply(outcome=Outcome.REFUSED, exchange=note, problem=problem)
    except CallError as error:
        return reply_of_error("PATCH", path, error, sent=False)
    owner = owner_of(answer)
    if owner != client.config.installation:
        problem = Problem(
            code="other_installation",
            cause=customer,
            expected=f"customer {customer} of installation {client.config.installation}",
            found=f"{ENTITY_INSTALLATION} = {owner or 'nothing'}",
            raw=answer.raw,
        )
        note = Exchange(operation="PATCH", request="", status=answer.status, response=answer.raw)
        return Reply(outcome=Outcome.REFUSED, exchange=note, problem=problem)
    body = customer_update_body(draft)
    params = {"replace": "addressBook"}
    return deliver(client, method, path, body, params=params, known_id=customer, left=left)


def update_request(customer: InternalId) -> tuple[str, str]:
    """Method and path of an update: by internal id, so that it can never make a record."""
    return "PATCH", f"{RECORD}/{RECORD_PATHS[RecordType.CUSTOMER]}/{customer}"


def owner_of(answer: Answer) -> str:
    """The installation a record says it belongs to; empty when it says nothing."""
    try:
        record = json.loads(answer.text)
    except ValueError:
        return ""
    return str(record.get(ENTITY_INSTALLATION, "")) if isinstance(record, dict) else ""
