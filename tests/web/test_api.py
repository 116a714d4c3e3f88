"""The API over real HTTP: what is sent becomes a confirmed invoice, a case that is cured, a plan, an approval."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.desk import deal


def test_a_deal_that_is_sent_becomes_a_confirmed_invoice_that_can_be_traced(api: Api):
    sent = api.post("/sources/files/deals", deal(1), code=202)
    assert sent == {
        "received": [{"id": "D-1", "version": sent["received"][0]["version"]}],
        "new": 1,
        "seen_before": 0,
        "rejected": [],
        "notes": [],
    }
    api.run()
    (row,) = api.get("/inputs")["items"]
    assert (row["system"], row["source_id"], row["standing"]) == ("files", "D-1", "confirmed")
    (invoice,) = api.get("/documents?kind=create_invoice")["items"]
    assert (invoice["state"], invoice["external_id"], invoice["total"]) == (
        "confirmed",
        "inv-D-1",
        "250.00 USD",
    )
    assert [one["id"] for one in api.desk.invoices()] == [invoice["internal_id"]]
    for some_id in ("D-1", "inv-D-1", invoice["document_number"]):
        (story,) = api.get("/traces", params={"id": some_id})["deals"]
        assert story["deal"] == "D-1"
    assert api.get(f"/documents/{invoice['id']}")["draft"]["subsidiary"] == "1"
    assert api.get(f"/inputs/{row['id']}")["payload"]["name"] == "Deal 1"
