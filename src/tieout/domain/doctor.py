"""The go-live examination: the register of its checks, their results, and sign-offs.

A check's code never changes its meaning. `unverified` is a result of its own: what nobody could look at is
neither in order nor out of order, and it is said (R22, R88).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tieout.domain.errors import DomainError
from tieout.domain.ids import ExternalId


class Verdict(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    FAIL = "fail"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Check:
    """One entry of the register: title, the requirements it serves, and what to do when it is not passed."""

    title: str
    requirements: tuple[str, ...]
    remedy: str


CHECKS: dict[str, Check] = {
    # -- who we are connected to ---------------------------------------------------------------------------
    "account_reachable": Check(
        "NetSuite answers us",
        ("R88",),
        "Look at Setup > Users/Roles > View Login Audit Trail; check client id, certificate id and key.",
    ),
    "environment_pinned": Check(
        "The connected account is the configured one",
        ("R88",),
        "Set netsuite.account to the account you mean and remove base_url, so that its own host answers.",
    ),
    "environment_marker": Check(
        "A sandbox is the copy that was examined",
        ("R22", "R88"),
        "After each sandbox refresh create a customer with a new external ID there, and name it in"
        " go_live.refresh_marker; everything written before the refresh is gone.",
    ),
    "source_pinned": Check(
        "The connected source is the configured one",
        ("R88",),
        "Write the id of the org or portal into the source's options; a mismatch then stops the start.",
    ),
    "source_ready": Check(
        "The source is in order",
        ("R88",),
        "Do what the source's warning says, or accept it knowingly.",
    ),
    "clock_in_step": Check(
        "Our clock agrees with NetSuite's",
        ("R88",),
        "Synchronise this machine's clock (NTP): logins fail at five minutes, windows are wrong before that.",
    ),
    "tax_engine": Check(
        "The account uses SuiteTax",
        ("R88",),
        "NetSuite's REST services do not support legacy tax: move the account to SuiteTax first.",
    ),
    "slots_allowed": Check(
        "We use no more slots than the account allows",
        ("R88",),
        "Set netsuite.concurrency to what the account allows (Setup > Integration > Integration Governance)"
        " and leave headroom for other integrations.",
    ),
    # -- what our role may do ------------------------------------------------------------------------------
    "role_reads": Check(
        "Our role reads what decisions need",
        ("R81", "R88"),
        "Give the role the permission for this list at View or higher (`tieout netsuite setup` writes a role).",
    ),
    "role_creates": Check(
        "Our role may create the records we write",
        ("R88",),
        "Give the role this record's permission at Create or higher, in every subsidiary that sells.",
    ),
    "role_updates": Check(
        "Our role may change what it wrote",
        ("R84", "R88"),
        "Give the role this record's permission at Edit or Full: a REST read opens a record in edit mode.",
    ),
    "canaries_visible": Check(
        "A known record of each type and subsidiary is seen",
        ("R81", "R84"),
        "Create one harmless record there, name its external ID in netsuite.canaries, and let the role see it.",
    ),
    # -- fields and forms ----------------------------------------------------------------------------------
    "trace_fields_exist": Check(
        "The fields that carry our trace exist",
        ("R80", "R88"),
        "Deploy the project that `tieout netsuite setup DIR` writes.",
    ),
    "trace_fields_exposed": Check(
        "The form in use takes our fields",
        ("R80", "R88"),
        "Show the field on the custom form the role uses, and give the role Edit access to it.",
    ),
    "mandatory_fields_filled": Check(
        "No form asks for a field Tieout does not send",
        ("R22", "R88"),
        "Make the field optional on the form, let a workflow fill it, or choose a form of one's own in"
        " rules.forms.",
    ),
    "mandatory_fields_known": Check(
        "What a form makes mandatory is known",
        ("R22", "R88"),
        "NetSuite does not tell over REST: compare the form's mandatory boxes in production (Customization >"
        " Forms) with what Tieout sends, or watch the first real record.",
    ),
    "record_accepted": Check(
        "NetSuite takes the shape of our records",
        ("R88",),
        "Read NetSuite's words; a script, a workflow or a reference refuses the record.",
    ),
    "lines_explicit": Check(
        "Invoices have explicit lines with item internal ids",
        ("R82",),
        "Report it: every line must leave with item id, quantity, rate and amount.",
    ),
    # -- data ----------------------------------------------------------------------------------------------
    "crosswalk_complete": Check(
        "Everything that was sold is mapped",
        ("R83",),
        "Add crosswalk rows: `tieout crosswalk import item FILE`, `tieout crosswalk import term FILE`.",
    ),
    "crosswalk_targets": Check(
        "What was sold leads to items that can be sold",
        ("R83",),
        "Reactivate the item, share it with the subsidiary, or map another one.",
    ),
    "crosswalk_unused_rows": Check(
        "Other crosswalk rows lead somewhere, too",
        ("R83",),
        "Correct or end the row; nothing recent used it.",
    ),
    "crosswalk_renames": Check(
        "Mapped items are still called what they were",
        ("R83",),
        "Confirm that the item still means the product it is mapped to; names are not used to match.",
    ),
    "customers_unambiguous": Check(
        "Every account leads to one NetSuite customer, or to none",
        ("R81",),
        "Link the account: `tieout cases` offers *choose customer*; or set the external ID in NetSuite.",
    ),
    "customers_doubled": Check(
        "No NetSuite customer without external ID looks like another",
        ("R81",),
        "Merge or inactivate one of them, or give the right one its external ID.",
    ),
    "foreign_fields": Check(
        "Fields of other connectors are known",
        ("R80",),
        "Find out whether that connector still writes; name the field that holds the deal's id in"
        " netsuite.foreign_fields.",
    ),
    "foreign_transactions": Check(
        "Nobody else bills our customers since cut-over",
        ("R80",),
        "Stop the other writer, or move the cut-over date behind its last record.",
    ),
    "foreign_ids": Check(
        "No other writer holds the ids we would use",
        ("R80",),
        "Remove the external ID from that record, or choose other templates in external_ids.",
    ),
    # -- ids and retries -----------------------------------------------------------------------------------
    "external_ids_distinct": Check(
        "External IDs cannot collide",
        ("R80",),
        "Give each record type of a group, and each source, its own beginning (external_ids, sources.*.tag).",
    ),
    "external_ids_stable": Check(
        "What was written carries the ids of today's templates",
        ("R80",),
        "Go back to the template in use when these were written, or accept that older records keep their ids.",
    ),
    "writes_keyed": Check(
        "Creates carry an external ID, updates an internal one",
        ("R80", "R84"),
        "Report it: a create without external ID cannot be repeated safely.",
    ),
    "retries_look_first": Check(
        "A retry waits out NetSuite's own limit and looks first",
        ("R84",),
        "Set netsuite.server_limit_seconds to 900 or more: NetSuite may finish a lost call that late.",
    ),
    # -- dates ---------------------------------------------------------------------------------------------
    "cut_over_dates": Check(
        "Cut-over lies in an open period and not in the future",
        ("R14",),
        "Choose a first day in an open period on which no other writer bills any more.",
    ),
    "period_open": Check(
        "An accounting period is open today",
        ("R88",),
        "Open the current period (Setup > Accounting > Manage Accounting Periods).",
    ),
    # -- cash ----------------------------------------------------------------------------------------------
    "cash_accounts_fit": Check(
        "Bank accounts lead to G/L and A/R accounts that take their money",
        ("R88",),
        "Correct the row of cash.accounts, or the account: type, subsidiary, currency, active.",
    ),
    "cash_difference_accounts": Check(
        "Accounts of tolerances and withholdings are there",
        ("R88",),
        "Correct the account of this row of cash.tolerances or cash.withholdings, or reactivate it.",
    ),
    "cash_payout_accounts": Check(
        "Payouts lead to bank, clearing and fee accounts that take them",
        ("R88",),
        "Correct `payouts` in the row of cash.accounts, or the account: type, subsidiary, currency, active.",
    ),
    "cash_processors_mapped": Check(
        "Every processor's balance has a row that says where its money and its payouts go",
        ("R88",),
        "Add a row `stripe:<account>:<currency>` to cash.accounts, with `payouts` (bank, clearing, fees).",
    ),
    "charges_stamped": Check(
        "Charges name the NetSuite invoice they pay",
        ("R39",),
        "Stamp payments when they are created (docs: how-to/stripe.md); `tieout payments unstamped` lists those that"
        " are not.",
    ),
    "cash_accounts_named": Check(
        "Every bank account that money was told of is mapped",
        ("R88",),
        "Add a row to cash.accounts with the name the source writes; until then its money waits as cases.",
    ),
    # -- people --------------------------------------------------------------------------------------------
    "store_writable": Check(
        "The queue can be written",
        ("R89",),
        "Check the database's address, rights and free space.",
    ),
    "cases_attended": Check(
        "Open exceptions have somebody who looks after them",
        ("R89",),
        "Assign them: `tieout cases list`, `tieout cases assign`.",
    ),
    "alerts_owned": Check(
        "Failures have an owner",
        ("R89",),
        "Name an active person in go_live.alert_owner (`tieout people set`).",
    ),
    "decisions_signed": Check(
        "Sales operations and finance have signed the decisions",
        ("R14",),
        "Let both look at the settings; `tieout doctor --sign` prints what to put into go_live.sign_offs.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found about one subject. `evidence`: what was looked at — ids, counts, words.

    Raises `DomainError` for an unregistered code.
    """

    code: str
    subject: str
    verdict: Verdict
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CHECKS:
            raise DomainError(f"{self.code!r} is not a registered check")

    @property
    def entry(self) -> Check:
        """The register's entry for this code."""
        return CHECKS[self.code]

    @property
    def remedy(self) -> str:
        """What to do; empty when nothing has to be done."""
        return "" if self.verdict is Verdict.PASS else self.entry.remedy


