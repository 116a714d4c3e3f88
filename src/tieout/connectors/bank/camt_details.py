"""What one transaction of a camt entry says: amount, parties, references, remittance, return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tieout.connectors.bank.camt_xml import either, first, kids, name, text
from tieout.connectors.bank.collecting import Collector
from tieout.domain.cash.bookings import LinkKind
from tieout.domain.cash.movements import Place, RemittanceReference, ReturnOf
from tieout.domain.money import Money, parse_decimal

#: what stands in a reference when there is none
NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTAVAILABLE"})


def figure(element: Any) -> Decimal | None:
    """The amount of an `Amt` element: a plain unsigned decimal; None for anything else."""
    if element is None:
        return None
    found = parse_decimal(element.text or "")
    return None if found is None or found < 0 else found


def day_of(element: Any, tag: str) -> str:
    """The text of `BookgDt` or `ValDt`, a day or an instant."""
    return either(element, (tag, "Dt"), (tag, "DtTm"), (tag,))


@dataclass(slots=True)
class Details:
    """One `TxDtls`, or an entry that has none."""

    amount: Decimal | None = None
    credit: bool | None = None
    names: tuple[tuple[str, str], ...] = ()
    identifiers: tuple[tuple[str, str, str], ...] = ()
    end_to_end: str = ""
    servicer_reference: str = ""
    uetr: str = ""
    other_reference: str = ""
    check_number: str = ""
    references: list[RemittanceReference] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    returned: ReturnOf | None = None
    charges: Decimal = Decimal(0)
    code: str = ""

    def names_of(self, side: str) -> tuple[str, ...]:
        """Names of the debtor's or creditor's side, the party before its ultimate."""
        return tuple(dict.fromkeys(value for role, value in self.names if role == side))

    def identifiers_of(self, side: str) -> tuple[tuple[str, str], ...]:
        """Identifiers of a side: account first, then the party's own."""
        return tuple(
            dict.fromkeys((scheme, value) for role, scheme, value in self.identifiers if role == side)
        )


def details_of(element: Any, currency: str, place: Place, found: Collector) -> Details:
    """Read a `TxDtls`."""
    read = Details(
        amount=_amount(element, currency),
        credit={"CRDT": True, "DBIT": False}.get(text(element, "CdtDbtInd")),
        names=tuple(_names(element)),
        identifiers=tuple(_identifiers(element)),
        end_to_end=_real(text(element, "Refs", "EndToEndId")),
        servicer_reference=_real(text(element, "Refs", "AcctSvcrRef")),
        uetr=text(element, "Refs", "UETR").lower(),
        other_reference=_real(either(element, ("Refs", "TxId"), ("Refs", "InstrId"), ("Refs", "MsgId"))),
        check_number=text(element, "Refs", "ChqNb"),
        charges=_charges(element),
        code=transaction_code(element),
        returned=_returned(element),
    )
    for one in kids(element, "RmtInf"):
        _remittance(one, currency, place, found, read)
    for qualifier, value in (
        ("EndToEndId", read.end_to_end),
        ("MndtId", _real(text(element, "Refs", "MndtId"))),
        ("AddtlTxInf", text(element, "AddtlTxInf")),
    ):
        if value:
            read.references.append(RemittanceReference(text=value, place=place, qualifier=qualifier))
    return read


def links_of(entry: Any, reference: str) -> tuple[tuple[LinkKind, str], ...]:
    """References that an entry has in the statement and in the notification of its details: the servicer's, those of
    the order that its batch, or all its details, name, and its own.
    """
    found = [(LinkKind.SERVICER, _real(reference))]
    batches, parts = list(kids(entry, "NtryDtls", "Btch")), list(kids(entry, "NtryDtls", "TxDtls", "Refs"))
    for kind, tag in ((LinkKind.ORDER, "PmtInfId"), (LinkKind.MESSAGE, "MsgId")):
        found += [(kind, _real(text(one, tag))) for one in batches]
        # Of payments of several payers each has the id of its own order.
        common = {_real(text(one, tag)) for one in parts}
        if len(parts) > 1 and len(common) == 1:
            found.append((kind, common.pop()))
    found.append((LinkKind.ENTRY, _real(text(entry, "NtryRef"))))
    return tuple(dict.fromkeys(one for one in found if one[1]))


def transaction_code(element: Any) -> str:
    """The bank transaction code: `PMNT/RCDT/ESCT`, else the bank's own."""
    domain = first(element, "BkTxCd", "Domn")
    if domain is not None:
        parts = (text(domain, "Cd"), text(domain, "Fmly", "Cd"), text(domain, "Fmly", "SubFmlyCd"))
        return "/".join(part for part in parts if part)
    return text(element, "BkTxCd", "Prtry", "Cd")


def _real(value: str) -> str:
    return "" if value.upper() in NO_REFERENCE else value


def _amount(element: Any, currency: str) -> Decimal | None:
    """The part's amount in the entry's currency. `InstdAmt` is what was ordered, and may contradict: never used."""
    for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "CntrValAmt", "Amt")):
        one = first(element, *path)
        if one is not None and (one.get("Ccy") or currency) == currency:
            return figure(one)
    return None


def _charges(element: Any) -> Decimal:
    total = Decimal(0)
    for charge in kids(element, "Chrgs"):
        records = list(kids(charge, "Rcrd")) or [charge]
        for record in records:
            amount = figure(first(record, "Amt"))
            if amount is not None and text(record, "ChrgInclInd") not in {"true", "1"}:
                total += -amount if text(record, "CdtDbtInd") == "CRDT" else amount
    return total


