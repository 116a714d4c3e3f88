"""Values as SuiteQL's SQLite stores them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.state import Record, State
from tieout.emulators.netsuite.suiteql.functions import mark

Row = dict[str, Any]


def bool_cell(value: Any) -> str:
    """'T' or 'F'."""
    return "T" if value else "F"


def number_cell(value: Any) -> float | int | None:
    """A number as SQLite keeps it; 15 digits survive."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)  # SQLite's own number; 15 digits survive


def int_cell(value: Any) -> int | str | None:
    """An id as an integer where it is one."""
    if value is None or value == "":
        return None
    return int(value) if str(value).isdigit() else str(value)


def stamps(state: State, record: Record, created: str) -> Row:
    """When a record was made and last saved, in the account's zone."""
    return {
        created: mark(state.to_local(record.meta["created_at"])),
        "lastmodifieddate": mark(state.to_local(record.meta["modified_at"])),
    }


def custom_values(values: dict[str, Any]) -> Row:
    """The custom fields among some values."""
    row: Row = {}
    for name, value in values.items():
        if name.startswith("cust") and name != "customForm":
            if isinstance(value, bool):
                value = bool_cell(value)  # noqa: PLW2901 - converted in place
            elif isinstance(value, Decimal):
                value = number_cell(value)  # noqa: PLW2901 - converted in place
            row[name] = value
    return row


def day_cell(text: str | None) -> str | None:
    """An ISO day as a stored date."""
    return mark(datetime.fromisoformat(text)) if text else None
