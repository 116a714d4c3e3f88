"""Record ids: 15 characters that tell case apart, or 18 whose last three encode that case (crm-cpq §4.2)."""

from __future__ import annotations

import re
from functools import lru_cache

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?\Z")
_GROUPS = (0, 5, 10)
SHORT = 15


@lru_cache(maxsize=50_000)
def full_id(text: str) -> str | None:
    """The 18 character form, or None when no org can have issued `text` (a wrong suffix included)."""
    if not _SHAPE.match(text):
        return None
    full = text[:SHORT] + "".join(_ALPHABET[_bits(text[start : start + 5])] for start in _GROUPS)
    return full if len(text) == SHORT or text == full else None


def _bits(group: str) -> int:
    return sum(1 << place for place, letter in enumerate(group) if "A" <= letter <= "Z")
