"""Record types and their fields (reference section 6; names from the REST API Browser 2026.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tieout.emulators.netsuite import cash_catalog as cash

STATUS_NAMES: dict[str, dict[str, str]] = {
    "invoice": {"A": "Open", "B": "Paid In Full", "D": "Pending Approval", "E": "Rejected", "V": "Voided"},
    "salesOrder": {
        "A": "Pending Approval",
        "B": "Pending Fulfillment",
        "C": "Cancelled",
        "D": "Partially Fulfilled",
        "E": "Pending Billing/Partially Fulfilled",
        "F": "Pending Billing",
        "G": "Billed",
        "H": "Closed",
    },
    **cash.STATUS_NAMES,
}
APPROVAL_NAMES = {"1": "Pending Approval", "2": "Approved", "3": "Rejected", "11": "Open"}
TYPE_CODES = {"invoice": "CustInvc", "salesOrder": "SalesOrd", **cash.TYPE_CODES}
TYPE_LABELS = {"invoice": "Invoice", "salesOrder": "Sales Order", **cash.TYPE_LABELS}
#: Transactions with an effect on the ledger; orders have none.
POSTING = frozenset(TYPE_CODES) - {"salesOrder"}
#: Transactions with item lines.
ITEM_LINES = ("invoice", "salesOrder", "creditMemo")
STATIC, CHOSEN = cash.STATIC, cash.CHOSEN
ITEM_TYPES: dict[str, str] = {
    "serviceSaleItem": "Service", "serviceResaleItem": "Service", "servicePurchaseItem": "Service",
    "nonInventorySaleItem": "NonInvtPart", "nonInventoryResaleItem": "NonInvtPart",
    "nonInventoryPurchaseItem": "NonInvtPart", "otherChargeSaleItem": "OthCharge",
    "otherChargeResaleItem": "OthCharge", "otherChargePurchaseItem": "OthCharge", "inventoryItem": "InvtPart",
    "discountItem": "Discount", "markupItem": "Markup", "subtotalItem": "Subtotal", "paymentItem": "Payment",
    "descriptionItem": "Description", "kitItem": "Kit", "subscriptionPlan": "SubscriPlan",
}  # fmt: skip


def entity_field(record_type: str) -> str:
    """The body field that names the customer."""
    return "entity" if record_type in ITEM_LINES else "customer"


@dataclass(frozen=True)
class Field:
    """One field. `kind`: text, integer, number, money, date, datetime, bool, ref, enum, sublist, subrecord."""

    name: str
    kind: str
    label: str
    target: str = ""
    max_length: int = 0
    readonly: bool = False


@dataclass
class RecordType:
    """One record type of the REST service. `sublists` maps a sublist's name to its line fields."""

    name: str
    group: str
    permission: str
    fields: dict[str, Field] = field(default_factory=dict)
    sublists: dict[str, dict[str, Field]] = field(default_factory=dict)
    writable: bool = False

    def field(self, name: str) -> Field | None:
        """A body field by name, whatever its case."""
        return self.fields.get(name.lower())


_LABELS = {
    "entity": "Customer", "tranDate": "Date", "otherRefNum": "PO #", "companyName": "Company Name",
    "entityId": "Customer ID", "item": "Item", "postingPeriod": "Posting Period", "dueDate": "Due Date",
    "url": "Web Address", "tranId": "Invoice #", "class": "Class", "externalId": "External ID",
    "payment": "Payment Amount", "arAcct": "A/R Account", "undepFunds": "Undep. Funds", "checkNumber": "Check #",
}  # fmt: skip


def label_of(name: str) -> str:
    """The label people see: "otherRefNum" is "PO #"."""
    known = _LABELS.get(name)
    return known or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").title()


def parse_fields(spec: str) -> dict[str, Field]:
    """`name:kind[:target or length]`, `!` before a read-only name; separated by blanks."""
    fields: dict[str, Field] = {}
    for word in spec.split():
        readonly = word.startswith("!")
        name, kind, *rest = word.lstrip("!").split(":")
        extra = rest[0] if rest else ""
        fields[name.lower()] = Field(
            name,
            kind,
            label_of(name),
            target=extra if kind in ("ref", "subrecord") else "",
            max_length=int(extra) if kind == "text" and extra else (4000 if kind == "text" else 0),
            readonly=readonly,
        )
    return fields


