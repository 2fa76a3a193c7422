"""Adds late copies to `events` and `feedback`, as a second ingest node may, and counts by the SQL
that readers of the tables are given.

usage: distinct_views.py DATA_FOLDER SQL_FOLDER COPIES
    -> {"events": n, "events_distinct": n, "feedback": n, "feedback_latest": n, "ratings": n,
        "rating_mean": x}
"""

import datetime
import sys
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.compute as compute
from answer import answer
from deltalake import DeltaTable, write_deltalake

tables, sql, copies = Path(sys.argv[1]) / "tables", Path(sys.argv[2]), int(sys.argv[3])
for name in ("events", "feedback"):
    path = str(tables / name)
    if copies:
        rows = DeltaTable(path).to_pyarrow_table().slice(0, copies)
        later = compute.add(rows["received_at"], datetime.timedelta(hours=1))
        other = pyarrow.array(["another-node"] * rows.num_rows)
        rows = rows.set_column(rows.schema.get_field_index("received_at"), "received_at", later)
        rows = rows.set_column(rows.schema.get_field_index("node"), "node", other)
        write_deltalake(path, rows, mode="append")
    files = [file.removeprefix("file://") for file in DeltaTable(path).file_uris()]
    duckdb.sql(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files!r}, hive_partitioning = true)")
for view in ("events_distinct", "feedback_latest"):
    duckdb.sql((sql / f"{view}.sql").read_text())
count = lambda view: duckdb.sql(f"SELECT count(*) FROM {view}").fetchall()[0][0]
found = {view: count(view) for view in ("events", "events_distinct", "feedback", "feedback_latest")}
ratings = "SELECT count(*), avg(score) FROM feedback_latest WHERE kind = 'rating'"
found["ratings"], found["rating_mean"] = duckdb.sql(ratings).fetchall()[0]
answer(found)
