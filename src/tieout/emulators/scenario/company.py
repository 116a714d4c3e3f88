"""The company: subsidiaries, currencies, terms, receivables accounts, forms and rules its administrators know."""

from __future__ import annotations

from datetime import date, timedelta

from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.scenario.model import Json

INTEGRATION = "Tieout"
NETSUITE_ACCOUNT = "TSTDRV1234567"
CLIENT_ID, CERTIFICATE_ID = "northlight-tieout", "northlight-2026"
SALESFORCE_CLIENT_ID, SALESFORCE_SECRET = "3MVG9.northlight.tieout", "northlight-emulated-org"
ORG_ID, API_USER, SALES_USER = make_id("00D", 4711), make_id("005", 1), make_id("005", 2)

SUBSIDIARIES: list[Json] = [
    {
        "id": "1",
        "name": "Northlight Software, Inc.",
        "currency": "1",
        "country": "US",
        "tax_rate": "0",
        "parent": None,
    },
    {
        "id": "2",
        "name": "Northlight Software GmbH",
        "currency": "2",
        "country": "DE",
        "tax_rate": "0.19",
        "parent": "1",
    },
]
CURRENCIES: list[Json] = [
    {"id": "1", "symbol": "USD", "name": "US Dollar", "precision": 2, "rate": "1"},
    {"id": "2", "symbol": "EUR", "name": "Euro", "precision": 2, "rate": "1.09"},
    {"id": "3", "symbol": "JPY", "name": "Japanese Yen", "precision": 0, "rate": "0.0067"},
]
CURRENCY_IDS: dict[str, str] = {row["symbol"]: row["id"] for row in CURRENCIES}
TERMS: list[Json] = [
    {"id": "1", "name": "Payable on receipt", "days": 0},
    {"id": "2", "name": "Net 30", "days": 30},
    {"id": "3", "name": "Net 45", "days": 45},
    {"id": "4", "name": "Net 60", "days": 60},
]
#: the CRM's word for terms -> NetSuite's term
TERM_IDS = {"Due on receipt": "1", "Net 30": "2", "Net 45": "3", "Net 60": "4"}
#: the G/L account of what Stripe holds for us
STRIPE_BALANCE = "103"
#: and of what it keeps
PROCESSING_FEES = "601"
ACCOUNTS: list[Json] = [
    {"id": "121", "number": "1100", "name": "Accounts Receivable", "type": "AcctRec", "subsidiaries": ["1"]},
    {
        "id": "122",
        "number": "1110",
        "name": "Accounts Receivable DE",
        "type": "AcctRec",
        "subsidiaries": ["2"],
    },
    {"id": "401", "number": "4000", "name": "Software revenue", "type": "Income", "subsidiaries": ["1", "2"]},
    {"id": "101", "number": "1000", "name": "Operating account", "type": "Bank", "subsidiaries": ["1"]},
    {"id": STRIPE_BALANCE, "number": "1020", "name": "Stripe balance", "type": "Bank", "subsidiaries": ["1"]},
    {
        "id": PROCESSING_FEES,
        "number": "6010",
        "name": "Payment processing fees",
        "type": "Expense",
        "subsidiaries": ["1"],
    },
    {"id": "102", "number": "1010", "name": "Operating account DE", "type": "Bank", "subsidiaries": ["2"]},
]
#: subsidiary → its bank's G/L account
BANK_ACCOUNTS = {"1": "101", "2": "102"}
RECEIVABLES = {"1": "121", "2": "122"}
#: who sells to which billing country; a country that is missing here has no rule
SUBSIDIARY_OF = {"US": "1", "CA": "1", "JP": "1", "DE": "2", "FR": "2", "NL": "2"}
STANDARD_FORM, PUBLIC_FORM = "101", "102"
FORMS: list[Json] = [
    {"id": STANDARD_FORM, "record": "invoice", "name": "Northlight Invoice", "preferred": True},
    {"id": PUBLIC_FORM, "record": "invoice", "name": "Northlight Public Sector Invoice",
     "mandatory": [{"field": "custbody_contract_vehicle", "label": "Contract Vehicle"}]},
    {"id": "111", "record": "salesOrder", "name": "Northlight Sales Order", "preferred": True},
    {"id": "112", "record": "salesOrder", "name": "Northlight Public Sector Order",
     "mandatory": [{"field": "custbody_contract_vehicle", "label": "Contract Vehicle"}]},
    {"id": "121", "record": "customer", "name": "Northlight Customer", "preferred": True},
]  # fmt: skip
OTHER_WRITER = "Celigo"
OTHER_WRITER_FIELD = "custbody_celigo_sfio_opportunity_id"
CUSTOM_FIELDS: list[Json] = [
    {"record": "transaction", "id": "custbody_contract_vehicle", "type": "text", "label": "Contract Vehicle"},
    {
        "record": "transaction",
        "id": OTHER_WRITER_FIELD,
        "type": "text",
        "label": "Salesforce Opportunity (Celigo)",
    },
]
STAGES: list[Json] = [
    {"label": "Qualification", "IsClosed": False, "IsWon": False, "DefaultProbability": "10",
     "ForecastCategory": "Pipeline"},
    {"label": "Proposal", "IsClosed": False, "IsWon": False, "DefaultProbability": "50",
     "ForecastCategory": "BestCase"},
    {"label": "Negotiation", "IsClosed": False, "IsWon": False, "DefaultProbability": "80",
     "ForecastCategory": "Forecast"},
    {"label": "Contract Signed", "IsClosed": True, "IsWon": True, "DefaultProbability": "100",
     "ForecastCategory": "Closed"},
    {"label": "Lost", "IsClosed": True, "IsWon": False, "DefaultProbability": "0", "ForecastCategory": "Omitted"},
]  # fmt: skip
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def canary(record: str, subsidiary: str) -> str:
    """External id of the record that proves the role can see this type in this subsidiary."""
    return f"tieout-canary-{record.lower()}-{subsidiary}"


def periods(start: date) -> list[Json]:
    """Twelve accounting months: four before the scenario's, which are closed, and those from it on, which are open."""
    first = start.replace(day=1)
    for _ in range(4):
        first = (first - timedelta(days=1)).replace(day=1)
    rows = []
    for number in range(12):
        following = (first + timedelta(days=32)).replace(day=1)
        rows.append(
            {
                "id": str(301 + number),
                "name": f"{MONTHS[first.month - 1]} {first.year}",
                "start": first.isoformat(),
                "end": (following - timedelta(days=1)).isoformat(),
                "closed": following <= start,
            }
        )
        first = following
    return rows
