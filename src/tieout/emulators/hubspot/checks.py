"""Whether a write is allowed: property by property, then the administrator's own rules.

Sources: crm-cpq reference §0.2, §8.2, §8.4, §8.7; codes as in public captures.
"""

from __future__ import annotations

from datetime import date

from tieout.emulators.hubspot.errors import HubSpotError, bad_properties
from tieout.emulators.hubspot.objects import ObjectType
from tieout.emulators.hubspot.portal import Item, Portal
from tieout.emulators.hubspot.values import as_text, parse_instant, parse_number, stamp
from tieout.emulators.kit.http import Json

FIRST_STRICT_VERSION = "2026-09"


def read_properties(portal: Portal, spec: ObjectType, given: Json) -> dict[str, str | None]:
    """The values of a request body as they are stored. Raises HubSpotError naming every bad one."""
    problems: list[Json] = []
    found: dict[str, str | None] = {}
    for name, raw in given.items():
        meaning = portal.definitions[spec.name].get(name)
        if meaning is None:
            problems.append(_problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
            continue
        if meaning["modificationMetadata"]["readOnlyValue"] and portal.switches.on("HS-19e"):
            message = f'"{name}" is a calculated property; its value cannot be set.'
            problems.append(_problem(name, "READ_ONLY_VALUE", message))
            continue
        try:
            found[name] = _read(meaning, as_text(raw))
        except _BadValueError as error:
            problems.append(_problem(name, error.code, error.message))
    if problems and portal.switches.on("HS-19d"):
        raise bad_properties(problems, portal.portal_id)
    return found


class _BadValueError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _problem(name: str, code: str, message: str) -> Json:
    return {"name": name, "error": code, "message": message}


def _read(meaning: Json, text: str | None) -> str | None:
    if text is None:
        return None
    kind = meaning["type"]
    try:
        if kind == "number":
            number = parse_number(text)
            if meaning["name"] == "price" and number < 0:
                raise _BadValueError("INVALID_NUMERIC_VALUE", f"{text} is less than the minimum of 0")
            return text
        if kind == "datetime":
            return stamp(parse_instant(text))
        if kind == "date":
            return _day(text)
    except ValueError:
        code = "INVALID_LONG" if kind != "number" else "INVALID_DOUBLE"
        raise _BadValueError(
            code, f"{text} was not a valid {'long' if kind != 'number' else 'number'}."
        ) from None
    if kind == "bool" and text not in ("true", "false"):
        raise _BadValueError(
            "INVALID_OPTION", f'{text} was not one of the allowed options: ["true", "false"]'
        )
    options = [option["value"] for option in meaning["options"]]
    if kind == "enumeration" and options and text not in options:
        listed = ", ".join(f'label: "{option}" value: "{option}"' for option in options)
        raise _BadValueError("INVALID_OPTION", f"{text} was not one of the allowed options: [{listed}]")
    return text


def _day(text: str) -> str:
    """A day as `YYYY-MM-DD`; milliseconds must be midnight UTC, as HubSpot insists."""
    if len(text) == 10 and not text.isdigit():
        return date.fromisoformat(text).isoformat()
    instant = parse_instant(text)
    if (instant.hour, instant.minute, instant.second) != (0, 0, 0):
        raise _BadValueError("INVALID_DATE", f"{text} is at {stamp(instant)}, not midnight!")
    return instant.date().isoformat()


def check_state(
    portal: Portal, spec: ObjectType, item: Item | None, after: dict[str, str], version: str, *, human: bool
) -> None:
    """Rules over the whole record as it would be. Raises HubSpotError."""
    problems: list[Json] = []
    if spec.name == "deals" and "dealstage" in after:
        before = item.properties if item else {}
        moved = (before.get("pipeline"), before.get("dealstage")) != (
            after.get("pipeline"),
            after["dealstage"],
        )
        if moved and portal.stage(after.get("pipeline"), after["dealstage"]) is None:
            message = (
                f"{after['dealstage']} was not one of the allowed options of pipeline {after.get('pipeline')}"
            )
            problems.append(_problem("dealstage", "INVALID_OPTION", message))
    for name, meaning in portal.definitions[spec.name].items():
        if meaning["hasUniqueValue"] and after.get(name) and portal.switches.on("HS-22g"):
            other = portal.find_by(spec, name, after[name])
            if other is not None and (item is None or other.id != item.id):
                if name == "email":
                    message = f"Contact already exists. Existing ID: {other.id}"
                    raise HubSpotError(409, "CONFLICT", message)
                message = f"{after[name]} is already the {name} of record {other.id}"
                problems.append(_problem(name, "CONFLICTING_UNIQUE_VALUE", message))
    if problems:
        raise bad_properties(problems, portal.portal_id)
    for rule in portal.validation_rules:
        if rule["object"] == spec.name and _applies(portal, rule, item, after, version, human=human):
            problems.append(_problem(rule["property"], rule.get("code", "REQUIRED_PROPERTY"), _words(rule)))
    if problems:
        raise bad_properties(problems, portal.portal_id)


def _words(rule: Json) -> str:
    return str(rule.get("message") or f"{rule['property']} is required")


def _applies(
    portal: Portal, rule: Json, item: Item | None, after: dict[str, str], version: str, *, human: bool
) -> bool:
    """Whether the rule refuses the record; before 2026-09 the API did not look."""
    strict = human or (version[:1] == "2" and version >= FIRST_STRICT_VERSION)
    if not (strict and portal.switches.on("HS-20b")) and not rule.get("every_version"):
        return False
    if rule.get("kind") == "required_on_create" and item is not None:
        return False
    if any(after.get(name) not in values for name, values in rule.get("when", {}).items()):
        return False
    if "allowed" in rule:
        return after.get(rule["property"]) not in rule["allowed"]
    return not after.get(rule["property"])
