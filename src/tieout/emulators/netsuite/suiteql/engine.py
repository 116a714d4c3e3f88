"""The SQLite behind SuiteQL: kept in step lazily, seen through each role's eyes."""

from __future__ import annotations

import sqlite3
from typing import Any

from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.catalog import TYPE_CODES
from tieout.emulators.netsuite.state import Record, Role, State
from tieout.emulators.netsuite.suiteql.functions import register
from tieout.emulators.netsuite.suiteql.tables import Table, all_tables, rows_of
from tieout.emulators.netsuite.suiteql.translate import Translator, columns_or_error

_TYPES = {"i": "INTEGER", "n": "NUMERIC", "t": "TEXT", "d": "TEXT", "b": "TEXT"}
_INDEXES = (
    ("transaction", "id"), ("transaction", "externalid"), ("transaction", "entity"), ("transactionline", "transaction"),
    ("transactionaccountingline", "transaction"), ("customer", "id"), ("customer", "externalid"), ("entity", "id"),
    ("entity", "externalid"), ("item", "id"), ("itemsubsidiarymap", "item"), ("nexttransactionlinelink", "previousdoc"),
    ("nexttransactionlinelink", "nextdoc"), ("previoustransactionlinelink", "nextdoc"),
    ("previoustransactionlinelink", "previousdoc"), ("customeraddressbook", "entity"),
    ("customersubsidiaryrelationship", "entity"), ("customeraddressbookentityaddress", "nkey"), ("contact", "id"),
)  # fmt: skip
# Where a record's rows are found again, by the column that holds its id.
_OWNED: dict[str, tuple[tuple[str, str], ...]] = {
    "transaction": (("transaction", "id"), ("transactionline", "transaction"),
                    ("transactionaccountingline", "transaction"), ("nexttransactionlinelink", "nextdoc"),
                    ("previoustransactionlinelink", "nextdoc")),
    "item": (("item", "id"), ("itemsubsidiarymap", "item")),
    "account": (("account", "id"), ("accountsubsidiarymap", "account")),
    "contact": (("contact", "id"), ("entity", "id")),
}  # fmt: skip
ROW_CAP = 100_000
_TOO_LARGE = 2**63
# Rules that decide what rows look like: when one is switched, all rows are made again.
_SHAPING = ("NS-26k", "NS-26l")


