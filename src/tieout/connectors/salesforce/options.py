"""The connector's own settings, `sources.<name>.options` in `tieout.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tieout.connectors.kit.registration import Options
from tieout.domain.documents import LineKind

SecretRef = Annotated[str, StringConstraints(pattern=r"^(env|file):.+")]
#: A field's API name, or a path over parents: `Product2.Billing_Type__c`.
Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*)*$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w*$")]
MaybeName = Annotated[str, StringConstraints(pattern=r"^([A-Za-z]\w*)?$")]
MaybePath = Annotated[str, StringConstraints(pattern=r"^([A-Za-z]\w*(\.[A-Za-z]\w*)*)?$")]


class ClientCredentials(Options):
    """OAuth 2.0 client credentials; works on the org's My Domain only, and the app needs a run-as user."""

    method: Literal["client_credentials"] = Field("client_credentials", description="Client credentials.")
    client_id: str = Field(description="Consumer key of the external client app.")
    client_secret: SecretRef = Field(description="Reference to the consumer secret.")


class JwtBearer(Options):
    """OAuth 2.0 JWT bearer (RS256); the app must be approved for the user beforehand."""

    method: Literal["jwt"] = Field(description="JWT bearer.")
    client_id: str = Field(description="Consumer key of the external client app.")
    username: str = Field(description="The integration user's username.")
    private_key: SecretRef = Field(description="Reference to the RSA private key in PEM form.")
    audience: str = Field(
        "https://login.salesforce.com",
        description="`https://test.salesforce.com` for sandboxes, or the My Domain URL.",
    )


class WriteBackFields(Options):
    """Fields of one object that take our notes; empty names are not written."""

    id: Name = Field(description="Takes NetSuite's internal id.")
    number: MaybeName = Field("", description="Takes NetSuite's document number.")
    external_id: MaybeName = Field("", description="Takes the external ID of the NetSuite record.")
    status: MaybeName = Field("", description="Takes what became of it, such as `confirmed`.")
    error: MaybeName = Field("", description="Is emptied when the record is confirmed.")
    at: MaybeName = Field("", description="Takes the instant of the note.")


class SalesforceOptions(Options):
    """How one Salesforce org is reached and which of its fields mean what."""

    base_url: str = Field(
        description="The org's My Domain URL, e.g. `https://acme.my.salesforce.com`.",
        pattern=r"^https?://\S+$",
    )
    instance_url: str = Field(
        "",
        description="Where REST calls go; empty: where the token's answer says.",
        pattern=r"^(https?://\S+)?$",
    )
    auth: Annotated[
        ClientCredentials | JwtBearer, Field(discriminator="method", description="How to log in.")
    ]
    org_id: str = Field(
        "",
        description="The org's 18 character id (`00D…`); another org stops the start.",
        pattern=r"^(00D\w{15})?$",
    )
    api_version: str = Field("v66.0", description="REST API version.", pattern=r"^v\d\d\.0$")
    deadline_seconds: int = Field(60, ge=5, le=600, description="Total deadline of one call.")
    overlap_seconds: int = Field(
        300, ge=0, description="How far each poll looks back, for transactions that commit late."
    )
    page_size: int = Field(200, ge=1, le=2000, description="Most changed rows of an object per request.")
    default_currency: str = Field(
        "", description="Currency of an org without multi-currency.", pattern=r"^([A-Z]{3})?$"
    )
    account_terms_field: MaybeName = Field("", description="Account field with the payment terms.")
    account_tax_id_field: MaybeName = Field("", description="Account field with the tax registration number.")
    account_billing_email_field: MaybeName = Field("", description="Account field with the billing email.")
    account_currency_is_rule: bool = Field(
        True,
        description="Whether a deal in another currency than its account's is a case. Off: the account's"
        " currency is only a default.",
    )
    account_attribute_fields: list[Name] = Field(
        default_factory=list, description="Account fields rules may look at, as `customer.<API name>`."
    )
    po_number_field: MaybeName = Field("", description="Opportunity field with the customer's PO number.")
    header_discount_field: MaybeName = Field(
        "", description="Opportunity field with an amount to be spread over the lines."
    )
    bill_to_field: MaybeName = Field(
        "", description="Opportunity lookup to the account that is billed, where it is not the buyer."
    )
    billing_terms_confirmed_field: MaybeName = Field(
        "", description="Opportunity checkbox: somebody has confirmed the billing terms."
    )
    deal_attribute_fields: list[Path] = Field(
        default_factory=list, description="Opportunity fields rules may look at, as `deal.<API name>`."
    )
    line_kind_field: MaybePath = Field(
        "",
        description="Line field, or path such as `Product2.Billing_Type__c`, that says how a line is billed.",
    )
    line_kinds: dict[str, LineKind] = Field(
        default_factory=dict,
        description="Its values → `one_time`, `recurring` or `usage`; `''` stands for a blank field. A value"
        " that is not here is a case.",
    )
    line_term_months_field: MaybePath = Field("", description="Line field with the term in months.")
    foreign_field_prefixes: list[str] = Field(
        default_factory=lambda: ["netsuite_conn__", "celigo_sfnsio__"],
        description="Prefixes of fields that belong to other NetSuite connectors.",
    )
    write_back: dict[Literal["Account", "Opportunity"], WriteBackFields] = Field(
        default_factory=dict, description="Object → its fields for our notes; none: nothing is written back."
    )
