"""JSON files: one deal, an array of deals, or one deal a line. A broken piece takes nothing else with it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tieout.connectors.generic.pieces import Deal, Found, Rejection, cleaned

_BLANK = " \t\r\n"
_MAX_DIGITS = 40
_WANTED = "a JSON object for each deal"


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _MAX_DIGITS else text


def _fraction(text: str) -> float | str:
    """A fraction as the number it is, or as its text where a binary number would not say the same."""
    number = float(text)
    return number if Decimal(repr(number)) == Decimal(text) else text


_DECODER = json.JSONDecoder(parse_float=_fraction, parse_int=_integer, parse_constant=str)


def _decode(text: str, at: int) -> tuple[Any, int]:
    """The value at `at` and where it ends. Raises `ValueError` for what is no JSON."""
    try:
        value, end = _DECODER.raw_decode(text, at)
        return cleaned(value), end
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ArithmeticError:
        raise ValueError("a number no system could hold") from None


def _reason(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


class _Collected:
    def __init__(self, text: str) -> None:
        self._text = text
        self._line, self._at = 1, 0
        self.deals: list[Deal] = []
        self.rejected: list[Rejection] = []

    def line_of(self, at: int) -> int:
        """The line of a position; positions are asked in rising order."""
        self._line += self._text.count("\n", self._at, at)
        self._at = at
        return self._line

    def take(self, value: Any, line: int, raw: str) -> None:
        """Keep a value as a deal, or reject it."""
        if isinstance(value, dict):
            self.deals.append(Deal(line, value, raw))
        else:
            self.rejected.append(Rejection(line, "not a deal", _WANTED, f"{raw[:80]!r}", raw))

    def refuse(self, line: int, error: ValueError, raw: str) -> None:
        """Reject what cannot be read."""
        self.rejected.append(Rejection(line, f"not JSON: {_reason(error)}", _WANTED, f"{raw[:80]!r}", raw))

    def found(self) -> Found:
        """All of it."""
        return Found(tuple(self.deals), tuple(self.rejected))


def read(text: str) -> Found:
    """One object, an array of objects, or objects on lines of their own."""
    start = len(text) - len(text.lstrip(_BLANK))
    if text[start : start + 1] == "[":
        return _array(text, start + 1)
    if text[start:].split("\n", 1)[0].rstrip(_BLANK).endswith("}"):
        return read_lines(text)
    return _stream(text, start)


def _stream(text: str, at: int) -> Found:
    """Objects of several lines each, one after the other: the last of them may be broken."""
    collected = _Collected(text)
    while at < len(text):
        line = collected.line_of(at)
        try:
            value, end = _decode(text, at)
        except ValueError as error:
            collected.refuse(line, error, text[at:])
            break
        collected.take(value, line, text[at:end])
        at = _skip(text, end)
    return collected.found()


def read_lines(text: str) -> Found:
    """One JSON object a line; blank lines are skipped."""
    collected = _Collected(text)
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip(_BLANK)
        if not line:
            continue
        try:
            value, end = _decode(line, 0)
            if line[end:].strip(_BLANK):
                raise ValueError("more than one value on the line")
        except ValueError as error:
            collected.refuse(number, error, line)
        else:
            collected.take(value, number, line)
    return collected.found()


def _array(text: str, at: int) -> Found:
    """The elements one by one: those before a broken place are kept, the rest is one rejection."""
    collected = _Collected(text)
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return _end(collected, text, at)
    while True:
        line = collected.line_of(at)
        try:
            value, end = _decode(text, at)
        except ValueError as error:
            collected.refuse(line, error, text[at:])
            return collected.found()
        collected.take(value, line, text[at:end])
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return _end(collected, text, at)
        if text[at : at + 1] != ",":
            collected.refuse(
                collected.line_of(at), ValueError("a comma or the end of the array is missing"), text[at:]
            )
            return collected.found()
        at = _skip(text, at + 1)


def _end(collected: _Collected, text: str, at: int) -> Found:
    rest = _skip(text, at + 1)
    if rest < len(text):
        collected.refuse(collected.line_of(rest), ValueError("text after the array"), text[rest:])
    elif not collected.deals and not collected.rejected:
        collected.rejected.append(
            Rejection(0, "the file is empty", "at least one deal", "an empty array", "")
        )
    return collected.found()


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at
