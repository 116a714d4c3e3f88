"""What a person is shown before saying who an account is: every candidate, all evidence, and what speaks against.

Several candidates are all shown; none is ever chosen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from tieout.domain.bindings import LinkBook
from tieout.domain.documents import Customer
from tieout.domain.ids import ExternalId
from tieout.domain.likeness import Evidence, Strength, in_common, strength_of, traits_of
from tieout.domain.reference import ExistingCustomer


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """One candidate for one account. `remarks`: what else a reviewer has to know.

    `digest` covers all that was looked at, on both sides: when it is another one, it has to be looked at again.
    """

    customer: ExistingCustomer
    evidence: tuple[Evidence, ...]
    strength: Strength | None
    remarks: tuple[str, ...]
    digest: str

    @property
    def seen(self) -> str:
        """Evidence and remarks in words."""
        told = [str(one) for one in self.evidence] or ["nothing in common"]
        return "; ".join([*told, *self.remarks])


def suggested(
    account: Customer, one: ExistingCustomer, book: LinkBook, installation: str, expected: ExternalId
) -> Suggested:
    """What there is to say about `one` being `account`, whose own external id would be `expected`."""
    evidence = in_common(traits_of(account), traits_of(one))
    remarks = tuple(_remarks(account, one, book, installation, expected))
    return Suggested(
        customer=one,
        evidence=evidence,
        strength=strength_of(evidence),
        remarks=remarks,
        digest=_digest(account, one, remarks),
    )


def _remarks(
    account: Customer, one: ExistingCustomer, book: LinkBook, installation: str, expected: ExternalId
) -> Iterable[str]:
    if not one.active:
        yield "inactive"
    if one.installation == installation:
        yield f"made by this installation for {one.source_system or 'a source'}"
    elif one.installation:
        yield f"made by installation {one.installation}"
    elif one.external_id == expected:
        yield "carries the external ID expected here: it is used without a link"
    elif one.external_id:
        yield f"carries external ID {one.external_id}, somebody else's: it stays as it is"
    others = [owner for owner in book.owners(one.id) if owner != account.source.record_key]
    if others:
        yield f"linked to {', '.join(others)}"
    if one.id in book.distinct.get(account.source.record_key, ()):
        yield "told apart before"


def _digest(account: Customer, one: ExistingCustomer, remarks: tuple[str, ...]) -> str:
    looked_at = [
        account.source.record_key,
        sorted([str(trait.trait), trait.value] for trait in traits_of(account)),
        one.id,
        sorted([str(trait.trait), trait.value] for trait in traits_of(one)),
        # What was decided about the pair before does not change what is to be decided about.
        [remark for remark in remarks if remark != "told apart before"],
    ]
    return sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()[:16]
