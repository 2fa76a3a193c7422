"""All rows of a table, each as an object; instants as microseconds.

usage: table_rows.py DATA_FOLDER TABLE -> [{"event_id": "...", ...}, ...]
"""

import json
import sys
from datetime import date, datetime
from pathlib import Path

from answer import answer
from deltalake import DeltaTable


def plain(name, value):
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000_000)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if name == "properties" and value is not None:
        return json.loads(value)
    return value


table = DeltaTable(str(Path(sys.argv[1]) / "tables" / sys.argv[2]))
rows = table.to_pyarrow_table().to_pylist()
answer([{name: plain(name, value) for name, value in row.items()} for row in rows])
