"""The one list of custom fields an account needs: what carries a record's origin (reference §7).

`tieout netsuite setup` writes them as an SDF project, the examination looks for those in use, the mapping
fills them. Fields not filled yet are made beforehand, so that an admin deploys once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tieout.connectors.netsuite.mapping import (
    BODY_INSTALLATION,
    BODY_SOURCE,
    BODY_SYSTEM,
    ENTITY_INSTALLATION,
    ENTITY_SOURCE,
    ENTITY_SYSTEM,
    LINE_SOURCE,
    SOLD_BY_LINE,
)
from tieout.domain.ids import RecordGroup, RecordType


class Owner(StrEnum):
    """What a custom field belongs to, by the root element of its SDF object."""

    BODY = "transactionbodycustomfield"
    LINE = "transactioncolumncustomfield"
    ENTITY = "entitycustomfield"


@dataclass(frozen=True, slots=True)
class TraceField:
    """One text field. `used`: the write path fills or reads it today."""

    id: str
    owner: Owner
    label: str
    meaning: str
    used: bool = False


FIELDS: tuple[TraceField, ...] = (
    TraceField(BODY_SYSTEM, Owner.BODY, "Tieout source system", "Where the deal lives.", used=True),
    TraceField(BODY_SOURCE, Owner.BODY, "Tieout source id", "Id of the deal in its source.", used=True),
    TraceField(
        BODY_INSTALLATION,
        Owner.BODY,
        "Tieout installation",
        "Which installation wrote the record; a record without it was written by somebody else.",
        used=True,
    ),
    TraceField("custbody_tieout_contract_id", Owner.BODY, "Tieout contract id", "Contract that is billed."),
    TraceField(
        "custbody_tieout_billing_period_start",
        Owner.BODY,
        "Tieout billing period start",
        "First day of the billed period.",
    ),
    TraceField(
        "custbody_tieout_billing_period_end",
        Owner.BODY,
        "Tieout billing period end",
        "First day after the billed period.",
    ),
    TraceField("custbody_tieout_run_id", Owner.BODY, "Tieout run id", "Billing run that made the record."),
    TraceField(
        LINE_SOURCE, Owner.LINE, "Tieout source line id", "Id of the deal's line in its source.", used=True
    ),
    TraceField("custcol_tieout_charge_id", Owner.LINE, "Tieout charge id", "Charge that the line bills."),
    TraceField(
        "custcol_tieout_contract_line_id",
        Owner.LINE,
        "Tieout contract line id",
        "Contract line it belongs to.",
    ),
    TraceField("custcol_tieout_usage_metric", Owner.LINE, "Tieout usage metric", "What was metered."),
    TraceField(
        "custcol_tieout_period_start", Owner.LINE, "Tieout period start", "First day the line is about."
    ),
    TraceField(
        "custcol_tieout_period_end", Owner.LINE, "Tieout period end", "First day after what it is about."
    ),
    TraceField(
        "custcol_tieout_rating_hash",
        Owner.LINE,
        "Tieout rating hash",
        "Hash of the usage and prices behind it.",
    ),
    TraceField(ENTITY_SYSTEM, Owner.ENTITY, "Tieout source system", "Where the account lives.", used=True),
    TraceField(
        ENTITY_SOURCE, Owner.ENTITY, "Tieout CRM account id", "Id of the account in its source.", used=True
    ),
    TraceField(
        "custentity_tieout_source_id",
        Owner.ENTITY,
        "Tieout source id",
        "Id of the contact in its source.",
        used=True,
    ),
    TraceField(
        ENTITY_INSTALLATION,
        Owner.ENTITY,
        "Tieout installation",
        "Which installation wrote the record.",
        used=True,
    ),
)


def fields_in_use(record: RecordType) -> tuple[str, ...]:
    """Ids of the fields without which a record of this type cannot be told as ours."""
    owners = {Owner.ENTITY} if record.group is RecordGroup.ENTITY else {Owner.BODY}
    owners |= {Owner.LINE} if record in SOLD_BY_LINE else set()
    return tuple(field.id for field in FIELDS if field.used and field.owner in owners)
