"""`tieout netsuite setup`: a project with every field the connector uses, as the account knows them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from tieout.cli.app import app
from tieout.connectors import netsuite
from tieout.connectors.netsuite.trace_fields import FIELDS, Owner, fields_in_use
from tieout.domain.ids import RecordType
from tieout.emulators.netsuite.dataset import trace_fields

CONNECTOR = Path(netsuite.__file__).parent
OWNERS = {
    "transaction": Owner.BODY,
    "item_line": Owner.LINE,
    "entity": Owner.ENTITY,
}
PREFIXES = {Owner.BODY: "custbody_", Owner.LINE: "custcol_", Owner.ENTITY: "custentity_"}


@pytest.fixture
def project(tmp_path) -> Path:
    folder = tmp_path / "project"
    result = CliRunner().invoke(app, ["netsuite", "setup", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def objects(project: Path) -> dict[str, ET.Element]:
    roots = [ET.parse(file).getroot() for file in (project / "src" / "Objects").glob("*.xml")]
    return {root.attrib["scriptid"]: root for root in roots}


@pytest.mark.requirement("R88")
def test_every_field_the_connector_names_is_in_the_project(project: Path):
    named = {
        name
        for file in CONNECTOR.glob("*.py")
        for name in re.findall(r"\bcust(?:body|col|entity)_tieout_\w+", file.read_text())
    }
    assert named
    assert named - objects(project).keys() == set()


def test_the_account_and_the_project_name_the_same_fields(project: Path):
    declared = {one["id"]: OWNERS[one["record"]] for one in trace_fields()}
    assert {field.id: field.owner for field in FIELDS} == declared
    found = {name: root.tag for name, root in objects(project).items() if root.tag != "role"}
    assert found == {name: str(owner) for name, owner in declared.items()}


def test_every_object_is_what_sdf_expects(project: Path):
    for name, root in objects(project).items():
        if root.tag == "role":
            continue
        texts = {child.tag: child.text for child in root}
        assert name.startswith(PREFIXES[Owner(root.tag)])
        assert (project / "src" / "Objects" / f"{name}.xml").exists()
        assert len(texts["label"] or "") <= 40
        assert (texts["fieldtype"], texts["storevalue"], texts["ismandatory"]) == ("TEXT", "T", "F")
    shown = {
        root.tag: {child.tag for child in root if child.text == "T"} for root in objects(project).values()
    }
    assert "bodysale" in shown["transactionbodycustomfield"]
    assert "colsale" in shown["transactioncolumncustomfield"]
    assert {"appliestocustomer", "appliestocontact"} <= shown["entitycustomfield"]


def test_manifest_and_deploy_name_what_is_there(project: Path):
    manifest = ET.parse(project / "src" / "manifest.xml").getroot()
    assert manifest.attrib["projecttype"] == "ACCOUNTCUSTOMIZATION"
    assert {one.text for one in manifest.iter("feature")} >= {"RESTWEBSERVICES", "OAUTH2"}
    deploy = ET.parse(project / "src" / "deploy.xml").getroot()
    assert [one.text for one in deploy.iter("path")] == ["~/Objects/*"]


def test_the_role_may_do_what_tieout_does_and_no_more(project: Path):
    (role,) = [root for root in objects(project).values() if root.tag == "role"]
    levels = {one.findtext("permkey"): one.findtext("permlevel") for one in role.iter("permission")}
    assert {key: levels[key] for key in ("LIST_CUSTJOB", "TRAN_SALESORD", "TRAN_CUSTINVC")} == {
        "LIST_CUSTJOB": "EDIT",
        "TRAN_SALESORD": "EDIT",
        "TRAN_CUSTINVC": "EDIT",
    }
    assert {levels[key] for key in ("LIST_ITEM", "LIST_ACCOUNT", "ADMI_ACCTPERIODS")} == {"VIEW"}
    assert {key for key, level in levels.items() if level == "FULL"} == {
        "ADMI_RESTWEBSERVICES",
        "ADMI_LOGIN_OAUTH2",
    }


def test_fields_in_use_are_told_apart_by_record():
    assert set(fields_in_use(RecordType.INVOICE)) == {
        "custbody_tieout_source_system",
        "custbody_tieout_source_id",
        "custbody_tieout_installation",
        "custcol_tieout_source_line_id",
    }
    assert all(name.startswith("custentity_") for name in fields_in_use(RecordType.CUSTOMER))


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    result = CliRunner().invoke(app, ["netsuite", "setup", str(tmp_path)])
    assert result.exit_code == 2
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]
