"""Field values: what is stored, what a write may send, what a data set may state.

Stored form: text as `str`, ids with 18 characters, dates as `YYYY-MM-DD`, date-times as the UTC text Salesforce
answers with (`2026-11-22T18:00:00.000+0000`), numbers as Decimal, `int` and `bool` as themselves. Both date
forms sort as text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.schema import NUMERIC, TEXTUAL, Field

_COLONLESS_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def stamp(instant: datetime, *, whole_seconds: bool = True) -> str:
    """An instant as Salesforce writes it; whole seconds, as its audit fields have no finer grain."""
    instant = instant.astimezone(UTC)
    fraction = 0 if whole_seconds else instant.microsecond // 1000
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{fraction:03d}+0000"


def parse_instant(text: str, *, assume_utc: bool = False) -> datetime:
    """Read an ISO date-time. Raises ValueError when it has no offset (unless told to assume UTC)."""
    instant = datetime.fromisoformat(_COLONLESS_OFFSET.sub(r"\1:\2", text.strip()))
    if instant.tzinfo is None:
        if not assume_utc:
            raise ValueError(f"{text} has no offset")
        instant = instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)


@lru_cache(maxsize=10_000)
def _stamp_of(text: str, *, assume_utc: bool) -> str:
    return stamp(parse_instant(text, assume_utc=assume_utc), whole_seconds=False)


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool):
        raise ValueError(raw)  # noqa: TRY004 - the caller turns ValueError into Salesforce's words
    try:
        value = Decimal(str(raw).strip())
    except InvalidOperation:
        raise ValueError(raw) from None
    if not value.is_finite():
        raise ValueError(raw)
    return value


def rounded(value: Decimal, scale: int) -> Decimal:
    """Half up to the field's decimals."""
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def read_given(field: Field, raw: Any) -> Any:
    """A value of a data set in stored form. What does not fit its type stays as the text it is."""
    if raw is None or (raw == "" and field.type != "boolean"):
        return None
    try:
        if field.type == "boolean":
            return raw if isinstance(raw, bool) else {"true": True, "false": False}[str(raw).strip().lower()]
        if field.type == "int":
            return int(_number(raw))
        if field.type in NUMERIC:
            return _number(raw)
        if field.type == "date":
            return str(parse_instant(str(raw), assume_utc=True).date()) if len(str(raw)) > 10 else _date(raw)
        if field.type == "datetime":
            return _stamp_of(str(raw), assume_utc=True)
    except (ValueError, KeyError):
        return str(raw)
    if field.type in ("id", "reference"):
        return to_18(str(raw)) or str(raw)
    return raw if isinstance(raw, str) else str(raw)


def _date(raw: Any) -> str:
    return date.fromisoformat(str(raw).strip()).isoformat()


def read_sent(field: Field, raw: Any) -> Any:
    """A value of an API write in stored form. Raises SalesforceError as the vendor does."""
    if raw is None:
        return None
    if field.type in ("id", "reference"):
        return _sent_id(field, raw)
    if field.type in TEXTUAL:
        return _sent_text(field, raw)
    try:
        return _sent_scalar(field, raw)
    except (ValueError, KeyError):
        kind = {True: "VALUE_STRING", False: "VALUE_NUMBER_FLOAT"}[isinstance(raw, str)]
        message = (
            f"Cannot deserialize instance of {field.type} from {kind} value {raw} or request may be missing a "
            "required field at [line:1, column:1]"
        )
        raise SalesforceError(400, "JSON_PARSER_ERROR", message) from None


def _sent_scalar(field: Field, raw: Any) -> Any:
    if field.type == "boolean":
        return raw if isinstance(raw, bool) else {"true": True, "false": False}[raw]
    if field.type == "int":
        value = _number(raw)
        if value != int(value):
            raise ValueError(raw)
        return int(value)
    if field.type in NUMERIC:
        return _sent_number(field, _number(raw))
    if field.type == "date":
        return _date(raw) if isinstance(raw, str) else _date(None)
    if field.type == "datetime":
        return _stamp_of(raw, assume_utc=False) if isinstance(raw, str) else _stamp_of("", assume_utc=False)
    raise ValueError(raw)


def _sent_number(field: Field, value: Decimal) -> Decimal:
    value = rounded(value, field.scale)
    whole_digits = max(field.length, field.scale + 1) - (0 if field.type == "percent" else field.scale)
    if abs(value) >= Decimal(10) ** whole_digits:
        message = f"{field.name}: value outside of valid range on numeric field: {value}"
        raise SalesforceError(400, "NUMBER_OUTSIDE_VALID_RANGE", message, [field.name])
    return value


def _sent_id(field: Field, raw: Any) -> str:
    full = to_18(raw) if isinstance(raw, str) else None
    if full is None:
        message = f"{field.name}: id value of incorrect type: {raw}"
        raise SalesforceError(400, "MALFORMED_ID", message, [field.name])
    return full


def _sent_text(field: Field, raw: Any) -> str | None:
    if not isinstance(raw, str):
        kind = "VALUE_TRUE" if raw is True else "VALUE_FALSE" if raw is False else "VALUE_NUMBER_INT"
        message = f"Cannot deserialize instance of string from {kind} value {raw}"
        raise SalesforceError(400, "JSON_PARSER_ERROR", message)
    text = raw.strip()
    if len(text) > field.length:
        message = f"{field.name}: data value too large: {text} (max length={field.length})"
        raise SalesforceError(400, "STRING_TOO_LONG", message, [field.name])
    if field.restricted and text and text not in field.values:
        message = f"{field.name}: bad value for restricted picklist field: {text}"
        raise SalesforceError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])
    return text or None
