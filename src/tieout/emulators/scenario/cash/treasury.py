"""The workbench of the bank's part: customers and invoices of before the cut-over, entries, files, rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from tieout.emulators.scenario.builder import Builder
from tieout.emulators.scenario.cash.bai2 import write_bai2
from tieout.emulators.scenario.cash.camt import write_camt053
from tieout.emulators.scenario.cash.entries import Entry
from tieout.emulators.scenario.cash.lockbox import write_lockbox
from tieout.emulators.scenario.cash.nacha import trace, write_nacha
from tieout.emulators.scenario.cash_model import (
    NO_CASH,
    RECEIPT,
    AppliedPart,
    BankFile,
    CashRow,
    HandEntry,
    KnownPayer,
)
from tieout.emulators.scenario.company import CURRENCY_IDS, TERM_IDS
from tieout.emulators.scenario.model import CONFIRMED
from tieout.emulators.scenario.money import rounded

#: our account in the United States, the lockbox that pays into it, and the one in Germany
OPERATING, LOCKBOX, IBAN = "4455667788", "0004711", "DE75512108001245126199"
GERMAN_TAX = Decimal("0.19")
BAI2, CHECKS, CAMT, CTX = "bai2", "lockbox", "camt053", "nacha"
#: format → the folder its files arrive in
FOLDERS = {BAI2: "us", CTX: "us", CHECKS: "lockbox", CAMT: "de"}
_SUFFIX = {BAI2: "bai", CTX: "ach", CHECKS: "txt", CAMT: "xml"}
_FIRST = (
    "Abbot",
    "Brook",
    "Carver",
    "Dover",
    "Ellis",
    "Foster",
    "Grove",
    "Hobart",
    "Irving",
    "Jarvis",
    "Keller",
    "Lowell",
)
_SECOND = (
    "Printing",
    "Bakeries",
    "Shipyard",
    "Publishing",
    "Brewing",
    "Tiles",
    "Orchards",
    "Furniture",
    "Ceramics",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays, with an identifier for every way the money may take. `customer`: a CRM account or an internal id."""

    customer: str
    name: str
    company_id: str
    check: str
    iban: str

    def identifier(self, route: str) -> tuple[str, str]:
        """Scheme and value of what a format carries of it."""
        if route == CAMT:
            return "iban", self.iban
        return ("micr", self.check) if route == CHECKS else ("ach_company", self.company_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldInvoice:
    """A manual invoice: its number as people know it, and what is open of it, tax included."""

    number: str
    open: Decimal

    @property
    def document(self) -> str:
        """How rows name it."""
        return f"number:{self.number}"


@dataclass(slots=True)
class Treasury:
    """What the bank will tell, while it is made up."""

    builder: Builder
    rows: list[CashRow] = field(default_factory=list)
    payers: list[KnownPayer] = field(default_factory=list)
    by_hand: list[HandEntry] = field(default_factory=list)
    files: list[BankFile] = field(default_factory=list)
    #: (account, amount) → format: the same amount comes by one route only, unless a plant says otherwise
    routes: dict[tuple[str, Decimal], str] = field(default_factory=dict)
    _entries: dict[tuple[int, str], list[Entry]] = field(default_factory=dict)
    _known: set[tuple[str, str, str]] = field(default_factory=set)
    _number: int = 9100
    _serial: int = 0

    # -- who pays what ---------------------------------------------------------------------------------------

    def company(self, *, subsidiary: str = "1", currency: str = "USD") -> Payer:
        """A customer NetSuite has had for long, whom no CRM knows."""
        place = len(self.builder.netsuite_customers)
        name = f"{_FIRST[place % len(_FIRST)]} {_SECOND[place % len(_SECOND)]} {place}"
        money = {"id": CURRENCY_IDS[currency]}
        customer = self.builder.customer(
            companyName=name,
            subsidiary={"id": subsidiary},
            currency=money,
            currencyList={"items": [{"currency": money}]},
            terms={"id": TERM_IDS["Net 30"]},
            _by="seed",
        )
        return self.payer(customer, name)

    def payer(self, customer: str, name: str) -> Payer:
        """A customer as the banks see it."""
        draw = self.builder.random(f"payer {customer}")
        return Payer(
            customer=customer,
            name=name,
            company_id=f"9{draw.randrange(10**9):09d}",
            check=f"{draw.randrange(10**8, 10**9)}/{draw.randrange(10**9, 10**10)}",
            iban=f"DE{draw.randrange(10, 99)}{draw.randrange(10**17, 10**18)}",
        )

    def invoice(self, payer: Payer, *, subsidiary: str = "1", currency: str = "USD") -> OldInvoice:
        """A manual invoice of before the cut-over over an amount nobody else owes."""
        self._number += 1
        draw = self.builder.random(f"manual invoice {self._number}")
        net = Decimal(draw.randrange(2_000, 60_000) * 100 + self._number % 100).scaleb(-2)
        day = self.builder.cut_over - timedelta(days=3 + self._number % 20)
        self.builder.netsuite_transactions.append(
            {
                "type": "invoice",
                "tranId": f"INV{self._number}",
                "entity": {"id": payer.customer},
                "subsidiary": {"id": subsidiary},
                "currency": {"id": CURRENCY_IDS[currency]},
                "tranDate": day.isoformat(),
                "item": {"items": [{"item": {"id": "501"}, "quantity": "1", "amount": f"{net:f}"}]},
                "_created": datetime.combine(day, time(10), UTC).isoformat(),
            }
        )
        return OldInvoice(number=f"INV{self._number}", open=gross(net, subsidiary, currency))

    # -- what the bank tells ---------------------------------------------------------------------------------

    def reference(self, route: str) -> str:
        """The bank's own reference of the next entry; every entry of the month has another."""
        self._serial += 1
        if route == CTX:
            return trace(self._serial)
        if route == CHECKS:
            return f"{LOCKBOX}/001/{self._serial:03d}"
        return f"{'DE' if route == CAMT else 'US'}{self._serial:08d}"

    def tell(self, wave: int, route: str, entry: Entry) -> None:
        """The entry stands in the wave's file of this format."""
        self._entries.setdefault((wave, route), []).append(entry)

    def take(self, row: CashRow, route: str) -> list[Entry]:
        """Take an entry out of its wave again, for a file of its own."""
        told = self._entries[row.wave, route]
        entry = next(one for one in told if one.reference == row.reference)
        told.remove(entry)
        return [entry]

    def pays(
        self,
        payer: Payer,
        route: str,
        amount: Decimal,
        *,
        text: str = "",
        items: Sequence[tuple[str, Decimal]] = (),
        wave: int = 1,
        known: bool = True,
        plant: str | None = None,
        outcome: str = CONFIRMED,
        code: str | None = None,
        booked: bool = True,
        applied: Sequence[tuple[str, Decimal]] = (),
        told_before: bool = False,
    ) -> CashRow:
        """Money of a payer comes in; the keywords from `plant` on say how it must end."""
        scheme, value = payer.identifier(route)
        if known:
            self.learn(scheme, value, payer.customer)
        entry = Entry(
            reference=self.reference(route), amount=amount, payer=payer.name, identifier=value,
            text=text, items=tuple(items),
        )  # fmt: skip
        self.tell(wave, route, entry)
        currency = currency_of(route)
        if not told_before:
            self.routes.setdefault((currency, amount), route)
        row = CashRow(
            reference=entry.reference,
            wave=wave, kind=RECEIPT, plant=plant, amount=f"{amount:f}", currency=currency,
            outcome=outcome, code=code, booked=booked, customer=payer.customer,
            applied=tuple(AppliedPart(document=name, amount=f"{part:f}") for name, part in applied),
            told_before=told_before,
        )  # fmt: skip
        self.rows.append(row)
        return row

    def learn(self, scheme: str, value: str, customer: str) -> None:
        """The company has known for long whose money this identifier brings."""
        if (scheme, value, customer) not in self._known:
            self._known.add((scheme, value, customer))
            self.payers.append(KnownPayer(scheme=scheme, value=value, customer=customer))

    def other(
        self,
        route: str,
        entry: Entry,
        *,
        plant: str,
        outcome: str,
        code: str,
        wave: int = 2,
        kind: str = NO_CASH,
    ) -> None:
        """An entry that is no receipt."""
        self.tell(wave, route, entry)
        self.rows.append(
            CashRow(
                reference=entry.reference,
                wave=wave, kind=kind, plant=plant, amount=f"{entry.amount:f}",
                currency=currency_of(route), outcome=outcome, code=code,
            )
        )  # fmt: skip

    def fault(self, row: CashRow, kind: str) -> None:
        """NetSuite misbehaves when this entry's payment is created; the fault hangs on the document."""
        match = {"operation": "create", "record": "customerPayment", "contains": row.reference}
        self.builder.faults["netsuite"].append({"kind": kind, "match": match, "times": 1})

    # -- files -----------------------------------------------------------------------------------------------

    def day(self, wave: int) -> date:
        """The banking day a wave tells of: the last but one of the month, then the last."""
        return self.builder.clock_start.date() - timedelta(days=1 if wave == 1 else 0)

    def write_files(self) -> None:
        """Every wave's entries as one file a format."""
        for (wave, route), entries in sorted(self._entries.items()):
            if entries:
                self.file(wave, route, self.text(wave, route, entries))

    def text(self, wave: int, route: str, entries: Sequence[Entry], *, off_by: int = 0) -> str:
        """Entries in a format."""
        day = self.day(wave)
        if route == BAI2:
            return write_bai2(OPERATING, day, len(self.files) + 1, entries, off_by=off_by)
        if route == CTX:
            return write_nacha(OPERATING, day, entries)
        if route == CHECKS:
            return write_lockbox(LOCKBOX, day, entries)
        return write_camt053(IBAN, day, wave, entries)

    def file(self, wave: int, route: str, text: str) -> BankFile:
        """A file arrives with a wave."""
        name = f"{self.day(wave)}-{len(self.files) + 1:02d}.{_SUFFIX[route]}"
        made = BankFile(wave=wave, folder=FOLDERS[route], name=name, text=text)
        self.files.append(made)
        return made


def currency_of(route: str) -> str:
    """The currency of the account a format tells of."""
    return "EUR" if route == CAMT else "USD"


def gross(net: Decimal, subsidiary: str, currency: str) -> Decimal:
    """What is owed of a net amount: the German company's sales are taxed, the other's are not."""
    return net + rounded(net * GERMAN_TAX, currency) if subsidiary == "2" else net
