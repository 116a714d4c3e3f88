"""Values of a payload, read without ever raising: what cannot be read becomes a finding that says where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tieout.domain.findings import Finding
from tieout.domain.money import Money, MoneyError, is_currency, parse_decimal
from tieout.domain.sources import SourceRef

MAX_ID = 120
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_YES = frozenset({"true", "yes", "y", "1"})
_NO = frozenset({"false", "no", "n", "0"})
_SHOWN = 80


def shown(value: Any) -> str:
    """A value for people, bounded."""
    if absent(value):
        return "nothing"
    text = value if isinstance(value, str) else repr(value)
    return repr(text[:_SHOWN]) + ("…" if len(text) > _SHOWN else "")


def plain_text(value: Any) -> str | None:
    """One line of text: control characters and line breaks become blanks. None for what is no text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return None
    return _CONTROL.sub(" ", str(value)).strip()


def absent(value: Any) -> bool:
    """Whether a field has no value: missing, null or empty text."""
    return value is None or value == ""


def id_problem(value: str) -> str:
    """What keeps `value` from being an id, or empty."""
    if _CONTROL.search(value) or "\ufffd" in value:
        return "control or damaged characters"
    return f"{len(value)} characters" if len(value) > MAX_ID else ""


class Values:
    """Reads one deal's values and keeps the findings about them. `place` is named in each finding."""

    def __init__(self, source: SourceRef) -> None:
        self._source = source
        self._line = ""
        self._suffix = ""
        self.findings: list[Finding] = []

    def at(self, line: str, file_line: int | None) -> None:
        """From here on findings are about this line of the deal, at this line of the file."""
        self._line = line
        self._suffix = f" (line {file_line} of the file)" if file_line else ""

    def wrong(self, code: str, place: str, expected: str, found: str, raw: str = "") -> None:
        """Keep a finding."""
        where = f"line {self._line} {place}" if self._line else place
        self.findings.append(
            Finding(
                code=code,
                cause=f"{self._source.id} {where}",
                expected=f"{place}: {expected}",
                found=found + self._suffix,
                source=self._source.at_line(self._line) if self._line else self._source,
                raw=raw,
            )
        )

    def text(self, node: Mapping[str, Any], key: str, place: str = "") -> str:
        """A text, empty when absent."""
        value = plain_text(node.get(key))
        if value is None:
            self.wrong("payload_unreadable", place or key, "text", shown(node.get(key)))
            return ""
        return value

    def identifier(self, node: Mapping[str, Any], key: str, place: str) -> str:
        """An id, empty when absent or malformed."""
        raw = node.get(key)
        if absent(raw):
            return ""
        value = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
        problem = "no text" if not value else id_problem(value)
        if problem:
            self.wrong("id_malformed", place, f"an id of at most {MAX_ID} printable characters", shown(raw))
            return ""
        return value

    def texts(self, node: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        """A list of texts; one text counts as its lines."""
        raw = node.get(key)
        if isinstance(raw, str):
            raw = raw.splitlines()
        found = tuple(plain_text(one) or "" for one in self.array({key: raw}, key, place))
        return tuple(one for one in found if one)

    def mapping(self, node: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
        """A JSON object, empty when absent."""
        value = node.get(key)
        if absent(value):
            return {}
        if isinstance(value, Mapping):
            return dict(value)
        self.wrong("payload_unreadable", place, "an object", shown(value))
        return {}

    def array(self, node: Mapping[str, Any], key: str, place: str) -> Sequence[Any]:
        """A JSON array, empty when absent."""
        value = node.get(key)
        if absent(value):
            return ()
        if isinstance(value, list | tuple):
            return value
        self.wrong("payload_unreadable", place, "an array", shown(value))
        return ()

    def attributes(self, node: Mapping[str, Any], place: str) -> dict[str, str]:
        """Further facts for rules, as text."""
        facts = {}
        for name, raw in self.mapping(node, "attributes", place).items():
            value = plain_text(raw)
            if value is None:
                self.wrong("payload_unreadable", f"{place}.{name}", "text", shown(raw))
            else:
                facts[str(name)] = value
        return facts

    def flag(self, node: Mapping[str, Any], key: str, place: str) -> bool | None:
        """True, false, or None when absent."""
        value = node.get(key)
        if isinstance(value, bool) or value is None:
            return value
        word = str(value).strip().lower()
        if word in _YES or word in _NO:
            return word in _YES
        if word:
            self.wrong("payload_unreadable", place, "true or false", shown(value))
        return None

    def day(self, node: Mapping[str, Any], key: str, place: str) -> date | None:
        """A date as `2026-10-31`, None when absent."""
        value = node.get(key)
        if absent(value):
            return None
        try:
            text = str(value).strip()
            if len(text) == len("2026-10-31"):
                return date.fromisoformat(text)
        except ValueError:
            pass  # the finding below says it for every form
        self.wrong("payload_unreadable", place, "a date such as 2026-10-31", shown(value))
        return None

    def moment(self, node: Mapping[str, Any], key: str, place: str) -> datetime | None:
        """An instant with a time zone."""
        found = instant(node.get(key))
        if found is None:
            wanted = "an instant with a time zone, such as 2026-10-31T09:30:00Z"
            self.wrong("payload_unreadable", place, wanted, shown(node.get(key)))
        return found

    def number(self, node: Mapping[str, Any], key: str, place: str, code: str) -> Decimal | None:
        """A decimal number in plain notation; a binary fraction is refused, since it may have lost digits."""
        value = node.get(key)
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        found = parse_decimal(text)
        if found is None:
            wanted = 'a plain decimal number, such as "1234.50" (no grouping, exponent or currency sign)'
            if isinstance(value, float):
                wanted += ", in quotes, so that no digit is lost on the way"
            self.wrong(code, place, wanted, shown(value))
        return found

    def money(self, node: Mapping[str, Any], key: str, place: str, currency: str) -> Money | None:
        """An amount in `currency`; with an unknown currency only the number is looked at."""
        number = self.number(node, key, place, "amount_invalid")
        if number is None or not is_currency(currency):
            return None
        try:
            return Money(number, currency)
        except MoneyError as error:
            self.wrong("amount_invalid", place, f"an amount {currency} can hold", str(error))
            return None

    def months(self, node: Mapping[str, Any], key: str, place: str) -> int | None:
        """A whole number above zero, None when absent."""
        value = node.get(key)
        if absent(value):
            return None
        text = str(value).strip() if not isinstance(value, bool) else ""
        if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) > 0:
            return int(text)
        self.wrong("payload_unreadable", place, "a whole number of months above zero", shown(value))
        return None


def instant(value: Any) -> datetime | None:
    """The instant an ISO 8601 text names, in UTC; None without a time zone or when it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def version_of(value: Any) -> str | None:
    """A version as text that sorts: whole numbers padded, instants in UTC. Empty when absent, None when odd."""
    if absent(value):
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return text.zfill(18)
    moment = instant(text)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment and moment.year > 999 else None
