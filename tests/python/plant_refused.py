"""Adds a refused event to quarantine, and to the ledger, as an earlier version may have left it.

usage: plant_refused.py DATA_FOLDER RAW EVENT_ID RECEIVED_AT -> "planted"
"""

import datetime
import sys
from pathlib import Path

import pyarrow
from answer import answer
from deltalake import DeltaTable, write_deltalake

folder, raw, event_id, received_at = sys.argv[1:5]
tables = Path(folder) / "tables"


def append(name, row):
    table = DeltaTable(str(tables / name))
    schema = pyarrow.schema(table.to_pyarrow_dataset().schema)
    columns = {field.name: [row.get(field.name)] for field in schema}
    write_deltalake(table, pyarrow.table(columns, schema=schema), mode="append")


at = datetime.datetime.fromisoformat(received_at)
shared = {"day": at.date(), "app": "app", "protocol": "native", "received_at": at, "node": "planted"}
place = DeltaTable(str(tables / "quarantine")).version()
append(
    "quarantine",
    shared
    | {"event_id": event_id or None, "reason": "missing_field", "field": "user_id", "message": "planted"}
    | {"raw": raw.encode(), "key_id": "planted", "position": place, "frame_row": 0, "sent_as": "events"},
)
for outcome, reason in [("received", None), ("quarantined", "missing_field")]:
    append("ledger", shared | {"outcome": outcome, "reason": reason, "count": 1, "position": 0})
answer("planted")
