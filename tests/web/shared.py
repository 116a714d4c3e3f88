"""What the tests of the API share."""

from __future__ import annotations

from tests.support.desk import CONFIGURATION

APPROVALS = """\
  approvals:
    - name: large deals
      when:
        deal.total: {operator: at_least, value: "1000"}
      then: controller
"""


def configuration(*, approvals: bool = False) -> str:
    """The desk's configuration, with a rule that asks for approvals if wanted."""
    return CONFIGURATION.replace("crosswalks:\n", f"{APPROVALS if approvals else ''}crosswalks:\n")
