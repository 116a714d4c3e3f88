"""A client's view of a running emulator, for tests."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx2

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.salesforce.app import SalesforceEmulator
from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.salesforce.sample import sample_dataset

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VERSION = "v60.0"
ACME, BETA = make_id("001", 1), make_id("001", 2)
WON, OPEN = make_id("006", 1), make_id("006", 2)
LINE, DISCOUNTED_LINE = make_id("00k", 1), make_id("00k", 2)


class Desk:
    """An emulator with a frozen clock and a signed-in client."""

    def __init__(self, dataset=None, switches=None):
        self.emulator = SalesforceEmulator(
            sample_dataset() if dataset is None else dataset, EmulatorClock(NOW, frozen=True)
        )
        self.emulator.start()
        self.control = self.emulator.control
        if switches:
            self.control.switches(switches)
        self.http = httpx2.Client(base_url=self.emulator.base_url)
        self.sign_in()

    def close(self):
        self.http.close()
        self.emulator.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def reload(self, dataset):
        """Another data set; the client signs in again."""
        self.control.load(dataset)
        self.sign_in()

    def token(self, **form):
        form = {"grant_type": "client_credentials", **form}
        return self.http.post("/services/oauth2/token", data=form)

    def sign_in(self):
        answer = self.token(client_id="sample-client", client_secret="sample-secret")
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method, path, body=None, version=VERSION, **options):
        return self.http.request(method, f"/services/data/{version}/{path}", json=body, **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body, **options):
        return self.call("POST", path, body, **options)

    def patch(self, path, body, **options):
        return self.call("PATCH", path, body, **options)

    def ask(self, soql, resource="query", **options):
        """One query request, as it comes."""
        return self.get(resource, params={"q": soql}, **options)

    def pages(self, soql, resource="query"):
        """All answers of a query, following its locator."""
        answers = [self.ask(soql, resource).json()]
        while not answers[-1]["done"]:
            answers.append(self.http.get(answers[-1]["nextRecordsUrl"]).json())
        return answers

    def rows(self, soql, resource="query"):
        return [row for page in self.pages(soql, resource) for row in page["records"]]

    def row(self, sobject, record_id):
        """A record as the ground truth has it."""
        return next(item["fields"] for item in self.control.truth(sobject) if item["id"] == record_id)

    def admin(self, action, **arguments):
        return self.control.admin(action, **arguments)


def refused(answer, status, code, message=None):
    """Assert one refusal: status, error code, and the text when given."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert isinstance(body, list), body
    assert body[0]["errorCode"] == code, body
    if message is not None:
        assert body[0]["message"] == message, body


def oauth_refused(answer, error, description):
    assert answer.status_code == 400, answer.text
    assert answer.json() == {"error": error, "error_description": description}


def many_accounts(count, **org):
    """A data set with so many accounts, ten of a name and second."""
    dataset = sample_dataset()
    dataset["org"] |= org
    dataset["records"]["Account"] += [
        {
            "Id": make_id("001", 100 + number),
            "Name": f"Mass {number // 10:04d}",
            "SystemModstamp": f"2026-10-{1 + number // 100 % 28:02d}T10:00:00Z",
        }
        for number in range(count)
    ]
    return dataset
