"""The register of what can be wrong with a bank file. A code never changes its meaning.

A code of severity *blocks* keeps the whole file from having an effect. Some of them refuse it besides: what it is, or
what it says, cannot be relied on at all, and a corrected file is needed. The others leave the figures readable, and a
person may accept them.
"""

from __future__ import annotations

from dataclasses import dataclass

from tieout.domain.cash.movements import Severity

_ASK = "ask the bank for the file again; keep this one as evidence"
_COMPARE = "compare with the bank's statement; accept it by hand, or ask for the file again"
_ENTRY = "book this entry by hand from the bank's statement, or ask for the file again"
_NONE = "nothing to do; told so that it can be explained later"


@dataclass(frozen=True, slots=True)
class BankCode:
    """What a code means, what it does to the file, and what to do."""

    severity: Severity
    meaning: str
    remedy: str
    refuses: bool = False


def _refuses(meaning: str, remedy: str = _ASK) -> BankCode:
    return BankCode(Severity.BLOCKS, meaning, remedy, refuses=True)


def _blocks(meaning: str, remedy: str = _COMPARE) -> BankCode:
    return BankCode(Severity.BLOCKS, meaning, remedy)


def _rejects(meaning: str, remedy: str = _ENTRY) -> BankCode:
    return BankCode(Severity.REJECTS, meaning, remedy)


def _warns(meaning: str, remedy: str = _NONE) -> BankCode:
    return BankCode(Severity.WARNS, meaning, remedy)


