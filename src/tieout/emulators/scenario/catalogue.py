"""What the company sells: each product with its Salesforce Product2 and, where somebody mapped it, its item."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.scenario.money import unit

YEN_PER_DOLLAR = Decimal(150)
EUROS_PER_DOLLAR = Decimal("0.92")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product. `item` is the NetSuite internal id, or None where the company never mapped it."""

    id: str
    number: int
    code: str
    name: str
    item: str | None
    item_name: str
    kind: str
    dollars: Decimal
    billing_type: str = "One-Time"
    inactive_item: bool = False

    def price(self, currency: str) -> Decimal:
        """List price in the currency, with no more decimals than it has."""
        if currency == "EUR":
            return (self.dollars * EUROS_PER_DOLLAR).quantize(Decimal("0.01"))
        if currency == "JPY":
            return (self.dollars * YEN_PER_DOLLAR).quantize(Decimal("1E+1")).quantize(unit("JPY"))
        return self.dollars


SERVICE, LICENCE, CHARGE = "serviceSaleItem", "nonInventorySaleItem", "otherChargeSaleItem"

# code, name in Salesforce, item name in NetSuite (never compared), kind of item, list price in dollars
SOLD: tuple[tuple[str, str, str, str, str], ...] = (
    ("NL-CORE-S", "Northlight Core, Small", "CORE-S", LICENCE, "4800"),
    ("NL-CORE-M", "Northlight Core, Medium", "CORE-M", LICENCE, "11900"),
    ("NL-CORE-L", "Northlight Core, Large", "CORE-L", LICENCE, "27500"),
    ("NL-EDGE", "Northlight Edge", "EDGE Gateway licence", LICENCE, "6400"),
    ("NL-ANALYTICS", "Insight Analytics", "ANALYTICS", LICENCE, "7300"),
    ("NL-FORECAST", "Insight Forecast", "FORECAST", LICENCE, "5150"),
    ("NL-VAULT", "Vault Archive", "VAULT", LICENCE, "3990"),
    ("NL-CONNECT-SAP", "Connector for SAP", "CONN-SAP", LICENCE, "2450"),
    ("NL-CONNECT-ORA", "Connector for Oracle", "CONN-ORA", LICENCE, "2450"),
    ("NL-CONNECT-WD", "Connector for Workday", "CONN-WD", LICENCE, "1975.50"),
    ("NL-CONNECT-SNOW", "Connector for Snowflake", "CONN-SNOW", LICENCE, "1640.25"),
    ("NL-SSO", "Single Sign-On Pack", "SSO", LICENCE, "899.99"),
    ("NL-AUDIT", "Audit Pack", "AUDIT", LICENCE, "1249"),
    ("NL-SEAT", "Named Seat", "seat licence  (named)", LICENCE, "79.95"),
    ("NL-SEAT-RO", "Read-only Seat", "SEAT-RO", LICENCE, "19.90"),
    ("NL-SANDBOX", "Sandbox Environment", "SANDBOX", LICENCE, "1500"),
    ("NL-REGION", "Additional Region", "REGION", LICENCE, "3100"),
    ("NL-DR", "Disaster Recovery Option", "DR", LICENCE, "4225"),
    ("NL-MOBILE", "Mobile Pack", "MOBILE", LICENCE, "640"),
    ("NL-API-PACK", "API Pack, prepaid", "API-PREPAID", LICENCE, "1333.33"),
    ("PS-ONBOARD", "Onboarding", "PS Onboarding", SERVICE, "3500"),
    ("PS-MIGRATE", "Data Migration", "PS Migration", SERVICE, "7800"),
    ("PS-ARCH", "Architecture Day", "PS Architecture", SERVICE, "2200"),
    ("PS-DEV", "Developer Day", "PS Development", SERVICE, "1760"),
    ("PS-PM", "Project Management Day", "PS PM", SERVICE, "1540"),
    ("PS-HEALTH", "Health Check", "PS Health", SERVICE, "2990"),
    ("PS-CUSTOM", "Custom Report", "PS Report", SERVICE, "925.75"),
    ("TR-ADMIN", "Administrator Course", "TRAIN-ADMIN", SERVICE, "1195"),
    ("TR-USER", "User Course", "TRAIN-USER", SERVICE, "395"),
    ("TR-CERT", "Certification Exam", "TRAIN-CERT", SERVICE, "249.50"),
    ("HW-TOKEN", "Security Token", "TOKEN", LICENCE, "34.99"),
    ("HW-PROBE", "Network Probe", "PROBE", LICENCE, "489"),
    ("FEE-SETUP", "Set-up Fee", "SETUP", CHARGE, "750"),
    ("FEE-RUSH", "Rush Fee", "RUSH", CHARGE, "500"),
    ("FEE-TRAVEL", "Travel, flat", "TRAVEL", CHARGE, "880"),
    ("SUP-PREMIUM", "Premium Support, first year", "SUPPORT-P", SERVICE, "5600"),
    ("SUP-STANDARD", "Standard Support, first year", "SUPPORT-S", SERVICE, "2100"),
)
RENAMED = ("NL-BEACON", "Northlight Beacon", "LIGHTHOUSE (old name)", LICENCE, "2875")
RETIRED = ("NL-CLASSIC", "Northlight Classic", "CLASSIC", LICENCE, "3200")
UNMAPPED = ("NL-COPILOT", "Northlight Copilot", "", LICENCE, "4150")
SUBSCRIBED = ("NL-CLOUD-M", "Northlight Cloud, monthly", "CLOUD-M", SERVICE, "990")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The products anybody may sell, and the four that belong to plants."""

    sold: tuple[Product, ...]
    renamed: Product
    retired: Product
    unmapped: Product
    subscribed: Product

    @property
    def all(self) -> tuple[Product, ...]:
        """Every product."""
        return (*self.sold, self.renamed, self.retired, self.unmapped, self.subscribed)


def catalogue() -> Catalogue:
    """The catalogue; the same for every seed."""
    specs = (*SOLD, RENAMED, RETIRED, UNMAPPED, SUBSCRIBED)
    products = [
        Product(
            id=make_id("01t", 1000 + place),
            number=place,
            code=code,
            name=name,
            item=str(501 + place) if item_name else None,
            item_name=item_name,
            kind=kind,
            dollars=Decimal(dollars),
            billing_type="Recurring" if code == SUBSCRIBED[0] else "One-Time",
            inactive_item=code == RETIRED[0],
        )
        for place, (code, name, item_name, kind, dollars) in enumerate(specs)
    ]
    *sold, renamed, retired, unmapped, subscribed = products
    return Catalogue(
        sold=tuple(sold), renamed=renamed, retired=retired, unmapped=unmapped, subscribed=subscribed
    )
