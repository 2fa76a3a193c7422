"""Every row of events and feedback, as SDKs' tests compare them.

usage: sdk_rows.py DATA_FOLDER -> {"events": [{...}, ...], "feedback": [{...}, ...]}

Properties are an object; instants are microseconds since 1970.
"""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import duckdb
from answer import answer
from deltalake import DeltaTable

tables = Path(sys.argv[1]) / "tables"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def plain(name, value):
    if name == "properties":
        return json.loads(value) if value else {}
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        span = value - EPOCH
        return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def rows(name):
    files = [file.removeprefix("file://") for file in DeltaTable(str(tables / name)).file_uris()]
    if not files:
        return []
    found = duckdb.sql(f"SELECT * FROM read_parquet({files!r}, union_by_name = true)")
    names = found.columns
    return [{n: plain(n, v) for n, v in zip(names, row)} for row in found.fetchall()]


answer({"events": rows("events"), "feedback": rows("feedback")})