def _names(element: Any) -> Iterator[tuple[str, str]]:
    parties = first(element, "RltdPties")
    if parties is None:
        return
    for role, tag in (
        ("debtor", "Dbtr"),
        ("debtor", "UltmtDbtr"),
        ("creditor", "Cdtr"),
        ("creditor", "UltmtCdtr"),
    ):
        for party in kids(parties, tag):
            found = either(party, ("Nm",), ("Pty", "Nm"), ("Agt", "FinInstnId", "Nm"))
            if found:
                yield role, found


def _identifiers(element: Any) -> Iterator[tuple[str, str, str]]:
    parties = first(element, "RltdPties")
    if parties is None:
        return
    for role, tag in (("debtor", "DbtrAcct"), ("creditor", "CdtrAcct")):
        for account in kids(parties, tag, "Id"):
            iban = text(account, "IBAN").replace(" ", "").upper()
            other = text(account, "Othr", "Id")
            if iban:
                yield role, "iban", iban
            elif other:
                yield role, "bank_account", other
    for role, tag in (
        ("debtor", "Dbtr"),
        ("creditor", "Cdtr"),
        ("debtor", "UltmtDbtr"),
        ("creditor", "UltmtCdtr"),
    ):
        for party in kids(parties, tag):
            yield from _party_ids(role, party)
    for role, tag in (("debtor", "DbtrAgt"), ("creditor", "CdtrAgt")):
        for agent in kids(element, "RltdAgts", tag, "FinInstnId"):
            bic = either(agent, ("BICFI",), ("BIC",))
            if bic:
                yield role, "bic", bic


def _party_ids(role: str, party: Any) -> Iterator[tuple[str, str, str]]:
    for path in (("Id",), ("Pty", "Id")):
        for identity in kids(party, *path):
            for kind in ("OrgId", "PrvtId"):
                for one in kids(identity, kind):
                    bic = either(one, ("AnyBIC",), ("BICOrBEI",))
                    if bic:
                        yield role, "bic", bic
                    for other in kids(one, "Othr"):
                        scheme = either(other, ("SchmeNm", "Cd"), ("SchmeNm", "Prtry"), ("Issr",)) or "id"
                        if text(other, "Id"):
                            yield role, f"party_{scheme.lower()}", text(other, "Id")


def _returned(element: Any) -> ReturnOf | None:
    info = first(element, "RtrInf")
    if info is None:
        return None
    reasons = "; ".join(
        (one.text or "").strip() for one in kids(info, "AddtlInf") if (one.text or "").strip()
    )
    return ReturnOf(
        code=either(info, ("Rsn", "Cd"), ("Rsn", "Prtry")),
        original=_real(text(element, "Refs", "EndToEndId")),
        reason=reasons,
    )


def _remittance(element: Any, currency: str, place: Place, found: Collector, read: Details) -> None:
    """Texts and references of a `RmtInf`, in its order."""
    for child in element:
        if name(child) == "Ustrd" and (child.text or "").strip():
            written = (child.text or "").strip()
            read.texts.append(written)
            read.references.append(RemittanceReference(text=written, place=place))
        elif name(child) == "Strd":
            _structured(child, currency, place, found, read)


def _structured(element: Any, currency: str, place: Place, found: Collector, read: Details) -> None:
    paid = _document_amounts(element, currency, place, found)
    told = False
    for child in element:
        if name(child) == "RfrdDocInf" and text(child, "Nb"):
            kind = either(child, ("Tp", "CdOrPrtry", "Cd"), ("Tp", "CdOrPrtry", "Prtry"), ("Tp", "Cd"))
            read.texts.append(text(child, "Nb"))
            amounts = {} if told else paid
            read.references.append(
                RemittanceReference(text=text(child, "Nb"), place=place, qualifier=kind, **amounts)
            )
            told = True
        elif name(child) == "CdtrRefInf":
            reference = either(child, ("Ref",), ("CdtrRef",))
            if reference:
                kind = either(
                    child, ("Tp", "CdOrPrtry", "Cd"), ("Tp", "CdOrPrtry", "Prtry"), ("CdtrRefTp", "Cd")
                )
                read.texts.append(reference)
                amounts = {} if told else paid
                read.references.append(
                    RemittanceReference(
                        text=reference, place=place, qualifier=kind or "CdtrRefInf", **amounts
                    )
                )
                told = True
        elif name(child) == "AddtlRmtInf" and (child.text or "").strip():
            written = (child.text or "").strip()
            read.texts.append(written)
            read.references.append(RemittanceReference(text=written, place=place, qualifier="AddtlRmtInf"))


def _document_amounts(element: Any, currency: str, place: Place, found: Collector) -> dict[str, Any]:
    """What a structured remittance says was due, taken off and paid; a credit note is paid negatively."""
    amounts = first(element, "RfrdDocAmt")
    if amounts is None:
        return {}

    def money(*path: str) -> Money | None:
        one = first(amounts, *path)
        value = figure(one)
        if value is None:
            return None
        return found.money(value, one.get("Ccy") or currency, place, loud=False)

    told: dict[str, Any] = {
        "gross": money("DuePyblAmt"),
        "discount": money("DscntApldAmt") or money("DscntApldAmt", "Amt"),
        "paid": money("RmtdAmt"),
    }
    credit_note = money("CdtNoteAmt")
    if credit_note is not None and told["paid"] is None:
        told["paid"] = -credit_note
    adjustment = money("AdjstmntAmtAndRsn", "Amt")
    if adjustment is not None:
        debit = text(amounts, "AdjstmntAmtAndRsn", "CdtDbtInd") == "DBIT"
        told["adjustment"] = -adjustment if debit else adjustment
        told["adjustment_reason"] = text(amounts, "AdjstmntAmtAndRsn", "Rsn")
    return told
