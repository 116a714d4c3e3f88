"""What a reader gathers while it goes through a file: entries, movements, statements and findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tieout.connectors.bank.codes import CODES
from tieout.connectors.bank.texts import shown
from tieout.domain.cash.movements import (
    BankFile,
    Entry,
    FileFinding,
    Movement,
    Place,
    Severity,
    Statement,
)
from tieout.domain.money import Money, MoneyError, Rounding, is_currency

#: A file of garbage makes a finding a line; nobody reads more than these, and one says that there were more.
MAX_FINDINGS = 500
#: The verbatim record kept with a movement or finding.
MAX_RAW = 4000


class Collector:
    """Gathers what a file comes to. A finding's severity and remedy come from the register of codes."""

    def __init__(self, digest: str, format_name: str) -> None:
        self.digest = digest
        self.format = format_name
        self.entries: list[Entry] = []
        self.movements: list[Movement] = []
        self.statements: list[Statement] = []
        self.findings: list[FileFinding] = []
        self._untold = 0

    def place(self, where: str, line: int = 0) -> Place:
        """A place in this file."""
        return Place(file=self.digest, where=where, line=line)

    def note(self, code: str, expected: str, found: str, place: Place, raw: str = "") -> None:
        """Keep a finding. Those that stop something are always kept; of warnings, the first few hundred."""
        entry = CODES[code]
        if len(self.findings) >= MAX_FINDINGS and entry.severity is not Severity.BLOCKS:
            self._untold += 1
            return
        self.findings.append(
            FileFinding(
                code=code,
                severity=entry.severity,
                expected=expected,
                found=found,
                place=place,
                remedy=entry.remedy,
                raw=raw[:MAX_RAW],
            )
        )

    def entry(self, place: Place, credit: bool | None, amount: Decimal | None, currency: str) -> None:
        """Count an entry-level record."""
        self.entries.append(Entry(place=place, credit=credit, amount=amount, currency=currency))

    def money(self, amount: Decimal, currency: str, place: Place, *, loud: bool = True) -> Money | None:
        """An amount the currency can hold. What has more decimals is rounded, and said (unless not `loud`)."""
        if not is_currency(currency):
            if loud:
                self.note("currency_unknown", "an ISO 4217 currency in use", shown(currency), place)
            return None
        try:
            return Money(amount, currency)
        except MoneyError:
            pass
        try:
            rounded = Money.rounded(amount, currency, Rounding.HALF_UP)
        except MoneyError as error:
            if loud:
                self.note("amount_too_large", "at most 15 digits before the decimal sign", str(error), place)
            return None
        if loud:
            self.note(
                "amount_rounded", f"an amount {currency} can hold", f"{amount:f}, taken as {rounded}", place
            )
        return rounded

    def movement(self, **fields: Any) -> None:
        """Keep a movement; `ordinal` is given at the end."""
        fields["raw"] = fields.get("raw", "")[:MAX_RAW]
        self.movements.append(Movement(**fields))

    def finish(self) -> BankFile:
        """The whole, with equal movements told apart by their ordinals."""
        seen: Counter[str] = Counter()
        numbered = []
        for one in self.movements:
            seen[one.identity] += 1
            numbered.append(replace(one, ordinal=seen[one.identity]))
        if self._untold:
            self.findings.append(
                FileFinding(
                    code="findings_cut",
                    severity=Severity.WARNS,
                    expected=f"at most {MAX_FINDINGS} findings",
                    found=f"{self._untold} more",
                    place=self.place("file"),
                    remedy=CODES["findings_cut"].remedy,
                )
            )
        return BankFile(
            format=self.format,
            digest=self.digest,
            entries=tuple(self.entries),
            movements=tuple(numbered),
            statements=tuple(self.statements),
            findings=tuple(self.findings),
        )
