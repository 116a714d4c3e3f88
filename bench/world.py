"""The benches' world: one subsidiary, so many deals in a file, an emulated NetSuite in a process of its own."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tieout.cli.demo_house import secret
from tieout.emulators.netsuite import sample_dataset
from tieout.emulators.netsuite.keys import new_key_pair

CONCURRENCY = 15
LATENCY = {"read_ms": 200, "write_ms": 400}


def dataset(public_key: str) -> dict[str, Any]:
    """The sample company with 15 slots and canaries."""
    data = sample_dataset(public_key)
    data["account"]["concurrency"] = CONCURRENCY
    data["customers"].append(
        {
            "id": "901",
            "externalId": "canary-customer-1",
            "companyName": "Canary",
            "subsidiary": {"id": "1"},
            "currency": {"id": "1"},
        }
    )
    data["transactions"].append(
        {
            "type": "invoice",
            "externalId": "canary-invoice-1",
            "entity": {"id": "901"},
            "tranDate": "2026-10-01",
            "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": 1}]},
        }
    )
    return data


def deal(number: int) -> dict[str, Any]:
    """One deal of a customer of its own, with one to three lines."""
    return {
        "id": f"D{number:06d}",
        "version": 1,
        "name": f"Deal {number}",
        "won": True,
        "close_date": "2026-10-15",
        "currency": "USD",
        "po_number": f"PO-{number}",
        "customer": {
            "id": f"C{number:06d}",
            "name": f"Customer {number}",
            "website": f"c{number}.example",
            "billing": {
                "lines": ["1 Main St"],
                "city": "Boston",
                "region": "MA",
                "postal_code": "02101",
                "country": "US",
            },
        },
        "lines": [
            {
                "id": f"L{n}",
                "product": {"id": f"P{n}"},
                "quantity": str(n),
                "amount": f"{100 * n + number % 97}.00",
            }
            for n in range(1, 2 + number % 3)
        ],
    }


def keys(folder: Path) -> str:
    """A fresh key pair; the private key goes into the folder. Returns the public key."""
    private, public = new_key_pair()
    secret(folder / "netsuite.pem", private)
    return public


def write_world(folder: Path, url: str, deals: int, store: str = "sqlite:///tieout.db") -> tuple[Path, Path]:
    """`tieout.yaml` with its crosswalk, and the file of deals."""
    with (folder / "items.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["system", "key", "target"])
        writer.writerows(["bench", f"P{n}", str(500 + n)] for n in range(1, 4))
    settings = {
        "installation": "bench",
        "store": store,
        "netsuite": {
            "account": "TSTDRV1234567",
            "base_url": url,
            "auth": {
                "method": "oauth2",
                "client_id": "client-tieout",
                "certificate_id": "kid-1",
                "private_key": "file:netsuite.pem",
                "algorithm": "ES256",
            },
            "concurrency": CONCURRENCY,
            "headroom": 0,
            "canaries": {"customer": {"1": "canary-customer-1"}, "invoice": {"1": "canary-invoice-1"}},
        },
        "sources": {"bench": {"type": "generic", "cut_over": "2026-10-01"}},
        "rules": {
            "handoff": [{"name": "all", "then": "invoice"}],
            "subsidiary": [{"name": "all", "then": "1"}],
        },
        "crosswalks": {"item": "items.csv"},
    }
    config = folder / "tieout.yaml"
    with config.open("w", encoding="utf-8") as handle:
        YAML().dump(settings, handle)
    file = folder / "deals.jsonl"
    with file.open("w", encoding="utf-8") as handle:
        for number in range(1, deals + 1):
            handle.write(json.dumps(deal(number)) + "\n")
    return config, file
