"""HubSpot on localhost: objects, associations, search, OAuth and webhooks, with the rules connectors trip over.

```
from tieout.emulators.hubspot.app import HubSpotEmulator
from tieout.emulators.hubspot.sample import TOKEN, sample_dataset

with HubSpotEmulator(sample_dataset()) as hs:
    hs.base_url                                  # both /crm/v3/objects/… and /crm/objects/2026-03/…
    hs.control.admin("set_stage", id="20001", stage="98765431")
    hs.control.truth("deals"); hs.control.log()
```
Start reading at `dataset` (what to load), then `rules` (what is enforced), `admin` (what people do) and `app`
(the HTTP door).
"""
