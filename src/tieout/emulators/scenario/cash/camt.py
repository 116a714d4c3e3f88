"""A camt.053 statement of one account and day, whose balances foot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from tieout.emulators.scenario.cash.entries import Entry

_OPENING = Decimal("100000.00")


def write_camt053(iban: str, day: date, number: int, entries: Sequence[Entry]) -> str:
    """The document; all entries are credits in euros."""
    closing = _OPENING + sum((one.amount for one in entries), Decimal(0))
    body = "".join(_entry(one, day) for one in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>NL{day:%y%m%d}{number}</MsgId><CreDtTm>{day}T22:00:00</CreDtTm></GrpHdr>\n"
        f"<Stmt><Id>NL-{day}-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T22:00:00</CreDtTm>\n"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
        f"{_balance('OPBD', _OPENING, day)}{_balance('CLBD', closing, day)}{body}"
        "</Stmt></BkToCstmrStmt></Document>\n"
    )


def _balance(kind: str, amount: Decimal, day: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount:f}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def _entry(entry: Entry, day: date) -> str:
    amount = f'<Amt Ccy="EUR">{entry.amount:f}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    return (
        f"<Ntry><NtryRef>{entry.reference}</NtryRef>{amount}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{entry.reference}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}"
        f"<RltdPties><Dbtr><Pty><Nm>{escape(entry.payer)}</Nm></Pty></Dbtr>"
        f"<DbtrAcct><Id><IBAN>{entry.identifier}</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{escape(entry.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )
