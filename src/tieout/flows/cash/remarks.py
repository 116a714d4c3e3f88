"""What is said of a movement that is not simply booked: findings, cases, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tieout.domain.cash.decisions import MEANINGS, Decision, Outcome
from tieout.domain.cash.movements import Movement
from tieout.domain.cash.policy import BankAccount
from tieout.domain.findings import Finding
from tieout.domain.lifecycle import Standing
from tieout.domain.sources import SourceRef
from tieout.flows.rows import SourceRecord
from tieout.flows.verdict import Verdict

#: Key of a person's word that a movement is set aside, in what people have entered beside it.
HELD = "held"


def held_of(record: SourceRecord) -> Mapping[str, str] | None:
    """Who has set a movement aside, why, and when; None when nobody has."""
    held: Mapping[str, str] | None = record.override.get(HELD)
    return held


def set_aside(record: SourceRecord, held: Mapping[str, str], content: str) -> Verdict:
    """A movement of which nothing is booked until somebody lets it go."""
    found = f"held by {held['by']} since {held['at']}: {held['because']}"
    said = finding(record, "payment_held", record.source.id, "a payment that is let go", found)
    return Verdict(standing=Standing.CASE, findings=(said,), digest=content, cancel=True)


def day_of(movement: Movement) -> date:
    """The day money counts: its value date, else its booking date."""
    return movement.value_date or movement.booked or date.min


def reference_to(record: SourceRecord) -> SourceRef:
    """The source reference of a movement, without a version."""
    source = record.source
    return SourceRef(system=source.system, environment=source.environment, object=source.object, id=source.id)


def finding(record: SourceRecord, code: str, cause: str, expected: str, found: str) -> Finding:
    """A finding about a movement."""
    return Finding(code=code, cause=cause, expected=expected, found=found, source=record.source)


def case(record: SourceRecord, code: str, cause: str, expected: str, found: str) -> Verdict:
    """A case with one finding."""
    return Verdict(standing=Standing.CASE, findings=(finding(record, code, cause, expected, found),))


def booked(record: SourceRecord, content: str, waiting: Sequence[Finding]) -> Verdict:
    """A movement whose payment is in NetSuite, or on its way: the same money says nothing new, in whatever file it is
    told again. What already waits for a person about it (`waiting`) goes on waiting.
    """
    kept = [one for one in waiting if one.code != "movement_changed"]
    if record.planned_digest and record.planned_digest != content:
        found = "another amount, date, payer or reference"
        kept.insert(0, finding(record, "movement_changed", record.source.id, "what was booked", found))
        return Verdict(standing=Standing.CASE, findings=tuple(kept))
    facts: dict[str, object] = {"note": "nothing changed"}
    standing = Standing.CASE if kept else Standing.PLANNED
    return Verdict(standing=standing, findings=tuple(kept), digest=content, keep=True, facts=facts)


def bad_file(record: SourceRecord) -> Verdict:
    """A file that is refused as a whole, or of which some entries cannot be used; the good ones go on."""
    findings: Sequence[Mapping[str, str]] = record.raw.get("findings", ())
    blocked = bool(record.raw.get("blocked"))
    shown = "; ".join(
        f"{one['code']} at {one['where']}: expected {one['expected']}, found {one['found']}"
        for one in findings[:5]
    )
    more = f" (and {len(findings) - 5} more)" if len(findings) > 5 else ""
    code = "bank_file_blocked" if blocked else "bank_entries_rejected"
    name = str(record.raw.get("file", ""))
    return case(
        record, code, name or record.source.id, "a file whose amounts foot and can be read", shown + more
    )


def came_back(record: SourceRecord, movement: Movement, content: str, why: str) -> Verdict:
    """Something came back: a person reverses it with the reason in front of them."""
    code = movement.returned.code if movement.returned else ""
    original = movement.returned.original if movement.returned else ""
    found = f"{movement.kind} {code} of {original or 'an unnamed movement'}: {movement.amount}; {why}"
    said = finding(record, "payment_returned", code or str(movement.kind), "money that stays", found)
    return Verdict(standing=Standing.CASE, findings=(said,), digest=content)


def unfit_account(record: SourceRecord, movement: Movement, bank: BankAccount | None) -> Finding | None:
    """Why money of this bank account cannot be booked, if so."""
    if bank is None:
        expected = "a row of `cash.accounts` that says where its money is booked"
        return finding(
            record, "bank_account_unmapped", movement.account, expected, f"none for {movement.account!r}"
        )
    if bank.currency != movement.amount.currency:
        return finding(
            record,
            "bank_account_currency",
            movement.account,
            f"{bank.currency}, the account's currency",
            movement.amount.currency,
        )
    return None


def booked_elsewhere(record: SourceRecord) -> Finding | None:
    """The source says that another connector has booked this money: unless a person says otherwise, we do not."""
    elsewhere = str(record.raw.get("elsewhere") or "")
    if not elsewhere or record.override.get("distinct"):
        return None
    expected = "money that no other connector has booked"
    return finding(record, "payment_entered_by_hand", record.source.id, expected, elsewhere)


def unapplied(record: SourceRecord, movement: Movement, decision: Decision) -> Finding | None:
    """The case of money that nobody could apply by rule: the answer, where there is one, and what was refused."""
    if decision.automatic:
        return None
    meaning = MEANINGS[decision.outcome]
    proposed = ", ".join(f"{one.item.number} {one.amount}" for one in decision.applications)
    used = ", ".join(f"{one.item.number} {one.amount}" for one in decision.credits)
    refused = "; ".join(f"{one.item.number}: {one.why}" for one in decision.refused)
    found = f"{movement.amount} of {payer_of(movement)}: {meaning.title.lower()}"
    found += f"; proposed: {proposed}" if proposed else ""
    found += f", with the credit {used}" if used else ""
    found += f"; refused: {refused}" if refused else ""
    found += f" ({decision.note})" if decision.note else ""
    unknown = decision.customer is None and decision.outcome is not Outcome.INTERCOMPANY
    code = "payer_unknown" if unknown else f"cash_{decision.outcome}"
    return finding(record, code, record.source.id, "money that settles exactly one thing", found)


def payer_of(movement: Movement) -> str:
    """Whom the bank names."""
    return next(iter(movement.payer.names), "") or "an unnamed payer"
