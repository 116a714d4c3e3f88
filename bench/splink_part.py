"""Run by `bench.match` in Splink's own environment: link `payments.csv` to `invoices.csv` in the folder that is named.

Twice: with its model trained on the data, as its documentation asks for (u by random sampling, m by expectation
maximisation), and with the probabilities given, which leaves the bare joins. Reading the files is not counted.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
from splink import Linker, SettingsCreator, block_on
from splink import comparison_library as cl
from splink.backends.duckdb import DuckDBAPI


def settings(*, given: bool) -> Any:
    """Reference exact, amount exact, name by Jaro-Winkler; two ways to become a candidate."""
    comparisons = [
        cl.ExactMatch("reference"),
        cl.ExactMatch("amount"),
        cl.JaroWinklerAtThresholds("name", [0.92]),
    ]
    if given:
        comparisons = [
            cl.ExactMatch("reference").configure(
                m_probabilities=[0.95, 0.05], u_probabilities=[0.000001, 0.999999]
            ),
            cl.ExactMatch("amount").configure(
                m_probabilities=[0.95, 0.05], u_probabilities=[0.00001, 0.99999]
            ),
            cl.JaroWinklerAtThresholds("name", [0.92]).configure(
                m_probabilities=[0.8, 0.15, 0.05], u_probabilities=[0.00001, 0.0001, 0.99989]
            ),
        ]
    return SettingsCreator(
        link_type="link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on("reference"), block_on("name", "amount")],
        probability_two_random_records_match=0.000001,
        retain_matching_columns=False,
    )


def main() -> int:
    """Print one JSON object: seconds and payments a second, trained and given, and the pairs."""
    folder = Path(sys.argv[1])
    connection = duckdb.connect()
    for table in ("payments", "invoices"):
        connection.execute(
            f"CREATE TABLE raw_{table} AS SELECT * FROM read_csv('{folder / table}.csv', all_varchar=true)"
        ).fetchall()
    api = DuckDBAPI(connection)
    payments = api.register(connection.table("raw_payments"), dataset_display_name="payments")
    invoices = api.register(connection.table("raw_invoices"), dataset_display_name="invoices")
    count = connection.execute("SELECT count(*) FROM raw_payments").fetchall()[0][0]
    result: dict[str, Any] = {"payments": count}
    for name, given in (("given", True), ("trained", False)):
        began = time.perf_counter()
        linker = Linker([payments, invoices], settings(given=given), log_level="ERROR")
        if not given:
            linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
            for rule in (block_on("reference"), block_on("name", "amount")):
                linker.training.estimate_parameters_using_expectation_maximisation(rule)
        pairs = best(connection, linker)
        elapsed = time.perf_counter() - began
        result |= {
            f"seconds_{name}": round(elapsed, 1),
            f"payments_per_second_{name}": round(count / elapsed),
        }
    sys.stdout.write(json.dumps({**result, "pairs": pairs}) + "\n")
    return 0


def best(connection: Any, linker: Any) -> list[tuple[str, str]]:
    """The best invoice of each payment that has one."""
    predicted = linker.inference.predict(threshold_match_probability=0.5, warning_mode="never")
    rows = connection.execute(
        f"""SELECT unique_id_l, unique_id_r, source_dataset_l FROM {predicted.physical_name}
        QUALIFY row_number() OVER (PARTITION BY CASE source_dataset_l WHEN 'payments' THEN unique_id_l ELSE unique_id_r
        END ORDER BY match_probability DESC) = 1"""
    ).fetchall()
    return [(left, right) if side == "payments" else (right, left) for left, right, side in rows]


if __name__ == "__main__":
    raise SystemExit(main())