CODES: dict[str, BankCode] = {
    # any format
    "file_empty": _refuses("There is nothing in the file."),
    "file_too_large": _refuses(
        "The file is larger than any bank's.", "split it, or check that it is a bank file"
    ),
    "file_unreadable": _refuses("A reader met something nobody foresaw.", "report it, with the file"),
    "format_unknown": _refuses(
        "No format fits what the file holds.",
        "check that it is a bank file, whole, and of a format listed here",
    ),
    "statement_missing": _refuses("The envelope is there, the statement in it is not."),
    "findings_cut": _warns("There are more findings than are kept."),
    "currency_unknown": _rejects("The currency is not one that is in use."),
    "amount_too_large": _rejects("The amount has more digits than a bank can move."),
    "amount_unreadable": _rejects("The amount is not a number."),
    "amount_rounded": _warns("The amount has more decimals than its currency.", _COMPARE),
    "date_unreadable": _warns("The date is not one; the entry goes on without it."),
    "date_impossible": _warns("The date does not exist (30 February); the month's last day is taken."),
    "direction_missing": _rejects("Nothing says whether money came in or went out."),
    "balance_differs": _blocks("Opening balance and entries do not make the closing balance."),
    "totals_differ": _blocks("The entries do not come to the sums the file states."),
    "count_differs": _warns("The file states another number of entries than it has.", _COMPARE),
    # NACHA
    "nacha_file_header_missing": _warns("There is no file header (record 1)."),
    "nacha_file_control_missing": _warns(
        "There is no file control (record 9); its totals cannot be checked."
    ),
    "nacha_batch_control_missing": _warns("A batch has no control (record 8); its totals cannot be checked."),
    "nacha_batch_header_missing": _warns("An entry stands outside a batch; company and dates are unknown."),
    "nacha_batch_totals": _refuses("Debits or credits of a batch are not what its control says."),
    "nacha_file_totals": _refuses("Debits or credits of the file are not what its control says."),
    "nacha_totals_unreadable": _warns("Totals of a control record are not numbers.", _COMPARE),
    "nacha_counts": _warns("A control states other counts, blocks or hashes than there are."),
    "nacha_service_class": _warns("A batch holds entries of the side its service class excludes."),
    "nacha_transaction_code": _rejects("The transaction code says neither debit nor credit."),
    "nacha_record_unknown": _warns("A line is no record of a NACHA file; it was passed over."),
    "nacha_line_long": _warns("A record is longer than 94 characters; what is beyond was dropped."),
    "nacha_addenda_orphan": _warns("An addenda record follows no entry."),
    "nacha_addenda_sequence": _warns("Addenda are out of their sequence; the file's order was kept."),
    "nacha_return_unknown": _warns(
        "The return code is not in the list; it is a return all the same.", _COMPARE
    ),
    "nacha_correction": _warns(
        "The bank tells corrected account data; the money moved.",
        "correct the stored bank details within six days",
    ),
    # X12 820
    "x12_sum_differs": _warns(
        "The items do not add up to the payment.", "review the remittance before applying it"
    ),
    "x12_item_differs": _warns("Paid is not gross less discount and adjustment.", "review the remittance"),
    "x12_counts": _warns("A trailer states other counts or numbers than there are."),
    "x12_incomplete": _warns("The remittance breaks off.", "ask for the advice again"),
    "x12_other_set": _warns("A transaction set that is no 820; it was passed over."),
    # BAI2
    "bai2_control_total": _blocks(
        "A control total is not the sum of its amounts, nor do the trailers agree."
    ),
    "bai2_control_damaged": _refuses(
        "The trailers agree with each other and not with the records: a record was lost or changed."
    ),
    "bai2_counts": _warns("A trailer states other counts than there are; real banks do."),
    "bai2_trailer_missing": _warns("A trailer is missing; its totals cannot be checked."),
    "bai2_record_unknown": _warns("A line is no BAI2 record; it was passed over."),
    "bai2_record_misplaced": _warns("A record stands where it does not belong."),
    "bai2_summary_unreadable": _warns("Balances and totals of an account break off."),
    "bai2_type_code": _rejects("The type code says neither debit nor credit."),
    "bai2_total_as_detail": _warns("A detail has the type code of a total; it was not booked.", _COMPARE),
    "bai2_signed_detail": _warns(
        "A detail amount carries a minus sign: it was taken on the other side.", _COMPARE
    ),
    "bai2_group_deletion": _warns("The group deletes earlier data; it was booked nowhere.", _COMPARE),
    "bai2_group_correction": _warns("The group replaces earlier data; it was booked nowhere.", _COMPARE),
    "bai2_group_test": _warns("The group is a test; it was booked nowhere."),
    "bai2_items_differ": _warns(
        "Items do not add up to their deposit; the deposit is booked, the items are not."
    ),
    # lockbox
    "lockbox_totals": _refuses("Checks are not what a batch or service total says."),
    "lockbox_counts": _warns("A trailer states another number of checks or records."),
    "lockbox_record_unknown": _warns("A line is no record of the layout; it was passed over."),
    "lockbox_overflow_orphan": _warns("An overflow record follows no check."),
    "lockbox_invoices_differ": _warns(
        "Invoices of a check do not add up to it.", "review the check's remittance"
    ),
    # camt
    "xml_unsafe": _refuses("The document declares entities or a document type, which no bank does."),
    "xml_broken": _refuses("The document is not well-formed XML."),
    "camt_incomplete": _blocks("The document breaks off before its end.", _ASK),
    "camt_parts_differ": _warns("The details of a booking do not add up to it; it stays whole."),
    "camt_batch_unsplit": _warns(
        "A booking of several payments came without details.", "wait for the notification"
    ),
    "camt_status": _warns("A status that is neither booked, pending nor information; not booked."),
    # MT940 and MT942
    "mt940_entry_unreadable": _rejects("The statement line is not one."),
    "mt940_currency_missing": _rejects("Nothing says which currency the statement is in."),
    "mt940_balance_unreadable": _warns("A balance is not one; it cannot be checked."),
    "mt940_tag_misplaced": _warns("A tag stands where it does not belong; it was read as what it must be."),
    "mt940_statement_headless": _warns("Entries stand outside a statement."),
    # OFX
    "ofx_status": _refuses("The bank answers with an error instead of a statement.", "download it again"),
    "ofx_status_part": _warns(
        "The bank answers with an error for one of several accounts.", "download it again"
    ),
    "ofx_no_entries": _warns("The file lists accounts or balances, and no entries."),
    "ofx_correction": _warns("An entry replaces or deletes an earlier one; it was booked nowhere.", _COMPARE),
    # CSV and JSON
    "csv_no_header": _refuses(
        "No line names a date and an amount.", "name the columns in the account's options"
    ),
    "csv_header_missing": _warns(
        "No line names the columns; they were told by what every row holds.",
        "name the columns in the account's options",
    ),
    "csv_dates_ambiguous": _warns(
        "Every date can be read both ways; day first was taken unless amounts are written as in the United States.",
        "set date_order in the account's options",
    ),
    "csv_row_unreadable": _rejects("The row has no amount or no date that can be read.", "correct the row"),
    "csv_row_short": _warns("The row has other columns than the header."),
    "csv_currency_assumed": _warns(
        "Nothing names the currency; the account's was taken.", "set it in the options"
    ),
    "csv_card_signs": _warns("A card export: positive is money out.", "set card in the account's options"),
    "csv_balance_row": _warns("A row states a balance; it is no entry."),
    "csv_balance_differs": _warns("The running balance does not follow from the amounts."),
    "json_shape_unknown": _refuses("The JSON is no feed that is known.", "use the documented shape"),
    "json_removed": _warns(
        "The feed takes entries back, as it does with pending ones that were posted.", _COMPARE
    ),
    "json_row_unreadable": _rejects(
        "An entry has no amount, date or account that can be read.", "correct the entry"
    ),
}
