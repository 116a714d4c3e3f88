"""Tag :86: of MT940 and MT942, in the dialects that are about: German subfields, SWIFT code words, free text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tieout.domain.cash.movements import Place, RemittanceReference

_GERMAN = re.compile(r"^\s?(\d{3})(?=([?<>~^|@])\d\d)")
_SEPA = re.compile(
    r"(?:(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|PURP|BREF|RREF|TAN1?|IBAN|BIC)\+|(MTLG):)\s?"
)
_WORDS = """
    EREF PREF MARF CSID REMI ORDP BENM ULTD ULTC CNTP RTRN TRTP IBAN BIC NAME ADDR ISDT PURP CREF INIT SVCL BUSP ID KREF
    MREF TRCD VALD EXCH CHGS OCMT ACCW CDTRREF CDTRREFTP USTD STRD RREF
"""
_CODE_WORD = re.compile(r"/(" + "|".join(sorted(_WORDS.split(), key=len, reverse=True)) + r")/")
_NOTHING = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED"})
#: business transaction codes (GVC) of returns: direct debit back (108, 109), transfer (159), cheque (183, 185)
RETURN_CODES = frozenset({"108", "109", "159", "183", "185"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a :86: says."""

    texts: tuple[str, ...] = ()
    references: tuple[RemittanceReference, ...] = ()
    names: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    end_to_end: str = ""
    business_code: str = ""
    posting: str = ""
    reason: str = ""
    returned: bool = False


def read_details(lines: list[str], place: Place) -> Said:
    """Read a :86: in whichever dialect it is written."""
    match = _GERMAN.match(lines[0]) if lines else None
    if match is not None:
        return _german("".join(lines), match[1], match[2], place)
    joined = "".join(lines)
    if _CODE_WORD.search(joined) and joined.lstrip().startswith("/"):
        return _code_words(joined, place)
    texts = tuple(line.strip() for line in lines if line.strip())
    return Said(
        texts=texts,
        references=tuple(RemittanceReference(text=one, place=place) for one in texts),
    )


def _german(joined: str, code: str, mark: str, place: Place) -> Said:
    """`NNN?00…?20…`: lines are cut anywhere, so they are joined as they are, and so are the subfields of one kind. What
    stands before the first key word of a later subfield (`?20RETURN?21EREF+…`) is a text of its own.
    """
    pieces = re.split(re.escape(mark) + r"(\d\d)", joined)
    fields: dict[str, str] = {}
    order = []
    for number, value in zip(pieces[1::2], pieces[2::2], strict=True):
        order.append((number, value))
        fields.setdefault(number, value)
    told = [value for number, value in order if "20" <= number <= "29" or "60" <= number <= "63"]
    remittance, before = "".join(told), _unprefixed(told)
    name = "".join(value for number, value in order if number in {"32", "33"}).strip()
    keyed = _keyed(remittance)
    # Beside a purpose of its own, what stands before it is the bank's name for the booking, or a party's.
    text = (keyed.get("SVWZ", "").strip() or ("" if "SVWZ" in keyed else before or remittance)).strip()
    references = [RemittanceReference(text=text, place=place)] if text else []
    for key in ("EREF", "KREF", "MREF"):
        value = keyed.get(key, "").strip()
        if value not in _NOTHING:
            references.append(RemittanceReference(text=value, place=place, qualifier=key))
    account = fields.get("31", "").strip()
    identifiers = []
    if account:
        iban = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", account.replace(" ", "")) is not None
        bank = fields.get("30", "").strip()
        identifiers.append(
            ("iban", account) if iban else ("bank_account", "/".join(p for p in (bank, account) if p))
        )
    if keyed.get("CRED", "").strip():
        identifiers.append(("creditor_id", keyed["CRED"].strip()))
    other = keyed.get("ABWA", "").strip()
    return Said(
        texts=(text,) if text else (),
        references=tuple(references),
        names=tuple(one for one in (name, other) if one),
        identifiers=tuple(identifiers),
        end_to_end="" if keyed.get("EREF", "").strip() in _NOTHING else keyed["EREF"].strip(),
        business_code=code,
        posting=fields.get("00", "").strip(),
        reason=fields.get("34", "").strip(),
        returned=code in RETURN_CODES,
    )


def _unprefixed(told: list[str]) -> str:
    """What subfields say before one begins with a key word. Empty when key words stand within them: they may be cut."""
    first = next((number for number, value in enumerate(told) if _SEPA.match(value)), 0)
    before = "".join(told[:first])
    return "" if _SEPA.search(before) else before


def _keyed(text: str) -> dict[str, str]:
    """SEPA key words inside the remittance: `EREF+…SVWZ+…`; of one that repeats, the first."""
    pieces = _SEPA.split(text)
    found: dict[str, str] = {}
    for key, note, value in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        found.setdefault(key or note, value)
    return found


def _code_words(joined: str, place: Place) -> Said:
    """`/EREF/…/REMI//USTD//…`: code words between slashes."""
    pieces = _CODE_WORD.split(joined)
    fields: dict[str, str] = {}
    within = ""
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        if key in {"ORDP", "BENM", "ULTD", "ULTC", "CNTP"}:
            within = key
        scope = f"{within}/{key}" if key in {"NAME", "IBAN", "BIC", "ID"} and within else key
        fields.setdefault(scope, value.strip().strip("/").strip())
        if key == "REMI":
            within = ""
    remittance = fields.get("REMI", "") or fields.get("USTD", "") or fields.get("STRD", "")
    names = [fields[key] for key in ("ORDP/NAME", "BENM/NAME", "ULTD/NAME", "NAME") if fields.get(key)]
    identifiers = [("iban", fields[key]) for key in ("ORDP/IBAN", "BENM/IBAN", "IBAN") if fields.get(key)]
    if fields.get("CNTP"):
        iban, _bic, *rest = [*fields["CNTP"].split("/"), "", ""]
        if iban:
            identifiers.append(("iban", iban))
        names += [one for one in rest[:1] if one]
    references = [RemittanceReference(text=remittance, place=place)] if remittance else []
    for key in ("EREF", "CREF", "KREF", "MARF", "CDTRREF", "PREF"):
        if fields.get(key, "").upper() not in _NOTHING:
            references.append(RemittanceReference(text=fields[key], place=place, qualifier=key))
    reason = fields.get("RTRN", "")
    return Said(
        texts=(remittance,) if remittance else (),
        references=tuple(references),
        names=tuple(dict.fromkeys(names)),
        identifiers=tuple(dict.fromkeys(identifiers)),
        end_to_end="" if fields.get("EREF", "").upper() in _NOTHING else fields["EREF"],
        reason=reason,
        returned=bool(reason),
    )
