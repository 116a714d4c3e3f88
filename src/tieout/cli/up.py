"""`tieout up`: the API and a worker in one process."""

from __future__ import annotations

from tieout import bootstrap
from tieout.cli.common import DEFAULT_CONFIG, ConfigOption, application, err, refuse
from tieout.cli.sync import load_crosswalks, poll_seconds
from tieout.cli.web import HostOption, PortOption, VerboseOption, prepared
from tieout.runner.inline import InlineRunner


def up(
    config: ConfigOption = DEFAULT_CONFIG,
    host: HostOption = "",
    port: PortOption = -1,
    verbose: VerboseOption = False,
) -> None:
    """Serve the API and work, in one process, until SIGTERM or Ctrl-C: no new requests are taken, those under way
    are answered, calls to NetSuite are finished and settled.

    With `mode: planned` it carries out what plans were applied, and nothing else. Exit code 0 after a signal, 1 when a
    lane broke, 2 when it could not start.
    """
    with application(config, verbose=verbose, starting=True) as app:
        serving = prepared(app, host, port, lanes_here=True)
        for warning in [*bootstrap.check_pins(app), *load_crosswalks(app)]:
            err.print(f"warning: {warning}", markup=False, soft_wrap=True)
        continuous = app.loaded.settings.mode == "continuous"
        runner = InlineRunner(app.machine, poll_seconds(app), intake=continuous)
        runner.start()
        try:
            serving.run(runner.is_well)
        finally:
            runner.stop()
        if runner.fault is not None:
            refuse(f"a lane broke and the process ends: {runner.fault}", 1)
