"""Who buys and who is billed: the deal's companies (crm-cpq §8.3).

The primary company's row carries type 5 beside 341. A deal may have companies and none of them primary; then one
company is the customer, and several are a person's choice. Labels are for people: HubSpot has changed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.hubspot.properties import COMPANY, KINDS, MERGED
from tieout.connectors.hubspot.values import EMPTY, is_id, mapping_of, prop, rows_of, text_of
from tieout.connectors.kit.countries import country_code
from tieout.domain.documents import Address, Customer
from tieout.domain.findings import Finding
from tieout.domain.sources import SourceRef

PRIMARY = ("HUBSPOT_DEFINED", "5")
_LABEL = "USER_DEFINED"


class Parties:
    """Reads the companies of one payload; adds to its findings."""

    def __init__(
        self, deal: Mapping[str, Any], options: HubSpotOptions, source: SourceRef, findings: list[Finding]
    ) -> None:
        self._options, self._source, self._findings = options, source, findings
        self._companies = rows_of(deal, "companies")
        unread = mapping_of(deal, "missing").get(KINDS[COMPANY])
        self._unread = [str(one) for one in unread] if isinstance(unread, list) else []

    def customer(self) -> Customer:
        """The buyer; one without id and name when there is none, or none that can be told."""
        primary = [one for one in self._companies if PRIMARY in _types(one)]
        chosen = primary or self._companies
        if len(chosen) == 1 and (primary or not self._unread):
            return self._customer(chosen[0])
        if self._unread:
            found = f"company {', '.join(self._unread)}, which HubSpot does not find"
            self._add("companies our token can read", found)
        elif chosen:
            names = ", ".join(f"{text_of(one, 'id')} {prop(one, 'name')}" for one in chosen)
            word = "several primary companies" if primary else "companies and none of them primary"
            self._add("one primary company", f"{word}: {names}"[:500])
        return self._customer(EMPTY)

    def bill_to(self, buyer: Customer) -> Customer | None:
        """The company with the bill-to label, where it is another than the buyer."""
        wanted = self._options.bill_to_association
        if not wanted:
            return None
        marked = [one for one in self._companies if (_LABEL, str(wanted)) in _types(one)]
        if len(marked) > 1:
            names = ", ".join(f"{text_of(one, 'id')} {prop(one, 'name')}" for one in marked)
            self._add("one company with the bill-to label", names[:500])
        if len(marked) != 1 or text_of(marked[0], "id") == buyer.source.id:
            return None
        return self._customer(marked[0])

    def _add(self, expected: str, found: str) -> None:
        cause = self._source.id
        self._findings.append(
            Finding(code="customer_missing", cause=cause, expected=expected, found=found, source=self._source)
        )

    def _customer(self, company: Mapping[str, Any]) -> Customer:
        options, given = self._options, text_of(company, "id")
        if given and not is_id(given):
            expected = "an id of a company as HubSpot issues them (a number)"
            self._findings.append(
                Finding(code="id_malformed", cause=given, expected=expected, found=given, source=self._source)
            )
        return Customer(
            source=SourceRef(
                system=self._source.system, environment=self._source.environment, object=COMPANY, id=given
            ),
            name=prop(company, "name"),
            email=prop(company, options.company_billing_email_property),
            phone=prop(company, "phone"),
            website=prop(company, "website") or prop(company, "domain"),
            tax_id=prop(company, options.company_tax_id_property),
            terms=prop(company, options.company_terms_property),
            billing=self._address(company),
            parent_id=prop(company, "hs_parent_company_id"),
            merged_ids=tuple(sorted(filter(is_id, prop(company, MERGED).split(";")))),
            attributes={
                name: text for name in options.company_attribute_properties if (text := prop(company, name))
            },
        )

    def _address(self, company: Mapping[str, Any]) -> Address:
        named: Mapping[str, str] = {
            str(part): name for part, name in self._options.company_address_properties.items()
        }

        def part(name: str, code: str = "") -> str:
            """A part of the address; HubSpot's own code only where its own property is used."""
            if name in named:
                return prop(company, named[name])
            return prop(company, code) or prop(company, name)

        street = (*part("address").splitlines(), *part("address2").splitlines())
        return Address(
            lines=tuple(line.strip() for line in street if line.strip()),
            city=part("city"),
            region=part("state", "hs_state_code"),
            postal_code=part("zip"),
            country=country_code(part("country", "hs_country_code")) or country_code(part("country")),
        )


def _types(company: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (text_of(one, "category"), text_of(one, "typeId")) for one in rows_of(company, "associationTypes")
    }
