"""A clinic per test, furnished once: the account is loaded anew, the folder is a copy."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator

import pytest
from tests.support.clinic import Clinic, healthy_account, open_clinic
from tests.support.desk import Desk

from tieout.emulators.stripe.sample import sample_dataset


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory) -> Iterator[Clinic]:
    with open_clinic(tmp_path_factory.mktemp("clinic") / "desk") as made:
        yield made


@pytest.fixture
def clinic(_furnished: Clinic, tmp_path) -> Clinic:
    """A clean account and a signed configuration of one's own."""
    folder = tmp_path / "desk"
    shutil.copytree(_furnished.desk.folder, folder)
    _furnished.desk.control.load(healthy_account())
    _furnished.processor.control.load(sample_dataset())
    desk = Desk(folder, _furnished.desk.url)
    return Clinic(desk, copy.deepcopy(_furnished.settings), _furnished.processor)
