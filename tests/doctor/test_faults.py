"""Each fault is found by its own check, with evidence and remedy, and nothing else is blamed for it."""

from __future__ import annotations

import pytest
from tests.support.clinic import Clinic
from tests.support.faults import FAULTS

from tieout.domain.doctor import CHECKS


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_its_own_check(clinic: Clinic, name: str):
    fault = FAULTS[name]
    fault.plant(clinic)
    failing = "fail" in {fault.result, *fault.beside.values()}
    found = clinic.found(code=1 if failing else 0)
    worst = {code: {row["result"] for row in rows} for code, rows in found.items()}
    assert worst == {fault.code: {fault.result}, **{code: {how} for code, how in fault.beside.items()}}
    said = " ".join(text for row in found[fault.code] for text in row["evidence"])
    assert [word for word in fault.words if word not in said] == []
    assert {row["remedy"] for row in found[fault.code]} == {CHECKS[fault.code].remedy}
