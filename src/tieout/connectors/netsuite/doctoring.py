"""Looking an account over before it goes live. Only reads, and forms that save nothing (reference §1.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from tieout.connectors.kit.http import Answer
from tieout.connectors.netsuite.client import RECORD, SUITEQL, NetSuiteClient, Row, read_error
from tieout.connectors.netsuite.create import creation
from tieout.connectors.netsuite.errors import diagnose
from tieout.connectors.netsuite.mapping import BODY_INSTALLATION, RECORD_PATHS
from tieout.connectors.netsuite.queries import TYPE_CODES, marks
from tieout.connectors.netsuite.replies import STRICT, encode_body
from tieout.connectors.netsuite.trace_fields import fields_in_use
from tieout.connectors.netsuite.update import update_request
from tieout.domain.comparison import CreateDraft
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.flows.doctor.ports import (
    AccountSeen,
    Allowance,
    FieldsSeen,
    FormSeen,
    ListSeen,
    OtherRecord,
    SignedIn,
)
from tieout.flows.errors import MaybeSent
from tieout.flows.rows import Links, Outcome, Problem

_FORM = "application/vnd.oracle.resource+json; type=create-form"
_SCHEMA = "application/schema+json"
_SYSTEM = "/services/rest/system/v1"
_NETSUITE_HOST = re.compile(r"^(?P<account>[a-z0-9-]+)\.suitetalk\.api\.netsuite\.com$")
_CHUNK = 400

#: table, a column to ask for, whether every account that sells has rows there
_LISTS = (
    ("subsidiary", "id", True),
    ("currency", "id", True),
    ("account", "id", True),
    ("accountingperiod", "id", True),
    ("item", "id", True),
    ("itemsubsidiarymap", "item", False),
    ("term", "id", False),
    ("customer", "id", True),
    ("customersubsidiaryrelationship", "id", False),
    ("customercurrencybalance", "customer", False),
    ("transaction", "id", True),
    ("transactionline", "transaction", True),
)
#: names by which other connectors' fields are known; a sign, not a proof
_CONNECTORS = re.compile(
    r"celigo|boomi|workato|jitterbit|mulesoft|farapp|_fa_|breadwinner|salesforce|sfdc|_sf_|hubspot|_hs_|stripe"
    r"|chargebee|zuora|recurly|maxio|saasoptics|zonebilling|_zab_|shopify|zapier|tray_io|patchworks",
    re.IGNORECASE,
)


class NetSuiteInspector:
    """Implements `tieout.flows.doctor.ports.Inspector` over HTTP."""

    def __init__(self, client: NetSuiteClient) -> None:
        self._client, self._config = client, client.config

    @property
    def trace_fields(self) -> Mapping[RecordType, tuple[str, ...]]:
        """See the port."""
        return {record: fields_in_use(record) for record in RecordType}

    @property
    def known_foreign_fields(self) -> frozenset[str]:
        """See the port."""
        return frozenset(name.lower() for name in self._config.foreign_fields)

    # -- the account ---------------------------------------------------------------------------------------

    def sign_in(self) -> SignedIn:
        """See the port. The account names itself in the links of its answers."""
        body = {"q": "SELECT id FROM currency FETCH FIRST 1 ROWS ONLY"}
        answer = self._client.call("POST", SUITEQL, body, {"limit": "1"}, {"Prefer": "transient"})
        links = _json(answer).get("links") or [{}]
        host = urlsplit(str(links[0].get("href", ""))).hostname or ""
        named = _NETSUITE_HOST.match(host)
        clock = self._client.call("GET", f"{_SYSTEM}/serverTime")
        return SignedIn(
            host=host,
            account=named["account"].upper().replace("-", "_") if named else "",
            server_time=_server_time(clock),
        )

    def allowance(self) -> Allowance | None:
        """See the port. Governance is for administrators only (reference §1.11)."""
        answer = self._client.call("GET", f"{_SYSTEM}/governanceLimits")
        if answer.status in {400, 403, 404}:
            return None
        limits = _json(answer)
        if limits.get("integrationConcurrencyLimit") is not None:
            return Allowance(slots=int(limits["integrationConcurrencyLimit"]), of="this integration")
        for name, of in (
            ("accountUnallocatedConcurrencyLimit", "integrations without a limit of their own"),
            ("accountConcurrencyLimit", "the account"),
        ):
            if limits.get(name) is not None:
                return Allowance(slots=int(limits[name]), of=of)
        return None

    def lists(self, *, contacts: bool) -> Sequence[ListSeen]:
        """See the port."""
        wanted = [*_LISTS, ("contact", "id", True)] if contacts else list(_LISTS)
        return [self._list(name, column, always) for name, column, always in wanted]

    def _list(self, name: str, column: str, always: bool) -> ListSeen:
        query = f"SELECT {column} FROM {name} FETCH FIRST 1 ROWS ONLY"  # noqa: S608 - our own names
        answer = self._client.call("POST", SUITEQL, {"q": query}, {"limit": "1"}, {"Prefer": "transient"})
        if answer.status != 200:
            refused = _problem(answer).found
            return ListSeen(name=name, rows=False, always_filled=always, refused=refused)
        return ListSeen(name=name, rows=bool(_json(answer).get("items")), always_filled=always)

    # -- records and forms ---------------------------------------------------------------------------------

    def fields(self, record: RecordType) -> FieldsSeen:
        """See the port."""
        path = f"{RECORD}/metadata-catalog/{RECORD_PATHS[record]}"
        answer = self._client.call("GET", path, headers={"Accept": _SCHEMA})
        schema = _json(answer)
        try:
            header: Mapping[str, Any] = schema["properties"]
            lines = header.get("item", {}).get("properties", {}).get("items", {}).get("items", {})
            return FieldsSeen(
                header=frozenset(header),
                lines=frozenset(lines.get("properties", {})),
                required=frozenset(str(name) for name in schema.get("required", ())),
            )
        except (KeyError, AttributeError, TypeError) as error:
            raise MaybeSent(f"the catalogue of {record} cannot be read", answer.raw) from error

    def opens(self, record: RecordType, internal_id: InternalId) -> Problem | None:
        """See the port. A REST read opens the record in edit mode (reference §1.2)."""
        answer = self._client.call("GET", f"{RECORD}/{RECORD_PATHS[record]}/{internal_id}")
        return None if answer.status == 200 else _problem(answer)

    def form(self, draft: CreateDraft, links: Links) -> FormSeen:
        """See the port. The very body a create would send, to the very path."""
        path, body = creation(draft, links)
        headers = {"Accept": _FORM, **STRICT}
        params = {"expandSubResources": "true"}
        answer = self._client.call("POST", f"{RECORD}/{path}", encode_body(body), params, headers)
        sent = json.loads(encode_body(body))
        if answer.status != 200:
            return FormSeen(method="POST", path=path, sent=sent, problem=_problem(answer))
        shown = _json(answer)
        lines = _items(shown)
        dropped = [name for name in sent if name.startswith("cust") and name not in shown]
        for line in _items(sent):
            names = [name for name in line if name.startswith("custcol")]
            dropped += [name for name in names if not any(name in one for one in lines)]
        return FormSeen(
            method="POST",
            path=path,
            sent=sent,
            dropped=tuple(sorted(set(dropped))),
            item_ids=tuple(str(line.get("item", {}).get("id", "")) for line in lines),
        )

    def update_path(self, customer: InternalId) -> str:
        """See the port."""
        method, path = update_request(customer)
        return f"{method} {path}"

    def has_customer(self, external_id: ExternalId) -> bool:
        """See the port."""
        query = "SELECT id FROM customer WHERE externalid = ?"
        return bool(self._client.suiteql_page(query, [external_id])["items"])

    def accounts(self, ids: Sequence[InternalId]) -> dict[InternalId, AccountSeen]:
        """See the port."""
        if not ids:
            return {}
        rows = self._client.suiteql(
            "SELECT a.id, a.acctname, a.accttype, a.isinactive, a.currency FROM account a"  # noqa: S608
            f" WHERE a.id IN ({marks(ids)}) ORDER BY a.id",
            list(ids),
        )
        places: dict[str, set[str]] = {}
        for row in self._client.suiteql(
            "SELECT account, subsidiary FROM accountsubsidiarymap"  # noqa: S608
            f" WHERE account IN ({marks(ids)}) ORDER BY account, subsidiary",
            list(ids),
        ):
            places.setdefault(row["account"], set()).add(row["subsidiary"])
        return {
            InternalId(row["id"]): AccountSeen(
                id=InternalId(row["id"]),
                name=row.get("acctname", ""),
                kind=row.get("accttype", ""),
                active=row.get("isinactive") != "T",
                currency=row.get("currency", ""),
                subsidiaries=frozenset(places.get(row["id"], ())),
            )
            for row in rows
        }

    # -- other writers -------------------------------------------------------------------------------------

    def foreign_fields(self) -> Sequence[str]:
        """See the port."""
        found: set[str] = set()
        for record in (RecordType.INVOICE, RecordType.CUSTOMER):
            seen = self.fields(record)
            found |= {name for name in seen.header | seen.lines if name.startswith("cust")}
        return sorted(name for name in found if "_tieout_" not in name and _CONNECTORS.search(name))

    def others(self, since: date) -> Sequence[OtherRecord]:
        """See the port."""
        condition = "t.trandate >= TO_DATE(?, 'YYYY-MM-DD')"
        return [
            record for rows in self._pages(condition, [since.isoformat()]) for record in self._foreign(rows)
        ]

    def holders(self, ids: Sequence[ExternalId]) -> Mapping[ExternalId, OtherRecord]:
        """See the port."""
        found: dict[ExternalId, OtherRecord] = {}
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            for rows in self._pages(f"t.externalid IN ({marks(some)})", some):
                found.update({one.external_id: one for one in self._foreign(rows) if one.external_id})
        return found

    def _pages(self, condition: str, params: Sequence[str]) -> Iterator[list[Row]]:
        extra = "".join(f", t.{name}" for name in self._config.foreign_fields)
        return self._client.suiteql_by_id(
            f"SELECT t.id, t.type, t.tranid, t.externalid, t.entity, t.{BODY_INSTALLATION},"  # noqa: S608
            f" TO_CHAR(t.trandate, 'YYYY-MM-DD') AS trandate{extra} FROM transaction t"
            f" WHERE t.type IN ('CustInvc', 'SalesOrd', 'CashSale') AND {condition} {{after}}",
            params,
            "t.id",
        )

    def _foreign(self, rows: Sequence[Row]) -> Iterator[OtherRecord]:
        for row in rows:
            installation = row.get(BODY_INSTALLATION, "")
            if installation == self._config.installation:
                continue
            external, code = row.get("externalid"), row.get("type", "")
            yield OtherRecord(
                id=InternalId(row["id"]),
                type=TYPE_CODES.get(code, code),
                number=row.get("tranid", ""),
                external_id=ExternalId(external) if external else None,
                installation=installation,
                customer=InternalId(row.get("entity", "")),
                day=row.get("trandate", ""),
                marks=tuple(f"{name}={row[name]}" for name in self._config.foreign_fields if row.get(name)),
            )


def _json(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise read_error(answer)
    try:
        body = json.loads(answer.text)
    except ValueError as error:
        raise MaybeSent("NetSuite answered something that is not JSON", answer.raw) from error
    if not isinstance(body, dict):
        raise MaybeSent("NetSuite answered JSON of another shape", answer.raw)
    return body


def _problem(answer: Answer) -> Problem:
    """Why a form or a record did not open. Raises the `CallError` of an answer that is no definite refusal."""
    diagnosis = diagnose(answer)
    if diagnosis.outcome is not Outcome.REFUSED:
        raise read_error(answer)
    if diagnosis.problem is not None:
        return diagnosis.problem
    return Problem(code="name_clash", cause="exists", expected="a form", found=answer.raw, raw=answer.raw)


def _items(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    sublist = record.get("item")
    items = sublist.get("items") if isinstance(sublist, dict) else None
    return [line for line in items if isinstance(line, dict)] if isinstance(items, list) else []


def _server_time(answer: Answer) -> datetime | None:
    """The service's own time, else the `Date` of its answer; None when neither can be read."""
    if answer.status == 200:
        try:
            told = datetime.fromisoformat(str(_json(answer).get("serverTime", "")))
        except ValueError:
            told = None
        if told is not None:
            return told if told.tzinfo else told.replace(tzinfo=UTC)
    try:
        stamp = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
