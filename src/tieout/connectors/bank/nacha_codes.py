"""Return and change codes of the ACH network.

Meanings as Nacha's operating rules give them (Appendix Four: returns; Appendix Five: notifications of change).
"""

from __future__ import annotations

#: return code → short meaning
RETURNS: dict[str, str] = {
    "R01": "insufficient funds",
    "R02": "account closed",
    "R03": "no account, or unable to locate it",
    "R04": "invalid account number",
    "R05": "unauthorized debit to a consumer account",
    "R06": "returned at the originating bank's request",
    "R07": "authorization revoked",
    "R08": "payment stopped",
    "R09": "uncollected funds",
    "R10": "originator not known or not authorized",
    "R11": "not in accordance with the authorization",
    "R12": "branch sold to another bank",
    "R13": "invalid routing number",
    "R14": "representative payee deceased",
    "R15": "beneficiary or account holder deceased",
    "R16": "account frozen",
    "R17": "file record edit criteria, or questionable",
    "R18": "improper effective entry date",
    "R19": "amount field error",
    "R20": "non-transaction account",
    "R21": "invalid company identification",
    "R22": "invalid individual id number",
    "R23": "credit refused by receiver",
    "R24": "duplicate entry",
    "R25": "addenda error",
    "R26": "mandatory field error",
    "R27": "trace number error",
    "R28": "routing number check digit error",
    "R29": "corporate customer advises not authorized",
    "R30": "receiving bank takes no part in check truncation",
    "R31": "permissible return (CCD, CTX)",
    "R32": "receiving bank cannot settle",
    "R33": "return of a destroyed check entry",
    "R34": "limited participation of the receiving bank",
    "R35": "improper debit entry",
    "R36": "improper credit entry",
    "R37": "source document presented for payment",
    "R38": "stop payment on the source document",
    "R39": "improper source document, or presented",
    "R40": "return of an enrolment by a federal agency",
    "R41": "invalid transaction code",
    "R42": "routing number or check digit error",
    "R43": "invalid account number",
    "R44": "invalid individual id number",
    "R45": "invalid individual or company name",
    "R46": "invalid representative payee indicator",
    "R47": "duplicate enrolment",
    "R50": "state law affecting re-presented checks",
    "R51": "re-presented check entry ineligible or improper",
    "R52": "stop payment on a re-presented check entry",
    "R53": "item and re-presented entry both presented",
    "R61": "dishonored: misrouted return",
    "R62": "dishonored: return of an erroneous or reversing debit",
    "R63": "dishonored: incorrect amount",
    "R64": "dishonored: incorrect individual identification",
    "R65": "dishonored: incorrect transaction code",
    "R66": "dishonored: incorrect company identification",
    "R67": "dishonored: duplicate return",
    "R68": "dishonored: untimely return",
    "R69": "dishonored: field errors",
    "R70": "dishonored: permissible return not accepted or requested",
    "R71": "contested: misrouted dishonored return",
    "R72": "contested: untimely dishonored return",
    "R73": "contested: timely original return",
    "R74": "contested: corrected return",
    "R75": "contested: return not a duplicate",
    "R76": "contested: no errors found",
    "R77": "contested: not accepted by the originating bank",
    "R80": "IAT coding error",
    "R81": "non-participant in the IAT program",
    "R82": "invalid foreign receiving bank",
    "R83": "foreign receiving bank cannot settle",
    "R84": "not processed by the gateway",
    "R85": "incorrectly coded outbound international payment",
    "R90": "not processed: sanctions screening",
}


def disputed(code: str) -> bool:
    """Whether a return code disputes an earlier return: dishonored (R61 to R70) or contested (R71 to R77)."""
    return code[:1] == "R" and code[1:].isdigit() and 61 <= int(code[1:]) <= 77


def contested(code: str) -> bool:
    """Whether it is the receiving bank's answer to a dishonored return (R71 to R77)."""
    return disputed(code) and int(code[1:]) >= 71


#: change code → names of the corrected data's parts, as (name, first, last) within its 29 characters
CHANGES: dict[str, tuple[str, tuple[tuple[str, int, int], ...]]] = {
    "C01": ("account number", (("account", 1, 17),)),
    "C02": ("routing number", (("routing", 1, 9),)),
    "C03": ("routing and account number", (("routing", 1, 9), ("account", 13, 29))),
    "C04": ("name", (("name", 1, 22),)),
    "C05": ("transaction code", (("transaction_code", 1, 2),)),
    "C06": ("account number and transaction code", (("account", 1, 17), ("transaction_code", 21, 22))),
    "C07": (
        "routing, account and transaction code",
        (("routing", 1, 9), ("account", 10, 26), ("transaction_code", 27, 28)),
    ),
    "C08": ("routing number of an IAT entry", (("routing", 1, 29),)),
    "C09": ("individual identification", (("individual_id", 1, 22),)),
    "C13": ("addenda format", ()),
    "C14": ("entry class: should be IAT", ()),
}


def corrected(code: str, data: str) -> str:
    """The corrected data of a notice, part by part: `routing=091000019 account=123`. Unknown codes: as given."""
    padded = data.ljust(29)
    _, parts = CHANGES.get(code, ("", ()))
    if code == "C06" and padded[17:22].strip() and not padded[20:22].strip().isdigit():
        parts = ()
    found = [(name, padded[first - 1 : last].strip()) for name, first, last in parts]
    told = " ".join(f"{name}={value}" for name, value in found if value)
    return told or data.strip()