_COMMON = "externalId:text customForm:ref:customForm "
_ENTITY = (
    _COMMON + "entityId:text:83 isPerson:bool companyName:text:83 firstName:text:32 lastName:text:32 "
    "middleName:text:32 salutation:text:30 title:text:99 email:text:254 phone:text:32 altPhone:text:32 "
    "fax:text:32 url:text:255 comments:text:4000 isInactive:bool !dateCreated:datetime !lastModifiedDate:datetime "
)
_CUSTOMER = (
    _ENTITY + "subsidiary:ref:subsidiary currency:ref:currency terms:ref:term receivablesAccount:ref:account "
    "parent:ref:customer category:ref:customerCategory entityStatus:ref:customerStatus salesRep:ref:employee "
    "priceLevel:ref:priceLevel creditLimit:money creditHoldOverride:enum taxable:bool taxItem:ref:salesTaxItem "
    "resaleNumber:text:20 vatRegNumber:text:20 accountNumber:text:83 defaultAddress:text:999 language:enum "
    "emailPreference:enum startDate:date endDate:date !balance:money !overdueBalance:money !depositBalance:money "
    "!unbilledOrders:money representingSubsidiary:ref:subsidiary "
    "addressBook:sublist currencyList:sublist taxRegistration:sublist"
)
_ADDRESS = (
    "label:text:150 defaultBilling:bool defaultShipping:bool isResidential:bool internalId:integer "
    "!addressId:text addressBookAddress:subrecord:address"
)
ADDRESS_FIELDS = parse_fields(
    "addressee:text:83 attention:text:83 addr1:text:150 addr2:text:150 addr3:text:150 city:text:50 state:text:30 "
    "zip:text:36 country:enum addrPhone:text:32 !addrText:text override:bool"
)
_TRANSACTION = (
    _COMMON
    + "entity:ref:customer tranDate:date tranId:text:45 subsidiary:ref:subsidiary currency:ref:currency "
    "exchangeRate:number terms:ref:term otherRefNum:text:45 memo:text:999 message:text:999 email:text:254 "
    "toBeEmailed:bool toBePrinted:bool startDate:date endDate:date department:ref:department "
    "class:ref:classification location:ref:location salesRep:ref:employee job:ref:job "
    "discountItem:ref:discountItem discountRate:text:30 billingAddress:subrecord:address "
    "shippingAddress:subrecord:address billAddressList:text:30 shipAddressList:text:30 nexus:ref:nexus "
    "taxDetailsOverride:bool taxPointDate:date leadSource:ref:campaign partner:ref:partner "
    "!createdFrom:ref:transaction !status:enum !subtotal:money !discountTotal:money !taxTotal:money !total:money "
    "!createdDate:datetime !lastModifiedDate:datetime !transactionNumber:text !source:enum "
    "item:sublist taxDetails:sublist "
)
_INVOICE = (
    _TRANSACTION + "dueDate:date postingPeriod:ref:accountingPeriod account:ref:account approvalStatus:enum "
    "nextApprover:ref:employee asOfDate:date saasCommitmentStartDate:date saasCommitmentEndDate:date "
    "!amountPaid:money !amountRemaining:money !deferredRevenue:money !recognizedRevenue:money"
)
_ORDER = _TRANSACTION + "orderStatus:enum dueDate:date shipDate:date contractCostAccrualDate:date"
_LINE = (
    "item:ref:item line:integer quantity:number rate:number amount:money price:ref:priceLevel description:text:4000 "
    "units:enum taxCode:ref:salesTaxItem grossAmt:money taxDetailsReference:text:50 department:ref:department "
    "class:ref:classification location:ref:location job:ref:job revRecStartDate:date revRecEndDate:date "
    "revRecSchedule:ref:revRecSchedule chargeType:ref:chargeType orderDoc:ref:salesOrder orderLine:integer "
    "isClosed:bool billingSchedule:ref:billingSchedule !lineUniqueKey:text !itemType:enum !quantityBilled:number "
    "!tax1Amt:money !taxRate1:number"
)
_TAX_DETAIL = (
    "taxDetailsReference:text:50 taxCode:ref:salesTaxItem taxType:text:50 taxBasis:money taxRate:number "
    "taxAmount:money line:integer"
)


