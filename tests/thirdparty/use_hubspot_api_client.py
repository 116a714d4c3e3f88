"""Runs in the environment of the PyPI package `hubspot-api-client`, unchanged. Prints one JSON object."""

import json
import os

from hubspot import HubSpot
from hubspot.crm.associations.v4 import AssociationSpec, BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.deals import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)

where = {"proxy": os.environ["HTTPS_PROXY"], "ssl_ca_cert": os.environ["SSL_CERT_FILE"]}
tokens = HubSpot(**where).oauth.tokens_api.create(
    grant_type="refresh_token", client_id="sample-client", client_secret="sample-secret",
    refresh_token="na1-refresh-sample",
)  # fmt: skip
client = HubSpot(access_token=tokens.access_token, **where)
deals, links = client.crm.deals, client.crm.associations.v4
seen: dict[str, object] = {"hub": client.oauth.access_tokens_api.get(tokens.access_token).hub_id}

deal = deals.basic_api.get_by_id(
    "20001", properties=["dealname", "hs_is_closed_won"], properties_with_history=["dealstage"],
    associations=["companies", "line_items"],
)  # fmt: skip
seen["won"] = deal.properties["hs_is_closed_won"]
seen["stages"] = [one.value for one in deal.properties_with_history["dealstage"]]
seen["lines"] = [one.id for one in deal.associations["line items"].results]
seen["all"] = [one.id for one in deals.get_all()]

read = deals.batch_api.read(
    BatchReadInputSimplePublicObjectId(
        properties=["dealname"], properties_with_history=[], inputs=[{"id": "20001"}, {"id": "7"}]
    )
)
seen["batch"] = [type(read).__name__, [one.id for one in read.results], read.num_errors]
asked = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": "20001"}])
rows = links.batch_api.get_page("deals", "companies", asked).results[0].to
seen["primary"] = [row.to_object_id for row in rows if 5 in [one.type_id for one in row.association_types]]

made = deals.basic_api.create(
    SimplePublicObjectInputForCreate(properties={"dealname": "Made by a stranger", "dealstage": "closedwon"})
)
links.basic_api.create(
    "deals", made.id, "companies", "30003",
    [AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=5)],
)  # fmt: skip
page = links.basic_api.get_page("deals", made.id, "companies")
seen["linked"] = [[one.type_id for one in row.association_types] for row in page.results]
deals.batch_api.update(
    BatchInputSimplePublicObjectBatchInput(inputs=[{"id": made.id, "properties": {"netsuite_id": "so-1"}}])
)
try:
    deals.basic_api.update(made.id, SimplePublicObjectInput(properties={"nope": "1"}))
except ApiException as error:
    seen["refusal"] = [error.status, json.loads(error.body)["category"]]
search = PublicObjectSearchRequest(
    filter_groups=[{"filters": [{"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"}]}],
    properties=["dealname"], limit=10,
)  # fmt: skip
seen["found"] = [one.id for one in deals.search_api.do_search(search).results]
seen["pipelines"] = [one.id for one in client.crm.pipelines.pipelines_api.get_all("deals").results]
seen["property"] = client.crm.properties.core_api.get_by_name("deals", "netsuite_id").has_unique_value
merged = client.api_request({
    "method": "POST", "path": "/crm/objects/2026-03/deals/merge",
    "body": {"primaryObjectId": made.id, "objectIdToMerge": "20002"},
}).json()  # fmt: skip
seen["merged"] = deals.basic_api.get_by_id("20002").id == merged["id"]
deals.basic_api.archive(merged["id"])
try:
    deals.basic_api.get_by_id(merged["id"])
except ApiException as error:
    seen["gone"] = error.status
print(json.dumps(seen))
