"""The command line's root."""

from __future__ import annotations

import typer

from tieout import __version__
from tieout.cli import audit, cases, crosswalk, customers, netsuite, payments, people, report, store
from tieout.cli.common import out
from tieout.cli.demo import demo
from tieout.cli.doctor import doctor
from tieout.cli.emulators import emulators
from tieout.cli.ingest import ingest
from tieout.cli.init import init
from tieout.cli.plan import apply, plan
from tieout.cli.sync import sync
from tieout.cli.take_over import take_over
from tieout.cli.trace import trace
from tieout.cli.up import up
from tieout.cli.web import web
from tieout.cli.worker import worker

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Quote-to-cash orchestration for Oracle NetSuite.",
)
app.add_typer(cases.app, name="cases")
app.add_typer(crosswalk.app, name="crosswalk")
app.add_typer(payments.app, name="payments")
app.add_typer(report.app, name="report")
app.add_typer(customers.app, name="customers")
app.add_typer(store.app, name="store")
app.add_typer(netsuite.app, name="netsuite")
app.add_typer(audit.app, name="audit")
app.add_typer(people.people, name="people")
app.add_typer(people.keys, name="keys")
app.add_typer(people.approvals, name="approvals")
app.command()(init)
app.command()(doctor)
app.command()(sync)
app.command()(worker)
app.command()(web)
app.command()(up)
app.command()(plan)
app.command()(apply)
app.command()(ingest)
app.command()(trace)
app.command("take-over")(take_over)
app.command()(demo)
app.command()(emulators)


@app.command()
def version() -> None:
    """Print the version."""
    out.print(__version__)


def main() -> None:
    """Entry point."""
    app()
