"""A desk that takes bank files in, with two customers and their open invoices in NetSuite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.desk import CONFIGURATION, Desk, open_desk
from tests.support.house import CANARIES
from tests.support.treasury import ACME, GLOBEX, books, invoice

from tieout.domain.ids import RecordType

CONFIGURED = CONFIGURATION.replace(
    "sources:\n",
    f"""\
    customer_payment: {{"1": {CANARIES[RecordType.CUSTOMER_PAYMENT]["1"]}}}
    customer_refund: {{"1": {CANARIES[RecordType.CUSTOMER_REFUND]["1"]}}}
    journal_entry: {{"1": {CANARIES[RecordType.JOURNAL_ENTRY]["1"]}}}
cash:
  accounts:
    "555019900":
      account: "101"
      subsidiary: "1"
      currency: USD
      receivables: ["121"]
  tolerances:
    - name: cents
      currency: USD
      account: "611"
      short: "5.00"
      over: "5.00"
sources:
  bank:
    type: bank
    tag: bk
    cut_over: 2026-10-01
    options:
      folder: "@folder@"
""",
)


def bai2(*entries: tuple[str, str, str, str]) -> str:
    """A BAI2 file of (cents, bank reference, payer's company id, text) of ACH credits; its totals foot."""
    lines, total = [], 0
    for cents, reference, company, text in entries:
        lines.append(f"16,165,{cents},0,{reference},/")
        who = f" CO ID:{company} CCD" if company else ""
        lines.append(f"88,SOMEBODY INC   DES:PAYMENT    ID:{reference} INDN:DESK{who}")
        lines.append(f"88,{text}")
        total += int(cents)
    group = [f"03,555019900,USD,100,{total},,/", *lines, f"49,{2 * total},{len(lines) + 2}/"]
    head = ["01,071000013,DESK,261103,0600,1,,,2/", "02,DESK,071000013,1,261102,2359,USD,2/"]
    tail = [f"98,{2 * total},1,{len(group) + 2}/", f"99,{2 * total},1,{len(group) + 4}/"]
    return "\n".join([*head, *group, *tail]) + "\n"


@contextmanager
def cash_desk(folder: Path) -> Iterator[Desk]:
    """The desk, with a watched folder beside its configuration."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    open_invoices = (invoice("INV10530", ACME, "250.00"), invoice("INV10531", ACME, "80.00"))
    data = books(*open_invoices, invoice("INV20001", GLOBEX, "75.00"))
    with open_desk(folder, CONFIGURED.replace("@folder@", str(inbox)), data) as desk:
        yield desk
