"""Fields of the records that move money (reference 6.6 to 6.9), in the notation of `catalog.parse_fields`."""

from __future__ import annotations

_HEADER = (
    "externalId:text customForm:ref:customForm tranDate:date postingPeriod:ref:accountingPeriod tranId:text:45 "
    "subsidiary:ref:subsidiary currency:ref:currency exchangeRate:number memo:text:999 "
    "department:ref:department class:ref:classification location:ref:location "
    "!createdDate:datetime !lastModifiedDate:datetime !transactionNumber:text !source:enum !total:money "
)
_MONEY = (
    _HEADER
    + "customer:ref:customer arAcct:ref:account account:ref:account undepFunds:enum checkNumber:text:45 "
    "paymentOption:ref:paymentOption !status:enum "
)
PAYMENT = (
    _MONEY + "payment:money autoApply:bool !applied:money !unapplied:money !pending:money "
    "apply:sublist credit:sublist deposit:sublist"
)
CUSTOMER_DEPOSIT = (
    _MONEY.replace("arAcct:ref:account ", "") + "payment:money salesOrder:ref:salesOrder !remaining:money"
)
REFUND = _MONEY.replace("undepFunds:enum ", "") + "voidJournal:ref:journalEntry apply:sublist deposit:sublist"
DEPOSIT_APPLICATION = (
    _HEADER
    + "customer:ref:customer arAcct:ref:account deposit:ref:customerDeposit !status:enum !applied:money "
    "!unapplied:money apply:sublist"
)
# On top of what every sales transaction has.
CREDIT_MEMO = (
    "postingPeriod:ref:accountingPeriod account:ref:account autoApply:bool salesReturn:ref:transaction "
    "!applied:money !unapplied:money !amountPaid:money !amountRemaining:money apply:sublist"
)
JOURNAL = _HEADER + "approved:bool reversalDate:date reversalDefer:bool !status:enum line:sublist"
JOURNAL_LINE = (
    "account:ref:account debit:money credit:money entity:ref:customer memo:text:999 line:integer "
    "department:ref:department class:ref:classification location:ref:location !lineUniqueKey:text"
)
BANK_DEPOSIT = _HEADER + "account:ref:account !status:enum payment:sublist other:sublist cashBack:sublist"
BANK_DEPOSIT_LINES = {
    "payment": "id:text deposit:bool amount:money !type:text !docDate:date !refNum:text",
    "other": "account:ref:account amount:money entity:ref:customer memo:text:999 refNum:text:45 line:integer",
    "cashBack": "account:ref:account amount:money memo:text:999 line:integer",
}
_APPLIED = (
    "doc:ref:transaction apply:bool amount:money line:integer !due:money !total:money !refNum:text !type:text "
    "!currency:text !internalId:integer !createdFrom:text "
)
APPLY = _APPLIED + "disc:money applyDate:date !discAmt:money !discDate:date"
APPLY_CREDIT = _APPLIED + "applyDate:date"
APPLY_DEPOSIT = _APPLIED.replace("!due", "!remaining")

#: Sublists whose lines exist because of open documents: lines are chosen, never added (reference 1.9).
STATIC = {
    "customerPayment": ("apply", "credit", "deposit"),
    "creditMemo": ("apply",),
    "customerRefund": ("apply", "deposit"),
    "depositApplication": ("apply",),
}
#: Sublists a request chooses records in, by their id.
CHOSEN = {"deposit": ("payment",)}
STATUS_NAMES = {
    "customerPayment": {"A": "Unapproved Payment", "B": "Not Deposited", "C": "Deposited"},
    "creditMemo": {"A": "Open", "B": "Fully Applied", "V": "Voided"},
    "customerDeposit": {"A": "Not Deposited", "B": "Deposited", "C": "Fully Applied"},
    "customerRefund": {"R": "Issued", "V": "Voided"},
    "depositApplication": {"A": "Applied"},
    "journalEntry": {"A": "Pending Approval", "B": "Approved for Posting"},
    "deposit": {"A": "Deposited"},
}
TYPE_CODES = {
    "customerPayment": "CustPymt", "creditMemo": "CustCred", "customerDeposit": "CustDep",
    "customerRefund": "CustRfnd", "depositApplication": "DepAppl", "journalEntry": "Journal", "deposit": "Deposit",
}  # fmt: skip
TYPE_LABELS = {
    "customerPayment": "Payment", "creditMemo": "Credit Memo", "customerDeposit": "Customer Deposit",
    "customerRefund": "Customer Refund", "depositApplication": "Deposit Application", "journalEntry": "Journal",
    "deposit": "Deposit",
}  # fmt: skip
PERMISSIONS = {
    "customerPayment": "Transactions -> Customer Payment", "creditMemo": "Transactions -> Credit Memo",
    "customerDeposit": "Transactions -> Customer Deposit", "customerRefund": "Transactions -> Customer Refund",
    "depositApplication": "Transactions -> Apply Customer Deposits",
    "journalEntry": "Transactions -> Make Journal Entry", "deposit": "Transactions -> Deposit",
}  # fmt: skip
