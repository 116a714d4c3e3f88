"""Bank files: NACHA, BAI2, lockbox, camt, MT940, OFX, X12 820, CSV and JSON feeds, read by what they hold.

One entry: `parse_bank_file`. Everything it finds is a value; nothing is decided here.
"""

from tieout.connectors.bank.options import BankOptions, Perspective
from tieout.connectors.bank.reading import parse_bank_file
from tieout.connectors.bank.registration import BANK
from tieout.connectors.bank.summary import refusal, summary

__all__ = ["BANK", "BankOptions", "Perspective", "parse_bank_file", "refusal", "summary"]
