"""Findings: what validation and diagnosis return, and the register of their stable codes.

A code never changes its meaning; people, tests and dashboards key on it. `docs/reference/findings.md` must
name every code (checked by a test).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tieout.domain.cash.decisions import MEANINGS, Outcome
from tieout.domain.errors import DomainError
from tieout.domain.sources import SourceRef


class WayOut(StrEnum):
    """What a person can do about a case."""

    MAP_ITEM = "map item"
    REPLACE_ITEM = "reactivate or replace item"
    MAP_TERM = "map terms"
    ADD_RULE = "add or correct a rule"
    CHOOSE_CUSTOMER = "choose customer"
    EXTEND_CUSTOMER = "let the customer have it (a currency, a subsidiary)"
    NEW_CUSTOMER = "say that it is a customer of its own"
    EDIT = "edit and re-plan"
    FIX_AT_SOURCE = "correct it in the source and wait for the next version"
    FIX_IN_NETSUITE = "correct it in NetSuite, then retry"
    WAIT_FOR_PERIOD = "approve a re-date into the next open period"
    RETRY = "retry"
    RELEASE = "let the payment go, when it may be booked"
    IGNORE = "ignore because"
    APPROVE = "approve or reject, by somebody else than its maker"
    DECIDE_AMENDMENT = "decide how NetSuite should follow the change"
    STOP_OTHER_WRITER = "stop the other writer, then keep its record or ours"
    APPLY_CASH = "apply the payment as proposed, or otherwise"
    NAME_PAYER = "say whose money it is"
    MAP_BANK_ACCOUNT = "map the bank account"
    SAY_DISTINCT = "say that it is other money"
    REVERSE_PAYMENT = "reverse the payment it takes back"
    REFUND = "take the payment off its invoice, or name the credit memo that was paid out"


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the register: title for people, the cause in a sentence, ways out in order of use."""

    title: str
    cause: str
    ways_out: tuple[WayOut, ...]


_W = WayOut
_SOURCE = (_W.FIX_AT_SOURCE, _W.EDIT, _W.IGNORE)
_NETSUITE = (_W.FIX_IN_NETSUITE, _W.RETRY, _W.IGNORE)