class Decision(StrEnum):
    """Decisions that people make explicitly before anything goes live (R14)."""

    TRIGGER = "trigger"
    AMENDMENTS = "amendments"
    INVOICE_OWNERSHIP = "invoice_ownership"
    FAILURE_ROUTING = "failure_routing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """Two people agreed on a day to settings with this hash."""

    sales_ops: str
    finance: str
    on: date
    settings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoLive:
    """What the configuration says about going live.

    `hashes`: for each decision, the hash of the settings it stands in today. `pins`: source → the pinned id,
    empty when it is missing, None when the source has nothing to pin.
    """

    sign_offs: Mapping[Decision, SignOff]
    hashes: Mapping[Decision, str]
    pins: Mapping[str, str | None]
    alert_owner: str = ""
    refresh_marker: ExternalId | None = None
    months_sold: int = 12
    concurrency: int = 5
    headroom: int = 2
    own_address: bool = True
    canaries: Mapping[str, Mapping[str, ExternalId]] = field(default_factory=dict)


def judge_sign_off(decision: Decision, go_live: GoLive, today: date) -> CheckResult:
    """A decision counts as signed when two different people signed the settings as they are now."""
    signed, current = go_live.sign_offs.get(decision), go_live.hashes[decision]
    problems = []
    if signed is None:
        problems.append("nobody has signed it")
    else:
        people = {signed.sales_ops.strip().casefold(), signed.finance.strip().casefold()}
        if len(people) < 2:
            problems.append(f"{signed.sales_ops} signed for both sides")
        if signed.on > today:
            problems.append(f"signed on {signed.on.isoformat()}, which is in the future")
        if signed.settings != current:
            problems.append(f"settings {signed.settings} were signed; they are {current} now")
    if problems or signed is None:
        return _result("decisions_signed", decision, Verdict.FAIL, *problems, f"settings are {current}")
    evidence = f"{signed.sales_ops} and {signed.finance} on {signed.on.isoformat()}: settings {current}"
    return _result("decisions_signed", decision, Verdict.PASS, evidence)


def _result(code: str, subject: str, verdict: Verdict, *evidence: str) -> CheckResult:
    return CheckResult(code=code, subject=subject, verdict=verdict, evidence=evidence)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of that month before the 28th would be passed."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, min(day.day, 28))
