"""OFX and QFX downloads: bank, card and investment accounts' cash entries.

The sign of `TRNAMT` decides, whatever `TRNTYPE` says. `FITID` should be unique in an account and is not: date and
amount belong to an entry's identity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.ofx_tags import OfxTag, tags
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.returned_texts import return_by_text
from tieout.connectors.bank.texts import fingerprint, plain_amount, shown, squeezed, yyyymmdd
from tieout.domain.cash.movements import (
    BankFile,
    MovementKind,
    Payer,
    Place,
    Rail,
    RemittanceReference,
    ReturnOf,
    Statement,
)

#: one account's answer, in the message sets that carry statements
_RESPONSES = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_ANSWERS = frozenset({"STMTTRNRS", "CCSTMTTRNRS", "INVSTMTTRNRS", "SONRS", "ACCTINFOTRNRS", "PROFTRNRS"})
_ACCOUNTS = frozenset({"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"})
_FEES = frozenset({"FEE", "SRVCHG"})
_RAILS = {
    "CHECK": Rail.CHECK,
    "DIRECTDEP": Rail.ACH,
    "DIRECTDEBIT": Rail.ACH,
    "XFER": Rail.TRANSFER,
    "POS": Rail.CARD,
}
#: aggregates inside an entry whose fields are not the entry's own
_INNER = frozenset({"BANKACCTTO", "CCACCTTO", "IMAGEDATA"})
_GROUPED = re.compile(r"^[-+]?\d{1,3}(?:([.,'\s])\d{3})(?:\1\d{3})*(?:[.,]\d{1,4})?$")


def ofx_amount(text: str) -> Decimal | None:
    """`-34.51`, `+12,50`, `1,234.50` and `1.234,50`; None for anything else."""
    body = text.strip()
    plain = plain_amount(body)
    if plain is not None or _GROUPED.match(body) is None:
        return plain
    last = max(body.rfind("."), body.rfind(","))
    whole, fraction = body[:last], body[last + 1 :]
    if len(fraction) == 3 and body[last] in whole:
        whole, fraction = body, ""
    return plain_amount(re.sub(r"[.,'\s]", "", whole) + (f".{fraction}" if fraction else ""))


@dataclass(slots=True)
class _Account:
    number: int
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    currency: str = ""
    balances: dict[str, str] = field(default_factory=dict)
    entries: int = 0

    @property
    def id(self) -> str:
        """Bank or broker, and account, as written."""
        bank = self.fields.get("BANKID") or self.fields.get("BROKERID") or ""
        return "/".join(part for part in (bank, self.fields.get("ACCTID", "")) if part)


def read_ofx(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read a download. A file whose only answer is an error is refused."""
    found = Collector(digest, "ofx")
    reader = _Reader(found, options)
    for tag in tags(text):
        reader.take(tag)
    reader.end()
    return found.finish()