def _cash_types(line: dict[str, Field], tax: dict[str, Field]) -> list[RecordType]:
    apply, credit, deposit = (
        parse_fields(spec) for spec in (cash.APPLY, cash.APPLY_CREDIT, cash.APPLY_DEPOSIT)
    )
    bank = {name: parse_fields(spec) for name, spec in cash.BANK_DEPOSIT_LINES.items()}
    shapes: list[tuple[str, str, dict[str, dict[str, Field]]]] = [
        ("customerPayment", cash.PAYMENT, {"apply": apply, "credit": credit, "deposit": deposit}),
        ("creditMemo", _TRANSACTION + cash.CREDIT_MEMO,
         {"item": dict(line), "taxDetails": dict(tax), "apply": dict(credit)}),
        ("customerDeposit", cash.CUSTOMER_DEPOSIT, {}),
        ("customerRefund", cash.REFUND, {"apply": dict(credit), "deposit": dict(deposit)}),
        ("depositApplication", cash.DEPOSIT_APPLICATION, {"apply": dict(credit)}),
        ("journalEntry", cash.JOURNAL, {"line": parse_fields(cash.JOURNAL_LINE)}),
        ("deposit", cash.BANK_DEPOSIT, bank),
    ]  # fmt: skip
    return [
        RecordType(name, "transaction", cash.PERMISSIONS[name], parse_fields(spec), sublists, writable=True)
        for name, spec, sublists in shapes
    ]


def record_types() -> dict[str, RecordType]:
    """A fresh catalogue, keyed by lower-case name; custom fields are added to it per data set."""
    line = parse_fields(_LINE)
    tax = parse_fields(_TAX_DETAIL)
    types = [
        RecordType(
            "customer", "entity", "Lists -> Customers", parse_fields(_CUSTOMER),
            {
                "addressBook": parse_fields(_ADDRESS),
                "currencyList": parse_fields("currency:ref:currency !balance:money line:integer"),
                "taxRegistration": parse_fields(
                    "nexusCountry:enum nexusState:enum taxRegistrationNumber:text:50 line:integer"
                ),
            },
            writable=True,
        ),
        RecordType(
            "contact", "entity", "Lists -> Contacts",
            parse_fields(_ENTITY + "company:ref:customer subsidiary:ref:subsidiary mobilePhone:text:32"),
            writable=True,
        ),
        RecordType(
            "customerSubsidiaryRelationship", "customerSubsidiaryRelationship", "Lists -> Customers",
            parse_fields("externalId:text entity:ref:customer subsidiary:ref:subsidiary isPrimarySub:bool name:text"),
            writable=True,
        ),
        RecordType(
            "salesOrder", "transaction", "Transactions -> Sales Order", parse_fields(_ORDER),
            {"item": dict(line), "taxDetails": dict(tax)}, writable=True,
        ),
        RecordType(
            "invoice", "transaction", "Transactions -> Invoice", parse_fields(_INVOICE),
            {"item": dict(line), "taxDetails": dict(tax)}, writable=True,
        ),
        *_cash_types(line, tax),
    ]  # fmt: skip
    item = parse_fields(
        "externalId:text itemId:text displayName:text isInactive:bool incomeAccount:ref:account "
        "subsidiary:reflist:subsidiary lastModifiedDate:datetime createdDate:datetime"
    )
    types += [RecordType(name, "item", "Lists -> Items", dict(item)) for name in ITEM_TYPES]
    for name, permission, spec in (
        ("subsidiary", "Setup -> Subsidiaries", "name:text currency:ref:currency country:enum parent:ref:subsidiary"),
        ("currency", "Lists -> Currency", "name:text symbol:text currencyPrecision:integer exchangeRate:number"),
        ("account", "Lists -> Accounts",
         "acctNumber:text acctName:text acctType:enum currency:ref:currency subsidiary:reflist:subsidiary"),
        ("term", "Lists -> Payment Terms",
         "name:text daysUntilNetDue:integer discountPercent:number daysUntilExpiry:integer"),
        ("accountingPeriod", "Setup -> Manage Accounting Periods",
         "periodName:text startDate:date endDate:date closed:bool arLocked:bool"),
        ("department", "Lists -> Departments", "name:text subsidiary:reflist:subsidiary"),
        ("classification", "Lists -> Classes", "name:text subsidiary:reflist:subsidiary"),
        ("location", "Lists -> Locations", "name:text subsidiary:reflist:subsidiary"),
        ("salesTaxItem", "Lists -> Tax Records", "name:text rate:number subsidiary:ref:subsidiary"),
    ):  # fmt: skip
        types.append(
            RecordType(name, name, permission, parse_fields(spec + " isInactive:bool externalId:text"))
        )
    return {kind.name.lower(): kind for kind in types}
