"""HubSpot over REST and webhooks: deals with lines, companies, history (reference: `docs/reference/hubspot.md`)."""

from __future__ import annotations

from tieout.connectors.hubspot.hooks import Hook, ObjectId
from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.hubspot.source import HubSpotSource, build
from tieout.connectors.kit.registration import Connector
from tieout.flows.errors import HookRefused
from tieout.flows.ports import HookRequest

HUBSPOT = Connector(options=HubSpotOptions, build=build, pin="portal_id")

__all__ = [
    "HUBSPOT",
    "Hook",
    "HookRefused",
    "HookRequest",
    "HubSpotOptions",
    "HubSpotSource",
    "ObjectId",
]