#: Codes of findings about a deal, found before anything is written.
BEFORE_WRITE: dict[str, Code] = {
    "payload_unreadable": Code(
        "Payload cannot be read", "The source sent something no mapping fits.", _SOURCE
    ),
    "internal_error": Code(
        "A fault of Tieout's own", "Checking this deal failed in a way nobody foresaw.", (_W.RETRY, _W.IGNORE)
    ),
    "id_malformed": Code(
        "Malformed id", "An id in the payload is not one the source can have issued.", _SOURCE
    ),
    "approval_required": Code(
        "Waits for approval",
        "A rule asks for an approval of what would be written, and it has not been given for this content.",
        (_W.APPROVE, _W.EDIT, _W.IGNORE),
    ),
    "approval_rejected": Code(
        "Approval was refused",
        "An approver rejected what would be written; another content needs another decision.",
        (_W.FIX_AT_SOURCE, _W.EDIT, _W.IGNORE),
    ),
    "customer_missing": Code(
        "No customer", "The deal names no account, or one that cannot be read.", _SOURCE
    ),
    "customer_suspected_legacy": Code(
        "Customer may already exist",
        "A NetSuite customer that is linked to no account and was not made by Tieout has the same tax id, or the same"
        " name and domain.",
        (_W.CHOOSE_CUSTOMER, _W.NEW_CUSTOMER, _W.FIX_IN_NETSUITE, _W.IGNORE),
    ),
    "customer_suspected_twin": Code(
        "Customer may be another source's, too",
        "A NetSuite customer that serves an account of another source has the same tax id, or the same name and"
        " domain.",
        (_W.CHOOSE_CUSTOMER, _W.NEW_CUSTOMER, _W.FIX_IN_NETSUITE, _W.IGNORE),
    ),
    "customer_inactive": Code("Customer is inactive", "The NetSuite customer is inactive.", _NETSUITE),
    "customer_subsidiary_mismatch": Code(
        "Customer lives in another subsidiary",
        "The customer's NetSuite record is not related to the subsidiary the rules chose.",
        (_W.EXTEND_CUSTOMER, _W.ADD_RULE, _W.FIX_IN_NETSUITE, _W.IGNORE),
    ),
    "customer_merge_conflict": Code(
        "Merged accounts have two customers",
        "Two accounts were merged in the CRM and each already has a NetSuite customer.",
        (_W.CHOOSE_CUSTOMER, _W.FIX_IN_NETSUITE, _W.IGNORE),
    ),
    "lines_missing": Code(
        "Deal has no lines", "There is an amount at best; no default item is used.", _SOURCE
    ),
    "item_unmapped": Code(
        "Product has no crosswalk row", "No NetSuite item is named for it.", (_W.MAP_ITEM, _W.IGNORE)
    ),
    "item_unknown": Code(
        "Mapped item does not exist",
        "The crosswalk names an item NetSuite has not.",
        (_W.MAP_ITEM, _W.IGNORE),
    ),
    "item_inactive": Code(
        "Item is inactive", "The mapped NetSuite item is inactive.", (_W.REPLACE_ITEM, _W.MAP_ITEM, _W.IGNORE)
    ),
    "item_not_in_subsidiary": Code(
        "Item is not available in the subsidiary",
        "The mapped item may not be sold by the subsidiary the rules chose.",
        (_W.REPLACE_ITEM, _W.MAP_ITEM, _W.IGNORE),
    ),
    "terms_unmapped": Code(
        "Payment terms have no crosswalk row", "No NetSuite term is named for them.", (_W.MAP_TERM, _W.IGNORE)
    ),
    "subsidiary_rule_missing": Code(
        "No subsidiary rule matches", "No rule decides who sells this.", (_W.ADD_RULE, _W.IGNORE)
    ),
    "rule_target_invalid": Code(
        "A rule names what NetSuite has not",
        "A rule chose a subsidiary, account or form that does not exist or is inactive.",
        (_W.ADD_RULE, _W.FIX_IN_NETSUITE, _W.IGNORE),
    ),
    "handoff_rule_missing": Code(
        "No hand-off rule matches", "No rule says invoice or sales order.", (_W.ADD_RULE, _W.IGNORE)
    ),
    "currency_unknown": Code("Unknown currency", "The deal's currency is not one NetSuite knows.", _SOURCE),
    "currency_not_enabled": Code(
        "Currency is not the customer's",
        "The deal's currency is not among those its account or NetSuite customer may use.",
        (_W.EXTEND_CUSTOMER, *_SOURCE),
    ),
    "currency_mixed": Code("Lines in several currencies", "A line's currency is not the deal's.", _SOURCE),
    "amount_invalid": Code(
        "Unusable amount", "An amount is not a finite number the currency can hold.", _SOURCE
    ),
    "amount_negative": Code(
        "Negative amount", "Credits are a path of their own; a sale is never negative.", _SOURCE
    ),
    "amount_mismatch": Code(
        "Header differs from lines", "The header amount is not the sum of its lines.", _SOURCE
    ),
    "quantity_invalid": Code("Unusable quantity", "A quantity is zero, negative or not a number.", _SOURCE),
    "line_recurring_unsupported": Code(
        "Recurring line", "Recurring lines become billing schedules, never one invoice.", _SOURCE
    ),
    "line_ramped_unsupported": Code(
        "Ramped line", "Lines that step by year are billed period by period.", _SOURCE
    ),
    "line_usage_unsupported": Code(
        "Usage line", "Usage is rated and billed after its period closes.", _SOURCE
    ),
    "period_closed": Code(
        "Posting period is closed",
        "The transaction date lies in a period that takes no postings.",
        (_W.WAIT_FOR_PERIOD, _W.EDIT, _W.IGNORE),
    ),
    "external_id_collision": Code(
        "External ID is taken by another source",
        "Two sources compute the same external ID, or ids that differ only in case.",
        (_W.EDIT, _W.IGNORE),
    ),
    "deal_changed": Code(
        "Deal changed after sync",
        "What was sold is no longer what was written.",
        (_W.DECIDE_AMENDMENT, _W.IGNORE),
    ),
    "deal_reopened": Code(
        "Deal reopened after sync",
        "Its stage left won after it was synced.",
        (_W.DECIDE_AMENDMENT, _W.IGNORE),
    ),
    "deal_deleted": Code(
        "Deal deleted after sync", "The source no longer has it.", (_W.DECIDE_AMENDMENT, _W.IGNORE)
    ),
}