class _Reader:
    def __init__(self, found: Collector, options: BankOptions) -> None:
        self._found = found
        self._options = options
        self._account: _Account | None = None
        self._entry: dict[str, str] | None = None
        self._entry_line = 0
        self._inner = ""
        self._within = ""
        self._status: dict[str, str] | None = None
        self._answer = ""
        self._errors: list[tuple[Place, str]] = []
        self._accounts = 0
        self._listed = 0

    def take(self, tag: OfxTag) -> None:
        if tag.closing:
            self._close(tag)
        elif self._entry is not None and tag.name not in _RESPONSES | {
            "STMTTRN",
            "BANKTRANLIST",
            "LEDGERBAL",
        }:
            if tag.name in _INNER:
                self._inner = tag.name
            elif not self._inner and tag.text:
                self._entry.setdefault(tag.name, tag.text)
        else:
            self._open(tag)

    def _close(self, tag: OfxTag) -> None:
        if tag.name == self._inner:
            self._inner = ""
        if tag.name in {"STMTTRN", "BANKTRANLIST", "INVTRANLIST"}:
            self._end_entry()
        elif tag.name in _RESPONSES:
            self._end_account()
        elif tag.name == "STATUS":
            self._end_status(tag.line)
        elif tag.name == self._within:
            self._within = ""

    def _open(self, tag: OfxTag) -> None:
        self._end_entry()
        if tag.name == "STMTTRN":
            self._entry, self._entry_line, self._inner = {}, tag.line, ""
        elif tag.name in _RESPONSES:
            self._end_account()
            self._accounts += 1
            self._account = _Account(self._accounts, tag.line)
        elif tag.name in _ANSWERS:
            self._answer = tag.name
        elif tag.name == "STATUS":
            self._status = {}
        elif self._status is not None and tag.name in {"CODE", "SEVERITY", "MESSAGE"}:
            self._status[tag.name] = tag.text
        elif tag.name in _ACCOUNTS | {"LEDGERBAL", "AVAILBAL"}:
            self._within = tag.name
            self._listed += tag.name in _ACCOUNTS
        elif self._account is not None and tag.text:
            if tag.name == "CURDEF":
                self._account.currency = tag.text.upper()
            elif self._within in _ACCOUNTS:
                self._account.fields.setdefault(tag.name, tag.text)
            elif self._within == "LEDGERBAL":
                self._account.balances.setdefault(tag.name, tag.text)

    def _end_status(self, line: int) -> None:
        status, self._status = self._status, None
        if status is None:
            return
        severity, code = status.get("SEVERITY", "").upper(), status.get("CODE", "0").strip()
        if severity == "ERROR" or (not severity and code not in {"", "0"}):
            told = " ".join(part for part in (code, status.get("MESSAGE", "")) if part)
            self._errors.append((self._found.place(self._answer or "file", line), told))

    def end(self) -> None:
        """Settle what is open at the end of the file."""
        self._end_status(0)
        self._end_entry()
        self._end_account()
        found = self._found
        for place, told in self._errors:
            found.note("ofx_status_part" if self._accounts else "ofx_status", "status 0", told, place)
        if not self._errors and not found.entries:
            if self._accounts or self._listed or self._answer:
                found.note("ofx_no_entries", "a list of entries", "none", found.place("file"))
            else:
                found.note("statement_missing", "a statement (STMTRS)", "none", found.place("file"))

    def _end_account(self) -> None:
        self._end_entry()
        account, self._account, self._within = self._account, None, ""
        if account is None:
            return
        place = self._found.place(f"account {account.number}", account.line)
        closing = ofx_amount(account.balances.get("BALAMT", ""))
        currency = account.currency or self._options.currency
        self._found.statements.append(
            Statement(
                account=self._options.account or account.id,
                currency=currency,
                as_of=yyyymmdd(account.balances.get("DTASOF", "")),
                closing=self._found.money(closing, currency, place, loud=False)
                if closing is not None
                else None,
            )
        )

    def _end_entry(self) -> None:
        fields, self._entry = self._entry, None
        if fields is None:
            return
        if self._account is None:
            self._accounts += 1
            self._account = _Account(self._accounts, self._entry_line)
        account = self._account
        account.entries += 1
        place = self._found.place(f"account {account.number} entry {account.entries}", self._entry_line)
        currency = (fields.get("CURSYM") or account.currency or self._options.currency).upper()
        amount = ofx_amount(fields.get("TRNAMT", ""))
        raw = "\n".join(f"<{name}>{value}" for name, value in fields.items())
        self._found.entry(
            place, None if amount is None else amount >= 0, None if amount is None else abs(amount), currency
        )
        if amount is None:
            told = shown(fields.get("TRNAMT", ""))
            self._found.note("amount_unreadable", "a signed number in TRNAMT", told, place, raw)
            return
        posted = yyyymmdd(fields.get("DTPOSTED", ""))
        if posted is None:
            told = shown(fields.get("DTPOSTED", ""))
            self._found.note("date_unreadable", "YYYYMMDD in DTPOSTED", told, place, raw)
        if fields.get("CORRECTFITID"):
            told = f"{fields.get('CORRECTACTION', 'correction')} of {fields['CORRECTFITID']}"
            self._found.note("ofx_correction", "an entry of its own", told, place, raw)
        self._movement(account, fields, amount, currency, posted, place, raw)

    def _movement(
        self,
        account: _Account,
        fields: dict[str, str],
        amount: Decimal,
        currency: str,
        posted: date | None,
        place: Place,
        raw: str,
    ) -> None:
        money = self._found.money(abs(amount), currency, place)
        if money is None:
            return
        credit = amount >= 0
        name, memo = fields.get("NAME", ""), fields.get("MEMO", "")
        texts = tuple(dict.fromkeys(text for text in (name, memo) if text))
        kind, returned = _kind(fields, credit=credit, amount=amount, texts=texts)
        number = self._options.account or account.id
        key = fields.get("FITID") or fingerprint(squeezed(" ".join(texts)))
        check = fields.get("CHECKNUM", "")
        references = [RemittanceReference(text=text, place=place) for text in texts]
        if fields.get("REFNUM"):
            references.append(RemittanceReference(text=fields["REFNUM"], place=place, qualifier="REFNUM"))
        self._found.movement(
            place=place,
            kind=kind,
            credit=credit,
            amount=money,
            account=number,
            identity=f"ofx/{number}/{key}/{posted or 'undated'}/{amount:f}",
            booked=posted,
            value_date=yyyymmdd(fields.get("DTAVAIL", "")) or yyyymmdd(fields.get("VALUEDATE", "")),
            rail=_RAILS.get(fields.get("TRNTYPE", "").upper(), Rail.UNKNOWN),
            code=fields.get("TRNTYPE", ""),
            bank_reference=fields.get("FITID", ""),
            customer_reference=fields.get("REFNUM", ""),
            check_number="" if check.strip("0") == "" else check.lstrip("0"),
            payer=Payer(names=(name,) if name and credit else ()),
            references=tuple(references),
            texts=texts,
            returned=returned,
            raw=raw,
        )


def _kind(
    fields: dict[str, str], *, credit: bool, amount: Decimal, texts: tuple[str, ...]
) -> tuple[MovementKind, ReturnOf | None]:
    if amount == 0 or fields.get("CORRECTFITID"):
        return MovementKind.INFORMATION, None
    if (back := return_by_text(texts, credit=credit)) is not None:
        return back
    if not credit and fields.get("TRNTYPE", "").upper() in _FEES:
        return MovementKind.FEE, None
    return (MovementKind.RECEIPT if credit else MovementKind.DISBURSEMENT), None
