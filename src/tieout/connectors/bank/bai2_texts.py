"""What banks put into a BAI2 text: names, references, reasons. There is no standard; these are forms that were seen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.x12 import advices, segments
from tieout.connectors.bank.x12_references import references
from tieout.domain.cash.movements import MovementKind, Place, RemittanceReference

_REASON = re.compile(r"\b(R[0-9]{2})\b")
#: a tag of a line of its own: `EREF: …`, `OBI:=…`, `TRID:…`
_TAGGED = re.compile(r"^([A-Z][A-Z0-9 ]{1,11}):=?\s?(.*)$")
_REFERENCES = frozenset({"REMI", "OBI", "EREF", "CREF", "TRID", "RFB", "BBI", "PY", "ENDT REF", "REF"})
_NOTHING = frozenset({"", "NOTPROVIDED", "NONREF", "-"})
#: the one-line form of United States ACH entries
_ACH = re.compile(
    r"^(?P<name>.*?)\s+DES:(?P<des>.*?)\s+ID:(?P<id>.*?)(?:\s+INDN:(?P<indn>.*?))?(?:\s+CO ID:\s*(?P<co>\S+))?"
    r"(?:\s+(?P<sec>[A-Z]{3}))?(?:\s+PMT INFO:(?P<info>.*))?$"
)
_RETURNED = re.compile(r"\b(RETURNED (CHEQUE|CHECK|ITEM|DEPOSIT)|RTN|RTD (CHQ|CHK))\b", re.IGNORECASE)
_CHARGE = re.compile(r"\b(CHRG|CHG|CHARGE|FEE)S?\b", re.IGNORECASE)
#: texts of one line are a few hundred characters; patterns with gaps are tried on no longer ones
_LONGEST = 2000
_PMT_INFO = re.compile(r"PMT INFO:(.*)$")


def kind_by_text(lines: tuple[str, ...]) -> MovementKind | None:
    """What a debit of any type is by its text: a returned deposit, the charge for one, or None."""
    if not any(_RETURNED.search(line) for line in lines):
        return None
    return MovementKind.FEE if any(_CHARGE.search(line) for line in lines) else MovementKind.RETURNED_RECEIPT


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says, as far as its form is known."""

    names: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    references: tuple[RemittanceReference, ...] = ()
    reason: str = ""
    #: every line had a form, or is among the references as it stands
    read: bool = False


def read_texts(
    lines: tuple[str, ...], *, credit: bool, currency: str, place: Place, found: Collector
) -> Said:
    """Read the lines of one detail's text."""
    names: list[str] = []
    identifiers: list[tuple[str, str]] = []
    refs: list[RemittanceReference] = []
    plain: list[RemittanceReference] = []
    for line in lines:
        ach = _ACH.match(line) if " DES:" in line and len(line) <= _LONGEST else None
        tagged = _TAGGED.match(line) if ach is None else None
        if tagged is not None:
            tag, value = tagged[1].strip(), tagged[2].strip()
            if value in _NOTHING:
                continue
            if tag in _REFERENCES:
                refs.append(RemittanceReference(text=value, place=place, qualifier=tag))
            elif tag == ("DBNM" if credit else "CRNM") or (credit and tag in {"ORG", "BO1", "ORIG", "ORDP"}):
                names.append(value)
            elif tag == ("DACT" if credit else "CACT"):
                identifiers.append(("bank_account", value))
            continue
        if ach is not None:
            names.append(ach["name"].strip())
            if ach["co"]:
                identifiers.append(("ach_company", ach["co"]))
            if (ach["id"] or "").strip():
                refs.append(RemittanceReference(text=ach["id"].strip(), place=place, qualifier="ID"))
        info = _PMT_INFO.search(line)
        if info is not None:
            refs += _payment_information(info[1].strip(), currency, place, found)
        if ach is None and info is None:
            plain.append(RemittanceReference(text=line, place=place))
    reason = next((match[1] for line in lines if (match := _REASON.search(line))), "")
    read = len(plain) < len(lines)
    return Said(
        tuple(dict.fromkeys(names)), tuple(identifiers), (*refs, *(plain if read else ())), reason, read
    )


def _payment_information(
    text: str, currency: str, place: Place, found: Collector
) -> list[RemittanceReference]:
    items = [
        one
        for advice in advices(segments(text))
        for one in references(advice, currency, lambda _offset: place, found)
    ]
    return items or ([RemittanceReference(text=text, place=place)] if text else [])