#: Codes of cases that arise at, or after, a write.
AT_WRITE: dict[str, Code] = {
    "foreign_writer": Code(
        "Another writer got there first",
        "NetSuite already holds a record for this deal that Tieout did not write.",
        (_W.STOP_OTHER_WRITER, _W.IGNORE),
    ),
    "foreign_writer_suspected": Code(
        "Possibly already billed",
        "Same customer, amount and period as a record Tieout did not write.",
        (_W.STOP_OTHER_WRITER, _W.RETRY, _W.IGNORE),
    ),
    "name_clash": Code(
        "Name is taken", "NetSuite says it already exists, yet no record has our external ID.", _NETSUITE
    ),
    "external_id_other_type": Code(
        "External ID is on another record type", "The id is taken within its group.", _NETSUITE
    ),
    "content_differs": Code(
        "Record differs from what was sent",
        "A record with our external ID exists but is not what this attempt sent.",
        _NETSUITE,
    ),
    "other_installation": Code(
        "Record of another installation", "Another Tieout, or a restored copy, owns this record.", _NETSUITE
    ),
    "record_invisible": Code(
        "Record is invisible to our role",
        "NetSuite refuses the id as taken, yet shows us no record.",
        _NETSUITE,
    ),
    "readback_mismatch": Code(
        "Read-back differs",
        "NetSuite stored something else than it was sent (a field was dropped).",
        _NETSUITE,
    ),
    "record_vanished": Code("Record vanished", "It was created and cannot be read back.", _NETSUITE),
    "mandatory_field_missing": Code(
        "A mandatory field is missing",
        "The form asks for a field Tieout does not send; an admin changed it.",
        (_W.FIX_IN_NETSUITE, _W.ADD_RULE, _W.RETRY, _W.IGNORE),
    ),
    "reference_invalid": Code(
        "Invalid reference", "NetSuite refuses an id: inactive, missing or of another subsidiary.", _NETSUITE
    ),
    "account_not_in_subsidiary": Code(
        "Account is not in the subsidiary",
        "The A/R account may not be used there.",
        (_W.ADD_RULE, *_NETSUITE),
    ),
    "subsidiary_mismatch": Code(
        "Subsidiary is not the customer's", "NetSuite refuses the subsidiary for this customer.", _NETSUITE
    ),
    "field_unknown": Code(
        "Unknown field", "A field Tieout sends does not exist or is not exposed on the form.", _NETSUITE
    ),
    "field_too_long": Code("Field too long", "A text is longer than NetSuite takes.", (_W.EDIT, *_NETSUITE)),
    "value_malformed": Code("Malformed value", "NetSuite cannot read a value.", (_W.EDIT, *_NETSUITE)),
    "too_many_lines": Code(
        "Too many lines", "The account limits lines per transaction.", (_W.EDIT, _W.IGNORE)
    ),
    "permission_missing": Code("Permission missing", "Our role may not do this.", _NETSUITE),
    "record_locked": Code("Record is locked", "A workflow or another edit holds it.", _NETSUITE),
    "record_changed": Code("Record changed meanwhile", "Somebody edited it since we read it.", _NETSUITE),
    "script_refused": Code(
        "A script refused it", "A user-event script or workflow refused the record.", _NETSUITE
    ),
    "order_not_billable": Code(
        "Sales order cannot be billed", "It is closed, billed or not approved.", _NETSUITE
    ),
    "not_approved": Code("Waiting for approval in NetSuite", "The record is pending approval.", _NETSUITE),
    "refused": Code(
        "NetSuite refused it", "A definite refusal no rule of the diagnosis table knows.", _NETSUITE
    ),
    "attempts_exhausted": Code(
        "Attempts exhausted", "The budget of attempts is spent.", (_W.RETRY, _W.IGNORE)
    ),
    "write_back_refused": Code(
        "Write-back refused",
        "NetSuite is done; the CRM refuses our note of it.",
        (_W.FIX_AT_SOURCE, _W.RETRY, _W.IGNORE),
    ),
}

