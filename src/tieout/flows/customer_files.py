"""The reviewed file: suggestions out as CSV, a person's decisions in. Bad rows are named, good ones are loaded."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tieout.domain.bindings import Link, LinkAction, LinkStage, book_of
from tieout.domain.ids import InternalId
from tieout.flows.context import Context
from tieout.flows.customers import CustomerWork, Suggestions
from tieout.flows.linking import LinkError, accounts_of, enter, evidence_of
from tieout.flows.storage import Unit
from tieout.flows.world import Surroundings

#: Columns of the file; a reviewer fills in the last three.
COLUMNS = (
    *("source", "account", "account_name", "internal_id", "customer_name", "strength", "evidence", "remarks"),
    *("digest", "decision", "reviewer", "because"),
)
_REQUIRED = ("account", "internal_id", "digest", "decision", "reviewer")
#: A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Decision(StrEnum):
    """What a reviewer may write into `decision`."""

    LINK = "link"  # the account is this customer
    CREATE = "create"  # it is not: a customer of its own is created
    SKIP = "skip"  # not decided now


_ACTIONS = {Decision.LINK: LinkAction.LINK, Decision.CREATE: LinkAction.DISTINCT}


@dataclass(frozen=True, slots=True)
class RejectedDecision:
    """A row that was not loaded: its line, why, and what it said."""

    line: int
    reason: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What an import did: rows in force, rows that wait for an approval, rows that said nothing new."""

    taken: int
    waiting: int
    unchanged: int
    skipped: int
    rejected: tuple[RejectedDecision, ...]

    def as_json(self) -> dict[str, Any]:
        """A plain structure."""
        return {
            "taken": self.taken,
            "waiting": self.waiting,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "rejected": [{"line": r.line, "reason": r.reason, "row": dict(r.row)} for r in self.rejected],
        }


def suggestion_rows(suggestions: Sequence[Suggestions]) -> list[dict[str, str]]:
    """One row a candidate; an account without any has one row without a customer."""
    rows = []
    for one in suggestions:
        head = {
            "source": one.account.source.system,
            "account": one.account.source.record_key,
            "account_name": _shown(one.account.name),
        }
        state = f"linked to {one.linked}" if one.linked else f"made as {one.own}" if one.own else ""
        if not one.candidates:
            rows.append({**head, "remarks": state or "no candidate: it will be created"})
        for candidate in one.candidates:
            rows.append(
                {
                    **head,
                    "internal_id": candidate.customer.id,
                    "customer_name": _shown(candidate.customer.name),
                    "strength": str(candidate.strength or ""),
                    "evidence": _shown("; ".join(map(str, candidate.evidence))),
                    "remarks": _shown("; ".join([*([state] if state else []), *candidate.remarks])),
                    "digest": candidate.digest,
                }
            )
    return [{name: row.get(name, "") for name in COLUMNS} for row in rows]


