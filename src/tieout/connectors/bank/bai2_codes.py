"""BAI2 type codes: which side they are on, which are totals, and which say that something came back.

The levels and sides are those of the BAI2 specification's appendix: 001 to 099 status, 100 to 399 credits, 400 to 699
debits, 700 to 799 loans, 900 to 999 the bank's own.
"""

from __future__ import annotations

from tieout.domain.cash.movements import MovementKind, Rail

#: Codes the specification lists as totals of others: never booked, even where a bank sends one as a detail.
#: 169 (miscellaneous ACH credit) is listed as a total too, but its mirror 469 is a detail and banks send both so.
_SUMMARIES = """
    100 101 105 106 107 109 110 120 130 131 140 146 150 160 162 163 167 168 170 178 180 182 185 186 188 190 200 205
    207 210 215 230 231 239 245 250 251 256 260 270 271 280 285 294 302 303 304 305 307 309 310 315 316 318 319 320 321
    324 325 326 327 328 329 330 332 336 338 340 341 343 350 352 355 356 360 361 370 385 389 390 400 401 403 405 406 410
    412 416 420 430 446 450 463 465 467 470 471 478 480 482 486 490 500 505 507 510 515 530 532 534 536 537 539 550 551
    556 560 570 580 583 584 585 586 587 588 590 594 596 601 602 610 611 612 613 614 615 617 618 621 623 625 626 628 630
    632 640 646 650 655 665 670 685 689 690 720 760
"""
SUMMARIES = frozenset(_SUMMARIES.split())

#: Credit side: our own outgoing payment, or our cheque, came back.
_BACK_TO_US = frozenset({"252", "254", "255", "257", "258", "261", "266", "268", "123", "395"})
#: Debit side: a debit we pulled came back through the ACH.
_DEBIT_CAME_BACK = frozenset({"557", "558", "561", "423"})
#: Debit side: a receipt the bank takes back.
_RECEIPT_TAKEN_BACK = frozenset({"552", "554", "555", "566", "568", "631", "694"})
_FEES = frozenset({"564", "567", "661", "698"})

#: Debits of any type: what they are stands in the text.
ANY_DEBIT = frozenset({"409", "699"})

_ACH = "121 142 143 145 155 156 164 165 166 169 257 258 445 447 451 452 455 462 466 469 557 558"
_RAILS = {
    Rail.LOCKBOX: frozenset({"115", "116", "118"}),
    Rail.WIRE: frozenset({"191", "195", "196", "208", "495", "496", "491", "508", "201"}),
    Rail.CHECK: frozenset(
        {"171", "172", "173", "174", "175", "176", "255", "395", "472", "474", "475", "555"}
    ),
    Rail.CARD: frozenset({"147"}),
    Rail.TRANSFER: frozenset({"206", "275", "301", "506", "575"}),
    Rail.ACH: frozenset(_ACH.split()),
}

#: A deposit and its items: the same money twice.
ITEMS_OF = {"116": "115", "143": "142", "136": "135", "156": "155"}


def credit(code: str) -> bool | None:
    """Whether a type code puts money on the account; None for status codes and what is unknown."""
    if not (code.isascii() and code.isdigit() and len(code) == 3):
        return None
    number = int(code)
    if 100 <= number <= 399 or 720 <= number <= 759 or 920 <= number <= 959:
        return True
    if 400 <= number <= 699 or 760 <= number <= 799 or 960 <= number <= 999:
        return False
    return None


def moneyless(code: str) -> bool:
    """Whether it only tells something: a status or balance code, or a message (890)."""
    if not (code.isascii() and code.isdigit() and len(code) == 3):
        return False
    return code == "890" or int(code) < 100 or 700 <= int(code) <= 719 or 900 <= int(code) <= 919


def kind(code: str, *, on_credit: bool) -> MovementKind:
    """What a detail of this type is."""
    if code in SUMMARIES:
        return MovementKind.SUMMARY
    if code in _BACK_TO_US:
        return MovementKind.RETURN_OF_CREDIT
    if code in _DEBIT_CAME_BACK:
        return MovementKind.RETURN_OF_DEBIT
    if code in _RECEIPT_TAKEN_BACK:
        return MovementKind.RETURNED_RECEIPT
    if code in _FEES:
        return MovementKind.FEE
    return MovementKind.RECEIPT if on_credit else MovementKind.DISBURSEMENT


def rail(code: str) -> Rail:
    """The way the money took, where the code tells."""
    return next((one for one, codes in _RAILS.items() if code in codes), Rail.UNKNOWN)
