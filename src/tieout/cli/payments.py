"""`tieout payments`: money that came in, and what people decide about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ByOption,
    ConfigOption,
    JsonOption,
    application,
    err,
    out,
    print_json,
    refuse,
    user,
)
from tieout.domain.ids import InternalId
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.holding import HoldDesk
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.paying_back import RefundDesk
from tieout.flows.cash.teaching import teach_file
from tieout.flows.cash.views import PaymentView
from tieout.flows.cash.writing_off import WriteOffDesk
from tieout.flows.ports import Unstamped
from tieout.flows.stamping import NoSuchSource, NotAStampingSource, Stamping

app = typer.Typer(no_args_is_help=True, help="Look at payments and apply them.")

T = TypeVar("T")
PaymentId = Annotated[
    str, typer.Argument(help="Id of the movement, or external, internal or document number of its payment.")
]
Because = Annotated[str, typer.Option("--because", help="Why, in a sentence; kept for ever.")]


@app.command("list")
def list_payments(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    open_only: Annotated[
        bool, typer.Option("--open", help="Only those that wait for a person, or for their money.")
    ] = False,
) -> None:
    """Every movement with where it stands, what of it is applied, and what it waits for."""
    with application(config) as app_:
        views = PaymentDesk(app_.machine.context).all()
    shown = [view for view in views if not open_only or view.case is not None or view.awaits_money]
    if as_json:
        print_json({"payments": [view.as_json() for view in shown]})
        return
    table = Table("id", "day", "amount", "payer", "applied", "stands", "why")
    for view in shown:
        data = view.as_json()
        why = view.case.finding.code if view.case else str(data["outcome"] or data["reason"])
        payer = ", ".join(view.movement.payer.names)
        table.add_row(
            data["id"],
            str(data["day"]),
            str(view.movement.amount),
            payer,
            data["applied"],
            data["standing"],
            why,
        )
    out.print(table)


@app.command()
def show(payment: PaymentId, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """One payment: where it came from, what it may settle and why, every attempt to match it."""
    with application(config) as app_:
        view = _try(lambda: PaymentDesk(app_.machine.context).show(payment))
    if as_json:
        print_json({**view.as_json(), "raw": view.movement.raw})
        return
    _print(view)


def _print(view: PaymentView) -> None:
    data = view.as_json()
    out.print(f"{data['kind']} {view.movement.amount} of {data['day']}: {data['standing']}", markup=False)
    for name in ("id", "bank_account", "place", "customer", "outcome", "external_id", "number", "state"):
        if data[name]:
            _row(name.replace("_", " "), str(data[name]))
    if data["order"]:
        _row("booked as", f"customer deposit for order {data['order']}")
    _row("payer", ", ".join([*data["payer"], *(" ".join(one) for one in data["identifiers"])]))
    for line in data["texts"]:
        _row("text", line)
    for line in data["advice"]:
        _row("advice", line)
    for one in data["applications"]:
        _row("applied", f"{one['number']} {one['amount']}")
    if data["held"]:
        _row("held", f"by {data['held']['by']}: {data['held']['because']}")
    for one in data["credits"]:
        _row("with credit", f"{one['number']} {one['amount']}")
    for one in data["write_offs"]:
        _row(
            "written off",
            f"{one['number']} {one['amount']} {one['kind']}, {one['tolerance']}, account {one['account']}:"
            f" {one['external_id']} {one['state']}",
        )
    _row("unapplied", f"{data['unapplied']} {data['currency']}")
    if view.case is not None:
        _row(f"case #{view.case.id}", f"{view.case.finding.code}: {view.case.finding.found}")


def _row(name: str, value: str) -> None:
    out.print(f"  {name:13} {value}", markup=False, soft_wrap=True)


@app.command()
def apply(
    payment: PaymentId,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            help="DOCUMENT=AMOUNT, DOCUMENT=AMOUNT+DISCOUNT, or DOCUMENT for all that is open; give it again to split.",
        ),
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    because: Because = "",
    by: ByOption = "",
    teach: Annotated[bool, typer.Option(help="Learn whose money the payer's identifier brings.")] = True,
    credit: Annotated[
        list[str] | None,
        typer.Option(
            "--credit", help="CREDIT=AMOUNT, or CREDIT for all that is left: used beside the money."
        ),
    ] = None,
) -> None:
    """Apply a payment to one document, or split it over several; what is left stays on account."""
    parts, used = _amounts(to), _amounts(credit or [])
    _decide(config, lambda desk: desk.apply(payment, parts, by or user(), because, teach=teach, credit=used))


@app.command()
def split(
    payment: PaymentId,
    to: Annotated[
        list[str],
        typer.Option(
            "--to", help="DOCUMENT=AMOUNT, at least twice; DOCUMENT alone for all that is open of it."
        ),
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    because: Because = "",
    by: ByOption = "",
) -> None:
    """Apply a payment to several documents, so much to each; what is left stays on account."""
    parts = _amounts(to)
    if len(parts) < 2:
        refuse("expected at least two documents: --to INV1=100.00 --to INV2=50.00 (one: payments apply)")
    _decide(config, lambda desk: desk.apply(payment, parts, by or user(), because))


def _amounts(told: list[str]) -> dict[str, str]:
    return {name: amount for name, _, amount in (one.partition("=") for one in told)}


@app.command()
def unapply(
    payment: PaymentId,
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    document: Annotated[list[str] | None, typer.Option("--from", help="Only from this document.")] = None,
    by: ByOption = "",
) -> None:
    """Take applications back: the invoices are open again, and the money is on account."""
    _decide(config, lambda desk: desk.unapply(payment, document or [], by or user(), because))


@app.command()
def payer(
    payment: PaymentId,
    customer: Annotated[str, typer.Option("--customer", help="Internal id of the NetSuite customer.")],
    config: ConfigOption = DEFAULT_CONFIG,
    because: Because = "",
    by: ByOption = "",
) -> None:
    """Say whose money it is; the payer's strongest identifier is learned, and can be unlearned."""
    _decide(config, lambda desk: desk.name_payer(payment, InternalId(customer), by or user(), because))


