"""The raw bytes in quarantine, as text.

usage: quarantine_raw.py DATA_FOLDER -> ["...", ...]
"""

import sys
from pathlib import Path

from answer import answer
from deltalake import DeltaTable

table = DeltaTable(str(Path(sys.argv[1]) / "tables" / "quarantine"))
raw = table.to_pyarrow_table().column("raw").to_pylist()
answer([bytes(value).decode() for value in raw])
