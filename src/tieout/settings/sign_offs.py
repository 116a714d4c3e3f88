"""The `go_live` section as the domain sees it, with the hash of the settings behind each decision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tieout.domain.doctor import Decision, GoLive, SignOff
from tieout.domain.ids import ExternalId
from tieout.flows.codec import digest
from tieout.settings.file import Loaded

_HASH_CHARS = 16


def build_go_live(loaded: Loaded, pins: Mapping[str, str | None]) -> GoLive:
    """The domain's view of the section. `pins`: see `GoLive`."""
    settings = loaded.settings
    section = settings.go_live
    return GoLive(
        sign_offs={
            decision: SignOff(sales_ops=one.sales_ops, finance=one.finance, on=one.on, settings=one.settings)
            for decision, one in section.sign_offs.items()
        },
        hashes={decision: _hash(part) for decision, part in _parts(loaded).items()},
        pins=pins,
        alert_owner=section.alert_owner,
        refresh_marker=ExternalId(section.refresh_marker) if section.refresh_marker else None,
        months_sold=section.months_sold,
        concurrency=settings.netsuite.concurrency,
        headroom=settings.netsuite.headroom,
        own_address=not settings.netsuite.base_url,
        canaries={
            str(kind): {subsidiary: ExternalId(one) for subsidiary, one in by_subsidiary.items()}
            for kind, by_subsidiary in settings.netsuite.canaries.items()
        },
    )


def _parts(loaded: Loaded) -> dict[Decision, Any]:
    """For each decision, the settings that express it: a change elsewhere leaves the sign-off standing."""
    settings = loaded.settings
    plain = settings.model_dump(mode="json")
    triggers = ("type", "cut_over", "trigger", "require_billing_terms", "transaction_date")
    return {
        Decision.TRIGGER: {
            name: {key: source[key] for key in triggers} for name, source in plain["sources"].items()
        },
        Decision.AMENDMENTS: plain["go_live"]["amendments"],
        Decision.INVOICE_OWNERSHIP: plain["rules"]["handoff"],
        Decision.FAILURE_ROUTING: [plain["go_live"]["alert_owner"], plain["rules"]["approvals"]],
    }


def _hash(part: Any) -> str:
    return digest(json.dumps(part, sort_keys=True))[:_HASH_CHARS]
