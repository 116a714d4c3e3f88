"""Unmodified third-party clients, at the real HTTPS host names, against the emulators."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.emulators.stripe.support import KEY, NOW, SECRET, Desk, receiving
from tests.thirdparty.environments import interpreter
from tests.thirdparty.proxy import Authority, Proxy

from tieout.connectors.stripe import API_VERSION, Hook
from tieout.emulators.hubspot.app import HubSpotEmulator
from tieout.emulators.kit.running import Emulator
from tieout.emulators.netsuite import NetSuiteEmulator, sample_dataset
from tieout.emulators.salesforce.app import SalesforceEmulator
from tieout.emulators.stripe.sample import sample_dataset as stripe_sample
from tieout.flows.ports import HookRequest

HERE = Path(__file__).parent
NETSUITE_HOST = "tstdrv1234567.suitetalk.api.netsuite.com"
SALESFORCE_HOST = "x.my.salesforce.com"
HUBSPOT_HOST = "api.hubapi.com"
STRIPE_HOST = "api.stripe.com"


def run(
    package: str, script: str, host: str, emulator: Emulator, folder: Path, given: Any = None
) -> dict[str, Any]:
    """Run a client script in its package's environment, all its HTTPS led through the proxy."""
    python = interpreter(package)
    authority = Authority(folder)
    port = int(emulator.base_url.rsplit(":", 1)[1])
    with Proxy({host: port}, authority) as proxy:
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | {
            "HTTPS_PROXY": proxy.url,
            "SSL_CERT_FILE": str(authority.bundle),
            "REQUESTS_CA_BUNDLE": str(authority.bundle),
        }
        done = subprocess.run(
            [python, HERE / script], env=environment, capture_output=True, text=True, timeout=60, check=False,
            input=json.dumps(given),
        )  # fmt: skip
        assert proxy.refused == [], "the client wanted to talk to somebody else"
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.timeout(180)
def test_the_netsuite_package_works_unmodified(tmp_path: Path) -> None:
    with NetSuiteEmulator(sample_dataset()) as ns:
        seen = run("netsuite", "use_netsuite.py", NETSUITE_HOST, ns, tmp_path)
        (record,) = ns.control.truth("invoice")
    assert seen["created"] is None, "this client throws the Location away, as the reference says"
    assert seen["second"][0] == 400
    assert "This record already exists." in seen["second"][1]
    assert seen["rows"] == [
        {"links": [], "id": record["id"], "externalid": "inv-third-1", "foreigntotal": "21"}
    ]
    assert (seen["memo"], seen["total"], seen["lines"]) == ("patched by a stranger", 21.0, 1)
    assert seen["payment"] == [21.0, 4.0, True]
    assert seen["due_after_unapplying"] == "21"
    assert seen["listed"] == ["1001"]
    assert seen["schema_has_custom_field"] is True
    assert seen["openapi"] == ["customer", "invoice"]
    assert record["_meta"]["created_by"] == "tieout"


@pytest.mark.timeout(180)
def test_the_simple_salesforce_package_works_unmodified(tmp_path: Path) -> None:
    with SalesforceEmulator() as sf:
        seen = run("simple-salesforce", "use_simple_salesforce.py", SALESFORCE_HOST, sf, tmp_path)
        assert sf.control.log()[0]["operation"] == "token"
    assert seen["instance"] == SALESFORCE_HOST
    assert seen["won"]
    assert seen["lines"] == 2
    assert (seen["created"], seen["city"], seen["refusal"], seen["gone"], seen["describes"]) == (
        True, "Ruritania", "INVALID_FIELD", True, "Opportunity",
    )  # fmt: skip


@pytest.mark.timeout(180)
def test_the_hubspot_package_works_unmodified(tmp_path: Path) -> None:
    with HubSpotEmulator() as hs:
        seen = run("hubspot-api-client", "use_hubspot_api_client.py", HUBSPOT_HOST, hs, tmp_path)
        written = {row["id"] for row in hs.control.truth("deals")}
    assert seen["hub"] == 62515
    assert (seen["won"], seen["stages"][-1], len(seen["lines"])) == ("true", "98765431", 3)
    assert seen["all"] == ["20001", "20002"]
    assert seen["batch"] == ["BatchResponseSimplePublicObjectWithErrors", ["20001"], 1]
    assert seen["primary"] == ["30001"], "this client turns the number into text"
    assert seen["linked"] == [[5, 341]]
    assert seen["refusal"] == [400, "VALIDATION_ERROR"]
    assert seen["found"] == ["20001"], "what was just made is not in the search yet"
    assert seen["pipelines"] == ["default", "98765430"]
    assert (seen["property"], seen["merged"], seen["gone"]) == (True, True, 404)
    assert written == {"20001"}


@pytest.mark.timeout(180)
def test_the_stripe_package_works_unmodified(tmp_path: Path) -> None:
    with Desk() as desk, receiving(desk) as receiver:
        desk.made("customers", name="Told")
        desk.pay()
        desk.deliver()
        webhooks = [[headers["Stripe-Signature"], body.decode()] for headers, body in receiver.requests]
        given = {
            "key": KEY,
            "secret": SECRET,
            "webhooks": webhooks,
            "base_url": "",
            "stamp": int(NOW.timestamp()),
        }
        seen = run("stripe", "use_stripe.py", STRIPE_HOST, desk.emulator, tmp_path, given)
        made = {one["fields"]["name"] for one in desk.control.truth("customer")}
        direct = given | {"base_url": desk.emulator.base_url, "webhooks": []}
        desk.control.load(stripe_sample())
        assert (
            run("stripe", "use_stripe.py", STRIPE_HOST, desk.emulator, tmp_path, direct)["paid"]
            == seen["paid"]
        )
    assert (seen["version"], seen["api_version"]) == ("16.1.0", API_VERSION)
    header, body = seen["signed"]
    signed = HookRequest(headers={"Stripe-Signature": header}, body=body.encode(), received_at=NOW)
    assert Hook(secrets=[SECRET]).verify(signed) == [], "what the package signs, our door takes"
    assert seen["account"] == "acct_1TieoutEmulator"
    assert seen["paid"] == ["succeeded", "inv-1", 5000 - 175]
    assert seen["other_parameters"] == [
        400, "Keys for idempotent requests can only be used with the same parameters they were first used with",
    ]  # fmt: skip
    assert seen["declined"] == ["card_declined", 402, True]
    assert seen["missing"] == ["resource_missing", "id"]
    assert seen["all"] == len(made) == 16
    assert seen["refund"] == ["succeeded", True]
    assert seen["invoice"] == ["paid", "paid", 3000]
    assert (seen["payout"], seen["events"]) == ("in_transit", ["payout.created"])
    assert {"customer.created", "charge.succeeded", "charge.updated"} <= set(seen["webhooks"])