_CASH_WAYS = (_W.APPLY_CASH, _W.NAME_PAYER, _W.IGNORE)
#: Codes of cases about money that moved. Each outcome of matching that needs a person has its own.
ABOUT_CASH: dict[str, Code] = {
    "bank_account_unmapped": Code(
        "Bank account is not mapped",
        "Nobody has said which G/L account, subsidiary and currency the bank account stands for.",
        (_W.MAP_BANK_ACCOUNT, _W.RETRY, _W.IGNORE),
    ),
    "bank_account_currency": Code(
        "Money in another currency than the account's",
        "The bank account is mapped for one currency, and the money is in another.",
        (_W.MAP_BANK_ACCOUNT, _W.FIX_AT_SOURCE, _W.IGNORE),
    ),
    "bank_file_blocked": Code(
        "Bank file is blocked",
        "Its amounts do not foot, or it cannot be read: nothing of it has an effect.",
        (_W.FIX_AT_SOURCE, _W.IGNORE),
    ),
    "bank_entries_rejected": Code(
        "Entries of a bank file cannot be used",
        "The other entries of the file have gone on.",
        (_W.FIX_AT_SOURCE, _W.IGNORE),
    ),
    "second_sighting": Code(
        "The same money by another route?",
        "Another file or feed has told of this amount on this account about this day. Booking both would double it.",
        (_W.IGNORE, _W.SAY_DISTINCT),
    ),
    "batch_unsplit": Code(
        "A batch without its details",
        "The bank booked several payments as one line, and no notification (camt.054) has told yet what was in it. Once"
        " one does, its details are booked and the line is ignored.",
        (_W.RETRY, _W.APPLY_CASH, _W.IGNORE),
    ),
    "batch_ambiguous": Code(
        "Whose details are these?",
        "Several lines, or several sets of details, are of the same account, amount and day, and no reference of the"
        " bank's tells which belong together.",
        (_W.APPLY_CASH, _W.SAY_DISTINCT, _W.IGNORE),
    ),
    "movement_changed": Code(
        "Money changed after it was booked",
        "The source now tells another amount, date, payer or reference of money that is in NetSuite.",
        (_W.DECIDE_AMENDMENT, _W.IGNORE),
    ),
    "payment_returned": Code(
        "Money came back",
        "A debit failed, a cheque was returned, or a credit was refused: what was settled with it is open again.",
        (_W.REVERSE_PAYMENT, _W.IGNORE),
    ),
    "reversal_accounts_unknown": Code(
        "A payment that came back, and which accounts its reversal names is not certain",
        "The payment lies in undeposited funds or cannot be edited, and what it posts does not say which account its"
        " money is in, or which receivable it settled.",
        (_W.MAP_BANK_ACCOUNT, _W.FIX_IN_NETSUITE, _W.RETRY, _W.IGNORE),
    ),
    "payment_held": Code(
        "A payment somebody has set aside",
        "A person holds it: nothing of it is booked or applied until it is let go.",
        (_W.RELEASE, _W.IGNORE),
    ),
    "money_back_on_account": Code(
        "Money that is there again lies on account",
        "A dispute was won, or a refund did not arrive. The money is booked; what it paid is not open by that amount.",
        (_W.APPLY_CASH, _W.IGNORE),
    ),
    "deposit_unapplied": Code(
        "A customer deposit whose order is billed waits to be applied",
        "The order has several open invoices, a disputed one, or none and is closed; the money is told to have come"
        " back; or somebody has taken an application back.",
        (_W.APPLY_CASH, _W.IGNORE),
    ),
    "booked_otherwise": Code(
        "Money that may be booked in another way already",
        "It was to be booked as a payment and may be in NetSuite as a customer deposit, or the other way round.",
        (_W.FIX_IN_NETSUITE, _W.RETRY, _W.IGNORE),
    ),
    "refund_open": Code(
        "A refund nothing covers",
        "We paid money back whose payment is not booked, or lies on an invoice: that invoice is open again, or it has"
        " been credited.",
        (_W.REFUND, _W.RETRY, _W.IGNORE),
    ),
    "payout_unmapped": Code(
        "Nobody said where payouts are booked",
        "Payments wait in undeposited funds, and the row of `cash.accounts` does not say which bank, clearing or fee"
        " account a payout goes to.",
        (_W.MAP_BANK_ACCOUNT, _W.RETRY, _W.IGNORE),
    ),
    "payout_not_tied": Code(
        "Payout does not tie out",
        "What is in the payout does not come to what the bank gets, to the cent.",
        (_W.FIX_AT_SOURCE, _W.RETRY, _W.IGNORE),
    ),
    "payout_manual": Code(
        "Nobody knows what is in this payout",
        "It was made by hand: its processor cannot name the payments in it, and nothing is guessed.",
        (_W.FIX_IN_NETSUITE, _W.IGNORE),
    ),
    "payout_negative": Code(
        "Payout below zero",
        "The processor took money from the bank; NetSuite has no bank deposit below zero.",
        (_W.FIX_IN_NETSUITE, _W.IGNORE),
    ),
    "already_deposited": Code(
        "A payment was deposited by somebody else",
        "Another bank deposit holds a payment of this payout: taking it a second time is refused by NetSuite, and not"
        " tried.",
        (_W.FIX_IN_NETSUITE, _W.RETRY, _W.IGNORE),
    ),
    "payout_awaited": Code(
        "The bank tells of a payout nobody knows",
        "A line of the bank's names the processor, and no payout of this amount about this day is paid and known. It is"
        " looked at again when one is.",
        (_W.RETRY, _W.SAY_DISTINCT, _W.IGNORE),
    ),
    "payout_ambiguous": Code(
        "Which payout is this?",
        "Several payouts of this amount fit the bank's line, and neither a reference nor the day tells them apart. All"
        " are booked with what was in them; the line is not booked in any case.",
        (_W.IGNORE, _W.SAY_DISTINCT, _W.RETRY),
    ),
    "payout_waits": Code(
        "A payout waits",
        "Something in it has been under way for days, so nothing is deposited. It goes on by itself when that is done.",
        (_W.FIX_IN_NETSUITE, _W.RETRY, _W.IGNORE),
    ),
    "payment_entered_by_hand": Code(
        "Somebody entered this payment by hand",
        "NetSuite holds a payment of this customer, amount and day, or with this bank reference, that is not ours.",
        (_W.STOP_OTHER_WRITER, _W.SAY_DISTINCT, _W.IGNORE),
    ),
    "open_amount_changed": Code(
        "Open amount changed meanwhile",
        "Less is open on a document than was to be applied to it: somebody else paid or credited it.",
        (_W.RETRY, _W.APPLY_CASH, _W.IGNORE),
    ),
    "payer_unknown": Code(
        "Nobody knows who paid",
        "No identifier of the payer is known; nothing is booked.",
        (_W.NAME_PAYER, _W.IGNORE),
    ),
    **{
        f"cash_{outcome}": Code(meaning.title, f"By default: {meaning.treatment}.", _CASH_WAYS)
        for outcome, meaning in MEANINGS.items()
        if outcome is not Outcome.EXACT  # which always applies itself
    },
}

