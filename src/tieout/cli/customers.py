"""`tieout customers`: accounts whose customer is in NetSuite already."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from tieout import bootstrap
from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ByOption,
    ConfigOption,
    JsonOption,
    acting_as,
    application,
    out,
    print_json,
    refuse,
    user,
)
from tieout.domain.approvals import Choice
from tieout.domain.bindings import Link, LinkStage
from tieout.domain.ids import InternalId
from tieout.flows.approvals import ApprovalError
from tieout.flows.customer_files import COLUMNS, import_decisions, suggestion_rows, write_rows
from tieout.flows.customers import Suggestions
from tieout.flows.linking import LinkError

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Customers that are in NetSuite already: suggest, link, unlink.")

AccountArgument = Annotated[str, typer.Argument(help="Id of the account in its source, or its whole key.")]
CustomerArgument = Annotated[str, typer.Argument(help="Internal id of the NetSuite customer.")]
Because = Annotated[str, typer.Option("--because", help="Why, in a sentence; kept for ever.")]
ContentOption = Annotated[str, typer.Option("--content", help="The hash of what you have looked at.")]
KeyOption = Annotated[str, typer.Option("--key", help="An API key to act with.", envvar="TIEOUT_KEY")]


@app.command()
def suggest(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    source: Annotated[str, typer.Option(help="Only accounts of this source.")] = "",
    file: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a CSV to review; standard output without.")
    ] = None,
) -> None:
    """Every account of the deals received so far, with all NetSuite customers it may be, and why. Chooses nobody."""
    with application(config) as app_:
        if source and source not in app_.sources:
            refuse(f"there is no source {source!r}; the configuration has {', '.join(sorted(app_.sources))}")
        found = app_.machine.customers.suggest(source)
    rows = suggestion_rows(found)
    if as_json:
        print_json({"accounts": [one.as_json() for one in found]})
    if file is not None:
        write_rows(rows, file)
    if as_json:
        return
    if file is None:
        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return
    out.print(f"{file}: {_told(found)}", markup=False, soft_wrap=True)
    out.print(
        "Fill in decision (link, create or skip) and reviewer, then `tieout customers import`.",
        soft_wrap=True,
    )


def _told(found: list[Suggestions]) -> str:
    some = sum(bool(one.candidates) for one in found)
    return f"{len(found)} account(s), {some} with {sum(len(one.candidates) for one in found)} candidate(s)"


@app.command()
def link(
    account: AccountArgument,
    customer: CustomerArgument,
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Say that an account is this NetSuite customer, which is then used and never changed."""
    with application(config) as app_:
        work = app_.machine.customers
        taken = _try(lambda: work.link(account, InternalId(customer.strip()), by or user(), because))
    out.print(_said(taken, f"{account} is NetSuite customer {customer}"), markup=False, soft_wrap=True)


@app.command()
def distinct(
    account: AccountArgument,
    customer: CustomerArgument,
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Say that an account is not this NetSuite customer, however alike they are; it gets one of its own."""
    with application(config) as app_:
        work = app_.machine.customers
        taken = _try(lambda: work.distinct(account, InternalId(customer.strip()), by or user(), because))
    out.print(_said(taken, f"{account} is not NetSuite customer {customer}"), markup=False, soft_wrap=True)


def _said(taken: Link | None, what: str) -> str:
    if taken is None:
        return f"{what}: that was so already."
    if taken.stage is LinkStage.PROPOSED:
        return f"{what}: proposed, waits for an approval\n  content {taken.content}"
    return f"{what} ({taken.seen})."


@app.command()
def unlink(
    account: AccountArgument, because: Because, config: ConfigOption = DEFAULT_CONFIG, by: ByOption = ""
) -> None:
    """Take a link back; what was written stays. Refused while something of the account is being written."""
    with application(config) as app_:
        taken = _try(lambda: app_.machine.customers.unlink(account, by or user(), because))
    out.print(f"{account} is not linked to NetSuite customer {taken.internal_id} any more.", markup=False)


@app.command("list")
def list_links(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    history: Annotated[bool, typer.Option("--history", help="Every statement that was ever made.")] = False,
) -> None:
    """Links in force and what waits for an approval, with who said so and why."""
    with application(config) as app_:
        book = app_.machine.customers.book()
        rows = app_.machine.customers.history()
    if not history:
        newest = {(row.record_key, row.internal_id, row.action): row for row in rows}
        rows = [row for row in newest.values() if row in book.waiting or book.in_force(row)]
    if as_json:
        print_json({"links": [_plain(row) for row in rows]})
        return
    for row in rows:
        line = f"{row.at:%Y-%m-%d %H:%M} {row.record_key} {row.action} {row.internal_id} ({row.stage}) by {row.by}"
        handed = f", handed in by {row.entered_by}" if row.entered_by != row.by else ""
        out.print(f"{line}{handed}: {row.because}", markup=False, soft_wrap=True)
        if row.seen:
            out.print(f"    {row.seen}", markup=False, soft_wrap=True)
        if row.stage is LinkStage.PROPOSED:
            out.print(f"    content {row.content}", markup=False, soft_wrap=True)
    out.print(
        f"{len(book.bindings)} account(s) linked, {len(book.waiting)} statement(s) wait for an approval"
    )


def _plain(row: Link) -> dict[str, Any]:
    return {
        "account": row.record_key,
        "action": str(row.action),
        "stage": str(row.stage),
        "customer": row.internal_id,
        "by": row.by,
        "entered_by": row.entered_by,
        "because": row.because,
        "at": row.at.isoformat(),
        "evidence": row.evidence,
        "seen": row.seen,
        "content": row.content,
    }


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The reviewed file of `tieout customers suggest`.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Load a reviewed file. Bad and stale rows are named with line and reason; the good ones are loaded."""
    if not file.is_file():
        refuse(f"there is no file {file}")
    with application(config) as app_:
        done = import_decisions(app_.machine.context, app_.machine.customers, file, by or user())
    if as_json:
        print_json(done.as_json())
    else:
        out.print(
            f"{done.taken} row(s) taken, {done.waiting} wait for an approval, {done.unchanged} unchanged,"
            f" {done.skipped} skipped.",
            soft_wrap=True,
        )
        for row in done.rejected:
            out.print(f"{file.name}:{row.line}: {row.reason}", markup=False, soft_wrap=True)
    if done.rejected:
        raise typer.Exit(TO_LOOK_AT)


@app.command()
def approve(
    account: AccountArgument,
    content: ContentOption,
    because: Annotated[str, typer.Option(help="Why.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    key: KeyOption = "",
) -> None:
    """Approve what waits about an account. It holds for this content; nobody approves what they said themselves."""
    with application(config) as app_:
        _decide(app_, account, Choice.APPROVE, content, because, by, key)


@app.command()
def reject(
    account: AccountArgument,
    content: ContentOption,
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    key: KeyOption = "",
) -> None:
    """Reject what waits about an account."""
    with application(config) as app_:
        _decide(app_, account, Choice.REJECT, content, because, by, key)


def _decide(
    app_: bootstrap.Application, account: str, choice: Choice, content: str, because: str, by: str, key: str
) -> None:
    who = acting_as(app_, by, key)
    decided = _try(lambda: app_.machine.customers.decide(account, who, choice, content, because))
    out.print(
        f"{decided.record_key} {decided.action} {decided.internal_id}: {choice}, by {who.person}",
        markup=False,
    )


def _try(body: Callable[[], T]) -> T:
    try:
        return body()
    except (LinkError, ApprovalError) as error:
        refuse(str(error), TO_LOOK_AT)
