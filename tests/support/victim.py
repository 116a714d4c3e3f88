"""A process that tells a story against a running emulator and is killed at a point of it.

`python -m tests.support.victim FOLDER BASE_URL STORY POINT`; an empty point lets it finish. What it has done is
in the folder: the database, the CRM, and the number of the step it is in.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from tests.support.crash import CrashProbe
from tests.support.crash_scenarios import STORIES
from tests.support.house import House, Remote, furnish
from tests.support.script import ScriptSource

from tieout.flows.ports import NoProbe


def enter(folder: Path, base_url: str, story_name: str, point: str = "") -> House:
    """The house as it was left, with a probe that kills this process at `point`."""
    story = next(one for one in STORIES if one.name == story_name)
    remote = Remote(base_url)
    return furnish(
        folder,
        remote,
        datetime.fromisoformat(remote.control.health()["now"]),
        source=ScriptSource(folder=folder),
        policy=story.policy,
        limits=story.limits,
        probe=CrashProbe(point, remote.control, kill=True) if point else NoProbe(),
        private_key=(folder / "key.pem").read_text(),
    )


def main(folder: Path, base_url: str, story_name: str, point: str) -> None:
    """Take every step that was not finished before."""
    story = next(one for one in STORIES if one.name == story_name)
    house = enter(folder, base_url, story_name, point)
    progress = folder / "step"
    begun = int(progress.read_text()) if progress.exists() else 0
    for number in range(begun, len(story.steps)):
        progress.write_text(str(number))
        story.steps[number](house)
    house.database.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:5])
