"""Salesforce record ids: the 15 and 18 character forms and their checksum."""

from __future__ import annotations

import re
from functools import lru_cache

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?\Z")


def checksum(id15: str) -> str:
    """The three characters that say which of the fifteen are upper case."""
    suffix = []
    for start in (0, 5, 10):
        bits = sum(1 << place for place, letter in enumerate(id15[start : start + 5]) if "A" <= letter <= "Z")
        suffix.append(_SUFFIX[bits])
    return "".join(suffix)


@lru_cache(maxsize=100_000)
def to_18(text: str) -> str | None:
    """The 18 character form of a well-formed id; None for anything else, a wrong suffix included."""
    if not _SHAPE.match(text):
        return None
    full = text[:15] + checksum(text[:15])
    return full if len(text) == 15 or text == full else None


def make_id(prefix: str, serial: int) -> str:
    """The id number `serial` under a key prefix, 18 characters; ids of one prefix sort by serial."""
    digits = ""
    while serial:
        serial, place = divmod(serial, 62)
        digits = _DIGITS[place] + digits
    id15 = prefix + "5g00000" + digits.rjust(5, "0")
    return id15 + checksum(id15)
