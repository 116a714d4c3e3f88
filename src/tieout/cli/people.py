"""`tieout people`, `tieout keys` and `tieout approvals`: who may do what, and who decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tieout import bootstrap
from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ByOption,
    ConfigOption,
    JsonOption,
    acting_as,
    application,
    out,
    print_json,
    refuse,
    user,
)
from tieout.domain.approvals import Choice
from tieout.domain.drafts import TransactionDraft
from tieout.flows.approvals import ApprovalError, Waiting
from tieout.flows.people import People as PeopleWork
from tieout.flows.people import PeopleError

people = typer.Typer(no_args_is_help=True, help="Local users and their roles.")
keys = typer.Typer(no_args_is_help=True, help="API keys.")
approvals = typer.Typer(no_args_is_help=True, help="Plans that wait for an approval.")

RolesOption = Annotated[list[str], typer.Option("--role", help="A role; may be given several times.")]
SubsidiariesOption = Annotated[
    list[str] | None, typer.Option("--subsidiary", help="Only for these subsidiaries; all without.")
]
KeyOption = Annotated[str, typer.Option("--key", help="An API key to act with.", envvar="TIEOUT_KEY")]


def _work(app: bootstrap.Application) -> PeopleWork:
    return PeopleWork(app.machine.context)


@people.command("list")
def list_people(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Everybody, with roles and subsidiaries."""
    with application(config) as app:
        everybody = _work(app).all()
    rows = [
        {
            "name": one.name,
            "roles": sorted(one.roles),
            "subsidiaries": sorted(one.subsidiaries),
            "active": one.active,
        }
        for one in everybody
    ]
    if as_json:
        print_json(rows)
        return
    for one in everybody:
        shown = ", ".join(sorted(one.subsidiaries)) or "all subsidiaries"
        gone = "" if one.active else " (inactive)"
        out.print(f"{one.name}{gone}: {', '.join(sorted(one.roles)) or 'no role'}; {shown}", markup=False)


@people.command("set")
def set_person(
    name: Annotated[str, typer.Argument(help="The log-in name.")],
    role: RolesOption,
    subsidiary: SubsidiariesOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Add a person, or replace what they may do. Nobody changes their own roles."""
    with application(config) as app:
        try:
            person = _work(app).put(name, role, subsidiary or (), by or user())
        except PeopleError as error:
            refuse(str(error), TO_LOOK_AT)
    out.print(f"{person.name}: {', '.join(sorted(person.roles))}", markup=False)


@people.command("remove")
def remove_person(
    name: Annotated[str, typer.Argument(help="The log-in name.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Take all rights from a person; their keys stop working. What they decided stays in the log."""
    with application(config) as app:
        try:
            _work(app).deactivate(name, by or user())
        except PeopleError as error:
            refuse(str(error), TO_LOOK_AT)
    out.print(f"{name} can do nothing any more", markup=False)


@keys.command("make")
def make_key(
    owner: Annotated[str, typer.Argument(help="Who acts through it.")],
    role: RolesOption,
    subsidiary: SubsidiariesOption = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Make a key. Its secret is printed once and stored nowhere."""
    with application(config) as app:
        try:
            key, secret = _work(app).make_key(owner, role, subsidiary or (), note, by or user())
        except PeopleError as error:
            refuse(str(error), TO_LOOK_AT)
    out.print(f"{key.id} of {owner}\n{secret}", markup=False, soft_wrap=True)


@keys.command("list")
def list_keys(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Every key, without its secret."""
    with application(config) as app:
        every = _work(app).keys()
        for key in every:
            state = "" if key.active else " (revoked)"
            out.print(f"{key.id}{state}: {key.owner}; {', '.join(sorted(key.roles))}", markup=False)


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="The key's id.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Make a key useless."""
    with application(config) as app:
        try:
            _work(app).revoke_key(key, by or user())
        except PeopleError as error:
            refuse(str(error), TO_LOOK_AT)
    out.print(f"{key} is revoked", markup=False)


@approvals.command("list")
def list_waiting(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """What waits for whom, with the hash a decision has to name."""
    with application(config) as app:
        waiting = app.machine.approving.waiting()
    if as_json:
        print_json([_plain(one) for one in waiting])
        return
    for one in waiting:
        row = _plain(one)
        out.print(
            f"#{row['case']} {row['deal']} by {', '.join(row['roles'])}: {row['writes']}\n  content {row['content']}",
            markup=False,
            soft_wrap=True,
        )


def _plain(waiting: Waiting) -> dict[str, Any]:
    drafts = [step.draft for step in waiting.plan.steps if isinstance(step.draft, TransactionDraft)]
    return {
        "case": waiting.case.id,
        "deal": waiting.record.source.id,
        "content": waiting.subject.content,
        "roles": [need.role for need in waiting.needs],
        "rules": [need.rule for need in waiting.needs],
        "makers": sorted(waiting.subject.makers),
        "writes": ", ".join(f"{draft.type} {draft.external_id} {draft.total}" for draft in drafts),
    }


def _decide(config: Path, case: int, choice: Choice, content: str, because: str, by: str, key: str) -> None:
    with application(config) as app:
        who = acting_as(app, by, key)
        try:
            app.machine.approving.decide(case, who, choice, content, because)
        except ApprovalError as error:
            refuse(str(error), TO_LOOK_AT)
    out.print(f"#{case}: {choice}, by {who.person}", markup=False)


ContentOption = Annotated[str, typer.Option("--content", help="The hash of what you have looked at.")]


@approvals.command("approve")
def approve(
    case: Annotated[int, typer.Argument(help="The case's number.")],
    content: ContentOption,
    because: Annotated[str, typer.Option(help="Why.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    key: KeyOption = "",
) -> None:
    """Approve what would be written. It holds for this content and dies with it."""
    _decide(config, case, Choice.APPROVE, content, because, by, key)


@approvals.command("reject")
def reject(
    case: Annotated[int, typer.Argument(help="The case's number.")],
    content: ContentOption,
    because: Annotated[str, typer.Option(help="Why; required.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    key: KeyOption = "",
) -> None:
    """Reject what would be written; another content needs another decision."""
    _decide(config, case, Choice.REJECT, content, because, by, key)
