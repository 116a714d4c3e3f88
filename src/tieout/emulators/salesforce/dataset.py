"""The data set a Salesforce emulator is loaded with: one JSON document.

```
{
  "org": {
    "id": "00D5g00000ABCDEEA4",          # 15 or 18 characters; identity answers give 18
    "name": "Example GmbH",
    "multi_currency": false,             # true: CurrencyIsoCode on every object, CurrencyType exists
    "state_picklists": false,            # true: BillingStateCode, BillingCountryCode … exist
    "corporate_currency": "USD",         # default CurrencyIsoCode of new records
    "api_user_id": "0055g000000001AAA",  # who an API write is recorded as, unless the connected app says
    "instance_url": null,                # null: scheme and Host of the token request (right behind a proxy too)
    "edition": "Enterprise", "is_sandbox": true,
    "daily_api_limit": 115000,           # rolling 24 emulator hours; reported in Sforce-Limit-Info
    "token_ttl_seconds": 7200,           # emulator seconds until a token answers 401 INVALID_SESSION_ID
    "batch_max": 2000,                   # most rows a query answers with; lower it to see pages in small tests
    "seed": 1                            # short batches and the order of unordered rows
  },
  "stages": [                            # the org's own labels; {} below are the defaults
    {"label": "Auftrag erteilt", "IsClosed": true, "IsWon": true,
     "DefaultProbability": "100", "ForecastCategory": "Closed"}
  ],
  "custom_fields": [
    {"object": "Opportunity", "name": "NetSuite_Id__c", "type": "string",
     "external_id": true, "unique": true, "case_sensitive": true, "length": 40},
    {"object": "Account", "name": "Billing_Contact__c", "type": "reference",
     "reference_to": "Contact", "relationship": "Billing_Contact__r", "child_relationship": null}
  ],                                     # further keys: "filterable", "calculated", "values" (restricted picklist)
  "custom_objects": [                    # optional; Id, Name, OwnerId and the audit fields come by themselves
    {"name": "SBQQ__Quote__c", "key_prefix": "a0q", "fields": [{"name": "SBQQ__Primary__c", "type": "boolean"}]}
  ],
  "records": {                           # API names; any object of `schema.STANDARD_OBJECTS`, or a custom one
    "Account": [{"Id": "0015g00000000000AAA", "Name": "Acme", "BillingCity": "Berlin",
                 "CreatedDate": "2026-09-01T08:00:00Z", "SystemModstamp": "2026-11-02T09:30:00Z"}],
    "Opportunity": [...], "OpportunityLineItem": [...], "OpportunityHistory": [...], ...
  },
  "connected_apps": [
    {"client_id": "3MVG9.example", "client_secret": "…",       # client credentials, when a secret is given
     "run_as": "0055g000000001AAA",                            # absent: "no client credentials user enabled"
     "public_key": "-----BEGIN …",                             # JWT bearer: PEM public key or X.509 certificate
     "audiences": ["https://login.salesforce.com"],            # default: login, test and the instance URL
     "username": "integration@example.com",                    # the user JWT may speak for
     "approved": true}                                         # false: "user hasn't approved this consumer"
  ]
}
```

**Values.** Money, numbers and percents are decimal *strings* ("1276.52"); JSON numbers are accepted. Dates are
`YYYY-MM-DD`; date-times are ISO 8601 with an offset or `Z`. Ids may have 15 or 18 characters; 18 are stored.
A record without `Id` gets one. Of `CreatedDate`, `LastModifiedDate` and `SystemModstamp` the missing ones follow
the given ones, else the load instant; missing user fields are the API user, a missing `IsActive` is true.
Section and object names are checked; a top-level key that starts with `_` is a remark and is ignored.

**Taken as given.** Loading runs no trigger: what a record states is kept. Only what it leaves out is derived:
an opportunity's `IsClosed`, `IsWon`, `ForecastCategory` and `Probability` from its stage,
`HasOpportunityLineItem` and a missing `Amount` from its lines; a line's `Product2Id`, `ProductCode`, `Name`
and `ListPrice` from its price book entry, `TotalPrice` from quantity, price and discount. A value that does not
fit its field's type is kept as text, because warehouse extracts hash some; a connector must survive it.

**History.** `OpportunityHistory` rows given here are kept; the load itself writes none. Changes made after the
load (API or control API) write them.
"""

from __future__ import annotations
