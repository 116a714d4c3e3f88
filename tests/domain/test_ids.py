"""External ids: computed from the source alone, allowed by NetSuite, and never the same for two sources."""

from __future__ import annotations

import re
from base64 import b32decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.domain.ids import (
    DEFAULT_TEMPLATES,
    MAX_LENGTH,
    ExternalId,
    IdParts,
    RecordGroup,
    RecordType,
    TemplateError,
    check_templates,
    collisions,
    external_id,
)

INVOICE = DEFAULT_TEMPLATES[RecordType.INVOICE]
ALLOWED = re.compile(r"[A-Za-z0-9_-]{1,40}")
words = st.text(max_size=60)
parts = st.builds(
    IdParts,
    system=st.sampled_from(["salesforce", "hubspot"]),
    environment=st.sampled_from(["production", "sandbox"]),
    object=st.sampled_from(["Opportunity", "Quote"]),
    source_id=st.one_of(st.from_regex(r"[A-Za-z0-9]{1,18}", fullmatch=True), words.filter(bool)),
    component=st.one_of(st.just(""), st.from_regex(r"[a-z]{1,30}", fullmatch=True)),
    period=st.sampled_from(["", "202610"]),
    version=st.integers(1, 3),
)


def some(source_id: str = "0065g00000QwErTAAX", **rest) -> IdParts:
    whole = {"system": "salesforce", "environment": "production", "object": "Opportunity"} | rest
    return IdParts(source_id=source_id, **whole)


def test_the_defaults_give_the_ids_finance_expects():
    assert (
        external_id(DEFAULT_TEMPLATES[RecordType.CUSTOMER], some("0015g00000AbCdEAAX"))
        == "0015g00000AbCdEAAX"
    )
    assert external_id(DEFAULT_TEMPLATES[RecordType.SALES_ORDER], some()) == "so-0065g00000QwErTAAX"
    assert external_id(INVOICE, some()) == "inv-0065g00000QwErTAAX"
    tagged = some("8812334", tag="hs", component="usage", period="202610", version=2)
    assert external_id(INVOICE, tagged) == "inv-hs-8812334-usage-202610-v2"
    assert external_id(DEFAULT_TEMPLATES[RecordType.CUSTOMER], some("8812334", tag="hs")) == "hs-8812334"


@pytest.mark.requirement("R20")
@settings(max_examples=200)
@given(parts, st.sampled_from(list(RecordType)))
def test_an_id_is_allowed_and_always_the_same(one: IdParts, record: RecordType):
    first = external_id(DEFAULT_TEMPLATES[record], one)
    assert ALLOWED.fullmatch(first)
    assert external_id(DEFAULT_TEMPLATES[record], one) == first


@settings(max_examples=300)
@given(parts, parts)
def test_a_shortened_id_never_stands_for_two_sources(one: IdParts, other: IdParts):
    # Ids that are kept whole show their source; within one system they differ as their source ids do.
    key = ("system", "environment", "object", "source_id", "component", "period", "version")
    distinct = [getattr(one, name) for name in key] != [getattr(other, name) for name in key]
    first, second = external_id(INVOICE, one), external_id(INVOICE, other)
    shortened = [x for x, p in ((first, one), (second, other)) if x.endswith(p.digest())]
    if distinct and shortened:
        assert first != second


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("system", "x"),
        ("environment", "x"),
        ("object", "x"),
        ("component", "x"),
        ("period", "x"),
        ("version", 2),
    ],
)
def test_the_hash_covers_the_whole_tuple(name: str, value):
    assert some("é" * 50).digest() != some("é" * 50, **{name: value}).digest()
    assert external_id(INVOICE, some("é" * 50)) != external_id(INVOICE, some("é" * 50, **{name: value}))


def test_the_hash_cannot_be_moved_from_one_part_to_the_next():
    assert some("ab", component="c").digest() != some("a", component="bc").digest()


def test_a_shortened_id_carries_eighty_bits():
    short = external_id(INVOICE, some("x" * 60))
    assert len(short) == MAX_LENGTH
    tail = short.rpartition("-")[2]
    assert tail == some("x" * 60).digest()
    assert len(b32decode(tail.upper())) * 8 == 80


