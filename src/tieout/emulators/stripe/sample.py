"""A small account; tests and the demo start from it."""

from __future__ import annotations

from tieout.emulators.kit.http import Json

KEY = "sk_test_tieout"
SECRET = "whsec_sample"  # noqa: S105 - the sample's
ACME, BETA = "cus_SampleAcme", "cus_SampleBeta"
ENDPOINT = "we_sample"
ACCOUNT_ID = "acct_1TieoutEmulator"


def sample_dataset(webhook_url: str | None = None) -> Json:
    """Two customers, and one webhook endpoint when somebody listens."""
    endpoints = [{"id": ENDPOINT, "url": webhook_url, "secret": SECRET}] if webhook_url else []
    return {
        "account": {"id": ACCOUNT_ID, "keys": [KEY]},
        "customers": [
            {"id": ACME, "name": "Acme, Inc.", "email": "ap@acme.example", "metadata": {}},
            {
                "id": BETA,
                "name": "Beta GmbH",
                "email": "ap@beta.example",
                "metadata": {"tieout_customer": "2056"},
            },
        ],
        "webhook_endpoints": endpoints,
    }
