"""The connector's own settings, `sources.<name>.options` in `tieout.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tieout.connectors.kit.registration import Options
from tieout.domain.documents import LineKind

SecretRef = Annotated[str, StringConstraints(pattern=r"^(env|file):.+")]
#: A property's internal name: lower case letters, digits, underscores.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z]\w*$")]
MaybeName = Annotated[str, StringConstraints(pattern=r"^([a-z]\w*)?$")]
#: A property of the line, or `product.<property>`.
MaybeLinePath = Annotated[str, StringConstraints(pattern=r"^((product\.)?[a-z]\w*)?$")]
#: Facts every order has; a property of that name would hide them from the rules.
_FACTS = frozenset({"name", "country", "region", "currency", "terms", "amount", "po_number"})


def _no_fact(name: str) -> str:
    if name in _FACTS:
        raise ValueError(f"{name} is a fact of every order already; leave it out")
    return name


Attribute = Annotated[Name, AfterValidator(_no_fact)]
AddressPart = Literal["address", "address2", "city", "state", "zip", "country"]


class StaticToken(Options):
    """A service key, or the token of a private app: good until somebody revokes it."""

    method: Literal["token"] = Field("token", description="Service key or private app token.")
    token: SecretRef = Field(description="Reference to the service key or token.")


class RefreshToken(Options):
    """OAuth 2.0 with a refresh token; access tokens are renewed before they expire."""

    method: Literal["oauth"] = Field(description="OAuth 2.0 refresh token.")
    client_id: str = Field(description="The app's client id.")
    client_secret: SecretRef = Field(description="Reference to the app's client secret.")
    refresh_token: SecretRef = Field(description="Reference to the refresh token.")


class Webhooks(Options):
    """What a webhook is verified with. Polling finds what a webhook did not tell."""

    public_url: str = Field(
        description="The target URL as HubSpot has it: signatures are over it, not over a proxy's.",
        pattern=r"^https?://\S+$",
    )
    client_secrets: list[SecretRef] = Field(
        min_length=1, description="References to the app's client secrets; several while one is replaced."
    )
    max_age_seconds: int = Field(
        300, ge=1, le=300, description="How far a request's stamp may be from now, before or after."
    )


class WriteBackProperties(Options):
    """Properties of one object that take our notes; empty names are not written."""

    id: Name = Field(description="Takes NetSuite's internal id.")
    number: MaybeName = Field("", description="Takes NetSuite's document number.")
    external_id: MaybeName = Field("", description="Takes the external ID of the NetSuite record.")
    status: MaybeName = Field("", description="Takes what became of it, such as `confirmed`.")
    error: MaybeName = Field("", description="Is emptied when the record is confirmed.")
    at: MaybeName = Field("", description="Takes the instant of the note.")

    @property
    def names(self) -> tuple[str, ...]:
        """The properties that are written."""
        given = (self.id, self.number, self.external_id, self.status, self.error, self.at)
        return tuple(dict.fromkeys(name for name in given if name))


class HubSpotOptions(Options):
    """How one HubSpot portal is reached and which of its properties mean what."""

    base_url: str = Field(
        "https://api.hubapi.com", description="Where the API is.", pattern=r"^https?://\S+$"
    )
    auth: Annotated[StaticToken | RefreshToken, Field(discriminator="method", description="How to log in.")]
    portal_id: int = Field(
        0, ge=0, description="The portal's number (hub id); another portal stops the start."
    )
    deadline_seconds: int = Field(60, ge=5, le=600, description="Total deadline of one call.")
    overlap_seconds: int = Field(
        300, ge=120, description="How far each poll looks back: search is up to a minute behind."
    )
    sweep_seconds: int = Field(
        3600,
        ge=60,
        description="Pause between two lists of all deals, which find what search cannot: removed lines,"
        " changed associations, deleted deals.",
    )
    page_size: int = Field(200, ge=1, le=200, description="Most changed rows of an object per search.")
    webhooks: Webhooks | None = Field(
        None, description="What webhooks are verified with; none: only polling."
    )
    company_terms_property: MaybeName = Field("", description="Company property with the payment terms.")
    company_tax_id_property: MaybeName = Field(
        "", description="Company property with the tax registration number."
    )
    company_billing_email_property: MaybeName = Field(
        "", description="Company property with the billing email."
    )
    company_address_properties: dict[AddressPart, Name] = Field(
        default_factory=dict,
        description="Part of the billing address → company property, where it is not HubSpot's own.",
    )
    company_attribute_properties: list[Attribute] = Field(
        default_factory=list, description="Company properties rules may look at, as `customer.<name>`."
    )
    bill_to_association: int = Field(
        0,
        ge=0,
        description="Type id of the deal-to-company label that marks who is billed, where it is not the buyer.",
    )
    po_number_property: MaybeName = Field("", description="Deal property with the customer's PO number.")
    header_discount_property: MaybeName = Field(
        "", description="Deal property with an amount to be spread over the lines."
    )
    billing_terms_confirmed_property: MaybeName = Field(
        "", description="Deal checkbox: somebody has confirmed the billing terms."
    )
    deal_attribute_properties: list[Attribute] = Field(
        default_factory=list, description="Deal properties rules may look at, as `deal.<name>`."
    )
    line_kind_property: MaybeLinePath = Field(
        "",
        description="Line property, or `product.<name>`, that says how a line without a billing frequency is"
        " billed.",
    )
    line_kinds: dict[str, LineKind] = Field(
        default_factory=dict,
        description="Its values → `one_time`, `recurring` or `usage`; `''` stands for no value. A value that is"
        " not here is a case.",
    )
    foreign_property_prefixes: list[Name] = Field(
        default_factory=lambda: ["netsuite", "hs_netsuite", "celigo"],
        description="Prefixes of properties that belong to other NetSuite connectors, HubSpot's own sync"
        " included; those of `write_back` are ours.",
    )
    write_back: dict[Literal["company", "deal"], WriteBackProperties] = Field(
        default_factory=dict,
        description="Object → its properties for our notes; none: nothing is written back.",
    )
