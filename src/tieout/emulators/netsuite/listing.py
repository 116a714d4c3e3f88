"""Collections: ids and links only, paging, the `q` filter (reference 1.6; rule NS-25)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.emulators.kit.http import Json, Request, json_response
from tieout.emulators.kit.http import Response as HttpResponse
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.auth import Caller
from tieout.emulators.netsuite.catalog import RecordType
from tieout.emulators.netsuite.errors import INVALID_QUERY, NsError
from tieout.emulators.netsuite.state import Record, State

COLLECTION = "application/vnd.oracle.resource+json; type=collection"
_TOKEN = re.compile(r'\s*(?:(\()|(\))|(\[[^\]]*\])|"((?:[^"\\]|\\.)*)"|([^\s()"\[\]]+))')
_LISTS = ("ANY_OF", "ANY_OF_NOT", "BETWEEN", "BETWEEN_NOT", "WITHIN", "WITHIN_NOT")
Test = Callable[[Record], bool]


def list_records(
    state: State, switches: Switches, caller: Caller, record_type: RecordType, request: Request, root: str
) -> HttpResponse:
    """One page of a collection."""
    query = {name.lower(): value for name, value in request.query.items()}
    limit, offset = page_of(query, switches)
    test = Filter(state, query["q"], record_type).test if query.get("q") else None
    rows = [
        record
        for record in state.all(record_type.name)
        if _visible(record, caller) and (test is None or test(record))
    ]
    page = rows[offset : offset + limit]
    url = f"{root}/{record_type.name}"
    items: list[Json] = []
    for record in page:
        item: Json = {"links": [{"rel": "self", "href": f"{url}/{record.id}"}], "id": record.id}
        if not switches.on("NS-25"):
            item.update({name: value for name, value in record.fields.items() if isinstance(value, str)})
        items.append(item)
    body: Json = {
        "links": [{"rel": "self", "href": f"{url}?limit={limit}&offset={offset}"}],
        "count": len(items),
        "hasMore": offset + limit < len(rows),
        "items": items,
        "offset": offset,
        "totalResults": len(rows),
    }
    return json_response(200, body, content_type=COLLECTION)


def page_of(query: dict[str, str], switches: Switches, maximum: int = 1000) -> tuple[int, int]:
    """`limit` and `offset`. Raises NsError when the offset is not a multiple of the limit."""
    numbers = {}
    for name, default in (("limit", maximum), ("offset", 0)):
        text = query.get(name, str(default))
        if not text.isdigit():
            raise _parameter(name, f"Invalid value '{text}' for the query parameter '{name}'.")
        numbers[name] = int(text)
    limit, offset = numbers["limit"], numbers["offset"]
    if (limit < 1 or limit > maximum) and switches.on("NS-25b"):
        raise _parameter("limit", f"The limit must be between 1 and {maximum}.")
    if offset % max(limit, 1) and switches.on("NS-25b"):
        raise _parameter("offset", "The offset must be divisible by the limit.")
    return limit, offset


def _parameter(name: str, text: str) -> NsError:
    return NsError(400, "INVALID_PARAMETER", text, errorQueryParam=name)


def _visible(record: Record, caller: Caller) -> bool:
    subsidiary = record.fields.get("subsidiary")
    return caller.role.sees(subsidiary if isinstance(subsidiary, str) else None)


class Filter:
    """A parsed `q` expression; AND binds tighter than OR."""

    def __init__(self, state: State, text: str, record_type: RecordType) -> None:
        self._state, self._type = state, record_type
        self._tokens = self._split(text)
        self._at = 0
        self.test = self._either()
        if self._at != len(self._tokens):
            raise _bad()

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, position = [], 0
        text = text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise _bad()
            kinds = ("open", "close", "list", "text", "word")
            tokens.append(next((kind, part) for kind, part in zip(kinds, match.groups(), strict=True)
                               if part is not None))  # fmt: skip
            position = match.end()
        return tokens

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _either(self) -> Test:
        tests = [self._both()]
        while self._peek() == ("word", "OR"):
            self._next()
            tests.append(self._both())
        return lambda record: any(test(record) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._peek() == ("word", "AND"):
            self._next()
            tests.append(self._one())
        return lambda record: all(test(record) for test in tests)

    def _one(self) -> Test:
        kind, text = self._next()
        if kind == "open":
            inner = self._either()
            if self._next()[0] != "close":
                raise _bad()
            return inner
        if kind != "word":
            raise _bad()
        name = text
        field = self._type.field(name)
        if field is None and name.lower() not in ("id", "lastmodifieddate", "datecreated", "createddate"):
            raise _bad()
        operator_kind, operator = self._next()
        if operator_kind != "word":
            raise _bad()
        if operator in ("EMPTY", "EMPTY_NOT"):
            empty = operator == "EMPTY"
            return lambda record: (self._value(record, name) in (None, "")) is empty
        value_kind, value = self._next()
        if value_kind not in ("word", "text", "list") or "'" in value[:1]:
            raise _bad()
        return self._comparison(name, operator, value, self._is_date(name))

    def _is_date(self, name: str) -> bool:
        field = self._type.field(name)
        return field is not None and field.kind in ("date", "datetime")

    def _value(self, record: Record, name: str) -> Any:
        lowered = name.lower()
        if lowered == "id":
            return record.id
        if lowered in ("lastmodifieddate", "datecreated", "createddate"):
            instant = record.meta["modified_at" if lowered == "lastmodifieddate" else "created_at"]
            return self._state.to_local(instant)
        field = self._type.field(name)
        value = record.fields.get(field.name) if field else None
        if field is not None and field.kind == "date" and value:
            return datetime.fromisoformat(value).replace(tzinfo=UTC).replace(tzinfo=None)
        return value

    def _comparison(self, name: str, operator: str, raw: str, dated: bool) -> Test:
        negated = operator.endswith("_NOT") and operator != "END_WITH_NOT"
        base = operator.removesuffix("_NOT")
        if operator in _LISTS:
            members = [part.strip().strip('"') for part in raw.strip("[]").split(",")]
            test = _list_test(base, members)
        elif dated:
            test = _date_test(base, query_date(raw))
        else:
            test = _plain_test(base, raw)
        return lambda record: test(self._value(record, name)) is not negated


def _bad() -> NsError:
    return NsError(400, "INVALID_PARAMETER", INVALID_QUERY, errorQueryParam="q")


def query_date(text: str) -> datetime:
    """A date in the account's format, optionally with a time. ISO is refused, as the platform does."""
    for pattern in ("%m/%d/%Y", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M", "%m/%d/%y", "%m/%d/%y %I:%M %p"):
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the account's zone, without marks
        except ValueError:
            continue
    raise _bad()


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise _bad() from None


def _list_test(base: str, members: list[str]) -> Callable[[Any], bool]:
    if base == "ANY_OF":
        return lambda value: str(value) in members
    low, high = _number(members[0]), _number(members[-1])
    return lambda value: value is not None and low <= _number(value) <= high


def _date_test(base: str, day: datetime) -> Callable[[Any], bool]:
    tests: dict[str, Callable[[datetime], bool]] = {
        "ON": lambda value: value.date() == day.date(),
        "AFTER": lambda value: value > day,
        "BEFORE": lambda value: value < day,
        "ON_OR_AFTER": lambda value: value >= day,
        "ON_OR_BEFORE": lambda value: value.date() <= day.date(),
    }
    if base not in tests:
        raise _bad()
    return lambda value: value is not None and tests[base](value)


def _plain_test(base: str, raw: str) -> Callable[[Any], bool]:
    tests: dict[str, Callable[[Any], bool]] = {
        "IS": lambda value: (
            str(value).lower() == raw.lower() if isinstance(value, bool) else str(value) == raw
        ),
        "CONTAIN": lambda value: raw.lower() in str(value).lower(),
        "START_WITH": lambda value: str(value).lower().startswith(raw.lower()),
        "ENDWITH": lambda value: str(value).lower().endswith(raw.lower()),
        "EQUAL": lambda value: _number(value) == _number(raw),
        "GREATER": lambda value: _number(value) > _number(raw),
        "GREATER_OR_EQUAL": lambda value: _number(value) >= _number(raw),
        "LESS": lambda value: _number(value) < _number(raw),
        "LESS_OR_EQUAL": lambda value: _number(value) <= _number(raw),
    }
    if base not in tests:
        raise _bad()
    return lambda value: value is not None and tests[base](value)
