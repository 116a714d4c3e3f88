"""Runs in the environment of the PyPI package `simple-salesforce`, which nobody has changed. Prints one JSON object."""

import json

from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

client = Salesforce(consumer_key="sample-client", consumer_secret="sample-secret", domain="x.my")
seen: dict[str, object] = {"instance": client.sf_instance}
won = client.query("SELECT Id, Name, Account.Name FROM Opportunity WHERE IsWon = true")
seen["won"] = [row["Account"]["Name"] for row in won["records"]]
opportunity = won["records"][0]["Id"]
lines = client.query_all(
    f"SELECT Id, Quantity FROM OpportunityLineItem WHERE OpportunityId = '{opportunity}'"
)
seen["lines"] = lines["totalSize"]
made = client.Account.create({"Name": "Made by a stranger"})
seen["created"] = made["success"]
client.Account.update(made["id"], {"BillingCity": "Ruritania"})
seen["city"] = client.Account.get(made["id"])["BillingCity"]
try:
    client.query("SELECT Nope FROM Account")
except SalesforceMalformedRequest as error:
    seen["refusal"] = error.content[0]["errorCode"]
client.Account.delete(made["id"])
try:
    client.Account.get(made["id"])
    seen["gone"] = False
except SalesforceResourceNotFound:
    seen["gone"] = True
seen["describes"] = client.Opportunity.describe()["name"]
print(json.dumps(seen))
