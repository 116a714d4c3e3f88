"""SuiteQL's tables: columns, and the rows a record contributes (reference section 2).

Dates are stored with a mark in front (see `functions.MARK`), so that a date is never taken for text.
Column types: i integer, n number, t text, d date or date-time, b boolean ('T'/'F').
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tieout.emulators.netsuite.catalog import ITEM_LINES, ITEM_TYPES, TYPE_CODES
from tieout.emulators.netsuite.state import Record, State
from tieout.emulators.netsuite.suiteql.cells import (
    Row,
    bool_cell,
    custom_values,
    day_cell,
    int_cell,
    number_cell,
    stamps,
)
from tieout.emulators.netsuite.suiteql.transaction_rows import transaction_rows


@dataclass
class Table:
    """One table.

    `sees`: the column a role's subsidiaries are checked against. `permission`: the record whose view permission
    opens the table; `by_type`: the column that says so row by row. `display`: what BUILTIN.DF shows.
    """

    name: str
    columns: dict[str, str]
    permission: str
    sees: str | None = None
    by_type: str | None = None
    display: dict[str, str] = field(default_factory=dict)


def _columns(spec: str) -> dict[str, str]:
    return dict((word.split(":") if ":" in word else (word, "t")) for word in spec.split())  # type: ignore[misc]


_TRANSACTION = (
    "id:i tranid externalid type recordtype entity:i trandate:d duedate:d status currency:i exchangerate:n "
    "foreigntotal:n total:n taxtotal:n foreignamountpaid:n foreignamountunpaid:n foreignpaymentamountused:n "
    "foreignpaymentamountunused:n memo postingperiod:i createddate:d lastmodifieddate:d transactionnumber "
    "approvalstatus:i otherrefnum terms:i customform:i startdate:d enddate:d posting:b voided:b source "
    "_subsidiary:i"
)
_LINE = (
    "transaction:i id:i uniquekey:i linesequencenumber:i mainline:b taxline:b item:i quantity:n rate:n "
    "foreignamount:n amount:n netamount:n memo class:i department:i location:i subsidiary:i createdfrom:i entity:i "
    "isclosed:b quantitybilled:n account:i _type"
)
_ENTITY = "id:i entityid externalid email phone isinactive:b datecreated:d lastmodifieddate:d "
_ACCOUNTING = (
    "transaction:i transactionline:i accountingbook:i account:i posting:b amount:n netamount:n debit:n credit:n "
    "amountpaid:n amountunpaid:n paymentamountused:n paymentamountunused:n _type _subsidiary:i"
)
_LINK = "previousdoc:i previousline:i previoustype nextdoc:i nextline:i nexttype linktype foreignamount:n _subsidiary:i"
_DF_TRANSACTION = {
    "entity": "entity.entityid", "currency": "currency.name", "postingperiod": "accountingperiod.periodname",
    "terms": "term.name", "status": "status", "approvalstatus": "approvalstatus", "recordtype": "recordtype",
    "type": "type",
}  # fmt: skip
_DF_LINE = {
    "item": "item.itemid", "class": "classification.name", "department": "department.name",
    "location": "location.name", "subsidiary": "subsidiary.name", "entity": "entity.entityid",
}  # fmt: skip


def all_tables(state: State) -> dict[str, Table]:
    """The tables of an account, its custom fields included."""
    body: dict[str, str] = {}
    for kind in TYPE_CODES:
        body |= _custom(state, kind.lower())
    line: dict[str, str] = {}
    for kind in ITEM_LINES:
        line |= _custom(state, kind.lower(), "item")
    named = "id:i name externalid isinactive:b"
    tables = [
        Table("transaction", _columns(_TRANSACTION) | body, "", "_subsidiary", "recordtype", _DF_TRANSACTION),
        Table("transactionline", _columns(_LINE) | line, "", "subsidiary", "_type", _DF_LINE),
        Table("transactionaccountingline", _columns(_ACCOUNTING), "", "_subsidiary", "_type",
              {"account": "account.acctname"}),
        Table(
            "customer",
            _columns(
                _ENTITY + "companyname altname firstname lastname isperson:b url currency:i terms:i parent:i "
                "category:i receivablesaccount:i vatregnumber creditlimit:n representingsubsidiary:i _subsidiary:i"
            ) | _custom(state, "customer"),
            "customer", "_subsidiary", None,
            {"currency": "currency.name", "terms": "term.name", "parent": "entity.entityid"},
        ),
        Table("contact", _columns(_ENTITY + "firstname lastname company:i _subsidiary:i") | _custom(state, "contact"),
              "contact", "_subsidiary", None, {"company": "entity.entityid"}),
        Table("entity", _columns(_ENTITY + "type altname _subsidiary:i _kind"), "", "_subsidiary", "_kind"),
        Table("item", _columns("id:i itemid fullname displayname externalid itemtype isinactive:b incomeaccount:i "
                               "subsidiary lastmodifieddate:d"), "item", None, None,
              {"incomeaccount": "account.acctname"}),
        Table("itemsubsidiarymap", _columns("item:i subsidiary:i"), "item", "subsidiary", None,
              {"subsidiary": "subsidiary.name"}),
        Table("account", _columns("id:i acctnumber acctname accttype fullname accountsearchdisplayname externalid "
                                  "isinactive:b currency:i"), "account", None, None, {"currency": "currency.name"}),
        Table("accountsubsidiarymap", _columns("account:i subsidiary:i"), "account", "subsidiary"),
        Table("subsidiary", _columns("id:i name fullname currency:i country parent:i isinactive:b iselimination:b"),
              "subsidiary", "id", None, {"currency": "currency.name"}),
        Table("currency", _columns("id:i name symbol currencyprecision:i exchangerate:n isinactive:b"), "currency"),
        Table("term", _columns(named + " daysuntilnetdue:i discountpercent:n daysuntilexpiry:i"), "term"),
        Table("accountingperiod", _columns("id:i periodname startdate:d enddate:d closed:b arlocked:b isposting:b "
                                           "isyear:b isquarter:b isinactive:b"), "accountingPeriod"),
        Table("department", _columns(named + " subsidiary"), "department"),
        Table("classification", _columns(named + " subsidiary"), "classification"),
        Table("location", _columns(named + " subsidiary"), "location"),
        Table("salestaxitem", _columns("id:i name itemid rate:n isinactive:b"), "salesTaxItem"),
        Table("customersubsidiaryrelationship",
              _columns("id:i entity:i subsidiary:i isprimarysub:b name externalid"), "customer", "subsidiary", None,
              {"entity": "entity.entityid", "subsidiary": "subsidiary.name"}),
        Table("customeraddressbook",
              _columns("entity:i internalid:i addressbookaddress:i label defaultbilling:b defaultshipping:b "
                       "isresidential:b _subsidiary:i"), "customer", "_subsidiary"),
        Table("customeraddressbookentityaddress",
              _columns("nkey:i addressee attention addr1 addr2 addr3 city state zip country addrphone "
                       "_subsidiary:i _owner:i"),
              "customer", "_subsidiary"),
        Table("customercurrencybalance", _columns("customer:i entity:i currency:i balance:n _subsidiary:i"),
              "customer", "_subsidiary", None, {"currency": "currency.name"}),
        Table("dual", _columns("dummy"), ""),
        Table("nexttransactionlinelink", _columns(_LINK), "", "_subsidiary"),
        Table("previoustransactionlinelink", _columns(_LINK), "", "_subsidiary"),
    ]  # fmt: skip
    return {table.name: table for table in tables}


_KIND_TYPES = {"number": "n", "integer": "i", "date": "d", "datetime": "d", "bool": "b"}


def _custom(state: State, record: str, sublist: str | None = None) -> dict[str, str]:
    record_type = state.types[record]
    fields = record_type.sublists[sublist] if sublist else record_type.fields
    return {name: _KIND_TYPES.get(spec.kind, "t") for name, spec in fields.items() if name.startswith("cust")}


def rows_of(state: State, record: Record, on: Callable[[str], bool]) -> list[tuple[str, Row]]:
    """The rows one record contributes, as (table, row)."""
    group = state.types[record.type.lower()].group
    if group == "transaction":
        return transaction_rows(state, record, on)
    if record.type in ("customer", "contact"):
        return _entity_rows(state, record)
    if group == "item":
        return _item_rows(record)
    return _list_rows(record)


def _entity_rows(state: State, record: Record) -> list[tuple[str, Row]]:
    fields, number = record.fields, int(record.id)
    subsidiary = int_cell(fields.get("subsidiary"))
    person = f"{fields.get('firstName') or ''} {fields.get('lastName') or ''}".strip()
    shared: Row = {
        "id": number, "entityid": fields.get("entityId"), "externalid": fields.get("externalId"),
        "email": fields.get("email"), "phone": fields.get("phone"), "isinactive": bool_cell(fields.get("isInactive")),
        "_subsidiary": subsidiary,
    } | stamps(state, record, "datecreated")  # fmt: skip
    own = shared | {
        name.lower(): fields.get(name) for name in ("companyName", "firstName", "lastName", "url", "vatRegNumber")
    } | custom_values(fields)  # fmt: skip
    altname = fields.get("companyName") or person or None
    kind = "CustJob" if record.type == "customer" else "Contact"
    rows = [("entity", shared | {"type": kind, "altname": altname, "_kind": record.type})]
    if record.type == "contact":
        own.pop("companyname"), own.pop("url"), own.pop("vatregnumber")
        return [*rows, ("contact", own | {"company": int_cell(fields.get("company"))})]
    own |= {name.lower(): int_cell(fields.get(name)) for name in
            ("currency", "terms", "parent", "category", "receivablesAccount", "representingSubsidiary")}  # fmt: skip
    own |= {"altname": altname, "isperson": bool_cell(fields.get("isPerson"))}
    own["creditlimit"] = number_cell(fields.get("creditLimit"))
    rows.append(("customer", own))
    rows.append(("customersubsidiaryrelationship", {
        "id": number, "entity": number, "subsidiary": subsidiary, "isprimarysub": "T", "name": fields.get("entityId"),
    }))  # fmt: skip
    for line in record.lines.get("currencyList", []):
        rows.append(("customercurrencybalance", {
            "customer": number, "entity": number, "currency": int_cell(line.get("currency")), "balance": 0,
            "_subsidiary": subsidiary,
        }))  # fmt: skip
    return rows + _address_rows(record, number, subsidiary)


def _address_rows(record: Record, number: int, subsidiary: Any) -> list[tuple[str, Row]]:
    rows: list[tuple[str, Row]] = []
    for line in record.lines.get("addressBook", []):
        key = int(line["internalId"])
        rows.append(("customeraddressbook", {
            "entity": number, "internalid": key, "addressbookaddress": key, "label": line.get("label"),
            "defaultbilling": bool_cell(line.get("defaultBilling")),
            "defaultshipping": bool_cell(line.get("defaultShipping")),
            "isresidential": bool_cell(line.get("isResidential")), "_subsidiary": subsidiary,
        }))  # fmt: skip
        address = line.get("addressBookAddress") or {}
        names = (
            "addressee",
            "attention",
            "addr1",
            "addr2",
            "addr3",
            "city",
            "state",
            "zip",
            "country",
            "addrPhone",
        )
        values = {name.lower(): address.get(name) for name in names}
        values |= {"nkey": key, "_subsidiary": subsidiary, "_owner": number}
        rows.append(("customeraddressbookentityaddress", values))
    return rows


def _item_rows(record: Record) -> list[tuple[str, Row]]:
    fields, number = record.fields, int(record.id)
    available = fields.get("subsidiary") or []
    item: Row = {
        "id": number, "itemid": fields["itemId"], "fullname": fields["itemId"],
        "displayname": fields.get("displayName"), "externalid": fields.get("externalId"),
        "itemtype": ITEM_TYPES[record.type], "isinactive": bool_cell(fields.get("isInactive")),
        "incomeaccount": int_cell(fields.get("incomeAccount")), "subsidiary": ", ".join(available) or None,
    }  # fmt: skip
    maps = [("itemsubsidiarymap", {"item": number, "subsidiary": int(one)}) for one in available]
    return [("item", item), *maps]


def _list_rows(record: Record) -> list[tuple[str, Row]]:
    fields = record.fields
    row: Row = {"id": int_cell(record.id), "isinactive": bool_cell(fields.get("isInactive"))}
    available = fields.get("subsidiary")
    if record.type == "customerSubsidiaryRelationship":
        return [("customersubsidiaryrelationship", {
            "id": int(record.id), "entity": int_cell(fields.get("entity")),
            "subsidiary": int_cell(fields.get("subsidiary")),
            "isprimarysub": bool_cell(fields.get("isPrimarySub")), "externalid": fields.get("externalId"),
        })]  # fmt: skip
    if record.type == "account":
        name = f"{fields['acctNumber']} {fields['acctName']}".strip()
        row |= {"acctnumber": fields["acctNumber"], "acctname": fields["acctName"], "accttype": fields["acctType"],
                "fullname": fields["acctName"], "accountsearchdisplayname": name,
                "currency": int_cell(fields.get("currency"))}  # fmt: skip
        own = int(record.id)
        maps = [("accountsubsidiarymap", {"account": own, "subsidiary": int(one)}) for one in available or []]
        return [("account", row), *maps]
    if record.type == "accountingPeriod":
        row |= {"periodname": fields["periodName"], "startdate": day_cell(fields["startDate"]),
                "enddate": day_cell(fields["endDate"]), "closed": bool_cell(fields["closed"]),
                "arlocked": bool_cell(fields["arLocked"]), "isposting": "T", "isyear": "F",
                "isquarter": "F"}  # fmt: skip
    elif record.type == "currency":
        row |= {"name": fields["name"], "symbol": fields["symbol"], "currencyprecision": fields["currencyPrecision"],
                "exchangerate": number_cell(fields["exchangeRate"])}  # fmt: skip
    elif record.type == "subsidiary":
        row |= {"name": fields["name"], "fullname": fields["name"], "currency": int_cell(fields["currency"]),
                "country": fields.get("country"), "parent": int_cell(fields.get("parent")),
                "iselimination": "F"}  # fmt: skip
    elif record.type == "term":
        row |= {"name": fields["name"], "daysuntilnetdue": fields["daysUntilNetDue"],
                "discountpercent": number_cell(fields.get("discountPercent")),
                "daysuntilexpiry": fields.get("daysUntilExpiry")}  # fmt: skip
    elif record.type == "salesTaxItem":
        row |= {"name": fields["name"], "itemid": fields["name"], "rate": number_cell(fields["rate"])}
    elif record.type in ("department", "classification", "location"):
        row |= {"name": fields["name"], "subsidiary": ", ".join(available or []) or None}
    else:
        return []
    return [(record.type.lower(), row)]
