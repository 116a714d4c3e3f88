"""Files as people and jobs really hand them in: what is good is loaded, what is bad is named, nothing is lost."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.connectors.generic import files
from tieout.connectors.generic.pieces import Parsed
from tieout.connectors.generic.source import GenericConfig, GenericSource
from tieout.domain.documents import Order

SOURCE = GenericSource(GenericConfig())
HEADER = "deal_id,won,close_date,currency,customer_id,customer_name,product_id,quantity,line_amount"
GOOD = "D-1,yes,2026-10-02,USD,A-1,Acme,P-1,1,100.00"


def parse_csv(*rows: str, header: str = HEADER) -> Parsed:
    return SOURCE.parse_file("\n".join([header, *rows, ""]).encode(), "deals.csv")


def read_one(parsed: Parsed, number: int = 0):
    return SOURCE.read(parsed.sightings[number])


def deal(**fields) -> dict:
    line = {"id": "1", "product": {"id": "P-1"}, "quantity": "1", "amount": "100.00"}
    whole = {
        "id": "D-1",
        "won": True,
        "close_date": "2026-10-02",
        "currency": "USD",
        "customer": {"id": "A-1", "name": "Acme"},
        "lines": [line | fields.pop("line", {})],
    }
    return whole | fields


def findings(**fields) -> list[tuple[str, str]]:
    result = read_one(SOURCE.parse_file(json.dumps(deal(**fields)).encode()))
    return [] if isinstance(result, Order) else [(f.code, f.expected.split(":")[0]) for f in result]


# -- bytes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps(deal()).encode("utf-16"), "UTF-16"),
        ((HEADER + "\n").encode("utf-16-le"), "UTF-16"),
        ((HEADER + "\n" + GOOD.replace("Acme", "Café")).encode("latin-1"), "not UTF-8"),
        (b"", "empty"),
        (b" \n\r\n", "empty"),
        (b"[]", "empty"),
        (HEADER.encode(), "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_and_says_why(content: bytes, said: str):
    parsed = SOURCE.parse_file(content)
    assert parsed.sightings == ()
    [rejection] = parsed.rejected
    assert (rejection.line, said in rejection.reason) == (0, True)


def test_the_place_of_a_wrong_byte_is_named():
    [rejection] = SOURCE.parse_file(b"deal_id\nD-1\nCaf\xe9").rejected
    assert rejection.found.startswith("byte 0xe9 in line 3")


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    parsed = SOURCE.parse_file(b"\xef\xbb\xbf" + f"{HEADER}\n{GOOD}\n".encode())
    assert isinstance(read_one(parsed), Order)


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path, monkeypatch):
    [missing] = SOURCE.parse_file(tmp_path / "none.csv").rejected
    assert missing.reason == "the file cannot be read"
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    (tmp_path / "big.csv").write_text(HEADER)
    for file in (tmp_path / "big.csv", HEADER.encode()):
        [big] = SOURCE.parse_file(file).rejected
        assert big.reason == "the file is too big"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_do_not_matter(ending: str):
    parsed = SOURCE.parse_file(ending.join([HEADER, GOOD, ""]).encode(), "x.csv")
    assert isinstance(read_one(parsed), Order)


# -- JSON -------------------------------------------------------------------------------------------------


def test_one_object_an_array_and_lines_are_the_same():
    one = json.dumps(deal())
    forms = {
        "a.json": one,
        "b.json": f"[{one}]",
        "c.jsonl": one + "\n\n",
        "d": json.dumps(deal(), indent=1),
        "e.json": f"\n [ {one} ] \n",
    }
    results = {name: SOURCE.parse_file(text.encode(), name) for name, text in forms.items()}
    first = results["a.json"].sightings
    assert [parsed.sightings == first and not parsed.rejected for parsed in results.values()] == [True] * 5


def test_a_broken_line_takes_no_other_with_it():
    good, other = json.dumps(deal()), json.dumps(deal(id="D-2"))
    parsed = SOURCE.parse_file(f'{good}\n{{"id": "D-x",\n[1]\n{other}\n{other} 5\n'.encode(), "x.ndjson")
    assert [one.object_id for one in parsed.sightings] == ["D-1", "D-2"]
    assert [(one.line, one.reason) for one in parsed.rejected] == [
        (2, "not JSON: Expecting property name enclosed in double quotes"),
        (3, "not a deal"),
        (5, "not JSON: more than one value on the line"),
    ]
    assert parsed.rejected[0].raw == '{"id": "D-x",'


def test_elements_before_a_broken_place_of_an_array_are_loaded_and_the_rest_is_kept():
    text = "[\n" + json.dumps(deal()) + ',\n7,\n{"id": oops},\n' + json.dumps(deal(id="D-2")) + "]"
    parsed = SOURCE.parse_file(text.encode(), "x.json")
    assert [one.object_id for one in parsed.sightings] == ["D-1"]
    assert [one.line for one in parsed.rejected] == [3, 4]
    assert parsed.rejected[1].raw.endswith(json.dumps(deal(id="D-2")) + "]")


@pytest.mark.parametrize("tail", ["", ",", ", {", " {}", "] x"])
def test_an_unfinished_array_is_said(tail: str):
    parsed = SOURCE.parse_file(f"[{json.dumps(deal())}{tail}".encode())
    assert len(parsed.sightings) == 1
    assert len(parsed.rejected) == 1


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"id": 1' + "0" * 5000 + "}", '{"id": "\\ud800"}', '{"id": "a\\u0000b"}'],
)
def test_hostile_json_is_rejected_and_never_raises(text: str):
    parsed = SOURCE.parse_file(text.encode())
    assert parsed.sightings == ()
    assert len(parsed.rejected) == 1


def test_text_no_database_can_keep_is_repaired_visibly():
    text = '{"id": "D-1", "name": "a\\ud800b\\u0000c \\ud83d\\ude00"}'
    [sighting] = SOURCE.parse_file(text.encode()).sightings
    assert sighting.payload["name"] == "a\ufffdb\ufffdc 😀"


def test_numbers_of_unknown_fields_keep_their_digits():
    text = '{"id": "D-1", "x": 0.1234567890123456789, "y": 12.50, "z": 1e400, "n": NaN}'
    [sighting] = SOURCE.parse_file(text.encode()).sightings
    assert {key: str(sighting.payload[key]) for key in "xyzn"} == {
        "x": "0.1234567890123456789",
        "y": "12.5",
        "z": "1e400",
        "n": "NaN",
    }


# -- ids and versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [None, "", "  ", True, [], {}, 1.5, "x" * 121, "a\nb"])
def test_a_deal_without_a_usable_id_is_rejected_with_its_text(bad):
    text = json.dumps(deal(id=bad))
    [rejection] = SOURCE.parse_file(text.encode()).rejected
    assert (rejection.line, rejection.reason, rejection.raw) == (1, "the deal has no usable id", text)


@pytest.mark.parametrize("bad", ["yesterday", "2026-10-01", "2026-10-01T10:00:00", -1, True, 1.5, "v2", [1]])
def test_a_version_that_does_not_sort_is_rejected(bad):
    parsed = SOURCE.parse_file(json.dumps(deal(version=bad)).encode())
    assert parsed.sightings == ()
    assert parsed.rejected[0].reason == "deal D-1 has an unreadable version"


def test_counted_versions_sort_as_numbers():
    text = "\n".join(json.dumps(deal(version=number)) for number in (9, "10", 100))
    versions = [one.version for one in SOURCE.parse_file(text.encode(), "x.jsonl").sightings]
    assert versions == sorted(versions)


def test_the_same_deal_twice_is_taken_once_and_a_different_one_with_a_note():
    rows = [deal(), deal(), deal(name="other"), deal(version=3), deal(version=2)]
    parsed = SOURCE.parse_file("\n".join(map(json.dumps, rows)).encode(), "x.jsonl")
    assert len(parsed.sightings) == 4
    assert parsed.notes == (
        "line 2: deal D-1 again, the same; ignored",
        "line 3: deal D-1 again (without a version), different; the later one counts",
    )


def test_the_highest_version_of_a_file_wins_and_a_replay_is_harmless(store):
    rows = [deal(version=2, name="two"), deal(version=10, name="ten"), deal(version=9, name="nine")]
    parsed = SOURCE.parse_file("\n".join(map(json.dumps, rows)).encode(), "x.jsonl")
    for round_ in range(2):
        with store.write("receive") as unit:
            now = datetime.now(UTC)
            fresh = [unit.records.receive("g", "p", one, "c", now) for one in parsed.sightings]
        assert fresh == ([True, True, False] if round_ == 0 else [False] * 3)
    with store.read() as unit:
        [record] = unit.records.all()
    assert record.raw["name"] == "ten"


def test_without_versions_the_later_arrival_counts(store):
    now = datetime.now(UTC)
    for name in ("one", "two", "one"):
        [sighting] = SOURCE.parse_file(json.dumps(deal(name=name)).encode()).sightings
        with store.write("receive") as unit:
            unit.records.receive("g", "p", sighting, "c", now)
    with store.read() as unit:
        [record] = unit.records.all()
    # The third file is the first one again: without a version that is a replay, not a change back.
    assert record.raw["name"] == "two"


def test_a_deleted_deal_is_said_to_be():
    assert SOURCE.parse_file(json.dumps(deal(deleted=True)).encode()).sightings[0].deleted
    assert parse_csv(GOOD + ",true", header=HEADER + ",deleted").sightings[0].deleted


# -- values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "amount",
    [
        "1,234.50",
        "NaN",
        "inf",
        "-Infinity",
        "1e3",
        "",
        None,
        "12.345",
        "9" * 16,
        "$5",
        "١٢",
        12.5,
        True,
        [],
        "0x1f",
    ],
)
def test_an_amount_that_is_no_plain_decimal_is_a_finding(amount):
    assert findings(line={"amount": amount}) == [("amount_invalid", "amount")]


def test_the_message_tells_what_is_wrong_with_an_amount():
    parsed = parse_csv('D-1,yes,2026-10-02,USD,A-1,Acme,P-1,1,"1,234.50"')
    [finding] = read_one(parsed)
    assert finding.expected == (
        'amount: a plain decimal number, such as "1234.50" (no grouping, exponent or currency sign)'
    )
    assert finding.found == "'1,234.50' (line 2 of the file)"
    assert (finding.code, finding.cause) == ("amount_invalid", "D-1 line 1 amount")


@pytest.mark.parametrize("amount", ["0", "-5.00", "100", 100, "+7.5", "999999999999999.99"])
def test_a_decimal_the_currency_holds_is_read_whatever_it_means(amount):
    assert findings(line={"amount": amount}) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"won": None}, [("payload_unreadable", "won")]),
        ({"won": "perhaps"}, [("payload_unreadable", "won")] * 2),
        ({"close_date": "02/10/2026"}, [("payload_unreadable", "close_date")]),
        ({"close_date": "2026-02-30"}, [("payload_unreadable", "close_date")]),
        ({"close_date": ""}, [("payload_unreadable", "close_date")]),
        ({"currency": "XYZ"}, [("currency_unknown", "currency")]),
        ({"currency": None}, [("currency_unknown", "currency")]),
        ({"customer": None}, [("customer_missing", "customer")]),
        ({"customer": {"id": "A", "name": " "}}, [("customer_missing", "customer")]),
        ({"customer": {"name": "Acme"}}, [("customer_missing", "customer")]),
        ({"bill_to": {"id": "B"}}, [("customer_missing", "bill_to")]),
        ({"amount": "ten"}, [("amount_invalid", "amount")]),
        ({"discount": "1e2"}, [("amount_invalid", "discount")]),
        ({"lines": {"a": 1}}, [("payload_unreadable", "lines")]),
        ({"lines": [5]}, [("payload_unreadable", "line")]),
        ({"attributes": {"x": {}}}, [("payload_unreadable", "attributes.x")]),
        ({"history": [{"at": "2026-10-01", "won": True}]}, [("payload_unreadable", "history.1.at")]),
        ({"line": {"quantity": "1e2"}}, [("quantity_invalid", "quantity")]),
        ({"line": {"product": None}}, [("payload_unreadable", "product.id")]),
        ({"line": {"product": {"id": "a\x00"}}}, [("id_malformed", "product.id")]),
        ({"line": {"kind": "weekly"}}, [("payload_unreadable", "kind")]),
        ({"line": {"term_months": "0"}}, [("payload_unreadable", "term_months")]),
        (
            {"line": {"service_start": "2026-01-02", "service_end": "2026-01-01"}},
            [("payload_unreadable", "service_end")],
        ),
        ({"line": {"service_end": "2026-01-01"}}, [("payload_unreadable", "service_start")]),
        (
            {"line": {"service_start": "2026-01-01", "service_end": "9999-12-31"}},
            [("payload_unreadable", "service_end")],
        ),
        (
            {"customer": {"id": "A", "name": "B", "contact": {"id": "c"}}},
            [("payload_unreadable", "customer.contact")],
        ),
        (
            {"customer": {"id": "A", "name": "B", "billing": {"country": "USA"}}},
            [("payload_unreadable", "customer.billing.country")],
        ),
    ],
)
def test_each_wrong_value_is_a_finding_at_its_place(fields: dict, expected: list):
    assert findings(**fields) == expected


def test_two_lines_of_one_id_are_a_finding():
    line = {"id": "1", "product": {"id": "P"}, "quantity": "1", "amount": "1.00"}
    assert findings(lines=[line, line]) == [("id_malformed", "id")]


def test_an_open_deal_needs_nothing_else_to_be_right():
    order = read_one(SOURCE.parse_file(b'{"id": "D-1", "won": false, "amount": "soon"}'))
    assert isinstance(order, Order)
    assert (order.won, order.closed, order.lines) == (False, False, ())


@pytest.mark.parametrize(
    "name", ['O\'Neil "Bob"', "a, b; c", "😀 GmbH", "شركة الأمل", "line\r\nbreak", "\u202eevil"]
)
def test_names_survive_in_json_and_csv(name: str):
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(HEADER.split(","))
    writer.writerow([*GOOD.split(",")[:5], name, *GOOD.split(",")[6:]])
    from_csv = read_one(SOURCE.parse_file(buffer.getvalue().encode(), "x.csv"))
    from_json = read_one(SOURCE.parse_file(json.dumps(deal(customer={"id": "A-1", "name": name})).encode()))
    assert from_csv.customer.name == from_json.customer.name == name.replace("\r\n", " ")


def test_lines_in_another_currency_are_read_and_left_to_the_check():
    parsed = SOURCE.parse_file(json.dumps(deal(line={"currency": "eur"})).encode())
    assert read_one(parsed).lines[0].amount.currency == "EUR"


# -- CSV --------------------------------------------------------------------------------------------------


def test_rows_of_one_deal_are_gathered_wherever_they_stand():
    parsed = parse_csv(GOOD, GOOD.replace("D-1", "D-2"), "D-1,,,,,,P-2,2,50.00")
    assert [one.object_id for one in parsed.sightings] == ["D-1", "D-2"]
    order = read_one(parsed)
    assert [(line.product.id, str(line.amount)) for line in order.lines] == [
        ("P-1", "100.00 USD"),
        ("P-2", "50.00 USD"),
    ]


def test_four_hundred_lines_are_one_deal():
    parsed = parse_csv(*(GOOD.replace("P-1", f"P-{n}") for n in range(400)))
    order = read_one(parsed)
    assert (len(parsed.sightings), len(order.lines)) == (1, 400)


def test_a_row_without_a_deal_id_is_rejected_and_the_good_ones_are_loaded():
    stray = ",yes,2026-10-02,USD,A-2,Other,P-1,1,5.00"
    parsed = parse_csv(GOOD, stray, GOOD.replace("D-1", "D-2"))
    [rejection] = parsed.rejected
    assert (rejection.line, rejection.reason, rejection.raw) == (3, "no deal id", stray)
    assert [isinstance(read_one(parsed, n), Order) for n in (0, 1)] == [True, True]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([GOOD, ",,,,,,P-2,1,5.00", GOOD.replace("D-1", "D-2")], {"D-1"}),
        ([GOOD, ",,,,,Other,P-2,1,5.00", GOOD], {"D-1"}),
        ([GOOD, 'D-1,"x"y,2026-10-02,USD,A-1,Acme,P-2,1,5.00', GOOD.replace("D-1", "D-2")], {"D-1"}),
        ([GOOD, 'D-2,yes,"2026,USD,A-1,Acme,P-2,1,5.00', GOOD.replace("D-1", "D-2")], {"D-1"}),
    ],
)
def test_a_deal_that_may_miss_a_row_is_not_billed_without_it(rows: list[str], told: set[str]):
    parsed = parse_csv(*rows)
    assert len(parsed.rejected) == 1
    held = {one.object_id for one in parsed.sightings if not isinstance(SOURCE.read(one), Order)}
    assert held == told


def test_a_row_with_too_few_cells_holds_its_deal_and_is_named():
    parsed = parse_csv(GOOD, "D-1,,,,,,P-2,1", GOOD.replace("D-1", "D-2"))
    assert parsed.rejected == ()
    [finding] = read_one(parsed)
    assert finding.code == "payload_unreadable"
    assert finding.expected == "row 3: 9 cells, as the header has"
    assert finding.found == "8 cells (line 3 of the file)"
    assert isinstance(read_one(parsed, 1), Order)


def test_every_bad_row_is_named_with_line_and_reason_while_the_file_is_at_hand():
    parsed = parse_csv(
        GOOD, "D-2,,,,,,P-2,1", "," + GOOD, ",x,,,,,,,", GOOD.replace("D-1", "D-3").replace("USD", "?")
    )
    said = [*parsed.notes, *(f"line {one.line}: {one.reason}" for one in parsed.rejected)]
    assert {text.split(":")[0] for text in said} == {"line 3", "line 4", "line 5", "line 6"}
    assert (
        "line 6: deal D-3 will be a case: currency: an ISO 4217 code such as USD; found '?'" in parsed.notes
    )


def test_a_deal_with_very_many_troubles_says_only_so_many():
    parsed = SOURCE.parse_file(json.dumps(deal(lines=[5] * 400)).encode())
    assert len(parsed.notes) == 11
    assert parsed.notes[-1] == "… and 390 more"


def test_rows_that_disagree_about_the_deal_are_named():
    parsed = parse_csv(GOOD, GOOD.replace("USD", "EUR"))
    [finding] = read_one(parsed)
    assert finding.expected == "row 3: currency 'USD' as in line 2"


def test_rows_of_several_versions_are_several_versions():
    header = HEADER + ",version"
    parsed = parse_csv(f"{GOOD},1", "D-1,,,,,,P-2,1,1.00,", f"{GOOD},2", header=header)
    assert [(one.version, len(one.payload["lines"])) for one in parsed.sightings] == [
        ("1".zfill(18), 2),
        ("2".zfill(18), 1),
    ]


def test_the_same_row_twice_is_one_line_when_lines_have_ids():
    header = HEADER + ",line_id"
    parsed = parse_csv(f"{GOOD},L1", f"{GOOD},L1", f"{GOOD},L2", header=header)
    assert len(read_one(parsed).lines) == 2
    assert parsed.notes == ("line 3: the same as line 2; ignored",)
    changed = parse_csv(f"{GOOD},L1", f"{GOOD.replace('100.00', '90.00')},L1", header=header)
    assert [finding.code for finding in read_one(changed)] == ["id_malformed"]


def test_a_good_deal_is_the_same_wherever_it_stands_in_the_file():
    alone, below = parse_csv(GOOD), parse_csv(GOOD.replace("D-1", "D-0"), GOOD)
    assert below.sightings[1] == alone.sightings[0]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_understood(delimiter: str):
    text = f"{HEADER}\n{GOOD}".replace(",", delimiter)
    assert isinstance(read_one(SOURCE.parse_file(text.encode(), "x.csv")), Order)


def test_a_decimal_comma_is_refused_not_guessed():
    text = f"{HEADER}\n{GOOD}".replace(",", ";").replace("100.00", "100,00")
    [finding] = read_one(SOURCE.parse_file(text.encode(), "x.csv"))
    assert finding.code == "amount_invalid"


@pytest.mark.parametrize("header", ["id,won", HEADER + ",won"])
def test_a_wrong_header_is_refused(header: str):
    parsed = parse_csv(GOOD, header=header)
    assert parsed.sightings == ()
    assert parsed.rejected[0].line == 1


def test_a_deal_of_a_row_without_a_line_has_none():
    order = read_one(parse_csv("D-1,yes,2026-10-02,USD,A-1,Acme,,,"))
    assert order.lines == ()


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (HEADER + "\n" + text).encode("utf-8"))
)
def test_whatever_a_file_holds_nothing_is_lost_and_nothing_raises(content: bytes):
    for name in ("", "x.csv", "x.json", "x.jsonl"):
        parsed = SOURCE.parse_file(content, name)
        assert parsed.sightings or parsed.rejected
        for sighting in parsed.sightings:
            assert SOURCE.read(sighting) != []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([GOOD, GOOD.replace("D-1", "D-2"), "D-1,,,,,,P-2,1", 'D-3,"', ",,,,,,P-2,1,5.00"])
    )
)
def test_every_row_ends_in_a_line_a_finding_or_a_rejection(rows: list[str]):
    parsed = parse_csv(*rows)
    text = "\n".join(rejection.raw for rejection in parsed.rejected)
    for one in parsed.sightings:
        text += json.dumps(one.payload)
    text += json.dumps(text)
    for row in rows:
        assert json.dumps(row)[1:-1] in text or row in (GOOD, GOOD.replace("D-1", "D-2"))
        assert row.split(",", maxsplit=1)[0] in text
