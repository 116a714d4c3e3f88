"""Says how many crash points were passed."""

from __future__ import annotations

from tests.support.crash import points


def pytest_terminal_summary(terminalreporter):
    passed = [
        report.nodeid
        for report in terminalreporter.stats.get("passed", [])
        if "crash_points" in report.nodeid
    ]
    simulated = sum("test_a_crash_" in name for name in passed)
    killed = sum("test_a_killed_" in name for name in passed)
    if simulated or killed:
        terminalreporter.write_line(
            f"crash points: {simulated} of {len(points())} in process, {killed} by SIGKILL"
        )
