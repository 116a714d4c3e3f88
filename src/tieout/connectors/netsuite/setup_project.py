"""The SuiteCloud (SDF) project that prepares an account: trace fields and the integration's role.

Object elements follow Oracle's SDF XML reference: `transactionbodycustomfield`, `transactioncolumncustomfield`,
`entitycustomfield`, `role`. Flags that are not needed are left out, as each would ask for a feature. What SDF
cannot carry, the mapping of a certificate to entity, role and application, is in the notes (reference §3.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tieout.connectors.netsuite.trace_fields import FIELDS, Owner, TraceField

ROLE = "customrole_tieout_integration"

#: Where a field appears: on sales transactions and their lines, on payments, on customers and contacts.
_APPLIES = {
    Owner.BODY: ("bodysale", "bodycustomerpayment"),
    Owner.LINE: ("colsale",),
    Owner.ENTITY: ("appliestocustomer", "appliestocontact"),
}
#: Permission, level, and why. A REST read opens a record in edit mode, so View is not enough there (§1.2).
PERMISSIONS: tuple[tuple[str, str, str], ...] = (
    ("ADMI_RESTWEBSERVICES", "FULL", "REST web services"),
    ("ADMI_LOGIN_OAUTH2", "FULL", "log in using OAuth 2.0 access tokens"),
    ("REPO_ANALYTICS", "EDIT", "SuiteQL"),
    ("TRAN_FIND", "VIEW", "find transactions: look-ups before every create"),
    ("LIST_CUSTJOB", "EDIT", "customers: create, update, look up"),
    ("LIST_CONTACT", "EDIT", "contacts: create, look up"),
    ("TRAN_SALESORD", "EDIT", "sales orders: create, bill"),
    ("TRAN_CUSTINVC", "EDIT", "invoices: create, look up"),
    ("TRAN_CUSTPYMT", "EDIT", "customer payments: create, apply, look up"),
    ("TRAN_CUSTRFND", "EDIT", "customer refunds: create, look up"),
    ("TRAN_CUSTCRED", "VIEW", "credit memos: what is left of them, credits a payer takes"),
    ("TRAN_CUSTDEP", "EDIT", "customer deposits of prepayments: create, look up"),
    ("TRAN_DEPAPPL", "EDIT", "deposit applications: create, look up"),
    ("TRAN_JOURNAL", "EDIT", "journal entries: create, look up"),
    ("TRAN_DEPOSIT", "EDIT", "bank deposits of payouts: create, look up"),
    ("LIST_ITEM", "VIEW", "items: is it active, who sells it"),
    ("LIST_ACCOUNT", "VIEW", "A/R accounts"),
    ("LIST_CURRENCY", "VIEW", "currencies"),
    ("LIST_SUBSIDIARY", "VIEW", "subsidiaries"),
    ("ADMI_ACCOUNTINGLIST", "VIEW", "payment terms"),
    ("ADMI_ACCTPERIODS", "VIEW", "accounting periods: is it open"),
)
_FEATURES = ("CRM", "ACCOUNTING", "RESTWEBSERVICES", "OAUTH2")
_NOTES = """\
# Tieout: preparing a NetSuite account

This SuiteCloud project holds the custom fields that carry each record's origin, and a role for the integration.
It holds no form: forms are the company's own, and which fields they make mandatory is for its people to decide.

1. Deploy it to a sandbox first: `suitecloud account:setup`, `suitecloud project:validate --server`,
   `suitecloud project:deploy`. Validation names a feature the account lacks.
2. Show the fields `custbody_tieout_*`, `custcol_tieout_*` and `custentity_tieout_*` on the forms the role uses,
   best on a form of the integration's own that nobody else changes. Let people read them, not edit them. Where cash
   is applied, tick customer refunds, journal entries and bank deposits among the transactions the body
   fields apply to, and customer deposits and deposit applications where prepayments become deposits;
   `tieout doctor` says if not.
3. Setup > Integration > Manage Integrations > New: name it Tieout, tick *OAuth 2.0* > *Client credentials
   (machine to machine) grant* and the scope *REST web services*; nothing else. Keep the client id.
4. Make a user of its own for the integration, in English, with the role *Tieout integration* only.
5. Setup > Integration > Manage Authentication > OAuth 2.0 Client Credentials (M2M) Setup > Create New: that user,
   that role, that integration, and the public certificate. Keep the certificate id. A sandbox refresh removes this
   mapping: it has to be made again.
6. Reserve concurrency for the integration if others share the account (Setup > Integration > Integration
   Governance).
7. Make one canary per record type and subsidiary and name them in `netsuite.canaries`; then: `tieout doctor`.
"""


def project_files() -> Mapping[str, str]:
    """The whole project: path → text."""
    files = {
        "README.md": _NOTES,
        "suitecloud.config.js": 'module.exports = { defaultProjectFolder: "src", commands: {} };\n',
        "src/manifest.xml": _manifest(),
        "src/deploy.xml": _deploy(),
        f"src/Objects/{ROLE}.xml": _role(),
    }
    files.update({f"src/Objects/{field.id}.xml": _field(field) for field in FIELDS})
    return files


def _text(root: Element) -> str:
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _manifest() -> str:
    root = Element("manifest", projecttype="ACCOUNTCUSTOMIZATION")
    _add(root, "projectname", "Tieout")
    _add(root, "frameworkversion", "1.0")
    features = SubElement(SubElement(root, "dependencies"), "features")
    for name in _FEATURES:
        SubElement(features, "feature", required="true").text = name
    return _text(root)


def _deploy() -> str:
    root = Element("deploy")
    _add(SubElement(root, "objects"), "path", "~/Objects/*")
    return _text(root)


def _field(field: TraceField) -> str:
    root = Element(str(field.owner), scriptid=field.id)
    for name, text in (
        ("label", field.label),
        ("description", f"{field.meaning} Written by Tieout."),
        ("fieldtype", "TEXT"),
        ("maxlength", "300"),
        ("storevalue", "T"),
        ("ismandatory", "F"),
        ("displaytype", "NORMAL"),
        ("accesslevel", "2"),
        ("searchlevel", "2"),
    ):
        _add(root, name, text)
    for name in _APPLIES[field.owner]:
        _add(root, name, "T")
    return _text(root)


def _role() -> str:
    root = Element("role", scriptid=ROLE)
    _add(root, "name", "Tieout integration")
    _add(root, "centertype", "ACCOUNTCENTER")
    _add(root, "subsidiaryoption", "ALL")
    permissions = SubElement(root, "permissions")
    for key, level, _ in PERMISSIONS:
        permission = SubElement(permissions, "permission")
        _add(permission, "permkey", key)
        _add(permission, "permlevel", level)
    return _text(root)
