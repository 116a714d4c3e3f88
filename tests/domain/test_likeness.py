"""What two customers have in common is listed; how strong it is follows from the kinds, and never binds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.domain.builders import customer, existing, ref

from tieout.domain.bindings import Link, LinkAction, LinkBook, LinkStage, book_of
from tieout.domain.customers import CustomerDirectory, CustomerView, view_of
from tieout.domain.documents import Address
from tieout.domain.ids import ExternalId, InternalId
from tieout.domain.likeness import Strength, in_common, place_of, strength_of, traits_of
from tieout.domain.suggestions import suggested

HARBOUR = Address(lines=("Suite 4", "1 Harbour St."), city="Oakland", postal_code="94607", country="US")
ACME = customer(
    name="Acme, Inc.",
    website="https://www.acme.example",
    email="ap@acme-billing.example",
    tax_id="DE 123-456",
    billing=HARBOUR,
)
KEY = ACME.source.record_key
EXTERNAL = ExternalId("A1")


def common(**changes) -> tuple[list[str], Strength | None]:
    evidence = in_common(traits_of(ACME), traits_of(existing(**{"name": "Else"} | changes)))
    return list(map(str, evidence)), strength_of(evidence)


@pytest.mark.requirement("R21")
@pytest.mark.parametrize(
    ("other", "evidence", "strength"),
    [
        ({"tax_id": "de123456"}, ["same tax id DE123456"], Strength.STRONG),
        (
            {"name": "ACME Incorporated", "email": "x@acme-billing.example"},
            ["same domain acme-billing.example", "same name 'acme'"],
            Strength.STRONG,
        ),
        (
            {"website": "acme.example", "addresses": (replace(HARBOUR, lines=("1 Harbour Street",)),)},
            ["same domain acme.example", "same address 1 harbour street, 94607, US"],
            Strength.FAIR,
        ),
        (
            {"name": " Acme,  Inc.", "addresses": (HARBOUR,)},
            ["same address 1 harbour street, 94607, US", "same exact name 'Acme, Inc.'"],
            Strength.FAIR,
        ),
        ({"name": "Acme, Inc."}, ["same exact name 'Acme, Inc.'"], Strength.WEAK),
        ({"name": "ACME"}, ["same name 'acme'"], Strength.WEAK),
        ({"website": "acme.example"}, ["same domain acme.example"], Strength.WEAK),
        ({"addresses": (HARBOUR,)}, ["same address 1 harbour street, 94607, US"], Strength.WEAK),
        ({}, [], None),
    ],
)
def test_evidence_is_listed_and_its_kinds_say_how_strong_it_is(other, evidence, strength):
    assert common(**other) == (evidence, strength)


def test_free_mail_is_nobodys_domain():
    one, other = customer(name="A", email="a@gmail.com"), existing(name="B", email="b@gmail.com")
    assert in_common(traits_of(one), traits_of(other)) == ()


@pytest.mark.parametrize("missing", ["lines", "postal_code", "country"])
def test_an_address_counts_only_with_street_postal_code_and_country(missing: str):
    assert place_of(replace(HARBOUR, **{missing: () if missing == "lines" else ""})) == ""


def test_a_town_alone_is_no_address():
    assert place_of(Address(city="Oakland", country="US")) == ""


# -- who stops a creation ---------------------------------------------------------------------------------

TWIN = existing(
    "700", tax_id="DE123456", external_id=ExternalId("hs-9"), installation="test", source_system="hubs"
)


def seen(*known, made=(), **book) -> CustomerView:
    return view_of(ACME, EXTERNAL, CustomerDirectory(known), LinkBook(**book), "test", made)


def test_a_customer_made_for_another_source_is_a_twin_and_no_suspect():
    found = seen(TWIN)
    assert [one.customer.id for one in found.twins] == ["700"]
    assert found.suspects == ()


def test_a_customer_made_for_the_same_source_stops_nothing():
    assert seen(replace(TWIN, source_system="crm")) == CustomerView(external_id=EXTERNAL)


def test_a_customer_planned_for_another_source_is_a_twin_before_netsuite_shows_it():
    planned = replace(TWIN, id=InternalId(""))
    assert [one.customer for one in seen(made=[planned]).twins] == [planned]


def test_a_customer_that_both_know_is_named_once():
    assert len(seen(TWIN, made=[TWIN]).twins) == 1


def test_a_legacy_customer_linked_to_another_source_is_a_twin():
    legacy = existing("800", tax_id="DE123456")
    linked = {"hubs:production:company:9": legacy.id}
    assert [one.customer.id for one in seen(legacy, bindings=linked).twins] == ["800"]


@pytest.mark.parametrize("known", [TWIN, existing("800", tax_id="DE123456")])
def test_what_a_person_told_apart_stops_nothing_any_more(known):
    told = {KEY: frozenset({known.id})}
    assert seen(known, distinct=told) == CustomerView(external_id=EXTERNAL)
    other = {"crm:production:account:A9": frozenset({known.id})}
    assert seen(known, distinct=other) != CustomerView(external_id=EXTERNAL), "for that account alone"


# -- the book ---------------------------------------------------------------------------------------------


def said(
    action: LinkAction, customer_id: str = "7", stage: LinkStage = LinkStage.IN_FORCE, **changes
) -> Link:
    whole = {
        "record_key": KEY,
        "action": action,
        "stage": stage,
        "internal_id": InternalId(customer_id),
        "by": "ann",
        "entered_by": "ann",
        "because": "asked sales",
        "at": None,
        "evidence": "e1",
    }
    return Link(**whole | changes)


L, U, D = LinkAction.LINK, LinkAction.UNLINK, LinkAction.DISTINCT


@pytest.mark.parametrize(
    ("history", "bindings", "distinct"),
    [
        ([said(L)], {KEY: "7"}, set()),
        ([said(L), said(U)], {}, set()),
        ([said(L), said(L, "8")], {KEY: "8"}, set()),
        ([said(L), said(L, "8"), said(U, "7")], {KEY: "8"}, set()),
        ([said(D)], {}, {"7"}),
        ([said(D), said(L)], {KEY: "7"}, set()),
        ([said(L, stage=LinkStage.PROPOSED)], {}, set()),
        ([said(L, stage=LinkStage.PROPOSED), said(L, stage=LinkStage.REJECTED)], {}, set()),
    ],
)
def test_what_is_in_force_follows_from_the_order(history, bindings, distinct):
    book = book_of(history)
    assert dict(book.bindings) == bindings
    assert book.distinct.get(KEY, frozenset()) == distinct
    step_by_step = LinkBook()
    for link in history:
        step_by_step = step_by_step.after(link)
    assert step_by_step.bindings == book.bindings


def test_a_proposal_waits_until_this_very_content_is_decided():
    proposal = said(L, stage=LinkStage.PROPOSED)
    assert book_of([proposal]).waits(KEY) == proposal
    assert book_of([proposal, said(L, evidence="e2")]).waits(KEY) == proposal
    assert book_of([proposal, said(L)]).waits(KEY) is None


def test_a_content_is_account_customer_statement_and_evidence_and_not_who_said_it():
    plain = said(L).content
    assert said(L, by="bob", because="other words").content == plain
    changed = [said(D), said(L, "8"), said(L, evidence="e2"), said(L, record_key="crm:x:account:A2")]
    assert plain not in {one.content for one in changed}


# -- what a reviewer is shown -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "remarks"),
    [
        (existing(active=False), ("inactive",)),
        (
            existing(external_id=ExternalId("C-9")),
            ("carries external ID C-9, somebody else's: it stays as it is",),
        ),
        (
            existing(external_id=EXTERNAL),
            ("carries the external ID expected here: it is used without a link",),
        ),
        (existing(installation="staging"), ("made by installation staging",)),
        (existing(installation="test", source_system="hubs"), ("made by this installation for hubs",)),
    ],
)
def test_what_speaks_against_a_candidate_is_named(one, remarks):
    assert suggested(ACME, one, LinkBook(), "test", EXTERNAL).remarks == remarks


def test_a_customer_linked_to_another_account_says_so():
    book = LinkBook(bindings={ref("account", "A2").record_key: InternalId("501")})
    assert suggested(ACME, existing(), book, "test", EXTERNAL).remarks == (
        f"linked to {ref('account', 'A2').record_key}",
    )


def test_a_digest_changes_with_either_side_and_not_with_an_earlier_decision_about_the_pair():
    def digest(one=ACME, other=existing(), book=LinkBook()):  # noqa: B008
        return suggested(one, other, book, "test", EXTERNAL).digest

    plain = digest()
    assert digest() == plain
    assert digest(book=LinkBook(distinct={KEY: frozenset({InternalId("501")})})) == plain
    others = {
        digest(replace(ACME, tax_id="DE 9")),
        digest(other=existing(active=False)),
        digest(other=existing(email="x@y.example")),
        digest(book=LinkBook(bindings={"crm:p:account:A2": InternalId("501")})),
    }
    assert plain not in others
    assert len(others) == 4
