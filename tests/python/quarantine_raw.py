"""The raw bytes in quarantine, as text.

usage: quarantine_raw.py DATA_FOLDER -> ["...", ...]
"""

import json
import sys
from pathlib import Path

from deltalake import DeltaTable

table = DeltaTable(str(Path(sys.argv[1]) / "tables" / "quarantine"))
raw = table.to_pyarrow_table().column("raw").to_pylist()
print(json.dumps([bytes(value).decode() for value in raw]))
