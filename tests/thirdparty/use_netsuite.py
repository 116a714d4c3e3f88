"""Runs in the environment of the PyPI package `netsuite`, which nobody has changed. Prints one JSON object."""

import asyncio
import json

from netsuite import Config, NetSuite, TokenAuth
from netsuite.exceptions import NetsuiteAPIRequestError

INVOICE = {
    "externalId": "inv-third-1",
    "entity": {"id": "1001"},
    "tranDate": "2026-11-05",
    "item": {"items": [{"item": {"id": "501"}, "quantity": 2, "rate": 10.5}]},
}


STARTS = 'companyName START_WITH "Globex"'


async def main() -> dict[str, object]:
    auth = TokenAuth(consumer_key="ck", consumer_secret="cs", token_id="tk", token_secret="ts")
    client = NetSuite(Config(account="TSTDRV1234567", auth=auth))
    rest, seen = client.rest_api, {}
    seen["created"] = await rest.post("/record/v1/invoice", json=INVOICE)
    try:
        await rest.post("/record/v1/invoice", json=INVOICE)
    except NetsuiteAPIRequestError as error:
        seen["second"] = [error.status_code, error.response_text]
    page = await rest.suiteql(
        q="SELECT id, externalid, foreigntotal FROM transaction WHERE externalid = 'inv-third-1'",
        limit=5,
        offset=0,
    )
    seen["rows"] = page["items"]
    number = page["items"][0]["id"]
    await rest.patch(f"/record/v1/invoice/{number}", json={"memo": "patched by a stranger"})
    record = await rest.get(f"/record/v1/invoice/{number}", params={"expandSubResources": "true"})
    seen["memo"], seen["total"] = record["memo"], record["total"]
    seen["lines"] = record["item"]["count"]
    paid = {"externalId": "pay-third-1", "customer": {"id": "1001"}, "payment": 25, "checkNumber": "4711"}
    paid["apply"] = {"items": [{"doc": {"id": number}, "apply": True, "amount": 21}]}
    await rest.post("/record/v1/customerPayment", json=paid)
    payment = await rest.get(
        "/record/v1/customerPayment/eid:pay-third-1", params={"expandSubResources": "true"}
    )
    seen["payment"] = [
        payment["applied"],
        payment["unapplied"],
        payment["apply"]["items"][0]["doc"]["id"] == number,
    ]
    await rest.patch(
        f"/record/v1/customerPayment/{payment['id']}",
        json={"customer": {"id": "1001"}, "apply": {"items": [{"doc": {"id": number}, "amount": 0}]}},
    )
    again = await rest.suiteql(
        q=f"SELECT foreignamountunpaid AS due FROM transaction WHERE id = {number}", limit=5
    )
    seen["due_after_unapplying"] = again["items"][0]["due"]
    listed = await rest.get("/record/v1/customer", params={"limit": 1, "q": STARTS})
    seen["listed"] = [item["id"] for item in listed["items"]]
    schema = await rest.jsonschema("invoice")
    seen["schema_has_custom_field"] = "custbody_tieout_source_id" in schema["properties"]
    openapi = await rest.openapi(["customer", "invoice"])
    seen["openapi"] = sorted(openapi["components"]["schemas"])
    return seen


print(json.dumps(asyncio.run(main())))