CODES: dict[str, Code] = {**BEFORE_WRITE, **AT_WRITE, **ABOUT_CASH}

#: Reasons for which an input is recorded as ignored, on purpose and by name.
IGNORE_REASONS: dict[str, str] = {
    "not_won": "The deal is not won; open and lost deals never sync.",
    "before_cut_over": "The deal closed before the source's cut-over date.",
    "trigger_not_met": "The deal is won, but the configured trigger does not hold yet.",
    "billing_terms_unconfirmed": "Nobody has confirmed the billing terms yet.",
    "deleted_at_source": "The deal was deleted before anything was written.",
    "by_decision": "A person decided to ignore it and said why.",
    "summary_movement": "A total of other movements: counting it would count them twice.",
    "no_cash_yet": "Pending, planned, announced or zero: the bank has booked nothing yet.",
    "details_told": "A booking of several payments, whose details came in another message: they are the money.",
    "booked_as_one": "Details of a booking that was booked as one payment: booking them, too, would double it.",
    "advice_awaits_money": "A remittance advice without its money; it is read with the payment once that is there.",
    "advice_joined": "A remittance advice that was read with the payment it speaks of.",
    "notice_of_change": "Corrected bank details; no money moved.",
    "bank_fee": "What the bank keeps; no payment of a customer's.",
    "money_out": "Money that went out; no payment of a customer's.",
    "payout_arrived": "The bank's line of a payout: what was in it is booked with the payout.",
    "payout_failed": "A payout that came back before anything was deposited of it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong: a stable code, what was expected, what was found, and where it came from.

    `cause` is what one correction would cure (a SKU, a rule's facts, a form and label): cases that share
    code and cause are shown as one row with a count. Raises `DomainError` for an unregistered code.
    """

    code: str
    cause: str
    expected: str
    found: str
    source: SourceRef | None = None
    raw: str = ""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise DomainError(f"{self.code!r} is not a registered finding code")

    @property
    def entry(self) -> Code:
        """The register's entry for this code."""
        return CODES[self.code]
