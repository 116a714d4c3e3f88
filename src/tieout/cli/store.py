"""`tieout store`: the database's own upkeep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tieout import bootstrap
from tieout.cli.common import DEFAULT_CONFIG, ConfigOption, out, refuse
from tieout.flows.errors import StoreError
from tieout.settings import ConfigurationError, load

app = typer.Typer(no_args_is_help=True, help="The database: its revision, and who may do what in it.")


@contextmanager
def _upkeep(config: Path) -> Iterator[bootstrap.StoreUpkeep]:
    try:
        with bootstrap.store_upkeep(load(config)) as upkeep:
            yield upkeep
    except (ConfigurationError, StoreError) as error:
        refuse(str(error))


@app.command()
def revision(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print the schema's revision, and the one this version needs."""
    with _upkeep(config) as upkeep:
        out.print(f"database {upkeep.revision or 'empty'}, this version {upkeep.newest}")


@app.command()
def upgrade(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Raise the schema to this version's revision. On PostgreSQL: with the role that owns the tables, while no
    worker runs.
    """
    with _upkeep(config) as upkeep:
        upkeep.upgrade()
        out.print(f"database {upkeep.revision}")


@app.command()
def downgrade(
    to: Annotated[str, typer.Argument(help="Revision, as `tieout store revision` prints them.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take the schema back to an older revision; what that one cannot hold is lost."""
    with _upkeep(config) as upkeep:
        upkeep.downgrade(to)
        out.print(f"database {upkeep.revision}")


@app.command()
def grant(
    role: Annotated[str, typer.Argument(help="PostgreSQL role the workers log in with.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Give a role what a worker needs and nothing more: it may add evidence, and neither change nor remove it."""
    with _upkeep(config) as upkeep:
        upkeep.grant(role)
        out.print(f"{role} may do what a worker does")
