"""What the bank and Stripe tell in a scenario: files and acts in waves, who pays, and how every entry must end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

#: What an entry is: `receipt` money in, `back` money that came back, `paid_back` money we returned; the rest moves
#: nothing of a customer's.
RECEIPT, BACK, PAID_BACK, NO_CASH, FILE = "receipt", "back", "paid_back", "no_cash", "file"
#: what Stripe pays out to the bank, and what of that came back after it had been booked
PAYOUT, PAYOUT_BACK = "payout", "payout_back"
#: NetSuite's records of money, in the order they are made
CASH_RECORDS = (
    "customerPayment",
    "customerRefund",
    "deposit",
    "journalEntry",
    "customerDeposit",
    "depositApplication",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPart:
    """So much on one document: `deal:` and the opportunity of an invoice of Tieout's, or `number:` and a `tranId`."""

    document: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CashRow:
    """How one entry of the bank must end. It is joined by the bank's own reference; a file by its SHA-256.

    `amount` is a decimal string. `booked`: a customer payment must exist; `customer` whose (a CRM account or a NetSuite
    internal id), and `applied` what of it lies where; the rest is on account. `told_before`: the same money by another
    route, which counts nowhere. `wave`: the first one that tells of it. `order`: the number of the order it is a
    customer deposit for, in place of a payment.
    """

    reference: str
    wave: int
    kind: str
    plant: str | None
    amount: str
    currency: str
    outcome: str
    code: str | None = None
    booked: bool = False
    customer: str = ""
    applied: tuple[AppliedPart, ...] = ()
    told_before: bool = False
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """One file of a wave: the folder it arrives in, its name and its text."""

    wave: int
    folder: str
    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPayer:
    """An identifier the company has known for long. `customer`: a CRM account's id, or a NetSuite internal id."""

    scheme: str
    value: str
    customer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandEntry:
    """A payment a person enters in NetSuite before a wave, applied to the document of this number; none: to nothing."""

    wave: int
    number: str
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopAct:
    """Something that happens at Stripe in a wave: an action of the emulator's, by name. An argument `$handle` stands
    for the id Stripe has given the object.
    """

    wave: int
    action: str
    arguments: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A payout (by handle) arrives at the bank in a wave, as the entry of this reference. How much, Stripe knows."""

    wave: int
    payout: str
    reference: str


@dataclass(frozen=True, slots=True)
class CashMonth:
    """The money's part of a scenario. `accounts`: our bank accounts, with the folder their files arrive in; `stripe`:
    the Stripe account before anybody pays, and `acts` what happens there.
    """

    accounts: Json
    payers: tuple[KnownPayer, ...]
    files: tuple[BankFile, ...] = field(repr=False)
    by_hand: tuple[HandEntry, ...]
    rows: tuple[CashRow, ...] = field(repr=False)
    stripe: Json = field(default_factory=dict, repr=False)
    acts: tuple[ShopAct, ...] = field(default=(), repr=False)
    arrivals: tuple[Arrival, ...] = ()

    @property
    def waves(self) -> list[int]:
        """The waves, in order."""
        waves = {one.wave for one in self.files}
        return sorted(waves | {one.wave for one in self.acts} | {one.wave for one in self.arrivals})

    def planted(self, plant: str) -> list[CashRow]:
        """The rows of one plant."""
        return [row for row in self.rows if row.plant == plant]

    @classmethod
    def from_json(cls, data: Json) -> CashMonth:
        """Take back what `asdict` gave."""
        rows = tuple(
            CashRow(**{**row, "applied": tuple(AppliedPart(**part) for part in row["applied"])})
            for row in data["rows"]
        )
        return cls(
            data["accounts"],
            tuple(KnownPayer(**one) for one in data["payers"]),
            tuple(BankFile(**one) for one in data["files"]),
            tuple(HandEntry(**one) for one in data["by_hand"]),
            rows,
            data["stripe"],
            tuple(ShopAct(**one) for one in data["acts"]),
            tuple(Arrival(**one) for one in data["arrivals"]),
        )
