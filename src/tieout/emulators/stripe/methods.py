"""Payment methods: what they are, and how a test one behaves when it is charged."""

from __future__ import annotations

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe.account import Account
from tieout.emulators.stripe.errors import StripeError, required

CARD, ACH, SEPA, CASH = "card", "us_bank_account", "sepa_debit", "customer_balance"
#: start now, end days later
DELAYED = frozenset({ACH, SEPA})
TYPES = (CARD, ACH, SEPA, CASH)
#: test token → type and behaviour
TOKENS = {
    "pm_card_visa": (CARD, "succeed"),
    "pm_card_bypassPending": (CARD, "bypass"),
    "pm_card_createDispute": (CARD, "dispute"),
    "pm_card_createDisputeInquiry": (CARD, "inquiry"),
    "pm_card_chargeDeclined": (CARD, "generic_decline"),
    "pm_card_visa_chargeDeclined": (CARD, "generic_decline"),
    "pm_card_chargeCustomerFail": (CARD, "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": (CARD, "insufficient_funds"),
    "pm_usBankAccount_success": (ACH, "succeed"),
    "pm_usBankAccount_insufficientFunds": (ACH, "insufficient_funds"),
    "pm_usBankAccount_dispute": (ACH, "late_return"),
    "pm_usBankAccount_processing": (ACH, "stuck"),
}
_ACCOUNTS = {
    "000123456789": "succeed",
    "000222222227": "insufficient_funds",
    "000555555559": "late_return",
    "000000000009": "stuck",
}


class Methods:
    """Payment methods of an account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def resolve(self, name: str) -> Json:
        """A payment method by id or test token; a token makes a new one."""
        if name in TOKENS:
            kind, behaviour = TOKENS[name]
            return self.make(kind, behaviour, {})
        return self._account.get("payment_method", name, "payment_method")

    def create(self, given: Json) -> Json:
        """As `POST /v1/payment_methods`."""
        kind = given.get("type")
        if kind is None:
            raise required("type")
        if kind not in TYPES:
            raise StripeError(400, f"Invalid type: must be one of {', '.join(TYPES)}", param="type")
        details = given.get(kind) or {}
        behaviour = "succeed"
        if kind == ACH:
            behaviour = _ACCOUNTS.get(str(details.get("account_number")), "succeed")
        made = self.make(kind, behaviour, given.get("billing_details") or {})
        if kind == ACH and details.get("account_number"):
            made[ACH]["last4"] = str(details["account_number"])[-4:]
        return made

    def make(self, kind: str, behaviour: str, billing: Json) -> Json:
        """A payment method of a type."""
        serial = self._account.new_id("fp", 16).removeprefix("fp_")
        by_type: dict[str, Json] = {
            CARD: {"brand": "visa", "country": "US", "exp_month": 8, "exp_year": 2030, "fingerprint": serial,
                   "funding": "credit", "last4": "4242"},
            ACH: {"account_holder_type": "company", "account_type": "checking", "bank_name": "STRIPE TEST BANK",
                  "fingerprint": serial, "last4": "6789", "routing_number": "110000000"},
            SEPA: {"bank_code": "19043", "branch_code": "", "country": "AT", "fingerprint": serial, "last4": "3204"},
            CASH: {},
        }  # fmt: skip
        details = by_type[kind]
        address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
        fields = {
            "billing_details": {"address": address, "email": None, "name": None, "phone": None, **billing},
            "customer": None, kind: details, "metadata": {}, "type": kind, "_behaviour": behaviour,
        }  # fmt: skip
        return self._account.make("payment_method", fields)

    def attach(self, name: str, customer: str) -> Json:
        """Make it a customer's."""
        self._account.get("customer", customer, "customer")
        return self._account.change(self.resolve(name), "payment_method.attached", customer=customer)