def _shown(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_rows(rows: Sequence[Mapping[str, str]], file: Path) -> None:
    """Write suggestions as CSV."""
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def import_decisions(context: Context, work: CustomerWork, file: Path, by: str) -> Decided:
    """Load a reviewed file. A row whose evidence has changed since is refused as stale; rows that say what is in force
    change nothing, so the same file may be loaded again. Raises `CallError`s.
    """
    rows, rejected = _read(file)
    around = work.around()
    counts = {"taken": 0, "waiting": 0, "unchanged": 0, "skipped": 0}
    with context.store.write("customer_import") as unit:
        taking = _Taking(unit, context, around, by)
        for line, row in rows:
            try:
                counts[taking.take(row)] += 1
            except LinkError as error:
                rejected.append(RejectedDecision(line, str(error), row))
        data: dict[str, object] = {**counts, "rejected": len(rejected), "file": file.name, "by": by}
        unit.journal.add("customers_imported", context.clock.now(), data=data)
    return Decided(**counts, rejected=tuple(sorted(rejected, key=lambda one: one.line)))


def _read(file: Path) -> tuple[list[tuple[int, dict[str, str]]], list[RejectedDecision]]:
    """Rows with their lines, and rows that cannot be what they should; an unreadable file is one of these."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return [], [RejectedDecision(1, f"expected a readable UTF-8 file: {error}", {})]
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="_extra")
    missing = [name for name in _REQUIRED if name not in (reader.fieldnames or [])]
    if missing:
        found = ", ".join(reader.fieldnames or []) or "nothing"
        reason = (
            f"expected the columns of `tieout customers suggest`; {', '.join(missing)} missing, found {found}"
        )
        return [], [RejectedDecision(1, reason, {})]
    rows: list[tuple[int, dict[str, str]]] = []
    rejected: list[RejectedDecision] = []
    linked: dict[str, int] = {}
    for raw in reader:
        row = {name: (raw.get(name) or "").strip() for name in COLUMNS}
        line = reader.line_num
        reason = _reason(raw, row, linked, line)
        if reason:
            rejected.append(RejectedDecision(line, reason, row))
        else:
            rows.append((line, row))
    return rows, rejected


def _reason(raw: Mapping[str, Any], row: Mapping[str, str], linked: dict[str, int], line: int) -> str:
    decision = row["decision"].lower()
    if "_extra" in raw:
        return f"expected {len(COLUMNS)} columns at most, found more: {raw['_extra']}"
    if decision not in {"", *Decision}:
        return f"decision: expected link, create or skip, found {row['decision']!r}"
    if decision in {"", Decision.SKIP}:
        return ""
    if not row["reviewer"]:
        return "reviewer is empty: name who decided"
    if not row["internal_id"]:
        if decision == Decision.CREATE:
            return ""  # without a candidate nothing stands in the way
        return "internal_id is empty: there is no customer to link to"
    if decision == Decision.LINK:
        if row["account"] in linked:
            return f"the account is linked on line {linked[row['account']]} already; one customer at most"
        linked[row["account"]] = line
    return ""


class _Taking:
    """Rows of one file, one after the other. What was looked at is the state before the first of them: a file may link
    accounts of two sources to one customer.
    """

    def __init__(self, unit: Unit, context: Context, around: Surroundings, by: str) -> None:
        self._unit, self._context, self._around, self._by = unit, context, around, by
        self._accounts = accounts_of(unit, context, unit.records.all())
        self._before = self._book = book_of(unit.links.history())

    def take(self, row: Mapping[str, str]) -> str:
        """Take one row. Returns which count it belongs to. Raises `LinkError`."""
        decision = row["decision"].lower()
        if decision in {"", Decision.SKIP} or not row["internal_id"]:
            return "skipped"
        account = self._accounts.get(row["account"])
        if account is None:
            raise LinkError(f"account: no deal that was received names {row['account']!r}")
        customer = self._around.directory.by_id(InternalId(row["internal_id"]))
        if customer is None:
            raise LinkError(f"internal_id: NetSuite has no customer {row['internal_id']!r}")
        seen = evidence_of(self._context, account.customer, customer, self._before)
        wish = Link(
            record_key=account.key,
            action=_ACTIONS[Decision(decision)],
            stage=LinkStage.IN_FORCE,
            internal_id=customer.id,
            by=row["reviewer"],
            entered_by=self._by,
            because=row["because"] or "reviewed file",
            at=self._context.clock.now(),
            evidence=seen.digest,
            seen=seen.seen,
        )
        if self._book.says(wish):
            return "unchanged"
        if seen.digest != row["digest"]:
            raise LinkError(
                f"stale: account or customer have changed since the file was made (now: {seen.seen}); look again"
                " with `tieout customers suggest`"
            )
        taken = enter(self._unit, self._context, account, self._book, wish, customer)
        if taken is None:
            return "unchanged"
        self._book = self._book.after(taken)
        return "waiting" if taken.stage is LinkStage.PROPOSED else "taken"
