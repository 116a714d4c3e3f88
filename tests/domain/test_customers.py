"""Does this customer exist? Bound, ours, or only perhaps; a likeness never binds and never merges."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.builders import customer, existing, ref

from tieout.domain.bindings import LinkBook
from tieout.domain.customers import CustomerDirectory, CustomerView, view_of
from tieout.domain.ids import ExternalId, InternalId
from tieout.domain.names import domain_of, normalised_name, normalised_tax_id

EXTERNAL = ExternalId("A1")
ACME = customer(name="Acme, Inc.", website="https://www.acme.example/about", tax_id="DE 123-456")


def key(id_: str) -> str:
    return ref("account", id_).record_key


def seen(one=ACME, *known, bindings=None) -> CustomerView:
    return view_of(one, EXTERNAL, CustomerDirectory(known), LinkBook(bindings=bindings or {}), "test")


# -- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "plain"),
    [
        ("ACME, Inc.", "acme"),
        ("  The   Acme Company ", "acme"),
        ("Müller & Söhne GmbH", "muller and sohne"),
        ("S.A.P. SE", "sap se"),
        ("Ａｃｍｅ", "acme"),
        ("Straße AG", "strasse"),
        ("Ltd.", ""),
        ("🚀", ""),
        ("株式会社", "株式会社"),
        ("شركة الأمل", "شركة الامل"),
    ],
)
def test_names_are_folded_for_likeness_only(variant: str, plain: str):
    assert normalised_name(variant) == plain


@given(st.text(max_size=30))
def test_folding_a_name_never_raises_and_ignores_case_and_spacing(name: str):
    folded = normalised_name(name)
    assert normalised_name(f"  {name}\t") == folded
    assert normalised_name(folded) in {folded, normalised_name(normalised_name(folded))}


@pytest.mark.parametrize(
    ("website", "email", "domain"),
    [
        ("https://www.acme.example/x?y", "", "acme.example"),
        ("ACME.example:8080", "", "acme.example"),
        ("", "ap@acme.example", "acme.example"),
        ("", "acme@gmail.com", ""),
        ("gmail.com", "", ""),
        ("localhost", "ap@acme.example", "acme.example"),
        ("", "nobody", ""),
        ("", "", ""),
    ],
)
def test_a_domain_comes_from_the_website_then_the_mail_but_not_from_free_mail(website, email, domain):
    assert domain_of(website, email) == domain


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_domain_never_raises(website: str, email: str):
    assert isinstance(domain_of(website, email), str)


def test_a_tax_id_is_letters_and_digits():
    assert normalised_tax_id(" de 123-456.7 ") == "DE1234567"
    assert normalised_tax_id("-.") == ""


# -- suspects ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("R21")
@pytest.mark.parametrize(
    ("other", "evidence"),
    [
        (existing(tax_id="DE123456", name="Else"), ("same tax id DE123456",)),
        (existing(website="acme.example"), ("same domain acme.example", "same name 'acme'")),
        (existing(email="ap@acme.example"), ("same domain acme.example", "same name 'acme'")),
        (
            existing(website="acme.example", tax_id="de123456"),
            ("same tax id DE123456", "same domain acme.example", "same name 'acme'"),
        ),
        (
            existing(website="acme.example", external_id=ExternalId("celigo-7")),
            ("same domain acme.example", "same name 'acme'"),
        ),
    ],
)
def test_an_unbound_customer_equal_in_tax_id_or_name_and_domain_is_suspected(other, evidence):
    found = seen(ACME, other)
    assert [(one.customer, one.evidence) for one in found.suspects] == [(other, evidence)]
    assert (found.bound, found.conflict) == (None, ())


@pytest.mark.requirement("R21")
@pytest.mark.parametrize(
    "other",
    [
        existing(),  # the name alone
        existing(name="Acme Logistics", website="acme.example"),  # the domain alone
        existing(name="Acme Holding", website="holding.acme.example"),  # a parent
        existing(website="acme.example", active=False),
        existing(
            website="acme.example", external_id=ExternalId("A2"), installation="test", source_system="crm"
        ),
        existing(tax_id="DE123457"),
    ],
)
def test_anything_less_suggests_nothing_and_stops_no_sync(other):
    assert seen(ACME, other) == CustomerView(external_id=EXTERNAL)


def test_a_customer_bound_to_another_account_is_no_suspect():
    other = existing(tax_id="DE123456")
    assert seen(ACME, other, bindings={key("A2"): other.id}).suspects == ()


@pytest.mark.requirement("R21")
def test_customers_without_tax_id_name_or_domain_are_never_alike():
    nobody = customer(name="Inc.", tax_id="-", website="")
    assert seen(nobody, existing(name="Ltd", tax_id=".", website="")).suspects == ()


def test_several_suspects_come_in_a_stable_order():
    twins = [existing(id_, tax_id="DE123456") for id_ in ("9", "10", "8")]
    assert [one.customer.id for one in seen(ACME, *twins).suspects] == ["10", "8", "9"]


def test_a_directory_forgets_what_a_customer_was():
    directory = CustomerDirectory([existing(tax_id="DE123456")])
    directory.add(existing(tax_id="FR1", name="Renamed"))
    assert directory.by_id(InternalId("501")) == existing(tax_id="FR1", name="Renamed")
    assert directory.candidates(ACME) == ()


def test_adding_a_customer_again_does_not_repeat_the_evidence():
    directory = CustomerDirectory([existing(tax_id="DE123456")] * 2)
    [candidate] = directory.candidates(ACME)
    assert list(map(str, candidate.evidence)) == ["same tax id DE123456", "same name 'acme'"]


def test_a_directory_forgets_an_external_id_that_was_taken_away():
    directory = CustomerDirectory([existing(external_id=EXTERNAL)])
    directory.add(existing())
    assert directory.by_external_id(EXTERNAL) is None


def test_an_external_id_may_move_from_one_customer_to_another_and_back():
    directory = CustomerDirectory([existing("1", external_id=EXTERNAL), existing("2", external_id=EXTERNAL)])
    directory.add(existing("2"))
    directory.add(existing("1"))
    assert directory.by_external_id(EXTERNAL) is None
    directory.add(existing("1", external_id=EXTERNAL))
    assert directory.by_external_id(EXTERNAL) == existing("1", external_id=EXTERNAL)


# -- bindings and carriers --------------------------------------------------------------------------------


@pytest.mark.requirement("R08", "R16", "R21")
def test_an_approved_link_binds_whatever_the_names_say():
    other = existing(name="Quite Different GmbH")
    found = seen(ACME, other, existing("502", tax_id="DE123456"), bindings={key("A1"): other.id})
    assert found == CustomerView(external_id=EXTERNAL, bound=other)


def test_a_link_to_a_customer_we_have_not_read_still_binds():
    assert seen(bindings={key("A1"): InternalId("9")}).bound == existing("9", name="Acme, Inc.")


@pytest.mark.requirement("R08", "R21")
def test_a_customer_with_our_external_id_but_no_installation_is_bound_not_created():
    carrier = existing(external_id=EXTERNAL)
    assert seen(ACME, carrier).bound == carrier


def test_our_own_record_is_left_to_the_write_protocol():
    ours = existing(external_id=EXTERNAL, installation="test")
    found = seen(ACME, ours, existing("502", tax_id="DE123456"))
    assert found == CustomerView(external_id=EXTERNAL, own=ours)


def test_a_record_of_another_installation_is_never_bound():
    theirs = existing(external_id=EXTERNAL, installation="staging", tax_id="DE123456")
    assert seen(ACME, theirs) == CustomerView(external_id=EXTERNAL)


def test_a_merged_account_brings_its_link_along():
    winner = replace(ACME, merged_ids=("A0",))
    assert seen(winner, existing(), bindings={key("A0"): InternalId("501")}).bound == existing()


def test_merged_accounts_with_two_customers_are_a_conflict():
    winner = replace(ACME, merged_ids=("A0",))
    both = {key("A0"): InternalId("7"), key("A1"): InternalId("6")}
    assert seen(winner, bindings=both) == CustomerView(external_id=EXTERNAL, conflict=("6", "7"))
    same = dict.fromkeys(both, InternalId("6"))
    assert seen(winner, bindings=same).conflict == ()
