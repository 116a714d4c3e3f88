"""The audit chain: rows of evidence are digested in order, and each seal carries on from the one before.

Whoever changes, removes or slips in a sealed row changes the digest its seal was made over; whoever makes new seals
changes the head; whoever cuts off the tail ends at an earlier head than the one that was exported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

#: Tables of evidence, in the order in which a seal takes their rows.
EVIDENCE = ("event", "attempt", "decision", "approval")
#: The head before the first seal.
GENESIS = "0" * 64

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One link: up to which row of each table it goes, over how many rows, and the chain's head with it."""

    number: int
    sealed_at: datetime
    upto: Mapping[str, int]
    rows: int
    digest: str
    head: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold: the seal's number (0: the chain as a whole), and what was found."""

    seal: int
    found: str


def canonical(table: str, row: Row) -> str:
    """One row as text that is the same on every database: keys in order, instants in UTC."""

    def plain(value: object) -> object:
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        return value

    values = {name: plain(value) for name, value in row.items()}
    return json.dumps([table, values], sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(lines: Iterable[str]) -> str:
    """SHA-256 over canonical rows, one a line."""
    total = hashlib.sha256()
    for line in lines:
        total.update(line.encode())
        total.update(b"\n")
    return total.hexdigest()


def next_seal(last: Seal | None, lines: Sequence[str], upto: Mapping[str, int], now: datetime) -> Seal:
    """The seal over these rows, carrying on from the last one."""
    number = last.number + 1 if last else 1
    digest = digest_of(lines)
    head = _head(last.head if last else GENESIS, number, now, upto, len(lines), digest)
    return Seal(number=number, sealed_at=now, upto=dict(upto), rows=len(lines), digest=digest, head=head)


def _head(previous: str, number: int, now: datetime, upto: Mapping[str, int], rows: int, digest: str) -> str:
    at = now.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps([previous, number, at, dict(upto), rows, digest], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_seal(last: Seal | None, seal: Seal, lines: Sequence[str]) -> list[Break]:
    """What does not hold of a seal, given the one before it and the rows it goes over as they are now."""
    number = last.number + 1 if last else 1
    breaks = []
    if seal.number != number:
        breaks.append(Break(seal.number, f"seal {number} is missing before it"))
    if len(lines) != seal.rows:
        breaks.append(Break(seal.number, f"{seal.rows} rows were sealed, {len(lines)} are there"))
    elif digest_of(lines) != seal.digest:
        breaks.append(Break(seal.number, f"one of its {seal.rows} rows has been changed"))
    previous = last.head if last else GENESIS
    if _head(previous, seal.number, seal.sealed_at, seal.upto, seal.rows, seal.digest) != seal.head:
        breaks.append(Break(seal.number, "the seal itself, or one before it, has been changed"))
    return breaks


def check_head(seals: Sequence[str], exported: str) -> list[Break]:
    """Whether the exported head is one of the chain's heads: if not, its tail was cut off or made anew."""
    if exported in {GENESIS, *seals}:
        return []
    return [
        Break(0, f"the exported head {exported[:16]}… is not in the chain: its tail was cut off or replaced")
    ]
