"""Sealing, verifying and exporting the audit log. Every transaction adds evidence; one lane seals it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from tieout.domain.audit import EVIDENCE, GENESIS, Break, Seal, canonical, check_head, check_seal, next_seal
from tieout.flows.context import Context
from tieout.flows.storage import Store, Unit

#: Rows of each table under one seal, at most.
_PORTION = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verify` found. `unsealed`: rows younger than the last seal, which nothing protects yet."""

    seals: int
    rows: int
    unsealed: int
    head: str
    breaks: tuple[Break, ...]


class Sealing:
    """The lane that seals."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._next: datetime | None = None

    def run(self, *, now_at_once: bool = False) -> int:
        """Seal what has come in since the last seal. Returns how many rows were sealed."""
        context = self._context
        now = context.clock.now()
        if not now_at_once and self._next is not None and now < self._next:
            return 0
        self._next = now + context.limits.seal_every
        with context.store.read() as unit:
            if not _unsealed(unit, unit.audit.last()):
                return 0
        with context.store.write("seal") as unit:
            last = unit.audit.last()
            lines, upto = [], dict(last.upto) if last else dict.fromkeys(EVIDENCE, 0)
            for table in EVIDENCE:
                for row_id, row in unit.audit.rows(table, upto.get(table, 0), None, _PORTION):
                    lines.append(canonical(table, row))
                    upto[table] = row_id
            if lines:
                unit.audit.add(next_seal(last, lines, upto, now))
        return len(lines)


def _unsealed(unit: Unit, last: Seal | None) -> int:
    upto = last.upto if last else {}
    return sum(unit.audit.count_after(table, upto.get(table, 0)) for table in EVIDENCE)


def verify(store: Store, exported_head: str = "") -> Verdict:
    """Recompute every seal from the rows as they are now; compare with a head exported earlier, if given."""
    breaks: list[Break] = []
    heads: list[str] = []
    rows, last = 0, None
    with store.read() as unit:
        for seal in unit.audit.seals():
            lines = list(_lines(unit, last, seal))
            breaks += check_seal(last, seal, lines)
            heads.append(seal.head)
            rows, last = rows + len(lines), seal
        unsealed = _unsealed(unit, last)
    if exported_head:
        breaks += check_head(heads, exported_head)
    head = heads[-1] if heads else GENESIS
    return Verdict(seals=len(heads), rows=rows, unsealed=unsealed, head=head, breaks=tuple(breaks))


def _lines(unit: Unit, last: Seal | None, seal: Seal) -> Iterator[str]:
    for table in EVIDENCE:
        after = last.upto.get(table, 0) if last else 0
        for _, row in unit.audit.rows(table, after, seal.upto.get(table, 0), None):
            yield canonical(table, row)


def export(store: Store) -> Iterator[str]:
    """Lines of an export: every sealed row as it went into its seal, each seal, and the head at the end."""
    with store.read() as unit:
        last: Seal | None = None
        for seal in unit.audit.seals():
            yield from _lines(unit, last, seal)
            yield _line("seal", asdict(seal))
            last = seal
        yield _line("head", {"head": last.head if last else GENESIS, "seals": last.number if last else 0})


def _line(kind: str, values: Mapping[str, object]) -> str:
    return json.dumps([kind, values], sort_keys=True, separators=(",", ":"), default=str)
