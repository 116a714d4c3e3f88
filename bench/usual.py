"""The usual way, for comparison: one look-up per record and a fixed pool, as most integrations do it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bench.world import CONCURRENCY, deal
from tieout.bootstrap import Application
from tieout.connectors.netsuite.client import RECORD
from tieout.connectors.netsuite.gateway import NetSuiteGateway


def run_usual(application: Application, deals: int) -> None:
    """For each deal: look the customer up, create it, look the invoice up, create it, read it back."""
    gateway = application.machine.context.netsuite
    if not isinstance(gateway, NetSuiteGateway):
        raise TypeError("the bench needs the HTTP gateway")
    client = gateway.client

    def one(number: int) -> None:
        row = deal(number)
        customer, invoice = f"usual-{row['customer']['id']}", f"usual-inv-{row['id']}"
        client.suiteql("SELECT id FROM customer WHERE externalid = ?", [customer])
        body = {
            "externalId": customer,
            "companyName": row["customer"]["name"],
            "subsidiary": {"id": "1"},
            "currency": {"id": "1"},
        }
        made = client.call("POST", f"{RECORD}/customer", body)
        customer_id = made.headers["location"].rsplit("/", 1)[1]
        client.suiteql("SELECT id FROM transaction WHERE externalid = ?", [invoice])
        lines = [
            {"item": {"id": str(500 + n)}, "quantity": n, "amount": 100 * n}
            for n, _ in enumerate(row["lines"], start=1)
        ]
        body = {
            "externalId": invoice,
            "entity": {"id": customer_id},
            "tranDate": row["close_date"],
            "item": {"items": lines},
        }
        made = client.call("POST", f"{RECORD}/invoice", body)
        client.suiteql(
            "SELECT id FROM transaction WHERE id = ?", [made.headers["location"].rsplit("/", 1)[1]]
        )

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(one, range(1, deals + 1)))
