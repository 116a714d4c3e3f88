"""A broken configuration is named with line, path, expectation and remedy; nothing is started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.desk import CONFIGURATION, Desk, open_desk, write_desk

from tieout.emulators.netsuite.keys import new_key_pair


@pytest.fixture(scope="module")
def netsuite(tmp_path_factory) -> Iterator[Desk]:
    """One NetSuite for all; nobody may ever ask it anything."""
    with open_desk(tmp_path_factory.mktemp("netsuite")) as desk:
        yield desk


@pytest.fixture
def refused(netsuite, tmp_path):
    """Give it a configuration; it returns what `sync` says on refusing it, line by line."""

    def try_(text: str, **env: str) -> list[str]:
        desk = write_desk(tmp_path / "desk", netsuite.url, text)
        return refusal(netsuite, desk, **env)

    return try_


def refusal(netsuite: Desk, desk: Desk, **env: str) -> list[str]:
    result = desk.run("sync", env=env)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert desk.started() == []
    assert netsuite.asked() == []
    said: list[str] = result.stderr.splitlines()
    return said


def changed(old: str, new: str) -> str:
    assert CONFIGURATION.count(old) == 1, old
    return CONFIGURATION.replace(old, new)


def test_the_configuration_these_tests_break_is_a_good_one(tmp_path):
    with open_desk(tmp_path / "desk") as desk:
        assert desk.sync()["inputs"] == 0


BROKEN = {
    "unknown key, nearly right": (
        "  concurrency: 5",
        "  concurency: 5",
        "tieout.yaml:11: netsuite.concurency: unknown key; did you mean 'concurrency'?",
    ),
    "unknown key, nothing like it": (
        "installation: desk",
        "installation: desk\nzzz: 1",
        "tieout.yaml:2: zzz: unknown key; remove it",
    ),
    "unknown option of a connector": (
        "    cut_over: 2026-10-01",
        "    cut_over: 2026-10-01\n    options: {colour: mauve}",
        "tieout.yaml:20: sources.files.options.colour: unknown key; remove it",
    ),
    "wrong type": (
        "  concurrency: 5",
        "  concurrency: many",
        (
            "tieout.yaml:11: netsuite.concurrency: Input should be a valid integer,"
            " unable to parse string as an integer, found 'many'"
        ),
    ),
    "out of range": (
        "  concurrency: 5",
        "  concurrency: 0",
        "tieout.yaml:11: netsuite.concurrency: Input should be greater than or equal to 1, found 0",
    ),
    "required and missing": (
        "    cut_over: 2026-10-01\n",
        "",
        "tieout.yaml:17: sources.files.cut_over: is required and missing; add it",
    ),
    "a whole section missing": (
        CONFIGURATION[CONFIGURATION.index("rules:") : CONFIGURATION.index("crosswalks:")],
        "",
        "tieout.yaml:1: rules: is required and missing; add it",
    ),
    "not one of the choices": (
        "    algorithm: ES256",
        "    algorithm: RS256",
        (
            "tieout.yaml:10: netsuite.auth.algorithm: Input should be 'PS256', 'PS384', 'PS512', 'ES256', 'ES384'"
            " or 'ES512', found 'RS256'"
        ),
    ),
    "no such hand-off": (
        "      then: invoice",
        "      then: bill",
        (
            "tieout.yaml:23: rules.handoff.0.then: expected one of invoice, sales_order, sales_order_observed,"
            " found 'bill'"
        ),
    ),
    "no such log-in method": (
        "    method: oauth2",
        "    method: password",
        "tieout.yaml:5: netsuite.auth: expected method: 'oauth2', 'tba', found 'password'",
    ),
    "no log-in method": (
        "    method: oauth2\n",
        "",
        "tieout.yaml:5: netsuite.auth: expected method: oauth2 or tba, which is missing; add it",
    ),
    "no such connector": (
        "type: generic",
        "type: dynamics",
        "tieout.yaml:18: sources.files.type: expected one of generic, hubspot, salesforce, stripe, found 'dynamics'",
    ),
    "no date": (
        "cut_over: 2026-10-01",
        "cut_over: soon",
        (
            "tieout.yaml:19: sources.files.cut_over: Input should be a valid date or datetime, input is too short,"
            " found 'soon'"
        ),
    ),
    "an instant without a zone": (
        "  headroom: 1",
        "  headroom: 1\n  blackouts: [{start: 2026-11-01T00:00:00, end: 2026-11-02T00:00:00Z, why: close}]",
        (
            "tieout.yaml:13: netsuite.blackouts.0.start: Input should have timezone info,"
            " found '2026-11-01T00:00:00'"
        ),
    ),
    "templates that can collide": (
        "crosswalks:",
        "external_ids:\n  sales_order: '{source_id}'\n  invoice: '{source_id}'\ncrosswalks:",
        (
            "tieout.yaml:27: external_ids: templates of invoice and sales_order can give the same external id in the"
            " transaction group; give each its own beginning"
        ),
    ),
    "a template without the id": (
        "crosswalks:",
        "external_ids: {invoice: inv}\ncrosswalks:",
        (
            "tieout.yaml:27: external_ids: template of invoice must contain {source_id} outside brackets;"
            " give each its own beginning"
        ),
    ),
    "two sources without a tag": (
        "rules:\n",
        "  more:\n    type: generic\n    cut_over: 2026-10-01\nrules:\n",
        (
            "tieout.yaml:20: sources.more: only the primary CRM may go without a tag; files and more both do:"
            " add `tag:`"
        ),
    ),
    "no slot left": (
        "  headroom: 1",
        "  headroom: 5",
        "tieout.yaml:12: netsuite.headroom: leaves no slot: concurrency is 5; use at most 4",
    ),
    "a secret in plain": (
        "private_key: file:netsuite.pem",
        "private_key: MIGHAgEAMBMGByqGSM49",
        (
            "tieout.yaml:9: netsuite.auth.private_key: a secret is given by reference only: write env:NAME or"
            " file:PATH"
        ),
    ),
    "a secret whose variable is not set": (
        "private_key: file:netsuite.pem",
        "private_key: env:TIEOUT_TEST_NO_SUCH_KEY",
        (
            "tieout.yaml:9: netsuite.auth.private_key: the secret env:TIEOUT_TEST_NO_SUCH_KEY is missing;"
            " set the environment variable TIEOUT_TEST_NO_SUCH_KEY"
        ),
    ),
    "a secret whose file is not there": (
        "private_key: file:netsuite.pem",
        "private_key: file:nowhere.pem",
        (
            "tieout.yaml:9: netsuite.auth.private_key: the secret file:nowhere.pem is missing;"
            " put the secret into nowhere.pem"
        ),
    ),
    "a key of the wrong kind": (
        "algorithm: ES256",
        "algorithm: PS256",
        (
            "tieout.yaml:9: netsuite.auth.private_key: file:netsuite.pem is not an RSA private key in PEM form,"
            " which PS256 needs; see docs/start.md"
        ),
    ),
    "a crosswalk file that is not there": (
        "item: items.csv",
        "item: products.csv",
        (
            "tieout.yaml:28: crosswalks.item: there is no file products.csv; create it (`tieout init` shows its"
            " columns) or remove this line"
        ),
    ),
    "a store that is not built": (
        "installation: desk",
        "installation: desk\nstore: mysql://ana:hunter2@db/tieout",
        "tieout.yaml:2: store: expected sqlite:///PATH or postgresql://…, found 'mysql'",
    ),
    "a condition without a value": (
        '      then: "1"\n',
        '      then: "1"\n      when: {currency: {operator: at_least}}\n',
        "tieout.yaml:20: rules: condition on 'currency': at_least needs a value",
    ),
    "an installation name NetSuite could not keep": (
        "installation: desk",
        "installation: my desk!",
        "tieout.yaml:1: installation: String should match pattern '^[A-Za-z0-9_-]{1,40}$', found 'my desk!'",
    ),
    "YAML that is none": (
        "  account: TSTDRV1234567",
        "  account: [TSTDRV1234567",
        "tieout.yaml:4: is not valid YAML: expected ',' or ']', but got ':'",
    ),
    "a key written twice": (
        "  headroom: 1",
        "  headroom: 1\n  headroom: 2",
        'tieout.yaml:13: is not valid YAML: found duplicate key "headroom" with value "2" (original value: "1")',
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_named_with_line_and_remedy(refused, name):
    old, new, message = BROKEN[name]
    assert refused(changed(old, new)) == [message]


def test_everything_wrong_is_named_at_once(refused):
    text = changed("  concurrency: 5", "  concurrency: many").replace(
        "cut_over: 2026-10-01", "cut_over: soon"
    )
    assert [line.split(": ")[0:2] for line in refused(text)] == [
        ["tieout.yaml:11", "netsuite.concurrency"],
        ["tieout.yaml:19", "sources.files.cut_over"],
    ]


@pytest.mark.parametrize("text", ["", "just text\n", "- a\n- list\n"])
def test_a_file_that_holds_no_settings_is_refused(refused, text):
    assert refused(text) == ["tieout.yaml:1: must be a mapping of settings"]


def test_a_file_that_is_not_there_is_refused_with_the_way_to_one(netsuite, tmp_path):
    desk = write_desk(tmp_path / "desk", netsuite.url)
    desk.config.unlink()
    (line,) = refusal(netsuite, desk)
    assert (
        line == "tieout.yaml:1: cannot be read (No such file or directory); `tieout init` writes a first one"
    )


def test_a_folder_is_no_file(netsuite, tmp_path):
    desk = write_desk(tmp_path / "desk", netsuite.url)
    desk.config.unlink()
    desk.config.mkdir()
    (line,) = refusal(netsuite, desk)
    assert line.startswith("tieout.yaml:1: cannot be read (Is a directory)")


def test_a_file_in_another_encoding_is_refused(netsuite, tmp_path):
    desk = write_desk(tmp_path / "desk", netsuite.url)
    desk.config.write_bytes(CONFIGURATION.replace("all by the first", "Köln").encode("latin-1"))
    assert refusal(netsuite, desk) == ["tieout.yaml:1: is not UTF-8 text; save it as UTF-8"]


@pytest.mark.parametrize("key", [b"", b"garbage", b"\xff\xfe\x00", new_key_pair()[1].encode()])
def test_a_key_file_that_holds_no_private_key_is_refused_without_being_shown(netsuite, tmp_path, key):
    desk = write_desk(tmp_path / "desk", netsuite.url)
    (desk.folder / "netsuite.pem").write_bytes(key)
    (line,) = refusal(netsuite, desk)
    assert line.startswith("tieout.yaml:9: netsuite.auth.private_key: ")
    assert "garbage" not in line
    assert "BEGIN" not in line


def test_a_secret_in_plain_is_never_repeated(refused):
    text = changed("private_key: file:netsuite.pem", "private_key: hunter2-hunter2")
    assert "hunter2" not in "\n".join(refused(text))


def test_a_password_in_the_store_url_is_never_repeated(refused):
    assert "hunter2" not in "\n".join(
        refused(changed("installation: desk", "installation: desk\nstore: x://a:hunter2@b"))
    )


@pytest.mark.parametrize("clock", ["now", "2026-11-02T09:00:00+00:00,1", "a,b,c"])
def test_a_clock_that_cannot_be_read_is_refused(netsuite, tmp_path, clock):
    desk = write_desk(tmp_path / "desk", netsuite.url)
    (line,) = refusal(netsuite, desk, TIEOUT_CLOCK=clock)
    assert line == f"TIEOUT_CLOCK: expected t0,r0,scale, found {clock!r}; unset it for plain time"


def test_a_first_configuration_says_what_it_still_lacks(netsuite, tmp_path):
    folder = tmp_path / "new"
    made = netsuite.run("init", str(folder))
    assert made.exit_code == 0
    assert sorted(one.name for one in folder.iterdir()) == ["items.csv", "terms.csv", "tieout.yaml"]
    desk = Desk(folder, netsuite.url)
    (folder / "clock.txt").write_text("0.0")
    (line,) = refusal(netsuite, desk)
    assert line == (
        "tieout.yaml:11: netsuite.auth.private_key: the secret file:netsuite.pem is missing;"
        " put the secret into netsuite.pem"
    )


def test_init_never_writes_over_a_configuration(netsuite, tmp_path):
    desk = write_desk(tmp_path / "desk", netsuite.url)
    before = desk.config.read_bytes()
    result = desk.run("init", str(desk.folder))
    assert result.exit_code == 2
    assert "exists already; nothing was written" in result.stderr
    assert desk.config.read_bytes() == before


@pytest.mark.parametrize("text", ["1234567", "1234567_SB1"])
def test_an_account_id_yaml_takes_for_a_number_is_explained(refused, text):
    lines = refused(changed("account: TSTDRV1234567", f"account: {text}\n  zzz: 1"))
    assert lines[-1] == "tieout.yaml:4: netsuite.zzz: unknown key; remove it"
    number = [
        "tieout.yaml:3: netsuite.account: Input should be a valid string, found 1234567; put it in quotes"
    ]
    assert lines[:-1] == (number if text.isdigit() else [])


def test_paths_are_relative_to_the_configuration(tmp_path, monkeypatch):
    monkeypatch.chdir(Path("/"))
    with open_desk(tmp_path / "desk") as desk:
        desk.sync()
        assert desk.started() == [".tieout-desk", "tieout.db"]
