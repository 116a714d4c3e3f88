"""What an installation may say about the files of one bank account. Every choice has a default that needs no saying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tieout.connectors.bank.lockbox_layouts import Layout


class Perspective(StrEnum):
    """Whose NACHA file it is."""

    #: somebody else's entries that reached us: a credit is money that came in
    RECEIVER = "receiver"
    #: a file we sent to our bank: a debit is money we collect, a credit is money we pay
    ORIGINATOR = "originator"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankOptions:
    """Options of one account's files.

    `currency` is used where a format has none (NACHA and lockbox files, a CSV export without a currency column).
    `account` names our account where the file does not. `date_order` is `dmy` or `mdy` for exports whose dates can be
    read both ways; empty: decided over the whole file. `columns` maps the roles of `csv_headers.ROLES` to header texts.
    `lockbox` is a layout of one's own. `card` turns the sign of an export: `True` where positive is money out.
    """

    perspective: Perspective = Perspective.RECEIVER
    currency: str = "USD"
    account: str = ""
    date_order: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    card: bool | None = None
    lockbox: Layout | None = None
