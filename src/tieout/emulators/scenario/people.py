"""Accounts: names, addresses and contacts that look like a software company's customers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count
from random import Random

from tieout.emulators.salesforce.ids import make_id

FIRST = (
    "Alder", "Amber", "Anchor", "Arrow", "Aspen", "Atlas", "Aurora", "Basalt", "Beacon", "Birch", "Blue Harbor",
    "Bright", "Canyon", "Cedar", "Cobalt", "Copper", "Coral", "Crescent", "Delta", "Drift", "Eastgate", "Ember",
    "Evergreen", "Falcon", "Fern", "Flint", "Garnet", "Glacier", "Granite", "Harbor", "Hazel", "Heron", "Indigo",
    "Iron", "Ivory", "Juniper", "Kestrel", "Lantern", "Larch", "Lumen", "Maple", "Meridian", "Mesa", "Nimbus",
    "Northwind", "Oak", "Onyx", "Orchard", "Osprey", "Pacific", "Pebble", "Pine", "Quartz", "Raven", "Redwood",
    "River", "Sable", "Sierra", "Silver", "Solstice", "Spruce", "Summit", "Tidewater", "Umber", "Vale", "Willow",
)  # fmt: skip
TRADE = (
    "Analytics", "Biotech", "Capital", "Components", "Diagnostics", "Dynamics", "Energy", "Foods", "Freight",
    "Health", "Holdings", "Instruments", "Insurance", "Logistics", "Materials", "Media", "Mobility", "Networks",
    "Optics", "Pharma", "Robotics", "Semiconductor", "Studios", "Systems", "Textiles",
)  # fmt: skip
GIVEN = (
    "Ana", "Ben", "Chloé", "Daniel", "Elif", "Femi", "Greta", "Haruto", "Ines", "Jonas", "Kaito", "Léa", "Mina",
    "Noor", "Oskar", "Priya", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wen", "Yuki", "Zoë",
)  # fmt: skip
FAMILY = (
    "Abe", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haas", "Ito", "Jansen", "Kowalski",
    "Lopez", "Moreau", "Nakamura", "O'Brien", "Patel", "Reyes", "Sato", "Turner", "Ueda", "Vogel", "Weiss",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Where accounts are: code, legal suffixes, streets, cities (city, state, postal code), currency."""

    code: str
    suffixes: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str, str], ...]
    currency: str
    domain: str


COUNTRIES = {
    country.code: country
    for country in (
        Country(
            code="US", suffixes=(", Inc.", " LLC", " Corp."), currency="USD", domain="com",
            streets=("{n} Market Street", "{n} Elm Avenue\r\nSuite {s}", "{n} Lakeshore Drive\r\nFloor {s}"),
            cities=(("Boston", "MA", "02110"), ("Austin", "TX", "78701"), ("Denver", "CO", "80202"),
                    ("Portland", "OR", "97204"), ("Chicago", "IL", "60606")),
        ),
        Country(
            code="CA", suffixes=(" Ltd.", " Inc."), currency="USD", domain="ca",
            streets=("{n} King Street West", "{n} Rue Sainte-Catherine\r\nbureau {s}"),
            cities=(("Toronto", "ON", "M5H 1A1"), ("Montréal", "QC", "H3B 1A7")),
        ),
        Country(
            code="DE", suffixes=(" GmbH", " AG", " & Söhne KG"), currency="EUR", domain="de",
            streets=("Hauptstraße {n}", "Königsallee {n}"),
            cities=(("Berlin", "", "10115"), ("München", "", "80331"), ("Düsseldorf", "", "40212")),
        ),
        Country(
            code="FR", suffixes=(" SAS", " SA"), currency="EUR", domain="fr",
            streets=("{n} rue de la République",), cities=(("Lyon", "", "69002"), ("Paris", "", "75009")),
        ),
        Country(
            code="NL", suffixes=(" B.V.",), currency="EUR", domain="nl",
            streets=("Keizersgracht {n}",), cities=(("Amsterdam", "", "1015 CJ"), ("Utrecht", "", "3511 AB")),
        ),
        Country(
            code="JP", suffixes=(" K.K.", " 株式会社"), currency="JPY", domain="co.jp",
            streets=("{n}-{s} Marunouchi",), cities=(("Tokyo", "", "100-0005"), ("Osaka", "", "530-0001")),
        ),
        Country(
            code="BR", suffixes=(" Ltda.",), currency="USD", domain="com.br",
            streets=("Avenida Paulista {n}",), cities=(("São Paulo", "SP", "01310-100"),),
        ),
    )
}  # fmt: skip
#: where ordinary accounts are, by weight; Brazil is left to the plant no subsidiary rule knows
WEIGHTS = {"US": 46, "CA": 6, "DE": 22, "FR": 9, "NL": 7, "JP": 10}


@dataclass(slots=True, kw_only=True)
class Account:
    """One Salesforce account and what NetSuite already knows of it."""

    id: str
    name: str
    street: str
    city: str
    state: str
    postal_code: str
    country: str
    currency: str
    terms: str
    website: str
    email: str
    contact: tuple[str, str]
    segment: str = "Commercial"
    parent: str | None = None
    #: NetSuite internal id of a customer that carries this account's id as external id already
    known_customer: str | None = None


class Directory:
    """Makes accounts, no two with the same name or contact."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        names = [f"{first} {trade}" for first in FIRST for trade in TRADE]
        contacts = [(given, family) for given in GIVEN for family in FAMILY]
        chance.shuffle(names)
        chance.shuffle(contacts)
        self._names = chain(names, (f"{names[n % len(names)]} {2 + n // len(names)}" for n in count()))
        self._contacts = iter(contacts)
        self._extra = 0
        self.accounts: list[Account] = []

    def new(
        self, *, country: str | None = None, name: str | None = None, segment: str | None = None
    ) -> Account:
        """A new account, in an ordinary country unless one is named."""
        chance = self._chance
        code = country or chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        place = COUNTRIES[code]
        stem = next(self._names)
        city, state, postal_code = chance.choice(place.cities)
        street = chance.choice(place.streets).format(n=chance.randint(1, 980), s=chance.randint(1, 40))
        host = "".join(letter for letter in stem.lower() if letter.isalnum()) + "." + place.domain
        account = Account(
            id=make_id("001", 5000 + 7 * len(self.accounts)),
            name=name or stem + chance.choice(place.suffixes),
            street=street, city=city, state=state, postal_code=postal_code, country=code,
            currency=place.currency,
            terms=chance.choice(("Net 30", "Net 30", "Net 45", "Net 60", "Due on receipt")),
            website=f"https://www.{host}",
            email=f"ap@{host}",
            contact=self._contact(),
            segment=segment or chance.choice(("Commercial", "Commercial", "Enterprise")),
        )  # fmt: skip
        self.accounts.append(account)
        return account

    def _contact(self) -> tuple[str, str]:
        found = next(self._contacts, None)
        if found is None:
            self._extra += 1
            found = (self._chance.choice(GIVEN), f"{self._chance.choice(FAMILY)} {self._extra}")
        return found
