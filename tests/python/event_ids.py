"""Every event id in the tables, as often as it is there.

usage: event_ids.py DATA_FOLDER -> {"kept": ["...", ...], "quarantined": ["...", ...]}
"""

import sys
from pathlib import Path

import duckdb
from answer import answer
from deltalake import DeltaTable

tables = Path(sys.argv[1]) / "tables"


def ids(name):
    files = [file.removeprefix("file://") for file in DeltaTable(str(tables / name)).file_uris()]
    if not files:
        return []
    rows = duckdb.sql(f"SELECT event_id FROM read_parquet({files!r})").fetchall()
    return [row[0] for row in rows]


answer({"kept": ids("events") + ids("feedback"), "quarantined": ids("quarantine")})
