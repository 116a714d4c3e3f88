"""The examination: every section in turn; what cannot be asked is unverified, never in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.domain.doctor import CheckResult, GoLive, Verdict
from tieout.domain.ids import RecordType
from tieout.flows.doctor import account, cash, data, forms, house
from tieout.flows.doctor.ground import Ground, result
from tieout.flows.doctor.ports import Inspector
from tieout.flows.errors import CallError, MaybeSent, NotSent, Throttled
from tieout.flows.machine import Machine

#: Seconds before a section whose reads got no answer is begun again.
_PAUSES = (1, 5, 15)


@dataclass(frozen=True, slots=True)
class Section:
    """Checks that stand or fall together, with the codes they answer for."""

    run: Callable[[Ground], Iterator[CheckResult]]
    codes: tuple[str, ...]


SECTIONS: tuple[Section, ...] = (
    Section(account.identity, ("account_reachable", "environment_pinned", "clock_in_step")),
    Section(account.marker, ("environment_marker",)),
    Section(account.sources, ("source_pinned", "source_ready")),
    Section(account.tax, ("tax_engine",)),
    Section(account.slots, ("slots_allowed",)),
    Section(account.reads, ("role_reads",)),
    Section(forms.canaries, ("canaries_visible",)),
    Section(forms.trace_fields, ("trace_fields_exist",)),
    Section(forms.updates, ("role_updates", "writes_keyed")),
    Section(
        forms.forms,
        (
            "role_creates",
            "trace_fields_exposed",
            "mandatory_fields_filled",
            "mandatory_fields_known",
            "record_accepted",
            "lines_explicit",
            "writes_keyed",
        ),
    ),
    Section(
        data.crosswalk,
        ("crosswalk_complete", "crosswalk_targets", "crosswalk_unused_rows", "crosswalk_renames"),
    ),
    Section(data.customers, ("customers_unambiguous", "customers_doubled")),
    Section(data.other_writers, ("foreign_fields", "foreign_transactions", "foreign_ids")),
    Section(data.ids, ("external_ids_distinct", "external_ids_stable")),
    Section(house.dates, ("cut_over_dates", "period_open")),
    Section(
        cash.accounts,
        ("cash_accounts_fit", "cash_difference_accounts", "cash_payout_accounts", "cash_accounts_named"),
    ),
    Section(cash.processors, ("cash_processors_mapped", "charges_stamped")),
    Section(house.retries, ("retries_look_first",)),
    Section(house.queue, ("store_writable", "cases_attended", "alerts_owned")),
    Section(house.sign_offs, ("decisions_signed",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every result, in the order of the register's sections."""

    account: str
    installation: str
    at: datetime
    results: tuple[CheckResult, ...]

    def of(self, verdict: Verdict) -> list[CheckResult]:
        """Results with this verdict."""
        return [one for one in self.results if one.verdict is verdict]

    @property
    def fit(self) -> bool:
        """Whether nothing failed; warnings and what is unverified are for people to accept."""
        return not self.of(Verdict.FAIL)

    def as_json(self) -> dict[str, Any]:
        """A plain structure."""
        counts = Counter(str(one.verdict) for one in self.results)
        return {
            "account": self.account,
            "installation": self.installation,
            "at": self.at.isoformat(),
            "fit": self.fit,
            "counts": {str(verdict): counts[verdict] for verdict in Verdict},
            "results": [
                {
                    "code": one.code,
                    "title": one.entry.title,
                    "subject": str(one.subject),
                    "result": str(one.verdict),
                    "evidence": list(one.evidence),
                    "remedy": one.remedy,
                    "requirements": list(one.entry.requirements),
                }
                for one in self.results
            ],
        }


class Doctor:
    """Examines one installation. Reads everything, writes one line into our own journal, nothing elsewhere."""

    def __init__(
        self, machine: Machine, inspector: Inspector, go_live: GoLive, records: Sequence[RecordType]
    ) -> None:
        self._machine, self._inspector, self._records = machine, inspector, records
        self.go_live = go_live

    def examine(self) -> Report:
        """All checks. An account that does not answer leaves its checks unverified and fails one."""
        ground = Ground(self._machine, self._inspector, self.go_live, self._records)
        ground.remember()
        results = [one for section in SECTIONS for one in _run(section, ground)]
        context = ground.context
        return Report(
            account=context.netsuite.account,
            installation=context.policy.installation,
            at=ground.now,
            results=tuple(results),
        )


def _run(section: Section, ground: Ground) -> list[CheckResult]:
    """A section's results. Reads without an answer are repeated; what is still missing then is unverified."""
    found, error = _attempt(section, ground)
    for pause in () if ground.silent else _PAUSES:
        if not isinstance(error, NotSent | MaybeSent | Throttled):
            break
        ground.context.clock.sleep(pause)
        found, error = _attempt(section, ground)
    # Who has not answered for so long is asked once per section from now on.
    ground.silent = ground.silent or isinstance(error, NotSent | MaybeSent | Throttled)
    answered = {one.code for one in found}
    for code in section.codes:
        if error is not None:
            refused = code == "account_reachable" and code not in answered
            verdict = Verdict.FAIL if refused else Verdict.UNVERIFIED
            subject = "the rest" if code in answered else "all"
            found.append(result(code, subject, verdict, f"could not be asked: {error}"))
        elif code not in answered:
            found.append(result(code, "all", Verdict.UNVERIFIED, "there was nothing to look at"))
    return found


def _attempt(section: Section, ground: Ground) -> tuple[list[CheckResult], CallError | None]:
    """What came before an error counts, too."""
    found: list[CheckResult] = []
    try:
        for one in section.run(ground):
            found.append(one)  # noqa: PERF402 - an error must not take the earlier ones with it
    except CallError as error:
        return found, error
    return found, None
