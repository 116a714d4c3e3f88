"""Bytes, numbers and dates of bank files, read without raising."""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from datetime import date
from decimal import Decimal

from tieout.domain.money import parse_decimal

#: No bank sends a larger file in one piece; beyond it a file is refused before it is decoded.
MAX_FILE_BYTES = 256 * 1024 * 1024
#: A physical line longer than this is cut for display only; it is the longest NACHA file sent without line ends.
SHOWN = 120
#: the century of two-digit years: 70 to 99 are 1970 to 1999
_PIVOT = 70
_DIGITS = re.compile(r"[0-9]+")


def digest_of(content: bytes) -> str:
    """The SHA-256 of the file."""
    return hashlib.sha256(content).hexdigest()


def decode(content: bytes) -> str:
    """The text of a bank file: by its byte-order mark, else UTF-8, else Windows' Latin-1. Never raises."""
    for mark, encoding in (
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xef\xbb\xbf", "utf-8"),
    ):
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    if b"\x00" in content[:200]:
        even, odd = content[:200:2].count(0), content[1:200:2].count(0)
        if max(even, odd) > 40:
            return content.decode("utf-16-be" if even > odd else "utf-16-le", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace") if _windows(content) else content.decode("latin-1")


def _windows(content: bytes) -> bool:
    """Whether bytes that Latin-1 leaves to control characters are used as Windows uses them."""
    return any(0x80 <= byte <= 0x9F for byte in content[:65536]) and not any(
        byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} for byte in content[:65536]
    )


def shown(text: object) -> str:
    """A value for people, bounded and quoted."""
    body = str(text)
    return repr(body[:SHOWN]) + ("…" if len(body) > SHOWN else "")


def fingerprint(*parts: object) -> str:
    """A short hash of a tuple, 96 bits: the identity of what has no id of its own."""
    body = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(body.encode("utf-8", errors="surrogatepass")).hexdigest()[:24]


def squeezed(text: str) -> str:
    """Blanks folded and case dropped, for comparing texts that travel through different files."""
    return " ".join(text.split()).casefold()


def digits(text: str) -> int | None:
    """A whole number of ASCII digits, or None."""
    stripped = text.strip()
    return int(stripped) if _DIGITS.fullmatch(stripped) and len(stripped) <= 30 else None


def cents(text: str) -> Decimal | None:
    """An amount in hundredths (NACHA, lockbox), or None."""
    number = digits(text)
    return None if number is None else Decimal(number).scaleb(-2)


def plain_amount(text: str) -> Decimal | None:
    """A signed number with a point or a comma as its decimal sign, no grouping; None for anything else."""
    body = text.strip()
    if body.count(",") == 1 and "." not in body:
        body = body.replace(",", ".")
    if body.startswith(("+", "-")):
        sign, body = body[0], body[1:].strip()
    else:
        sign = ""
    if body.startswith("."):
        body = "0" + body
    return parse_decimal(sign + body) if body[:1].isdigit() else None


def day(year: int, month: int, number: int) -> tuple[date | None, bool]:
    """A date, and whether it exists: 30 February and 31 November, which banks write, become the month's last day."""
    if not (1 <= month <= 12 and 1 <= number <= 31 and 1900 <= year <= 2200):
        return None, False
    last = monthrange(year, month)[1]
    return date(year, month, min(number, last)), number <= last


def yymmdd(text: str) -> tuple[date | None, bool]:
    """`260918` as a date, and whether it exists."""
    if not (len(text) == 6 and text.isascii() and text.isdigit()):
        return None, False
    year = int(text[:2])
    return day(year + (1900 if year >= _PIVOT else 2000), int(text[2:4]), int(text[4:6]))


def yyyymmdd(text: str) -> date | None:
    """`20260918…` as a date, whatever follows, or None."""
    head = text.strip()[:8]
    if not (len(head) == 8 and head.isascii() and head.isdigit()):
        return None
    found, exists = day(int(head[:4]), int(head[4:6]), int(head[6:8]))
    return found if exists else None


def iso_day(text: str) -> date | None:
    """The day of `2026-09-18` or `2026-09-18T12:00:00Z`, as written there, or None."""
    match = re.match(r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])", text)
    if match is None:
        return None
    found, exists = day(int(match[1]), int(match[2]), int(match[3]))
    return found if exists else None
