"""Lists with cursors, and `expand`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import forms
from tieout.emulators.stripe.account import Account
from tieout.emulators.stripe.errors import StripeError, missing

MOST, DEFAULT, NESTED, DEEPEST = 100, 10, 10, 4
#: field → kind it refers to; `source` of a balance transaction is whatever has that id
_REFERENCES = {
    "balance_transaction": "balance_transaction", "charge": "charge", "customer": "customer",
    "failure_balance_transaction": "balance_transaction", "invoice": "invoice", "latest_charge": "charge",
    "payment_intent": "payment_intent", "payment_method": "payment_method", "source": "",
    "balance_transactions": "balance_transaction",
}  # fmt: skip

Show = Callable[[Json], Json]


def page(account: Account, items: Iterable[Json], given: Json, url: str, show: Show) -> Json:
    """Newest first, cut by cursor and limit. Raises `StripeError`."""
    limit = forms.integer(given, "limit", DEFAULT)
    if not 1 <= limit <= MOST and account.switches.on("ST-04b"):
        word = "less than or equal to 100" if limit > MOST else "greater than or equal to 1"
        raise StripeError(400, f"This value must be {word}.", code="parameter_invalid_integer", param="limit")
    if given.get("starting_after") and given.get("ending_before"):
        raise StripeError(
            400, "You can only pass one of starting_after and ending_before.", param="ending_before"
        )
    rows = [one for one in items if _in_range(one, given.get("created"))]
    if account.switches.on("ST-04a"):
        rows.reverse()
    after, before = given.get("starting_after"), given.get("ending_before")
    more = False
    if before:
        at = _place(rows, before, "ending_before")
        start = max(0, at - limit)
        rows, more = rows[start:at], start > 0
    else:
        at = _place(rows, after, "starting_after") + 1 if after else 0
        rows, more = rows[at : at + limit], len(rows) > at + limit
    return {"object": "list", "data": [show(one) for one in rows], "has_more": more, "url": url}


def nested(items: list[Json], url: str, account: Account) -> Json:
    """A list inside an object: its first ten."""
    cut = NESTED if account.switches.on("ST-04c") else len(items)
    return {"object": "list", "data": items[:cut], "has_more": len(items) > cut, "url": url}


def _place(rows: list[Json], object_id: str, param: str) -> int:
    for index, row in enumerate(rows):
        if row["id"] == object_id:
            return index
    raise missing(rows[0]["object"] if rows else "object", object_id, param)


def _in_range(item: Json, created: Any) -> bool:
    if created is None:
        return True
    if not isinstance(created, dict):
        return bool(item["created"] == forms.integer({"created": created}, "created"))
    checks = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return all(
        name in checks and checks[name](item["created"], forms.integer(created, name)) for name in created
    )


def expand(
    account: Account, item: Json, paths: list[str], show: Show, extra: Callable[[Json, str], Any]
) -> None:
    """Put objects where ids are. Raises `StripeError` for what cannot be expanded."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise StripeError(
                400, f"You cannot expand more than {DEEPEST} levels of a property", param="expand"
            )
        _expand(account, item, parts, path, show, extra)


def _expand(
    account: Account, node: Any, parts: list[str], path: str, show: Show, extra: Callable[[Json, str], Any]
) -> None:
    if not parts:
        return
    head, *rest = parts
    if isinstance(node, list):
        for one in node:
            _expand(account, one, parts, path, show, extra)
        return
    if not isinstance(node, dict):
        return
    if head == "data" and node.get("object") == "list":
        _expand(account, node["data"], rest, path, show, extra)
        return
    made = extra(node, head)
    if made is not None:
        node[head] = made
    elif head not in _REFERENCES and not isinstance(node.get(head), dict):
        raise StripeError(400, f"This property cannot be expanded ({path}).", param="expand[0]")
    elif isinstance(node.get(head), str):
        found = account.find(node[head])
        node[head] = show(found) if found is not None else node[head]
    elif isinstance(node.get(head), list) and head in _REFERENCES:
        found_all = [account.find(one) if isinstance(one, str) else one for one in node[head]]
        node[head] = [show(one) if "_payout" in one else one for one in found_all if one is not None]
    _expand(account, node.get(head), rest, path, show, extra)
