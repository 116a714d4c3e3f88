"""`tieout trace`: from any id to the whole story."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ConfigOption,
    JsonOption,
    application,
    out,
    print_json,
    refuse,
)
from tieout.flows.tracing import trace as trace_id

_WIDE = 400


def trace(
    some_id: Annotated[str, typer.Argument(help="A source id, external ID, internal id or document number.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Source event → document → findings → plan → attempts → NetSuite record → write-back."""
    with application(config) as app_:
        found = trace_id(app_.store, some_id)
    if as_json:
        print_json({"id": some_id, "deals": found})
    if not found:
        refuse(f"{some_id} leads to nothing we know", TO_LOOK_AT)
    for deal in [] if as_json else found:
        # As wide as it takes: a wrapped or cropped id cannot be copied.
        out.print(_tree(_escaped(deal)), width=_WIDE, crop=False, no_wrap=True, overflow="ignore")


def _escaped(value: Any) -> Any:
    """The same structure with brackets that are text, not markup: names and answers come from outside."""
    if isinstance(value, dict):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return escape(value) if isinstance(value, str) else value


def _tree(deal: dict[str, Any]) -> Tree:
    reason = f" ({deal['reason']})" if deal["reason"] else ""
    tree = Tree(f"[bold]{deal['system']} {deal['object']} {deal['deal']}[/bold]: {deal['standing']}{reason}")
    versions = tree.add("source versions")
    for version in deal["versions"]:
        note = "" if version["taken"] else " — older than what was known, kept as evidence"
        versions.add(f"{version['received_at'][:19]} version {version['version']}{note}")
    for case in deal["cases"]:
        node = tree.add(f"case #{case['id']} {case['code']} ({case['state']})")
        node.add(f"expected {case['expected']}")
        node.add(f"found {case['found']}")
        for decision in case["decisions"]:
            node.add(f"{decision['at'][:19]} {decision['by']}: {decision['action']} {decision['because']}")
    for document in deal["documents"]:
        name = document["external_id"] or document["claim"].rpartition("|")[2]
        record = f" → {document['internal_id']}" if document["internal_id"] else ""
        number = f" {document['number']}" if document["number"] else ""
        node = tree.add(f"{document['kind']} [bold]{name}[/bold]{record}{number}: {document['state']}")
        for attempt in document["attempts"]:
            status = f" {attempt['status']}" if attempt["status"] else ""
            took = f" in {attempt['elapsed_ms']} ms" if attempt["elapsed_ms"] else ""
            detail = f" — {attempt['detail']}" if attempt["detail"] else ""
            node.add(f"{attempt['at'][:19]} #{attempt['number']} {attempt['outcome']}{status}{took}{detail}")
    return tree
