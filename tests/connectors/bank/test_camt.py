"""camt: parts of a booking, statuses, returns, identity across messages, balances, hostile documents."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.connectors.bank.samples import codes, content_of, figures, read, read_text

from tieout.connectors.bank import parse_bank_file
from tieout.domain.cash.bookings import LinkKind
from tieout.domain.cash.movements import MovementKind, Stage
from tieout.domain.money import Money

ROOTS = {
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
}


def document(entries: str, message: str = "camt.053", balances: str = "", namespace: str = "") -> str:
    outer, inner = ROOTS[message]
    return (
        f'<?xml version="1.0"?><Document{namespace}><{outer}><{inner}><Id>S1</Id>'
        f"<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{entries}"
        f"</{inner}></{outer}></Document>"
    )


def entry(amount: str, details: str = "", more: str = "", side: str = "CRDT", status: str = "BOOK") -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}<Sts>{status}</Sts>'
        f"<BookgDt><Dt>2026-09-18</Dt></BookgDt><ValDt><Dt>2026-09-18</Dt></ValDt>"
        f"<AcctSvcrRef>REF1</AcctSvcrRef>{details}</Ntry>"
    )


def part(amount: str, text: str, more: str = "") -> str:
    money = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    remittance = f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>"
    return f"<TxDtls><Refs><EndToEndId>{text}</EndToEndId></Refs>{money}{more}{remittance}</TxDtls>"


def details(*parts: str, expected: int = 0) -> str:
    batch = f"<Btch><NbOfTxs>{expected}</NbOfTxs></Btch>" if expected else ""
    return f"<NtryDtls>{batch}{''.join(parts)}</NtryDtls>"


def balance(code: str, amount: str, side: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-09-18</Dt></Dt></Bal>"
    )


def eur(text: str) -> Money:
    return Money(Decimal(text), "EUR")


def test_a_booking_is_split_where_its_parts_add_up():
    split = read_text(document(entry("30.00", details(part("10.00", "A"), part("20.00", "B")))))
    assert [(one.amount, one.texts, one.identity) for one in split.movements] == [
        (eur("10.00"), ("A",), "camt/DE89370400440532013000/REF1/30.00C/A/10.00"),
        (eur("20.00"), ("B",), "camt/DE89370400440532013000/REF1/30.00C/B/20.00"),
    ]
    assert figures(split)["entries"] == 1


def test_a_booking_whose_parts_do_not_add_up_stays_whole_with_all_their_texts():
    read_file = read_text(document(entry("30.00", details(part("10.00", "A"), part("19.00", "B")))))
    assert [(one.amount, one.texts) for one in read_file.movements] == [(eur("30.00"), ("A", "B"))]
    assert codes(read_file) == ["camt_parts_differ"]


def test_charges_the_bank_took_off_are_a_fee_beside_the_parts():
    charge = "<Chrgs><Rcrd><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
    read_file = read_text(document(entry("29.00", details(part("10.00", "A", charge), part("20.00", "B")))))
    assert [(one.kind, one.credit, one.amount) for one in read_file.movements] == [
        (MovementKind.RECEIPT, True, eur("10.00")),
        (MovementKind.RECEIPT, True, eur("20.00")),
        (MovementKind.FEE, False, eur("1.00")),
    ]


def test_a_batch_without_details_stays_one_movement_and_is_told():
    read_file = read_text(document(entry("30.00", details(expected=3))))
    assert [one.amount for one in read_file.movements] == [eur("30.00")]
    assert codes(read_file) == ["camt_batch_unsplit"]


def test_lines_and_details_of_a_booking_name_it_alike():
    parts = part("10.00", "A"), part("20.00", "B")
    batch = "<Btch><MsgId>M1</MsgId><PmtInfId>P1</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
    (line,) = read_text(document(entry("30.00", details(expected=2)))).movements
    told = read_text(document(entry("30.00", f"<NtryDtls>{batch}{''.join(parts)}</NtryDtls>"), "camt.054"))
    assert line.booking is not None
    assert (line.booking.part, line.booking.count, line.booking.links) == (
        False,
        2,
        ((LinkKind.SERVICER, "REF1"),),
    )
    for one in told.movements:
        assert one.booking is not None
        assert (one.booking.part, one.booking.shape, one.booking.key) == (
            True,
            line.booking.shape,
            line.booking.key,
        )
        assert one.booking.links[1:] == ((LinkKind.ORDER, "P1"), (LinkKind.MESSAGE, "M1"))


def test_a_statements_own_payment_is_the_money_itself_and_a_notifications_one_is_a_detail():
    for message, expected in (("camt.053", None), ("camt.054", True)):
        (one,) = read_text(document(entry("30.00", details(part("30.00", "A"))), message)).movements
        assert (one.booking and one.booking.part) == expected
    (other,) = read_text(document(entry("30.00", details(part("29.00", "A"))), "camt.054")).movements
    assert not (other.booking and other.booking.part)


def test_ids_that_each_payer_gave_his_own_order_do_not_name_the_booking():
    parts = [part("15.00", one).replace("<Refs>", f"<Refs><MsgId>{one}</MsgId>") for one in "AB"]
    for one in read_text(document(entry("30.00", details(*parts)), "camt.054")).movements:
        assert one.booking is not None
        assert [kind for kind, _ in one.booking.links] == [LinkKind.SERVICER]


@pytest.mark.parametrize("status", ["PDNG", "INFO", "XXXX"])
@pytest.mark.parametrize("version", ["<Sts>{}</Sts>", "<Sts><Cd>{}</Cd></Sts>"])
def test_only_booked_entries_are_cash(status: str, version: str):
    text = document(entry("30.00")).replace("<Sts>BOOK</Sts>", version.format(status))
    assert [one.kind for one in read_text(text).movements] == [MovementKind.INFORMATION]


def test_a_reversal_never_becomes_a_receipt():
    rows = [entry("5.00", more="<RvslInd>true</RvslInd>", side=side) for side in ("CRDT", "DBIT")]
    kinds = [one.kind for one in read_text(document("".join(rows))).movements]
    assert kinds == [MovementKind.RETURN_OF_CREDIT, MovementKind.RETURNED_RECEIPT]


def test_a_return_names_its_reason():
    reason = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn><AddtlInf>no funds</AddtlInf></RtrInf>"
    text = document(entry("5.00", details(part("5.00", "INV-1", reason)), side="DBIT"))
    (one,) = read_text(text).movements
    assert one.kind is MovementKind.RETURN_OF_DEBIT
    assert one.returned
    assert (one.returned.code, one.returned.reason, one.returned.original) == ("AM04", "no funds", "INV-1")


def test_the_same_money_in_report_notification_and_statement_has_one_identity():
    told = {
        message: read_text(document(entry("30.00", details(part("", "A"))), message)).movements[0]
        for message in ("camt.052", "camt.054", "camt.053")
    }
    assert len({one.identity for one in told.values()}) == 1
    assert [one.stage for one in told.values()] == [Stage.INTERIM, Stage.NOTIFIED, Stage.BOOKED]


def test_the_details_of_a_notification_belong_to_the_lump_on_the_statement():
    (lump,) = read_text(document(entry("30.00", details(expected=2)))).movements
    parts = read_text(
        document(entry("30.00", details(part("10.00", "A"), part("20.00", "B"), expected=2)), "camt.054")
    )
    assert [one.identity.startswith(lump.identity + "/") for one in parts.movements] == [True, True]


def test_invoices_and_credit_notes_of_a_structured_remittance_keep_their_amounts():
    def strd(number: str, amounts: str) -> str:
        return f"<Strd><RfrdDocInf><Nb>{number}</Nb></RfrdDocInf><RfrdDocAmt>{amounts}</RfrdDocAmt></Strd>"

    remittance = (
        "<TxDtls><RmtInf>"
        + strd(
            "INV-1",
            "<DuePyblAmt Ccy='EUR'>2550</DuePyblAmt><DscntApldAmt Ccy='EUR'>50</DscntApldAmt>"
            "<RmtdAmt Ccy='EUR'>2500</RmtdAmt>",
        )
        + strd("CN-9", "<CdtNoteAmt Ccy='EUR'>600</CdtNoteAmt>")
        + "</RmtInf></TxDtls>"
    )
    (one,) = read_text(document(entry("1900.00", f"<NtryDtls>{remittance}</NtryDtls>"))).movements
    assert [(ref.text, ref.paid, ref.gross, ref.discount) for ref in one.references] == [
        ("INV-1", eur("2500"), eur("2550"), eur("50")),
        ("CN-9", eur("-600"), None, None),
    ]


@pytest.mark.parametrize(("closing", "foots"), [("130.00", True), ("130.01", False)])
def test_balances_that_do_not_foot_block(closing: str, foots: bool):
    text = document(entry("30.00"), balances=balance("OPBD", "100.00") + balance("CLBD", closing))
    told = figures(read_text(text))
    assert (told["statements"][0]["foots"], told["blocked"], told["refused"]) == (foots, not foots, None)


def test_a_garbled_entry_rejects_itself_and_the_others_go_on():
    read_file = read_text(
        document(entry("12..34") + entry("30.00") + entry("-5.00") + entry("1.00", side="XXXX"))
    )
    assert [one.amount for one in read_file.movements] == [eur("30.00")]
    assert codes(read_file) == ["amount_unreadable", "amount_unreadable", "direction_missing"]
    assert figures(read_file)["entries"] == 4


@pytest.mark.parametrize(
    "namespace", ["", ' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.13"', ' xmlns="urn:whatever"']
)
def test_the_namespace_decides_nothing(namespace: str):
    told = figures(read_text(document(entry("30.00"), namespace=namespace)))
    assert (told["format"], told["entries"]) == ("camt.053", 1)


HOSTILE = {
    "an entity": '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "x">]>'
    "<Document><BkToCstmrStmt>&a;</BkToCstmrStmt></Document>",
    "a file": '<!DOCTYPE d SYSTEM "file:///etc/passwd"><Document><BkToCstmrStmt/></Document>',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_documents_with_entities_or_types_are_refused(text: str):
    assert figures(read_text(text))["refused"] == "xml_unsafe"
    assert figures(parse_bank_file(text.encode("utf-16"), "wide"))["refused"] in {"xml_unsafe", "xml_broken"}


def test_nesting_without_end_is_refused_and_does_not_crash():
    text = "<Document><BkToCstmrStmt>" + "<a>" * 100_000
    assert figures(read_text(text))["refused"] == "xml_broken"


def test_a_document_that_breaks_off_keeps_what_was_read_and_has_no_effect():
    whole = content_of("camt/viafintech-053-valid_example_v4.xml")
    read_file = parse_bank_file(whole[: len(whole) // 2], "cut")
    told = figures(read_file)
    assert 0 < told["entries"] < 13
    assert (told["blocked"], told["refused"]) == (True, None)
    assert "camt_incomplete" in codes(read_file)


def test_amounts_keep_every_decimal_that_was_written():
    assert figures(read("camt/camt053.v2.five.decimals.xml"))["credits"] == {"EUR": "8.85"}
    read_file = read_text(document(entry("1.23456")))
    assert figures(read_file)["credits"] == {"EUR": "1.23456"}
    assert ([one.amount for one in read_file.movements], codes(read_file)) == (
        [eur("1.23")],
        ["amount_rounded"],
    )


def test_party_names_accounts_and_ids_are_those_of_the_other_side():
    (one,) = read("camt/camt053.v2.with-party-ids.xml").movements
    assert one.payer.names == ("NAME NAME",)
    assert one.payer.identifiers == (("iban", "NL56AGDH9619008421"), ("party_nidn", "19121212-1212"))
