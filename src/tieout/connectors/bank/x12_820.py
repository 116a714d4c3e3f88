"""X12 820 files: payment orders and remittance advices, one movement a transaction set.

BPR01 says whether money moves with it: `C` (payment with remittance), `D` (payment only), `U` (split) and `X` are
payments; `I` is remittance only, whose money comes by another way, and everything else moves nothing either.
"""

from __future__ import annotations

from bisect import bisect_left

from tieout.connectors.bank import x12, x12_references
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.texts import digits, fingerprint, shown, yymmdd, yyyymmdd
from tieout.domain.cash.movements import BankFile, MovementKind, Payer, Place, Rail, Stage, Statement

_PAYMENTS = frozenset({"C", "D", "U", "X"})
_RAILS = {
    "ACH": Rail.ACH,
    "CHK": Rail.CHECK,
    "FWT": Rail.WIRE,
    "FEW": Rail.WIRE,
    "BOP": Rail.TRANSFER,
    "SWT": Rail.WIRE,
    "CCC": Rail.CARD,
}


def looks_like_x12(text: str) -> str:
    """Why a text is (not) an 820: empty when it is."""
    found = x12.segments(text[:100_000])
    if not found:
        return "it begins with none of the segments ISA, GS, ST, BPR or RMR"
    sets = {segment[1] for segment in found if segment[0] == "ST"}
    if sets and "820" not in sets:
        return f"its transaction sets are {', '.join(sorted(sets))}, not 820"
    if not sets and not any(segment[0] in {"BPR", "RMR"} for segment in found):
        return "it has neither ST*820 nor BPR nor RMR"
    return ""


def read_820(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read an interchange, a group, bare transaction sets or loose segments."""
    found = Collector(digest, "x12-820")
    segments = x12.segments(text)
    breaks = [index for index, char in enumerate(text) if char == "\n"]
    reader = _Reader(found, options, breaks)
    advices = list(x12.advices(segments))
    for number, advice in enumerate(advices, start=1):
        reader.take(number, advice)
    for segment in segments:
        if segment[0] == "ST" and segment[1] != "820":
            place = found.place("ST", reader.line(segment.offset))
            found.note("x12_other_set", "ST*820", shown("*".join(segment.elements)), place)
    _check_envelope(segments, len(advices), reader, found)
    if not advices:
        found.note("statement_missing", "a transaction set 820", "none", found.place("file"))
    return found.finish()


def _check_envelope(segments: list[x12.Segment], sets: int, reader: _Reader, found: Collector) -> None:
    total = sum(1 for segment in segments if segment[0] == "ST")
    groups = [segment for segment in segments if segment[0] == "GE"]
    stated = [digits(segment[1]) for segment in groups]
    if groups and None not in stated and sum(one for one in stated if one is not None) != max(total, sets):
        place = found.place("GE", reader.line(groups[-1].offset))
        told = ", ".join(str(one) for one in stated)
        found.note("x12_counts", f"{total} transaction sets, as there are", f"{told} stated", place)
    names = [segment[0] for segment in segments]
    if "ISA" in names and "IEA" not in names:
        place = found.place("file", reader.line(segments[-1].offset))
        found.note("x12_incomplete", "a trailer IEA", "none", place)


class _Reader:
    def __init__(self, found: Collector, options: BankOptions, breaks: list[int]) -> None:
        self._found = found
        self._options = options
        self._breaks = breaks

    def line(self, offset: int) -> int:
        """The line an offset lies on."""
        return bisect_left(self._breaks, offset) + 1

    def take(self, number: int, advice: x12.Advice) -> None:
        """Keep the movement of one transaction set."""
        found = self._found
        where = f"ST {number}"

        def place(offset: int) -> Place:
            return found.place(where, self.line(offset))

        here = place(advice.offset)
        currency = advice.currency or self._options.currency
        amount = (
            advice.amount
            if advice.amount is not None
            else (None if advice.amount_text else advice.items_total)
        )
        credit = advice.direction != "D"
        if amount is not None and amount < 0:
            amount, credit = -amount, not credit
        found.entry(here, credit, amount, currency)
        self._check_trailer(advice, here)
        references = x12_references.references(advice, currency, place, found)
        x12_references.check_sum(advice, None, "", here, found)
        if amount is None:
            found.note("amount_unreadable", "a number in BPR02", shown(advice.amount_text), here)
            return
        money = found.money(amount, currency, here)
        if money is None:
            return
        kind = MovementKind.INFORMATION
        if advice.handling in _PAYMENTS and amount:
            kind = MovementKind.RECEIPT if credit else MovementKind.DISBURSEMENT
        settled = yyyymmdd(advice.settlement) or yymmdd(advice.settlement)[0]
        identifiers = (("ach_company", advice.company_id),) if advice.company_id else ()
        key = advice.key or fingerprint(currency, amount, settled, *(item.reference for item in advice.items))
        found.movement(
            place=here,
            kind=kind,
            credit=credit,
            amount=money,
            account=self._options.account or advice.account,
            identity=f"820/{key}/{amount}",
            booked=settled,
            value_date=settled,
            rail=_RAILS.get(advice.method, Rail.UNKNOWN),
            code=f"{advice.handling} {advice.method}".strip(),
            bank_reference=advice.trace,
            customer_reference=advice.key,
            payer=Payer(names=tuple(advice.payers), identifiers=(*identifiers, *advice.payer_ids)),
            references=references,
            texts=x12_references.texts(advice),
            stage=Stage.NOTIFIED,
        )
        found.statements.append(Statement(account=advice.account, currency=currency, reference=advice.key))

    def _check_trailer(self, advice: x12.Advice, here: Place) -> None:
        if not advice.closed:
            if advice.control:
                self._found.note("x12_incomplete", "a trailer SE", "none", here)
        elif digits(advice.stated_segments) != advice.segments:
            told = advice.stated_segments or "none"
            self._found.note(
                "x12_counts", f"{advice.segments} segments, as there are", f"{told} stated", here
            )
