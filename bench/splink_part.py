"""Run by `bench.match` in Splink's own environment: link `payments.csv` to `invoices.csv` in the folder that is named.

The model's probabilities are given, so no time goes into training; reading the files is not counted. Counted are the
prediction over two blocking rules and the choice of the best, unrivalled invoice of each payment.
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


def settings() -> Any:
    """Reference exact, amount exact, name by Jaro-Winkler; two ways to become a candidate."""
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.ExactMatch("reference").configure(m_probabilities=[0.95, 0.05], u_probabilities=[0.000001, 0.999999]),
            cl.ExactMatch("amount").configure(m_probabilities=[0.95, 0.05], u_probabilities=[0.00001, 0.99999]),
            cl.JaroWinklerAtThresholds("name", [0.92]).configure(
                m_probabilities=[0.8, 0.15, 0.05], u_probabilities=[0.00001, 0.0001, 0.99989]
            ),
        ],
        blocking_rules_to_generate_predictions=[block_on("reference"), block_on("name", "amount")],
        probability_two_random_records_match=0.000001,
        retain_matching_columns=False,
    )


def main() -> int:
    """Print one JSON object: seconds, payments a second, and the pairs."""
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
    linker = Linker([payments, invoices], settings(), log_level="ERROR")
    began = time.perf_counter()
    predicted = linker.inference.predict(threshold_match_probability=0.5, warning_mode="never")
    best = connection.execute(
        f"""SELECT unique_id_l, unique_id_r, source_dataset_l FROM {predicted.physical_name}
        QUALIFY row_number() OVER (PARTITION BY CASE source_dataset_l WHEN 'payments' THEN unique_id_l ELSE unique_id_r
        END ORDER BY match_probability DESC) = 1"""
    ).fetchall()
    elapsed = time.perf_counter() - began
    pairs = [(left, right) if side == "payments" else (right, left) for left, right, side in best]
    result = {"payments": count, "seconds": round(elapsed, 1), "payments_per_second": round(count / elapsed)}
    sys.stdout.write(json.dumps({**result, "pairs": pairs}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