class SuiteQl:
    """Runs SuiteQL. Changed records are written through at the next query."""

    def __init__(self, state: State, switches: Switches) -> None:
        self._state, self._switches = state, switches
        self._dirty: dict[tuple[str, str], Record | None] = {}
        self._kinds: dict[tuple[str, str], str] = {}
        self._database: sqlite3.Connection | None = None
        self._tables: dict[str, Table] = {}
        self._statements: dict[tuple[str, str], str] = {}
        self._inserts: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._views: dict[tuple[Any, ...], str] = {}
        self._shape = tuple(switches.value(rule) for rule in _SHAPING)

    def changed(self, record: Record, removed: bool) -> None:
        """A record was stored, altered or removed."""
        group = self._state.types[record.type.lower()].group
        self._dirty[group, record.id] = None if removed else record
        self._kinds[group, record.id] = record.type

    def schema_changed(self) -> None:
        """Custom fields came or went: rebuild at the next query."""
        self._database = None
        for records in self._state.by_type.values():
            for record in records.values():
                self.changed(record, removed=False)

    def run(self, text: str, params: list[Any], role: Role) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and all rows (at most ROW_CAP). Raises NsError."""
        shape = tuple(self._switches.value(rule) for rule in _SHAPING)
        if shape != self._shape:
            self._shape = shape
            self.schema_changed()
        database = self._open()
        prefix = self._prefix(database, role)
        flags = "".join(self._switches.value(rule) for rule in ("NS-26e", "NS-26f", "NS-26g", "NS-26h"))
        key = (prefix + flags, text)
        statement = self._statements.get(key)
        if statement is None:
            statement = Translator(self._readable(role), prefix, self._switches).translate(text)
            if len(self._statements) > 2000:
                self._statements.clear()
            self._statements[key] = statement
        self._flush(database)
        try:
            cursor = database.execute(statement, params)
            rows = cursor.fetchmany(ROW_CAP)
        except sqlite3.Error as error:
            raise columns_or_error(error) from None
        return [column[0].lower() for column in cursor.description], rows

    # --- keeping in step ----------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        if self._database is not None:
            return self._database
        database = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None, cached_statements=512
        )
        register(database, self._state.local_now)
        self._tables = all_tables(self._state)
        self._statements.clear()
        self._views.clear()
        for table in self._tables.values():
            columns = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in table.columns.items())
            database.execute(f'CREATE TABLE "t_{table.name}" ({columns})')
            names = tuple(table.columns)
            quoted = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join("?" * len(names))
            self._inserts[table.name] = (f'INSERT INTO "t_{table.name}" ({quoted}) VALUES ({marks})', names)
        for table_name, column in _INDEXES:
            database.execute(f'CREATE INDEX "i_{table_name}_{column}" ON "t_{table_name}" ("{column}")')
        database.execute("INSERT INTO t_dual VALUES ('X')")
        self._database = database
        return database

    def _flush(self, database: sqlite3.Connection) -> None:
        if not self._dirty:
            return
        database.execute("BEGIN")
        for (group, record_id), record in self._dirty.items():
            kind = self._kinds[group, record_id]
            for table, column in self._owned(group, kind):
                database.execute(f'DELETE FROM "t_{table}" WHERE "{column}" = ?', (int(record_id),))
            if record is None:
                continue
            for table, row in rows_of(self._state, record, self._switches.on):
                statement, names = self._inserts[table]
                values = [row.get(name) for name in names]
                try:
                    database.execute(statement, values)
                except OverflowError:
                    database.execute(statement, [_cell(value) for value in values])
        database.execute("COMMIT")
        self._dirty.clear()

    def _owned(self, group: str, kind: str) -> tuple[tuple[str, str], ...]:
        if kind == "customer":
            nkeys = (("customeraddressbookentityaddress", "_owner"),)
            return (("customer", "id"), ("entity", "id"), ("customersubsidiaryrelationship", "id"),
                    ("customercurrencybalance", "customer"), ("customeraddressbook", "entity"), *nkeys)  # fmt: skip
        owned = _OWNED.get(kind) or _OWNED.get(group)
        if owned is not None:
            return owned
        return ((kind.lower(), "id"),) if kind.lower() in self._tables else ()

    # --- roles --------------------------------------------------------------------------------------------

    def _readable(self, role: Role) -> dict[str, Table]:
        """Tables a role may name; without permission a table is empty or unknown (account preference)."""
        if role.permissions is None or self._state.account["missing_permission"] != "unknown_table":
            return self._tables
        return {name: table for name, table in self._tables.items()
                if not table.permission or role.may(table.permission, "view")}  # fmt: skip

    def _prefix(self, database: sqlite3.Connection, role: Role) -> str:
        if (role.subsidiaries is None and role.permissions is None) or not self._switches.on("NS-26j"):
            return "t_"
        permissions = tuple(sorted((role.permissions or {"*": "full"}).items()))
        key = (
            tuple(sorted(role.subsidiaries or ("*",))),
            permissions,
            self._state.account["missing_permission"],
        )
        prefix = self._views.get(key)
        if prefix is None:
            prefix = self._views[key] = f"v{len(self._views)}_"
            for table in self._tables.values():
                condition = " AND ".join(_conditions(table, role)) or "1"
                database.execute(
                    f'CREATE VIEW "{prefix}{table.name}" AS SELECT * FROM "t_{table.name}" WHERE {condition}'
                )
        return prefix


def _cell(value: Any) -> Any:
    """SQLite's integers have 64 bits; a larger number is kept as a float."""
    return float(value) if isinstance(value, int) and abs(value) >= _TOO_LARGE else value


def _conditions(table: Table, role: Role) -> list[str]:
    conditions = []
    if table.sees and role.subsidiaries is not None:
        allowed = ", ".join(sorted(role.subsidiaries)) or "NULL"
        conditions.append(f'("{table.sees}" IS NULL OR "{table.sees}" IN ({allowed}))')
    if role.permissions is not None:
        if table.by_type:
            names = sorted(name for name in (*TYPE_CODES, "customer", "contact") if role.may(name, "view"))
            allowed = ", ".join(f"'{name.lower()}'" for name in names) or "NULL"
            conditions.append(f'LOWER("{table.by_type}") IN ({allowed})')
        elif table.permission and not role.may(table.permission, "view"):
            conditions.append("0")
    return conditions
