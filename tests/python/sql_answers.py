"""Answers queries over the tables of a data folder with DuckDB, which knows nothing of Shipwake.

usage: sql_answers.py DATA_FOLDER SQL_FOLDER COPIES QUERIES.json -> [[[cell, ...], ...], ...]

COPIES rows of `events` and `feedback` are stored once more first, as a second ingest node may do.
Instants are answered as microseconds since 1970, days as text.
"""

import datetime
import json
import sys
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.compute as compute
from answer import answer
from deltalake import DeltaTable, write_deltalake

tables, sql, copies = Path(sys.argv[1]) / "tables", Path(sys.argv[2]), int(sys.argv[3])
queries = json.loads(Path(sys.argv[4]).read_text())
duckdb.sql("SET TimeZone = 'UTC'")
for name in ("events", "feedback", "releases", "backlog", "quarantine", "ledger"):
    path = str(tables / name)
    if copies and name in ("events", "feedback"):
        rows = DeltaTable(path).to_pyarrow_table().slice(0, copies)
        later = compute.add(rows["received_at"], datetime.timedelta(hours=1))
        other = pyarrow.array(["another-node"] * rows.num_rows)
        rows = rows.set_column(rows.schema.get_field_index("received_at"), "received_at", later)
        rows = rows.set_column(rows.schema.get_field_index("node"), "node", other)
        write_deltalake(path, rows, mode="append")
    files = [file.removeprefix("file://") for file in DeltaTable(path).file_uris()]
    if files:
        scan = f"read_parquet({files!r}, hive_partitioning = true, union_by_name = true)"
        duckdb.sql(f"CREATE VIEW {name} AS SELECT * FROM {scan}")
for view in ("events_distinct", "feedback_latest"):
    duckdb.sql((sql / f"{view}.sql").read_text())


def plain(value):
    if isinstance(value, datetime.datetime):
        return round(value.timestamp() * 1_000_000)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return value


answer([[[plain(cell) for cell in row] for row in duckdb.sql(query).fetchall()] for query in queries])