@pytest.mark.parametrize("odd", ["a b", "a.b", "a/b", "ä", "x:y", "a\nb", "😀"])
def test_characters_netsuite_refuses_are_replaced_and_the_id_stays_distinct(odd: str):
    found = external_id(INVOICE, some(odd))
    assert ALLOWED.fullmatch(found)
    assert found.endswith(some(odd).digest())
    assert found != external_id(INVOICE, some(re.sub(r"[^A-Za-z0-9_-]", "-", odd)))


def test_records_of_one_group_share_a_namespace():
    groups = {record: record.group for record in RecordType}
    assert groups == {
        RecordType.CUSTOMER: RecordGroup.ENTITY,
        RecordType.CONTACT: RecordGroup.ENTITY,
        RecordType.SALES_ORDER: RecordGroup.TRANSACTION,
        RecordType.CUSTOMER_DEPOSIT: RecordGroup.TRANSACTION,
        RecordType.DEPOSIT_APPLICATION: RecordGroup.TRANSACTION,
        RecordType.INVOICE: RecordGroup.TRANSACTION,
        RecordType.CUSTOMER_PAYMENT: RecordGroup.TRANSACTION,
        RecordType.CUSTOMER_REFUND: RecordGroup.TRANSACTION,
        RecordType.JOURNAL_ENTRY: RecordGroup.TRANSACTION,
        RecordType.BANK_DEPOSIT: RecordGroup.TRANSACTION,
    }


def test_the_default_templates_are_accepted():
    check_templates(DEFAULT_TEMPLATES)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({RecordType.INVOICE: "so-{source_id}"}, "same external id in the transaction group"),
        ({RecordType.INVOICE: "SO-{source_id}"}, "same external id"),
        ({RecordType.INVOICE: "{source_id}", RecordType.SALES_ORDER: "{source_id}"}, "same external id"),
        ({RecordType.INVOICE: "so-x{source_id}"}, "same external id"),
        ({RecordType.INVOICE: "{source_id}", RecordType.SALES_ORDER: "so{source_id}"}, "same external id"),
        ({RecordType.CONTACT: "{tag}{source_id}"}, "entity group"),
        ({RecordType.INVOICE: "inv-{component}"}, "must contain {source_id}"),
        ({RecordType.INVOICE: "inv-[{source_id}]"}, "must contain {source_id}"),
        ({RecordType.INVOICE: "inv-{source_id}-{colour}"}, "unknown field 'colour'"),
        ({RecordType.INVOICE: "inv/{source_id}"}, "only letters, digits"),
        ({RecordType.INVOICE: "inv {source_id}"}, "only letters, digits"),
    ],
)
def test_templates_that_can_collide_or_mean_nothing_are_refused(changed: dict, said: str):
    with pytest.raises(TemplateError, match=re.escape(said)):
        check_templates({**DEFAULT_TEMPLATES, **changed})


@pytest.mark.parametrize(
    "template",
    [
        "i-{source_id",
        "i-}{source_id}",
        "i-{source_id!x}",
        "i-{source_id}[-{period}",
        "i-{source_id}[[-{period}]]",
    ],
)
def test_a_malformed_template_is_refused_by_name(template: str):
    with pytest.raises(TemplateError):
        check_templates({RecordType.INVOICE: template})


@given(parts, parts)
def test_records_of_accepted_templates_never_meet(one: IdParts, other: IdParts):
    order = external_id(DEFAULT_TEMPLATES[RecordType.SALES_ORDER], one)
    invoice = external_id(DEFAULT_TEMPLATES[RecordType.INVOICE], other)
    assert order.lower() != invoice.lower()


def test_ids_that_differ_only_in_case_are_found():
    ids = [ExternalId(text) for text in ("so-A", "so-b", "SO-a", "so-A", "so-B")]
    assert collisions(ids) == [("so-A", "SO-a"), ("so-b", "so-B")]
    assert collisions([ExternalId("a"), ExternalId("b"), ExternalId("a")]) == []
