from __future__ import annotations

import json
from pathlib import Path

import pytest

from tieout.emulators.hubspot.webhooks import decoded_uri, signature_v1, signature_v3

FOLDER = Path(__file__).parents[2] / "fixtures" / "hubspot" / "webhooks"
VECTORS = json.loads((FOLDER / "signature_vectors.json").read_text(encoding="utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_signatures_are_the_published_ones(vector):
    body = vector["body"].encode()
    if vector["version"] == "v1":
        made = signature_v1(vector["client_secret"], body)
    else:
        made = signature_v3(
            vector["client_secret"], vector["method"], vector["uri"], body, vector["timestamp"]
        )
    assert (made == vector["signature"]) == ("expect" not in vector)


def test_only_the_documented_escapes_are_decoded():
    assert (
        decoded_uri("https://x/%3a%2F%3F%40%21%24%27%28%29%2A%2C%3B%20%26%3D")
        == "https://x/:/?@!$'()*,;%20%26%3D"
    )
