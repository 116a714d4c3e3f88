"""`tieout init`: a first configuration to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout.cli.common import out, refuse

TEMPLATE = """\
# Tieout's configuration. Secrets are given by reference only: env:NAME or file:PATH.
installation: my-company            # written on every record; letters, digits, - and _
store: sqlite:///tieout.db          # beside this file

netsuite:
  account: "1234567"                # 1234567_SB1 for a sandbox
  auth:
    method: oauth2
    client_id: "…"
    certificate_id: "…"
    private_key: file:netsuite.pem
    algorithm: PS256
  concurrency: 5                    # what the account allows
  headroom: 2                       # of these, left to others
  canaries:                         # record type → subsidiary → external ID our role must see
    customer: {"1": tieout-canary-customer-1}
    invoice: {"1": tieout-canary-invoice-1}

sources:
  salesforce:
    type: salesforce
    environment: production
    cut_over: 2026-01-01            # nothing that closed before is ever written
    options:
      base_url: https://my-company.my.salesforce.com
      auth:
        method: client_credentials
        client_id: "…"
        client_secret: env:SALESFORCE_CLIENT_SECRET

rules:
  handoff:
    - name: every won deal is invoiced
      then: invoice
  subsidiary:
    - name: sold by the US company
      when: {customer.country: US}
      then: "1"

crosswalks:
  item: items.csv
  term: terms.csv
"""
CROSSWALK = "system,key,target,valid_from,valid_to,subsidiary,why\n"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path(),
) -> None:
    """Write a first `tieout.yaml` and empty crosswalk files; existing files are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "tieout.yaml").exists():
        refuse(f"{folder / 'tieout.yaml'} exists already; nothing was written")
    for name, text in (("tieout.yaml", TEMPLATE), ("items.csv", CROSSWALK), ("terms.csv", CROSSWALK)):
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
            out.print(f"wrote {folder / name}", markup=False, soft_wrap=True)
    out.print("Fill in tieout.yaml, map your products in items.csv, then: tieout sync")
