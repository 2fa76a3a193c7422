"""The events that came by a replay: those of the key "planted".

usage: replayed_rows.py DATA_FOLDER -> [{"event_id", "received_at", "protocol", "key_id"}, ...]
"""

import sys
from pathlib import Path

from answer import answer
from deltalake import DeltaTable

table = DeltaTable(str(Path(sys.argv[1]) / "tables" / "events")).to_pyarrow_table()
columns = ["event_id", "received_at", "protocol", "key_id"]
rows = [row for row in table.select(columns).to_pylist() if row["key_id"] == "planted"]
answer([row | {"received_at": row["received_at"].isoformat()} for row in rows])
