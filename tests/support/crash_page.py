"""The page of crash points, written from the transition table, the flows and the stories.

`python -m tests.support.crash_page` writes it anew.
"""

from __future__ import annotations

from tests.support import crash
from tests.support.crash_scenarios import STORIES, story_of
from tests.support.truth import ROOT

from tieout.domain.lifecycle import TRANSITIONS, Move

PAGE = ROOT / "docs" / "reference" / "crash-points.md"
_HEAD = """# Crash points

Where the process may die, and what is told to show that nothing is lost or doubled then. The list is computed:
every transition of a document (`src/tieout/domain/lifecycle.py`) and every other durable step of the flows has
a point before and after its commit; every call that writes has one after its bytes have left and NetSuite (or
the CRM) has carried it out, and one after the answer has come but before it is committed. A step without a
story fails the tests. In each story NetSuite's own uniqueness of external ids is switched off, so the protocol
alone has to hold.

"""


def page() -> str:
    """The page's text."""
    moves = [str(move) for move in TRANSITIONS]
    lines = [_HEAD + f"{len(crash.points())} points, {len(STORIES)} stories.", ""]
    lines += ["| step | what it is | points | story |", "|---|---|---|---|"]
    for step in [*moves, *crash.named_steps()]:
        meaning = TRANSITIONS[Move(step)].meaning if step in moves else "a durable step of the flows"
        lines.append(f"| `{step}` | {meaning} | before, after | {_story(f'before:{step}')} |")
    for kind in crash.CALLING:
        lines.append(
            f"| `{kind}` | a call that writes | after-bytes, after-response | {_story(f'after-bytes:{kind}')} |"
        )
    return "\n".join([*lines, ""])


def _story(point: str) -> str:
    story = story_of(point)
    return story.name if story is not None else "none"


if __name__ == "__main__":
    PAGE.write_text(page())
