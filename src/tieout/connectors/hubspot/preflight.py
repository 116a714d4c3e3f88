"""What an administrator should know before the first deal: scopes, other connectors, missing properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tieout.connectors.hubspot.client import HubSpotClient
from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.hubspot.properties import (
    COMPANY,
    DEAL,
    KINDS,
    LINE,
    PRODUCT,
    foreign_properties,
    mapped,
)
from tieout.connectors.hubspot.values import flag_of, mapping_of
from tieout.flows.errors import CallError, MaybeSent, NotSent, Paused, Refused, Throttled

_MOST_NAMES = 4
Seen = Mapping[str, Mapping[str, Mapping[str, Any]]]


def warnings(options: HubSpotOptions, client: HubSpotClient) -> list[str]:
    """Sentences for people. Raises `CallError`s."""
    seen: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    said: list[str] = []
    for name in (DEAL, COMPANY, LINE, PRODUCT):
        try:
            seen[name] = client.properties(KINDS[name])
        except (Paused, Refused) as error:
            said.append(f"the properties of {KINDS[name]} cannot be read: {error}")
    said += _scopes(client)
    return [
        *said,
        *_others(options, seen),
        *_mapped(options, seen),
        *_notes(options, seen),
        *_pipelines(client),
    ]


def _scopes(client: HubSpotClient) -> Iterator[str]:
    """What a deal is read with, tried on one record: HubSpot names the scope that is missing."""
    for kind in KINDS.values():
        try:
            client.page(kind, (), "")
        except (NotSent, MaybeSent, Throttled):
            raise
        except CallError as error:
            yield f"{kind} cannot be read: {error}"


def _others(options: HubSpotOptions, seen: Seen) -> Iterator[str]:
    for name, properties in seen.items():
        found = foreign_properties(properties, name, options)
        if found:
            more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
            yield (
                f"foreign writer: {KINDS[name]} have properties of another NetSuite connector"
                f" ({', '.join(found[:_MOST_NAMES])}{more}); make sure that it writes no invoices any more"
            )


def _mapped(options: HubSpotOptions, seen: Seen) -> Iterator[str]:
    for name, properties in mapped(options).items():
        for one in properties:
            if name in seen and one not in seen[name]:
                yield f"property {one} of {KINDS[name]} is mapped but missing: HubSpot answers without it"


def _notes(options: HubSpotOptions, seen: Seen) -> Iterator[str]:
    if not options.write_back:
        yield "no write-back properties are configured: HubSpot will not show what NetSuite has"
    for kind, fields in options.write_back.items():
        properties = seen.get(kind)
        for one in fields.names if properties is not None else ():
            described = (properties or {}).get(one)
            if described is None:
                yield f"property {one} of {KINDS[kind]} is to take our notes but is missing"
            elif flag_of(mapping_of(described, "modificationMetadata"), "readOnlyValue") is True:
                yield f"property {one} of {KINDS[kind]} is to take our notes but is read-only"


def _pipelines(client: HubSpotClient) -> Iterator[str]:
    try:
        pipelines = client.pipelines()
    except (Paused, Refused) as error:
        yield f"the deal pipelines cannot be read: {error}"
        return
    for pipeline in pipelines:
        stages = pipeline.get("stages") or ()
        won = [one for one in stages if str(mapping_of(one, "metadata").get("probability")) in {"1", "1.0"}]
        if not won:
            yield f"pipeline {pipeline.get('label')!r} has no stage that means won: none of its deals will sync"
