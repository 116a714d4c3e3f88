"""The scenario as a NetSuite data set."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tieout.emulators.netsuite.dataset import trace_fields
from tieout.emulators.scenario import company
from tieout.emulators.scenario.builder import Builder
from tieout.emulators.scenario.model import Json


def key_pair(seed: int) -> tuple[str, str]:
    """A P-256 pair (private PEM, public PEM) that depends on the seed alone.

    It opens nothing but an emulator: the same seed must give the same bytes, which no real key may.
    """
    secret = int.from_bytes(hashlib.sha256(f"tieout scenario {seed}".encode()).digest()) >> 1
    private = ec.derive_private_key(secret, ec.SECP256R1())
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private_pem.decode(), public_pem.decode()


def dataset(builder: Builder) -> Json:
    """Subsidiaries, items, forms, the customers from before, and a canary per record type and subsidiary."""
    return {
        "account": {"concurrency": 15},
        "subsidiaries": company.SUBSIDIARIES,
        "currencies": company.CURRENCIES,
        "accounts": company.ACCOUNTS,
        "terms": company.TERMS,
        "periods": company.periods(builder.start),
        "items": [
            {
                "id": product.item,
                "kind": product.kind,
                "itemid": product.item_name,
                "displayname": product.item_name,
                "subsidiaries": ["1", "2"],
                "inactive": product.inactive_item,
                "income_account": "401",
            }
            for product in builder.catalogue.all
            if product.item is not None
        ],
        "tax_codes": [{"id": "7", "name": "USt 19 %", "rate": "0.19", "subsidiary": "2"}],
        "custom_fields": [*trace_fields(), *company.CUSTOM_FIELDS],
        "forms": company.FORMS,
        "roles": [
            {"id": "3", "name": "Administrator", "subsidiaries": "all", "permissions": "all"},
            {"id": "1001", "name": "Tieout integration", "subsidiaries": "all", "permissions": "all"},
        ],
        "integrations": [
            {
                "name": company.INTEGRATION,
                "role": "1001",
                "client_id": company.CLIENT_ID,
                "certificates": {company.CERTIFICATE_ID: key_pair(builder.seed)[1]},
            }
        ],
        "customers": [*_canary_customers(), *builder.netsuite_customers],
        "transactions": [*_canary_transactions(builder), *builder.netsuite_transactions],
    }


def _canary_customers() -> list[Json]:
    return [
        {
            "id": str(1900 + int(subsidiary["id"])),
            "externalId": company.canary("customer", subsidiary["id"]),
            "companyName": f"Tieout canary {subsidiary['id']}",
            "subsidiary": {"id": subsidiary["id"]},
            "currency": {"id": subsidiary["currency"]},
        }
        for subsidiary in company.SUBSIDIARIES
    ]


def _canary_transactions(builder: Builder) -> list[Json]:
    day = builder.cut_over - timedelta(days=5)
    return (
        [
            {
                "type": kind,
                "externalId": company.canary(kind, subsidiary["id"]),
                "entity": {"id": str(1900 + int(subsidiary["id"]))},
                "subsidiary": {"id": subsidiary["id"]},
                "currency": {"id": subsidiary["currency"]},
                "tranDate": day.isoformat(),
                "item": {"items": [{"item": {"id": "501"}, "quantity": "1", "amount": "0"}]},
                "_created": datetime.combine(day, time(12), UTC).isoformat(),
            }
            for kind in ("salesOrder", "invoice")
            for subsidiary in company.SUBSIDIARIES
        ]
        + [
            {
                "type": "customerPayment",
                "externalId": company.canary("customerPayment", subsidiary["id"]),
                "customer": {"id": str(1900 + int(subsidiary["id"]))},
                "subsidiary": {"id": subsidiary["id"]},
                "currency": {"id": subsidiary["currency"]},
                "payment": "1",
                "tranDate": day.isoformat(),
                "_created": datetime.combine(day, time(12), UTC).isoformat(),
            }
            for subsidiary in company.SUBSIDIARIES
        ]
        + [row for subsidiary in company.SUBSIDIARIES for row in _canary_money(subsidiary, day)]
    )


def _canary_money(subsidiary: Json, day: date) -> list[Json]:
    """A refund, which is of something: a credit memo of its own; a journal entry and a bank deposit of nothing; a
    customer deposit that is applied to an invoice of its own.
    """
    bank = {"account": {"id": company.BANK_ACCOUNTS[subsidiary["id"]]}}
    customer = str(1900 + int(subsidiary["id"]))
    credit, owed = (f"tieout-canary-{name}-{subsidiary['id']}" for name in ("credit", "owed"))
    advance = company.canary("customerDeposit", subsidiary["id"])
    common = {
        "subsidiary": {"id": subsidiary["id"]},
        "currency": {"id": subsidiary["currency"]},
        "tranDate": day.isoformat(),
        "_created": datetime.combine(day, time(12), UTC).isoformat(),
    }
    return [
        {
            **common,
            "type": "creditMemo",
            "externalId": credit,
            "entity": {"id": customer},
            "item": {"items": [{"item": {"id": "501"}, "quantity": "1", "amount": "1"}]},
        },
        {
            **common,
            "type": "customerRefund",
            "externalId": company.canary("customerRefund", subsidiary["id"]),
            "customer": {"id": customer},
            **bank,
            "apply": {"items": [{"doc": {"externalId": credit}, "apply": True, "amount": "1"}]},
        },
        {
            **common,
            "type": "journalEntry",
            "externalId": company.canary("journalEntry", subsidiary["id"]),
            "line": {"items": [{**bank, "debit": "1"}, {**bank, "credit": "1"}]},
        },
        {
            **common,
            **bank,
            "type": "deposit",
            "externalId": company.canary("deposit", subsidiary["id"]),
            "other": {"items": [{**bank, "amount": "1"}]},
        },
        {
            **common,
            "type": "invoice",
            "externalId": owed,
            "entity": {"id": customer},
            "item": {"items": [{"item": {"id": "501"}, "quantity": "1", "amount": "1"}]},
        },
        {
            **common,
            **bank,
            "type": "customerDeposit",
            "externalId": advance,
            "customer": {"id": customer},
            "payment": "2",
        },
        {
            "tranDate": day.isoformat(),
            "_created": common["_created"],
            "type": "depositApplication",
            "externalId": company.canary("depositApplication", subsidiary["id"]),
            "deposit": {"externalId": advance},
            "apply": {"items": [{"doc": {"externalId": owed}, "apply": True, "amount": "1"}]},
        },
    ]
