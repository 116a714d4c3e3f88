"""The process dies at every durable step and inside every call; after the restart the ground truth is right."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.support import crash
from tests.support.crash import CrashProbe, SimulatedCrash
from tests.support.crash_scenarios import STORIES, Story, story_of
from tests.support.house import House, dataset, house

POINTS = crash.points()


def truth_is_right(h: House, story: Story) -> None:
    """Exactly one of each record, as sold; every deal stands where the story says; nothing is left over."""
    made = Counter((one["record"], one["external_id"]) for r in _TYPES for one in h.made(r))
    assert made == Counter(dict.fromkeys(story.records, 1))
    for record, count in story.others.items():
        live = h.ns.control.truth(record)
        others = [
            one
            for one in live
            if one["_meta"]["created_by"] != "tieout" and not (one["external_id"] or "").startswith("canary")
        ]
        assert len(others) == count + _SEEDED.get(record, 0)
    for invoice in h.made("invoice"):
        _as_sold(h, invoice)
    assert h.standings() == dict(story.standings)
    assert h.case_codes() == sorted(story.cases)
    assert set(h.source.notes) == story.notes
    for note in h.source.notes.values():
        assert note["id"]


_TYPES = ("customer", "contact", "salesOrder", "invoice")
_SEEDED = {"customer": 2}


def _as_sold(h: House, invoice: dict) -> None:
    deal = invoice["external_id"].removeprefix("inv-")
    customers = {one["id"]: one["external_id"] for one in h.ns.control.truth("customer")}
    assert customers[invoice["fields"]["entity"]] == deal.replace("D", "A")
    lines = invoice["lines"]["item"]
    assert {(str(one["item"]), float(one["quantity"]), float(one["amount"])) for one in lines} == {
        ("501", 2.0, 100.0)
    }
    assert [one["custcol_tieout_source_line_id"] for one in lines] == [
        f"{deal}-L{n}" for n in range(1, len(lines) + 1)
    ]


def tell(story: Story, folder: Path, point: str = "") -> CrashProbe:
    """Tell a story, dying once at `point`; NetSuite's own uniqueness of external ids is off."""
    data = dataset()
    story.alter(data)
    probe = CrashProbe(point)
    with house(folder, data=data, handoff=story.handoff, limits=story.limits, probe=probe) as h:
        probe.control = h.ns.control
        h.ns.control.switches({"NS-04": "off"})
        for step in story.steps:
            try:
                step(h)
            except SimulatedCrash:
                h.rebuild(None)
                step(h)
        truth_is_right(h, story)
    return probe


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_stories_pass_the_points_they_are_told_for(story: Story, tmp_path: Path):
    seen = {point.partition(":")[2] for point in tell(story, tmp_path).seen}
    assert sorted(set(story.reaches) - seen) == []


def test_every_point_has_a_story():
    assert [point for point in POINTS if story_of(point) is None] == []


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("point", POINTS)
def test_a_crash_loses_nothing_and_doubles_nothing(point: str, tmp_path: Path):
    story = story_of(point)
    assert story is not None
    assert tell(story, tmp_path, point).fired
