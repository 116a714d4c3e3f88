"""The shape of `tieout.yaml`. Every field is described: `docs/reference/settings.md` is written from here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tieout.domain.crosswalk import CrosswalkKind
from tieout.domain.extensions import Extends
from tieout.domain.ids import RecordType
from tieout.domain.policy import DatePolicy, HandOff
from tieout.domain.rules import Operator
from tieout.settings.cash import CashSettings
from tieout.settings.go_live import GoLiveSettings
from tieout.settings.secrets import Secret
from tieout.settings.web import WebSettings


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MachineAuth(_Section):
    """OAuth 2.0 client credentials with a certificate (M2M)."""

    method: Literal["oauth2"] = Field("oauth2", description="OAuth 2.0 machine to machine.")
    client_id: str = Field(description="Client id of the integration record.")
    certificate_id: str = Field(description="Certificate ID of the mapped certificate (`kid`).")
    private_key: Secret = Field(description="Reference to the private key in PEM form.")
    algorithm: Literal["PS256", "PS384", "PS512", "ES256", "ES384", "ES512"] = Field(
        "PS256", description="Signature of the assertion; NetSuite takes no RS256."
    )


class TokenAuth(_Section):
    """Token-based authentication (OAuth 1.0a); NetSuite takes no new ones from 2027.1 on."""

    method: Literal["tba"] = Field(description="Token-based authentication.")
    consumer_key: Secret = Field(description="Reference to the consumer key.")
    consumer_secret: Secret = Field(description="Reference to the consumer secret.")
    token_id: Secret = Field(description="Reference to the token id.")
    token_secret: Secret = Field(description="Reference to the token secret.")


class NetSuiteCustomerSettings(_Section):
    """What Tieout may add to a customer that exists in NetSuite."""

    extend: list[Extends] = Field(
        default_factory=list,
        description="`currencies`, `subsidiaries`: what customers Tieout made may be given when a deal needs it, as a"
        " planned step of its own. What is not named is a case; a customer Tieout did not make always is.",
    )


class NetSuiteSettings(_Section):
    """The NetSuite account everything is written to."""

    account: str = Field(
        description="Account id, e.g. `1234567` or `1234567_SB1`; a mismatch stops the start.",
        pattern=r"^[A-Za-z0-9_-]+$",
    )
    base_url: str = Field("", description="Another base URL than the account's own: for a local emulator.")
    auth: Annotated[MachineAuth | TokenAuth, Field(discriminator="method", description="How to log in.")]
    concurrency: int = Field(5, ge=1, le=300, description="Concurrent requests the account allows.")
    headroom: int = Field(2, ge=0, description="Of these, how many are left to other integrations.")
    deadline_seconds: int = Field(60, ge=5, le=900, description="Total deadline of one call.")
    server_limit_seconds: int = Field(
        900, ge=1, description="How long NetSuite itself may work on a request; never lower in production."
    )
    blackouts: list[Blackout] = Field(
        default_factory=list, description="Windows in which nothing is written."
    )
    canaries: dict[RecordType, dict[str, str]] = Field(
        default_factory=dict,
        description="Record type → subsidiary → external ID of a record our role must be able to see.",
    )
    customers: NetSuiteCustomerSettings = Field(
        NetSuiteCustomerSettings(), description="What may be added to customers that exist."
    )
    foreign_fields: list[str] = Field(
        default_factory=list,
        description="Transaction body fields in which other connectors keep a deal's id.",
    )


class Blackout(_Section):
    """A window in which nothing is written to NetSuite, such as a close freeze."""

    start: AwareDatetime = Field(description="First instant, with a time zone.")
    end: AwareDatetime = Field(description="First instant after it, with a time zone.")
    why: str = Field(description="Why; shown while it holds.", min_length=1)


class ConditionValue(_Section):
    """A test other than equality: exactly one operator with its value."""

    operator: Operator = Field(description="How the fact is looked at.")
    value: str | list[str] | None = Field(None, description="What it is compared with.")


class RuleSettings(_Section):
    """One `when → then` row; the first whose conditions all hold decides."""

    name: str = Field(description="Name of the rule, as the trace shows it.", min_length=1)
    when: dict[str, str | list[str] | ConditionValue] = Field(
        default_factory=dict, description="Fact → value, list of values, or operator and value."
    )
    then: str = Field(description="The answer.", min_length=1)


class RulesSettings(_Section):
    """Decisions that depend on the deal. No match is a case, never a default by accident."""

    handoff: list[RuleSettings] = Field(
        description=f"What a won deal becomes: {', '.join(HandOff)}.", min_length=1
    )
    subsidiary: list[RuleSettings] = Field(description="Internal id of the selling subsidiary.", min_length=1)
    receivables_account: list[RuleSettings] = Field(
        default_factory=list,
        description="Internal id of the A/R account; without a match NetSuite's default.",
    )
    approvals: list[RuleSettings] = Field(
        default_factory=list,
        description="Role that must approve a deal before anything is written; every rule that matches asks.",
    )
    forms: dict[RecordType, list[RuleSettings]] = Field(
        default_factory=dict, description="Record type → internal id of the custom form to send."
    )


class SourceSettings(_Section):
    """One source of deals."""

    type: str = Field(description="Which connector: `salesforce`, `hubspot`, `generic`, `bank` or `stripe`.")
    environment: str = Field(
        "production", description="Name of the connected environment, kept in the trace."
    )
    cut_over: date = Field(description="Deals that closed before this day are never written.")
    tag: str = Field(
        "",
        pattern=r"^[A-Za-z0-9]{0,6}$",
        description="Short tag inside external IDs; empty only for the primary CRM.",
    )
    trigger: dict[str, str | list[str] | ConditionValue] = Field(
        default_factory=dict, description="Further conditions a won deal must meet (field, approval)."
    )
    require_billing_terms: bool = Field(
        False, description="Hand off only after somebody has confirmed the billing terms."
    )
    transaction_date: DatePolicy = Field(
        DatePolicy.CLOSE_DATE, description="Where the transaction date comes from."
    )
    poll_seconds: int = Field(60, ge=1, description="Pause between two polls.")
    options: dict[str, Any] = Field(default_factory=dict, description="The connector's own settings.")


class CustomerSettings(_Section):
    """How customers are created, and found again."""

    contacts: bool = Field(
        default=False, description="Create the contact a source names under a new customer."
    )
    entity_id: str = Field(
        default="",
        description="Template of the customer's own number, `{name}` and `{source_id}`; empty: NetSuite numbers.",
    )
    links_need_role: str = Field(
        default="",
        description="Role that must approve a link between an account and a NetSuite customer, or that they are two,"
        " before it is in force; never the person who said it. Empty: no approval is needed.",
    )


class Settings(_Section):
    """`tieout.yaml`."""

    installation: str = Field(
        description="Name of this installation; written on every record.", pattern=r"^[A-Za-z0-9_-]{1,40}$"
    )
    store: str = Field(
        "sqlite:///tieout.db",
        description="`sqlite:///PATH` (a relative path is beside this file), `postgresql://USER@HOST/NAME`, or"
        " `env:` or `file:` with such an address: one with a password belongs nowhere else.",
    )
    mode: Literal["continuous", "planned"] = Field(
        "continuous",
        description="`planned`: `sync` and `worker` refuse to run; only what a plan shows is written"
        " (`tieout plan`, `tieout apply`).",
    )
    netsuite: NetSuiteSettings = Field(description="The NetSuite account.")
    sources: dict[str, SourceSettings] = Field(description="Name → source of deals.", min_length=1)
    rules: RulesSettings = Field(description="Decisions that depend on the deal.")
    customers: CustomerSettings = Field(CustomerSettings(), description="How customers are created.")
    cash: CashSettings | None = Field(
        None, description="How cash is applied; without it no payments are taken in."
    )
    external_ids: dict[RecordType, str] = Field(
        default_factory=dict, description="Record type → template of its external ID, where not the default."
    )
    crosswalks: dict[CrosswalkKind, str] = Field(
        default_factory=dict, description="Kind → CSV file, loaded at start when its rows changed."
    )
    web: WebSettings = Field(WebSettings(), description="How the API is served.")
    go_live: GoLiveSettings = Field(
        GoLiveSettings(), description="Sign-offs and what `tieout doctor` looks at."
    )
