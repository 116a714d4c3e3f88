"""The process dies at every durable step and inside every call; after the restart the ground truth is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import crash, crash_page
from tests.support.crash_scenarios import STORIES, Story, story_of
from tests.support.truth import tell, tell_killed

POINTS = crash.points()
#: the ends of a write's life, killed for real; `make soak` kills at all points
KILLED = (
    "before:settle_checked",
    "after:send_create",
    "after-bytes:create_invoice",
    "after-response:create_invoice",
    "before:succeed",
    "after:find",
    "after-bytes:create_deposit",
    "after-response:create_deposit",
)


@pytest.mark.own_store  # the points themselves tell the same stories on the other store
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_stories_pass_the_points_they_are_told_for(story: Story, tmp_path: Path):
    seen = {point.partition(":")[2] for point in tell(story, tmp_path).seen}
    assert sorted(set(story.reaches) - seen) == []


def test_every_point_has_a_story():
    assert [point for point in POINTS if story_of(point) is None] == []
    print(f"{len(POINTS)} crash points")


#: Before a commit no store has kept anything: which one it is makes no difference. From the commit on, every second
#: point is tried on both.
LATER = [point for point in POINTS if not point.startswith("before:")]
TWICE = LATER[::2]
ONCE = [pytest.param(point, marks=pytest.mark.own_store) for point in POINTS if point not in TWICE]


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("point", [*ONCE, *TWICE])
def test_a_crash_loses_nothing_and_doubles_nothing(point: str, tmp_path: Path):
    story = story_of(point)
    assert story is not None
    assert tell(story, tmp_path, point).fired


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("point", KILLED)
def test_a_killed_process_loses_nothing_and_doubles_nothing(point: str, tmp_path: Path):
    story = story_of(point)
    assert story is not None
    assert tell_killed(story, tmp_path, point)


def test_the_page_of_crash_points_is_current():
    assert crash_page.PAGE.read_text() == crash_page.page(), "run: python -m tests.support.crash_page"
