"""Salesforce over REST: deals with lines, accounts and history (reference: `docs/reference/salesforce.md`)."""

from __future__ import annotations

from tieout.connectors.kit.registration import Connector
from tieout.connectors.salesforce.options import SalesforceOptions
from tieout.connectors.salesforce.source import SalesforceSource, build

SALESFORCE = Connector(options=SalesforceOptions, build=build, pin="org_id")

__all__ = ["SALESFORCE", "SalesforceOptions", "SalesforceSource"]
