"""What describes a portal: account, pipelines with their stages, properties, owners.

Source: crm-cpq reference §8.2, §8.4; account answer as documented for 2026-03.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from tieout.emulators.hubspot.calls import Call, typed
from tieout.emulators.hubspot.errors import HubSpotError, no_route
from tieout.emulators.hubspot.objects import definition
from tieout.emulators.hubspot.portal import Portal
from tieout.emulators.kit.http import Json

Answer = tuple[int, Any]


class Metadata:
    """Handlers of the describing families."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def serve(self, call: Call) -> Answer:
        """One call. Raises HubSpotError."""
        if call.route.family == "account-info":
            if call.method == "GET" and call.parts == ("details",):
                return 200, self._account()
            raise no_route()
        if call.route.family == "owners":
            call.need(("crm.objects.owners.read",))
            return self._owners(call)
        if not call.parts:
            raise no_route()
        spec = typed(call.parts[0])
        word = "read" if call.method == "GET" else "write"
        scopes = spec.read_scopes if word == "read" else spec.write_scopes
        call.need((f"crm.schemas.{spec.name}.{word}", *scopes))
        return self._properties(call) if call.route.family == "properties" else self._pipelines(call)

    def _account(self) -> Json:
        settings = self._portal.settings
        zone = ZoneInfo(str(settings["time_zone"]))
        offset = self._portal.clock.now().astimezone(zone).utcoffset()
        seconds = int(offset.total_seconds()) if offset else 0
        hours, minutes = divmod(abs(seconds) // 60, 60)
        return {
            "portalId": self._portal.portal_id,
            "accountType": settings["account_type"],
            "timeZone": settings["time_zone"],
            "companyCurrency": settings["company_currency"],
            "additionalCurrencies": settings["additional_currencies"],
            "utcOffset": f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}",
            "utcOffsetMilliseconds": seconds * 1000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }

    def _pipelines(self, call: Call) -> Answer:
        pipelines = [self._pipeline(one) for one in self._portal.pipelines.get(typed(call.parts[0]).name, [])]
        rest = call.parts[1:]
        if call.method != "GET":
            raise no_route()
        if not rest:
            return 200, {"results": pipelines}
        found = next((one for one in pipelines if one["id"] == rest[0]), None)
        if found is None:
            raise HubSpotError(404, "OBJECT_NOT_FOUND", f"Pipeline {rest[0]} does not exist")
        if len(rest) == 1:
            return 200, found
        if rest[1] == "stages":
            return 200, {"results": found["stages"]}
        raise no_route()

    def _pipeline(self, one: Json) -> Json:
        at = {"createdAt": "2019-01-01T00:00:00Z", "updatedAt": "2019-01-01T00:00:00Z", "archived": False}
        stages = [
            {
                "id": stage["id"],
                "label": stage["label"],
                "displayOrder": place,
                "metadata": {name: str(value).lower() for name, value in stage["metadata"].items()},
                **at,
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            }
            for place, stage in enumerate(one["stages"])
        ]
        return {"id": one["id"], "label": one["label"], "displayOrder": 0, "stages": stages, **at}

    def _properties(self, call: Call) -> Answer:
        spec, rest = typed(call.parts[0]), call.parts[1:]
        known = self._portal.definitions[spec.name]
        match (call.method, *rest):
            case ("GET",):
                return 200, {"results": [known[name] for name in sorted(known)]}
            case ("GET", name) if name in known:
                return 200, known[name]
            case ("GET", name):
                raise HubSpotError(
                    404, "OBJECT_NOT_FOUND", f"Property {name} does not exist on {spec.type_id}"
                )
            case ("POST",):
                return 201, self._add(spec.name, call.body)
        raise no_route()

    def _add(self, kind: str, body: Json) -> Json:
        name = str(body.get("name", ""))
        if name in self._portal.definitions[kind]:
            raise HubSpotError(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.")
        item = {
            "object": kind,
            "name": name,
            "type": body.get("type", "string"),
            "unique": bool(body.get("hasUniqueValue")),
            "options": [option["value"] for option in body.get("options") or []],
            "label": body.get("label"),
        }
        return add_property(self._portal, item)

    def _owners(self, call: Call) -> Answer:
        if call.method != "GET":
            raise no_route()
        if not call.parts:
            email = call.query.get("email")
            return 200, {"results": [one for one in self._portal.owners if email in (None, one["email"])]}
        for one in self._portal.owners:
            if one["id"] == call.parts[0]:
                return 200, one
        raise no_route()


def add_property(portal: Portal, item: Json) -> Json:
    """A property of the portal's own, from a data set or the API. Raises ValueError on an unknown type."""
    kind, name = item["object"], item["name"]
    if kind not in portal.definitions:
        raise ValueError(f"properties: no object type {kind}")
    if item.get("type", "string") not in {"string", "number", "date", "datetime", "enumeration", "bool"}:
        raise ValueError(f"properties: {name} has unknown type {item['type']}")
    made = definition(
        name,
        item.get("type", "string"),
        calculated=bool(item.get("read_only")),
        unique=bool(item.get("unique")),
        options=item.get("options"),
        label=item.get("label"),
        hubspot_defined=False,
    )
    portal.definitions[kind][name] = made
    portal.custom_properties.append(item)
    return made
