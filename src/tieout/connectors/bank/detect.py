"""Which format a file is, by what it holds; its name says nothing reliable."""

from __future__ import annotations

import re

from tieout.connectors.bank.bai2_records import logical_records
from tieout.connectors.bank.camt_xml import MESSAGES
from tieout.connectors.bank.csv_table import guessed, table_of
from tieout.connectors.bank.json_feed import entries_of, load
from tieout.connectors.bank.lockbox import looks_like_lockbox
from tieout.connectors.bank.nacha_records import looks_like_nacha
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.x12_820 import looks_like_x12

_OFX = re.compile(r"<OFX>|OFXHEADER\s*[:=]|<\?OFX\b|<(STMTTRN|STMTRS|BANKTRANLIST|CCSTMTRS)>", re.IGNORECASE)
_CAMT = re.compile(r"<(?:[A-Za-z0-9_.-]+:)?(" + "|".join(MESSAGES) + r")\b")
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_MT = re.compile(r"^[^\n]{0,80}?:(20|21|25P?|28C?|60[FM]|61|62[FM]|34F|13D):", re.MULTILINE)
_MT_LINE = re.compile(r"^[\x01-\x04\s]*:(20|25P?|28C?|60[FM]|61|62[FM]|34F|13D?|86):", re.MULTILINE)
_MT_BLOCK = re.compile(r"^\s*\{1:[A-Z]\d\d")
#: what is looked at; every format shows itself in its first lines
_HEAD = 200_000


def detect(text: str, options: BankOptions) -> tuple[str, str]:
    """`(format, "")`, or `("", why)`: the nearest format and what keeps the file from being it."""
    body = text.lstrip("\ufeff\x00 \t\r\n\x01")
    head = body[:_HEAD]
    if _OFX.search(head):
        return "ofx", ""
    if head.startswith("<"):
        return _xml(text, head)
    if head[:1] in "{[" and not _MT_BLOCK.match(head):
        return _json(body)
    if _MT_BLOCK.match(head) and _MT.search(head):
        return "mt940", ""
    if len(_MT_LINE.findall(head)) >= 1 and not _bai2(head):
        return "mt940", ""
    why: dict[str, str] = {}
    why["x12-820"] = looks_like_x12(head)
    why["bai2"] = "" if _bai2(head) else _why_not_bai2(head)
    why["nacha"] = looks_like_nacha(head)
    why["lockbox"] = looks_like_lockbox(head)
    for name, reason in why.items():
        if not reason:
            return name, ""
    if table_of(head, options.columns) is not None or guessed(body) is not None:
        return "csv", ""
    nearest = _nearest(head)
    told = why.get(nearest, "no line names a date and an amount")
    return "", f"nearest is {nearest}, but {told}"


def _xml(text: str, head: str) -> tuple[str, str]:
    if _CAMT.search(head) or _CAMT.search(text):
        return "camt", ""
    root = next((name for name in _ROOT.findall(head) if not name.startswith("?")), "nothing")
    return "", f"nearest is camt, but the document is {root}, with none of {', '.join(MESSAGES)}"


def _json(body: str) -> tuple[str, str]:
    value = load(body)
    if value is None:
        return "", "nearest is json, but it is not well-formed"
    if entries_of(value) is None:
        return "", "nearest is json, but it has neither entries nor transactions nor added"
    return "json", ""


def _bai2(head: str) -> bool:
    """A file header, or a run of BAI2 records without one."""
    first = next((line.strip() for line in head.splitlines() if line.strip()), "")
    if re.match(r"01\s*,", first):
        return True
    codes = [record.code for record in logical_records(head[:5000], [])]
    return len(codes) >= 2 and codes[0] in {"02", "03"} and re.match(r"0[23]\s*,", first) is not None


def _why_not_bai2(head: str) -> str:
    first = next((line.strip() for line in head.splitlines() if line.strip()), "")
    return f"its first record is {first[:20]!r}, not 01, 02 or 03"


def _nearest(head: str) -> str:
    """A guess for people: which format the first line resembles most."""
    first = next((line for line in head.splitlines() if line.strip()), "")
    if re.match(r"\d\d,", first.strip()):
        return "bai2"
    if re.match(r"(ISA|GS|ST|BPR)", first):
        return "x12-820"
    if re.match(r"[1-9]\d{2}", first) and len(first.rstrip()) > 60:
        return "nacha" if len(first.rstrip()) > 85 else "lockbox"
    return "csv"
