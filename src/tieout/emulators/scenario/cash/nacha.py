"""A NACHA file of received CTX entries, each with an 820 in its addenda, and of notifications of change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tieout.emulators.scenario.cash.entries import Entry, ascii_only, cents

#: our bank and the payers' bank: eight digits, and the check digit of ours
OUR_BANK, OUR_CHECK_DIGIT, THEIR_BANK = "07100001", "3", "02100002"
_BLOCK, _WIDTH, _PIECE = 10, 94, 80


def trace(number: int) -> str:
    """The trace number of an entry: the originating bank and a number of its own."""
    return f"{THEIR_BANK}{number:07d}"


def write_nacha(account: str, day: date, entries: Sequence[Entry]) -> str:
    """The file: a batch an entry, since each has an originator of its own."""
    written = f"{day:%y%m%d}"
    head = (
        f"101 {OUR_BANK}{OUR_CHECK_DIGIT} {THEIR_BANK}1{written}0830A094101{'HARBOR BANK':23}{'ORIGINATING BANK':23}"
        f"{'':8}"
    )
    lines = [head]
    records = total = 0
    for number, entry in enumerate(entries, start=1):
        batch = _batch(account, written, number, entry)
        lines += batch
        records += len(batch) - 2
        total += _money(entry)
    blocks = -(-(len(lines) + 1) // _BLOCK)
    hashed = int(OUR_BANK) * len(entries) % 10**10
    lines.append(f"9{len(entries):06d}{blocks:06d}{records:08d}{hashed:010d}{0:012d}{total:012d}{'':39}")
    lines += ["9" * _WIDTH] * (blocks * _BLOCK - len(lines))
    return "\n".join(lines) + "\n"


def _money(entry: Entry) -> int:
    return 0 if entry.kind == "notice" else cents(entry.amount)


def _batch(account: str, written: str, number: int, entry: Entry) -> list[str]:
    notice = entry.kind == "notice"
    company, short = entry.identifier, entry.reference[-7:]
    addenda = [_notice(entry)] if notice else _addenda(entry, account, written, short)
    kind, name = ("COR", "NOC") if notice else ("CTX", "EDIPAYMENT")
    middle = (
        f"{short:15}{ascii_only(entry.payer, 22):22}  "
        if notice
        else f"{'NL' + short:15}{len(addenda):04d}{'NORTHLIGHT SOFTW':16}    "
    )
    counted, amount = 1 + len(addenda), _money(entry)
    header = f"5220{ascii_only(entry.payer, 16):16}{'':20}{company}{kind}{name:10}{written}{written}   1"
    return [
        f"{header}{THEIR_BANK}{number:07d}",
        f"6{'21' if notice else '22'}{OUR_BANK}{OUR_CHECK_DIGIT}{account:17}{amount:010d}{middle}1{entry.reference}",
        *addenda,
        f"8220{counted:06d}{int(OUR_BANK):010d}{0:012d}{amount:012d}{company}{'':25}{THEIR_BANK}{number:07d}",
    ]


def _notice(entry: Entry) -> str:
    return f"798C01{trace(1)}{'':6}{OUR_BANK}{entry.text:29}{'':15}{entry.reference}"


def _addenda(entry: Entry, account: str, written: str, short: str) -> list[str]:
    text = _advice(entry, account, written, short)
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    return [f"705{piece:80}{number:04d}{short}" for number, piece in enumerate(pieces, start=1)]


def _advice(entry: Entry, account: str, written: str, short: str) -> str:
    items: Sequence[tuple[str, Decimal]] = entry.items
    payer = f"01*{THEIR_BANK}1*DA*99{short}*{entry.identifier}"
    payee = f"01*{OUR_BANK}{OUR_CHECK_DIGIT}*DA*{account}"
    segments = [
        "ST*820*0001",
        f"BPR*C*{entry.amount:f}*C*ACH*CTX*{payer}**{payee}*20{written}",
        f"TRN*1*NL{short}*{entry.identifier}",
        f"N1*PR*{ascii_only(entry.payer, 40)}",
        "ENT*1",
        *(f"RMR*IV*{number}**{paid:f}*{paid:f}" for number, paid in items),
    ]
    segments.append(f"SE*{len(segments) + 1}*0001")
    return "".join(segment + "\\" for segment in segments)
