"""Counts the rows of each table with three engines that know nothing of Shipwake.

usage: count_tables.py DATA_FOLDER -> {"events": {"deltalake": n, "duckdb": n, "polars": n, ...}}
"""

import sys
from pathlib import Path

import duckdb
import polars
from answer import answer
from deltalake import DeltaTable

tables = Path(sys.argv[1]) / "tables"
counts = {}
for name in ["events", "feedback", "releases", "backlog", "marks", "plans", "feedback_labels", "feedback_links", "quarantine", "ledger"]:
    table = DeltaTable(str(tables / name))
    files = [file.removeprefix("file://") for file in table.file_uris()]
    rows = {"deltalake": 0, "duckdb": 0, "polars": 0, "distinct_ids": 0}
    if files:
        rows["deltalake"] = sum(
            batch.num_rows for batch in table.to_pyarrow_dataset().to_batches()
        ) if hasattr(table, "to_pyarrow_dataset") else table.count()
        rows["duckdb"] = duckdb.sql(f"SELECT count(*) FROM read_parquet({files!r})").fetchall()[0][0]
        rows["polars"] = polars.scan_delta(str(tables / name)).select(polars.len()).collect().item()
        if name in ("events", "feedback"):
            rows["distinct_ids"] = duckdb.sql(
                f"SELECT count(DISTINCT (app, event_id)) FROM read_parquet({files!r})"
            ).fetchall()[0][0]
    counts[name] = rows
answer(counts)
