"""The feedback in the tables, a row each, oldest first.

usage: feedback_rows.py DATA_FOLDER -> [{"kind": "nps", "score": 9.0, ...}, ...]
"""

import sys
from pathlib import Path

import duckdb
from answer import answer
from deltalake import DeltaTable

COLUMNS = (
    "event_id kind score scale_min scale_max text question page feature survey_id release "
    "environment user_id anonymous_id platform locale source sdk_name sdk_version protocol properties"
).split()

table = DeltaTable(str(Path(sys.argv[1]) / "tables" / "feedback"))
files = [file.removeprefix("file://") for file in table.file_uris()]
rows = []
if files:
    query = f"SELECT {', '.join(COLUMNS)} FROM read_parquet({files!r}) ORDER BY occurred_at, event_id"
    rows = [dict(zip(COLUMNS, row)) for row in duckdb.sql(query).fetchall()]
answer(rows)
