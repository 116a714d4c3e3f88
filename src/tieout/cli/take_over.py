"""`tieout take-over`: this restored or moved database is the one in use from now on."""

from __future__ import annotations

from typing import Annotated

import typer

from tieout import bootstrap
from tieout.cli.common import DEFAULT_CONFIG, ConfigOption, out, refuse
from tieout.flows.errors import StoreError
from tieout.settings import ConfigurationError, load


def take_over(
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[
        bool, typer.Option("--yes", help="No other copy of this database is running, and none will.")
    ] = False,
) -> None:
    """Declare the database beside this configuration the installation's only one.

    Needed after a restore or a move, which `sync` refuses: two running copies would write twice.
    """
    if not yes:
        refuse("say --yes when you are sure that no other copy of this database is in use")
    try:
        bootstrap.take_over(load(config))
    except (ConfigurationError, StoreError) as error:
        refuse(str(error))
    out.print("Taken over. `tieout sync` starts again.")
