"""Stripe on localhost: payments, refunds, disputes, payouts, invoices, transfers, events and webhooks.

```
from tieout.emulators.stripe.app import StripeEmulator
from tieout.emulators.stripe.sample import KEY, sample_dataset

with StripeEmulator(sample_dataset()) as stripe:
    stripe.base_url                              # for `StripeClient(KEY, base_addresses={"api": …})`
    stripe.control.clock(advance_seconds=4 * 86400)
    stripe.control.admin("late_return", charge="py_…"); stripe.control.truth("charge")
```
Start reading at `sample` (what to load), then `rules` (what is enforced), `admin` (what banks and people do) and `app`
(the HTTP door). State is kept in the newest API version's shape; `versions` knows what older ones show.
"""
