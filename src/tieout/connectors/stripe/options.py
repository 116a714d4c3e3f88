"""The connector's own settings, `sources.<name>.options` in `tieout.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from tieout.connectors.kit.registration import Options

SecretRef = Annotated[str, StringConstraints(pattern=r"^(env|file):.+")]
MetadataKey = Annotated[str, StringConstraints(pattern=r"^[^\[\]]{1,40}$")]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name} is no time zone of the IANA database, such as Europe/Berlin") from error
    return name


class Webhooks(Options):
    """What a webhook is verified with. Polling finds what a webhook did not tell."""

    secrets: list[SecretRef] = Field(
        min_length=1,
        description="References to the endpoint's signing secrets (`whsec_…`); several while one is rolled.",
    )
    tolerance_seconds: int = Field(
        300, ge=1, le=600, description="How far a signature's stamp may be from now, before or after."
    )


class StripeOptions(Options):
    """How one Stripe account is reached, and what in it tells whose money it is."""

    base_url: str = Field(
        "https://api.stripe.com", description="Where the API is.", pattern=r"^https?://\S+$"
    )
    api_key: SecretRef = Field(
        description="Reference to a secret or restricted key. Reading is enough; stamping needs to write."
    )
    account: str = Field(
        "",
        description="The account and its mode, `acct_…/live` or `acct_…/test`; another one stops the start.",
        pattern=r"^(acct_\w+/(live|test))?$",
    )
    webhooks: Webhooks | None = Field(
        None, description="What webhooks are verified with; none: only polling."
    )
    customer_metadata_key: MetadataKey = Field(
        "tieout_customer",
        description="Metadata key that holds the NetSuite internal id of the customer, on a payment or on a Stripe"
        " customer. Only what your own code writes there is worth believing.",
    )
    payment_day: Literal["charged", "available"] = Field(
        "charged",
        description="The day a payment is booked on: `charged`, when the customer paid; `available`, when Stripe lets"
        " you have it.",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="Whose days: the time zone of your books, such as `America/New_York`."
    )
    read_checkout_sessions: bool = Field(
        False,
        description="Look for stamps on the Checkout session of a payment without one, too: a call more for each.",
    )
    overlap_seconds: int = Field(
        300, ge=30, le=86400, description="How far each round looks back in the list of events."
    )
    sweep_seconds: int = Field(
        21600,
        ge=60,
        description="Pause between two rounds through the lists of objects, which find what no event told, such as"
        " monthly fees.",
    )
    sweep_days: int = Field(
        10,
        ge=1,
        le=365,
        description="How far back such a round looks; after a long outage it looks at everything.",
    )
    deadline_seconds: int = Field(60, ge=5, le=600, description="Total deadline of one call.")
    page_size: int = Field(100, ge=1, le=100, description="Rows of a list at once.")
