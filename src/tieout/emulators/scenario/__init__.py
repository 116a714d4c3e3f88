"""A believable month of a software company, made from a seed: data sets, plants, and how every input must end."""

from tieout.emulators.scenario.actor import Actor
from tieout.emulators.scenario.generate import generate
from tieout.emulators.scenario.model import Change, ExpectedLine, ExpectedRecord, Row, Scenario
from tieout.emulators.scenario.plants import PLANTS, Plant

__all__ = [
    "PLANTS",
    "Actor",
    "Change",
    "ExpectedLine",
    "ExpectedRecord",
    "Plant",
    "Row",
    "Scenario",
    "generate",
]
