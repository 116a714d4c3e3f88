"""Form-encoded requests with bracketed keys, as nested values."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe.errors import StripeError, invalid_integer, required

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_HASHES = frozenset(
    ("address", "automatic_payment_methods", "billing_details", "card", "cash_balance", "customer_balance", "evidence",
     "invoice_settings", "mandate_data", "payment", "payment_details", "payment_intent_data", "payment_method_data",
     "payment_method_options", "payment_settings", "sepa_debit", "shipping", "us_bank_account")
)  # fmt: skip
_LISTS = frozenset(("enabled_events", "expand", "line_items", "payment_method_types", "types"))
MOST_PAIRS, MOST_KEY, MOST_VALUE = 50, 40, 500


def parse(text: str) -> Json:
    """`metadata[k]=v&expand[]=x&items[0][price]=p` as `{"metadata": {"k": "v"}, "expand": ["x"], …}`."""
    root: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = [key.split("[", 1)[0], *_BRACKET.findall(key)]
        _put(root, [head, *rest], value)
    return {name: _settled(value) for name, value in root.items()}


def check_shapes(given: Json) -> None:
    """What is to be a hash, a list or a text is one. Raises `StripeError`."""
    for name, value in given.items():
        if name in _HASHES:
            right, word = isinstance(value, dict) or value == "", "hash"
        elif name in _LISTS:
            right, word = isinstance(value, list), "array"
        else:
            right, word = isinstance(value, str) or name in {"metadata", "created"}, "string"
        if not right:
            raise StripeError(400, f"Invalid {word}", param=name)
        inner = value if isinstance(value, list) and name == "line_items" else []
        if not all(isinstance(one, dict) and isinstance(one.get("price_data"), dict) for one in inner):
            raise StripeError(400, "Invalid hash", param=f"{name}[0]")


def _put(node: Json, path: list[str], value: str) -> None:
    head, *rest = path
    if not rest:
        node[head] = value
        return
    inner = node.setdefault(head, {})
    if not isinstance(inner, dict):
        inner = node[head] = {}
    if rest[0] == "":
        rest = [str(len(inner)), *rest[1:]]
    _put(inner, rest, value)


def _settled(value: Any) -> Any:
    """Objects whose keys count from 0 are lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: _settled(one) for name, one in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def integer(given: Json, name: str, default: int | None = None) -> int:
    """A whole number. Raises `StripeError` when it is none, or absent without a default."""
    value = given.get(name)
    if value is None:
        if default is None:
            raise required(name)
        return default
    text = str(value)
    if not re.fullmatch(r"-?\d{1,12}", text):
        raise invalid_integer(name, value)
    return int(text)


def flag(given: Json, name: str, *, default: bool = False) -> bool:
    """A boolean as forms spell it. Raises `StripeError`."""
    value = given.get(name)
    if value is None:
        return default
    if str(value) not in {"true", "false"}:
        raise StripeError(400, f"Invalid boolean: {value}", code="parameter_invalid_boolean", param=name)
    return str(value) == "true"


def text(given: Json, name: str) -> str:
    """A text that must be there. Raises `StripeError`."""
    value = given.get(name)
    if value is None:
        raise required(name)
    if not isinstance(value, str):
        raise StripeError(400, f"Invalid string: {value}", param=name)
    if not value:
        message = f"You passed an empty string for '{name}'."
        raise StripeError(400, message, code="parameter_invalid_empty", param=name)
    return value


def metadata(given: Json, old: Json | None = None, *, limited: bool = True) -> Json:
    """Metadata after a request: merged key by key; an empty value takes a key away. Raises `StripeError`."""
    changes = given.get("metadata")
    if changes is None:
        return dict(old or {})
    if changes == "":
        return {}
    if not isinstance(changes, dict):
        raise StripeError(400, "Invalid hash", param="metadata")
    merged = {**(old or {}), **{name: str(value) for name, value in changes.items()}}
    merged = {name: value for name, value in merged.items() if value != ""}
    if limited:
        _check(merged)
    return merged


def _check(merged: Json) -> None:
    if len(merged) > MOST_PAIRS:
        message = f"You can only specify up to {MOST_PAIRS} metadata keys. You specified {len(merged)}."
        raise StripeError(400, message, param="metadata")
    for name, value in merged.items():
        if len(name) > MOST_KEY:
            raise StripeError(
                400,
                f"Metadata keys can be at most {MOST_KEY} characters long. {name} is {len(name)} characters.",
                param="metadata",
            )
        if len(value) > MOST_VALUE:
            raise StripeError(
                400,
                f"Metadata values can have up to {MOST_VALUE} characters, but you passed in a value that is"
                f" {len(value)} characters. Invalid value: {value}",
                param=f"metadata[{name}]",
            )
