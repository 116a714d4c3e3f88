"""The search endpoint: filters over a copy that lags behind.

Source: crm-cpq reference §8.6. Texts of refusals are [inferred] where no capture names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.emulators.hubspot import rendering
from tieout.emulators.hubspot.errors import invalid, parsing
from tieout.emulators.hubspot.objects import ObjectType, object_type
from tieout.emulators.hubspot.portal import Portal, shown
from tieout.emulators.hubspot.values import parse_instant, parse_number
from tieout.emulators.kit.http import Json

PAGE_MOST, TOTAL_MOST = 200, 10_000
GROUPS_MOST, FILTERS_MOST, ALL_FILTERS_MOST, QUERY_MOST = 5, 6, 18, 3000
Row = tuple[str, dict[str, str]]
Test = Callable[[Row], bool]


def search(portal: Portal, spec: ObjectType, body: Json) -> Json:
    """One page of hits. Raises HubSpotError on anything past the limits."""
    portal.search.catch_up(portal.now())
    limit, after = _page(portal, body)
    tests = _groups(portal, spec, body)
    rows: list[Row] = list(portal.search.rows[spec.name].items())
    if not portal.switches.on("HS-21e"):
        rows += [(item.id, item.properties) for item in portal.items[spec.name].values() if item.archived]
    query = str(body.get("query") or "").lower()
    if len(query) > QUERY_MOST:
        raise invalid(f"query must be at most {QUERY_MOST} characters")
    hits = [
        row
        for row in rows
        if (not tests or any(all(test(row) for test in group) for group in tests)) and _mentions(row, query)
    ]
    _sort(portal, spec, hits, body)
    page = hits[after : after + limit]
    results = [_row(portal, spec, row, texts(body, "properties")) for row in page]
    found: Json = {"total": len(hits), "results": results}
    if after + limit < len(hits):
        found["paging"] = {"next": {"after": str(after + limit)}}
    return found


def texts(body: Json, name: str) -> list[str]:
    """A list of names in a body. Raises HubSpotError when it is something else."""
    found = body.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise invalid(f"Invalid input JSON: {name} must be a list of names")
    return found


def _row(portal: Portal, spec: ObjectType, row: Row, asked: list[str]) -> Json:
    record_id, values = row
    item = portal.items[spec.name].get(record_id)
    return {
        "id": record_id,
        "properties": rendering.chosen(portal, spec, values, asked),
        "createdAt": values.get(spec.created) or (shown(item.created_at) if item else None),
        "updatedAt": values.get(spec.modified) or (shown(item.updated_at) if item else None),
        "archived": False,
    }


def _page(portal: Portal, body: Json) -> tuple[int, int]:
    with parsing("limit or after"):
        limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    if limit < 1 or after < 0:
        raise invalid("limit and after must not be negative")
    if limit > PAGE_MOST and portal.switches.on("HS-21b"):
        raise invalid(f"limit must be at most {PAGE_MOST}, was {limit}")
    if after + limit > TOTAL_MOST and portal.switches.on("HS-21c"):
        raise invalid(f"Search results past {TOTAL_MOST} cannot be paged; narrow the filters")
    return limit, after


def _groups(portal: Portal, spec: ObjectType, body: Json) -> list[list[Test]]:
    with parsing("filterGroups"):
        groups = [
            [dict(one) for one in group.get("filters") or []] for group in body.get("filterGroups") or []
        ]
        if body.get("filters"):
            groups.append([dict(one) for one in body["filters"]])
    too_many = (
        len(groups) > GROUPS_MOST
        or any(len(group) > FILTERS_MOST for group in groups)
        or sum(map(len, groups)) > ALL_FILTERS_MOST
    )
    if too_many and portal.switches.on("HS-21f"):
        raise invalid(
            f"Too many filters: at most {GROUPS_MOST} groups of {FILTERS_MOST}, {ALL_FILTERS_MOST} in all"
        )
    return [[_test(portal, spec, one) for one in group] for group in groups]


def _mentions(row: Row, query: str) -> bool:
    return not query or any(query in value.lower() for value in row[1].values())


def _key(kind: str, text: str) -> Any:
    """A value as it is compared: numbers and instants by size, text without case."""
    if kind == "number":
        return parse_number(text)
    if kind in ("date", "datetime"):
        return parse_instant(text)
    return text if kind == "enumeration" else text.lower()


def _test(portal: Portal, spec: ObjectType, given: Json) -> Test:
    name, operator = str(given.get("propertyName", "")), str(given.get("operator", ""))
    if name.startswith("associations."):
        return _association_test(portal, spec, name.removeprefix("associations."), operator, given)
    meaning = portal.definitions[spec.name].get(name)
    if meaning is None:
        raise invalid("There was a problem with the request.", errors=[
            {"message": f'Property "{name}" does not exist', "code": "PROPERTY_DOESNT_EXIST"}])  # fmt: skip
    kind = str(meaning["type"])
    if operator == "HAS_PROPERTY":
        return lambda row: name in row[1]
    if operator == "NOT_HAS_PROPERTY":
        return lambda row: name not in row[1]
    if operator in ("IN", "NOT_IN"):
        # The stored text is lowered, the values asked for are not: they must be lower case to match.
        with parsing("values"):
            wanted = {str(value) for value in given.get("values") or []}
        lower = kind == "string"
        return lambda row: (
            name in row[1]
            and (((row[1][name].lower() if lower else row[1][name]) in wanted) == (operator == "IN"))
        )
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        pattern = re.compile(
            r"(?<!\w)" + re.escape(str(given.get("value", "")).lower()).replace(r"\*", r"\w*") + r"(?!\w)"
        )
        return lambda row: (
            name in row[1] and bool(pattern.search(row[1][name].lower())) == (operator == "CONTAINS_TOKEN")
        )
    compare = _COMPARE.get(operator)
    if (
        compare is None
        or given.get("value") is None
        or (operator == "BETWEEN" and given.get("highValue") is None)
    ):
        raise invalid(f"Invalid filter: operator {operator} on {name} with value {given.get('value')}")
    try:
        low, high = _key(kind, str(given["value"])), _key(kind, str(given.get("highValue", given["value"])))
    except ValueError:
        raise invalid(f"Invalid filter value {given['value']} for {name}") from None
    return lambda row: name in row[1] and compare(_key(kind, row[1][name]), low, high)


_COMPARE: dict[str, Callable[[Any, Any, Any], bool]] = {
    "EQ": lambda value, low, _: bool(value == low),
    "NEQ": lambda value, low, _: bool(value != low),
    "GT": lambda value, low, _: bool(value > low),
    "GTE": lambda value, low, _: bool(value >= low),
    "LT": lambda value, low, _: bool(value < low),
    "LTE": lambda value, low, _: bool(value <= low),
    "BETWEEN": lambda value, low, high: bool(low <= value <= high),
}


def _association_test(portal: Portal, spec: ObjectType, word: str, operator: str, given: Json) -> Test:
    target = object_type(word)
    if target is None or operator not in ("EQ", "IN"):
        raise invalid(f"Invalid filter: associations.{word} {operator}")
    with parsing("values"):
        wanted = {
            str(value) for value in [*(given.get("values") or []), given.get("value")] if value is not None
        }
    return lambda row: bool(wanted & set(portal.links.of(spec.name, row[0], target.name)))


def _sort(portal: Portal, spec: ObjectType, hits: list[Row], body: Json) -> None:
    sorts = body.get("sorts") or []
    name, descending = spec.created, False
    if not isinstance(sorts, list) or not all(isinstance(one, (str, dict)) for one in sorts):
        raise invalid("Invalid input JSON: sorts must be a list")
    if len(sorts) > 1 and portal.switches.on("HS-21g"):
        raise invalid("Only one sort is allowed")
    if sorts:
        # The short form is the name, with a minus for descending.
        short = sorts[0] if isinstance(sorts[0], str) else None
        name = short.lstrip("-") if short is not None else str(sorts[0].get("propertyName"))
        direction = "DESC" if short is not None and short.startswith("-") else ""
        direction = direction if short is not None else str(sorts[0].get("direction", "")).upper()
        descending = direction.startswith("DESC")
    meaning = portal.definitions[spec.name].get(name)
    if meaning is None:
        raise invalid("There was a problem with the request.")
    kind = str(meaning["type"])
    least: Any = {"number": Decimal("-Infinity"), "date": _LONG_AGO, "datetime": _LONG_AGO}.get(kind, "")
    hits.sort(key=lambda row: int(row[0]))
    hits.sort(key=lambda row: _key(kind, row[1][name]) if name in row[1] else least, reverse=descending)


_LONG_AGO = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