@app.command()
def teach(
    file: Annotated[Path, typer.Argument(help="CSV with the columns scheme, value, customer, evidence.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    by: ByOption = "",
) -> None:
    """Learn from a file whose money each identifier brings; bad rows are named, the others are learned.

    Payments that wait for their payer are matched again with `tieout cases retry --code payer_unknown`.
    """
    with application(config) as app_:
        try:
            taught = teach_file(app_.machine.context, file, by or user())
        except (OSError, ValueError) as error:
            refuse(str(error))
    if as_json:
        print_json(taught.as_json())
    else:
        out.print(f"{taught.learned} identifier(s) learned, {taught.known} known already.", markup=False)
        for row in taught.rejected:
            err.print(f"{file.name}:{row.line}: {row.reason}", markup=False, soft_wrap=True)
    if taught.rejected:
        raise typer.Exit(TO_LOOK_AT)


@app.command()
def refund(
    payment: PaymentId,
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    credit: Annotated[
        str,
        typer.Option("--credit", help="Credit memo, by number or internal id; without: money on account."),
    ] = "",
    by: ByOption = "",
) -> None:
    """Book a refund that waits: against a credit memo, or against what is on account by now."""
    with application(config) as app_:
        desk = RefundDesk(app_.machine.context)
        view = _try(lambda: desk.refund(payment, credit, by or user(), because))
    _print(view)
    out.print("`tieout sync` carries it out.")


@app.command("write-off")
def write_off(
    payment: PaymentId,
    tolerance: Annotated[str, typer.Option("--tolerance", help="Name of a row of `cash.tolerances`.")],
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    invoice: Annotated[
        str,
        typer.Option(
            "--invoice",
            help="Document with a short rest, which the payment is applied to, by number or internal id; without: what"
            " is left of the payment.",
        ),
    ] = "",
    amount: Annotated[str, typer.Option("--amount", help="How much; without: all that is open.")] = "",
    by: ByOption = "",
) -> None:
    """Write off a small rest, of an invoice or of the payment, within a tolerance's limit and to its account."""
    with application(config) as app_:
        desk = WriteOffDesk(app_.machine.context)
        view = _try(
            lambda: desk.write_off(payment, tolerance, by or user(), because, document=invoice, amount=amount)
        )
    _print(view)
    out.print("`tieout sync` carries it out.")


@app.command()
def distinct(
    payment: PaymentId, because: Because, config: ConfigOption = DEFAULT_CONFIG, by: ByOption = ""
) -> None:
    """Say that it is other money than the route before told of, although all looks the same."""
    _decide(config, lambda desk: desk.say_distinct(payment, by or user(), because))


@app.command()
def hold(
    payment: PaymentId, because: Because, config: ConfigOption = DEFAULT_CONFIG, by: ByOption = ""
) -> None:
    """Set a payment aside: nothing of it is booked or applied until it is released."""
    with application(config) as app_:
        view = _try(lambda: HoldDesk(app_.machine.context).hold(payment, by or user(), because))
    _print(view)


@app.command()
def release(
    payment: PaymentId, because: Because, config: ConfigOption = DEFAULT_CONFIG, by: ByOption = ""
) -> None:
    """Let a payment go that was set aside: it is judged as if it came now."""
    with application(config) as app_:
        view = _try(lambda: HoldDesk(app_.machine.context).release(payment, by or user(), because))
    _print(view)
    out.print("`tieout sync` carries it out.")


@app.command()
def aliases(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """What has been learned of payers: who taught it, when, on what evidence."""
    with application(config) as app_:
        found = PaymentDesk(app_.machine.context).aliases()
    rows = [
        {
            "scheme": one.scheme,
            "value": one.value,
            "customer": one.customer,
            "active": one.active,
            "taught_by": one.taught_by,
            "taught_at": one.taught_at.isoformat(),
            "evidence": one.evidence,
        }
        for one in found
    ]
    if as_json:
        print_json({"aliases": rows})
        return
    for row in rows:
        ended = "" if row["active"] else " (ended)"
        out.print(
            f"{row['scheme']} {row['value']} → customer {row['customer']}{ended}: {row['taught_by']},"
            f" {str(row['taught_at'])[:10]}, {row['evidence']}",
            markup=False,
            soft_wrap=True,
        )


@app.command()
def unlearn(
    scheme: Annotated[str, typer.Argument(help="Scheme of the identifier, as `aliases` shows it.")],
    value: Annotated[str, typer.Argument(help="The identifier.")],
    customer: Annotated[str, typer.Option("--customer", help="The customer it no longer stands for.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """End what was learned of a payer."""
    with application(config) as app_:
        desk = PaymentDesk(app_.machine.context)
        _try(lambda: desk.unlearn(scheme, value, InternalId(customer), by or user()))
    out.print(f"{scheme} {value} stands for customer {customer} no longer.", markup=False)


@app.command()
def unstamped(
    source: Annotated[str, typer.Option("--source", help="The source's name in `tieout.yaml`.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    since: Annotated[
        str, typer.Option("--since", help="First day, as YYYY-MM-DD; the cut-over by default.")
    ] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="At most so many.")] = 100,
) -> None:
    """Payments of a processor that do not name the NetSuite invoice they are for, the newest first."""
    try:
        first = date.fromisoformat(since) if since else None
    except ValueError:
        refuse(f"--since: expected a day as YYYY-MM-DD, found {since!r}")
    with application(config) as app_:
        try:
            found = Stamping(app_.machine.context).unstamped(source, first, most)
        except (NoSuchSource, NotAStampingSource) as error:
            refuse(str(error))
    if as_json:
        print_json({"unstamped": [_unstamped_row(one) for one in found]})
    else:
        table = Table("charge", "day", "amount", "payer", "description")
        for one in found:
            table.add_row(one.charge, str(one.day), str(one.amount), one.payer, one.description)
        out.print(table)
    if found:
        raise typer.Exit(TO_LOOK_AT)


def _unstamped_row(one: Unstamped) -> dict[str, Any]:
    return {
        "charge": one.charge,
        "payment_intent": one.intent,
        "day": one.day,
        "amount": one.amount.amount,
        "currency": one.amount.currency,
        "payer": one.payer,
        "description": one.description,
    }


def _decide(config: Any, body: Callable[[PaymentDesk], PaymentView]) -> None:
    with application(config) as app_:
        view = _try(lambda: body(PaymentDesk(app_.machine.context)))
    _print(view)
    out.print("`tieout sync` carries it out.")


def _try(body: Callable[[], T]) -> T:
    try:
        return body()
    except PaymentError as error:
        refuse(str(error), TO_LOOK_AT)
