"""How people write the number of a document: prefixes, zeros, dashes, blanks.

Two writings stand for one number when their digits are equal without leading zeros and their letters do not
contradict each other. That is a normal form for look-up, never a distance: INV-10530 and INV-10531 have nothing in
common.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LETTER = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"[0-9]+")
#: What people put before a number in several languages, instead of or in front of its own prefix.
WORDS = frozenset(
    [
        "A",
        "AND",
        "BILL",
        "DOC",
        "DOCUMENT",
        "ET",
        "FACT",
        "FACTURA",
        "FACTURE",
        "FACTUUR",
        "FAKTURA",
        "FATTURA",
        "FCT",
        "FRA",
        "FT",
        "I",
        "IN",
        "INV",
        "INVNO",
        "INVNR",
        "INVOICE",
        "INVOICES",
        "INVS",
        "LASKU",
        "N",
        "NO",
        "NR",
        "NUM",
        "NUMBER",
        "OF",
        "RE",
        "RECHNUNG",
        "REF",
        "REFERENCE",
        "RENR",
        "RG",
        "RGNR",
        "RNR",
        "SI",
        "UND",
        "Y",
    ]
)


@dataclass(frozen=True, slots=True)
class LettersAndDigits:
    """A writing taken apart: its letters (upper case) and its digits without leading zeros."""

    letters: str
    digits: str

    def may_stand_for(self, number: str) -> bool:
        """Whether this writing, whose digits are the number's, may mean it: its letters are the number's own, left
        out, or a word for "invoice" (perhaps in front of the number's own).
        """
        if not self.letters:
            return True
        own = letters_and_digits(number).letters
        if self.letters == own or self.letters in WORDS:
            return True
        return bool(own) and self.letters.endswith(own) and self.letters[: -len(own)] in WORDS


def letters_and_digits(text: str) -> LettersAndDigits:
    """A writing taken apart."""
    letters = "".join(_LETTER.findall(text)).upper()
    digits = "".join(_DIGITS.findall(text)).lstrip("0")
    return LettersAndDigits(letters, digits)
