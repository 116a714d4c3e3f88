"""Returns that only a text tells: downloads and exports have no field for them."""

from __future__ import annotations

import re

from tieout.domain.cash.movements import MovementKind, ReturnOf

#: what is looked through of a text
_LONGEST = 500
_CODE = re.compile(r"\bRETURN(?:ED)?\b.*?\b(R\d\d)\b|\b(R\d\d)\b.*?\bRETURN(?:ED)?\b", re.IGNORECASE)
_WORDS = re.compile(
    r"\bRETURN(ED)?\s+(ITEM|DEPOSIT(ED)?( ITEM)?|CHECK|CHEQUE|ACH|PAYMENT|DEBIT)\b"
    r"|\bR(Ü|UE?)CKLASTSCHRIFT\b|\bREJET\b.*\bPR(É|E)L(È|E)VEMENT\b|\bDEVOLUCI(Ó|O)N\b.*\bRECIBO\b|\bSTORNERING\b",
    re.IGNORECASE,
)
_FEE = re.compile(r"\b(FEE|CHARGE|CHRG|CHG|GEB(Ü|UE)HR|FRAIS|COMISI(Ó|O)N)S?\b", re.IGNORECASE)


def return_by_text(texts: tuple[str, ...], *, credit: bool) -> tuple[MovementKind, ReturnOf | None] | None:
    """What came back, by the words for it; a charge for a return is a fee. None where no text speaks of one."""
    for whole in texts:
        text = whole[:_LONGEST]
        code = _CODE.search(text)
        if code is None and _WORDS.search(text) is None:
            continue
        if not credit and _FEE.search(text) is not None:
            return MovementKind.FEE, None
        name = (code[1] or code[2]).upper() if code else ""
        if credit:
            kind = MovementKind.RETURN_OF_CREDIT
        else:
            kind = MovementKind.RETURN_OF_DEBIT if name else MovementKind.RETURNED_RECEIPT
        return kind, ReturnOf(code=name, reason=text)
    return None
