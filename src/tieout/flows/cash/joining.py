"""One movement, one case: what matching said of it and what the look-up found stand in front of a person together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tieout.domain.cases import CaseState
from tieout.domain.findings import Finding
from tieout.flows.rows import Document
from tieout.flows.storage import Unit


def joined(unit: Unit, document: Document, finding: Finding, now: datetime) -> Finding:
    """The finding about a payment that is there already, with what matching said of the same money; that case ends.

    Nothing is lost by it: whatever a person decides, the movement is judged anew or ignored with a reason, and what
    matching then has to say is a case again.
    """
    if finding.code != "payment_entered_by_hand":
        return finding
    cases = unit.cases.find(record_ids=[document.source_record_id])
    said = [one for one in cases if one.document_id is None and one.finding.code.startswith("cash_")]
    if not said:
        return finding
    unit.cases.close([one.id for one in said], CaseState.RESOLVED, now)
    more = "; ".join(f"{one.finding.code}: {one.finding.found}" for one in said)
    return replace(finding, found=f"{finding.found}; and {more}")
