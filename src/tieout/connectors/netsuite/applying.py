"""Apply: PATCH what one of our payments settles, by internal id and in absolute amounts, after reading it.

There is no uniqueness to lean on for a change. Absolute amounts make it safe to send the same change again: a document
that is applied as wanted stays as it is, and zero takes an application back (reference §6.6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.connectors.kit.http import Answer
from tieout.connectors.netsuite.client import RECORD, NetSuiteClient, read_error
from tieout.connectors.netsuite.mapping import BODY_INSTALLATION, RECORD_PATHS, applied_body, ref
from tieout.connectors.netsuite.replies import deliver, reply_of_error
from tieout.domain.drafts import AppliedDraft, ApplyDraft
from tieout.domain.ids import InternalId, RecordType
from tieout.domain.open_lines import key_parts, line_key
from tieout.flows.errors import CallError, Refused
from tieout.flows.rows import Exchange, Outcome, Problem, Reply


def apply_payment(
    client: NetSuiteClient,
    draft: ApplyDraft,
    payment: InternalId,
    left: Callable[[], None] | None = None,
) -> Reply:
    """Set the applications that are named; others stay as they are."""
    with client.http.one_deadline():
        path = f"{RECORD}/{RECORD_PATHS[RecordType.CUSTOMER_PAYMENT]}/{payment}"
        try:
            answer = client.call("GET", path, params={"expandSubResources": "true"})
            if answer.status != 200:
                raise read_error(answer)
        except Refused as error:
            return _refused(
                payment, "record_vanished" if error.status in {400, 404} else "refused", str(error), error
            )
        except CallError as error:
            return reply_of_error("PATCH", path, error, sent=False)
        record = _object(answer)
        if record.get(BODY_INSTALLATION) != client.config.installation:
            owner = record.get(BODY_INSTALLATION) or "nothing"
            return _refused(payment, "other_installation", f"{BODY_INSTALLATION} = {owner}", answer)
        draft = _with_lines(record, draft)
        if _is_applied(record, draft):
            exchange = Exchange(operation="GET", request="", status=200, response="applied as wanted already")
            return Reply(outcome=Outcome.DONE, exchange=exchange, internal_id=payment)
        body = {"customer": ref(draft.customer), "apply": applied_body(draft.applied)}
        if draft.credits:
            body["credit"] = applied_body(draft.credits)
        return deliver(client, "PATCH", path, body, known_id=payment, left=left)


def _with_lines(record: Mapping[str, Any], draft: ApplyDraft) -> ApplyDraft:
    """The draft with the number of the line NetSuite lists of each journal entry of ours: how it counts the lines of an
    entry is its own business, and only one of ours is on a receivable.
    """
    return replace(
        draft,
        applied=tuple(_listed(record, "apply", one) for one in draft.applied),
        credits=tuple(_listed(record, "credit", one) for one in draft.credits),
    )


def _listed(record: Mapping[str, Any], sublist: str, one: AppliedDraft) -> AppliedDraft:
    if one.entry is None or key_parts(one.document)[1] is not None:
        return one
    rows = record.get(sublist, {}).get("items", [])
    lines = {row.get("line") for row in rows if str(row.get("doc", {}).get("id", "")) == one.document}
    line = lines.pop() if len(lines) == 1 else None
    return replace(one, document=line_key(one.document, line)) if line is not None else one


def _is_applied(record: Mapping[str, Any], draft: ApplyDraft) -> bool:
    return all(
        _applied_to(_chosen(record, name), one.document) == one.amount.amount
        for name, wanted in (("apply", draft.applied), ("credit", draft.credits))
        for one in wanted
    )


def _chosen(record: Mapping[str, Any], sublist: str) -> list[Mapping[str, Any]]:
    return [row for row in record.get(sublist, {}).get("items", []) if row.get("apply")]


def _applied_to(rows: Sequence[Mapping[str, Any]], key: InternalId) -> Decimal:
    """What of a payment is on a document, or on one line of a journal entry."""
    document, line = key_parts(key)
    amounts = [
        _decimal(row.get("amount"))
        for row in rows
        if str(row.get("doc", {}).get("id", "")) == document and (line is None or row.get("line") == line)
    ]
    return sum(amounts, Decimal(0))


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        record = json.loads(answer.text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _refused(payment: InternalId, code: str, found: str, seen: Answer | Refused) -> Reply:
    problem = Problem(
        code=code,
        cause=payment,
        expected=f"payment {payment} of this installation",
        found=found,
        raw=seen.raw,
    )
    exchange = Exchange(operation="PATCH", request="", status=seen.status, response=seen.raw)
    return Reply(outcome=Outcome.REFUSED, exchange=exchange, problem=problem)
