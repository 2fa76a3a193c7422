"""What became of users from week to week, by plain sets over the events.

usage: lifecycle.py DATA_FOLDER FIRST_DAY ENVIRONMENT
    -> {"new_users": n, "returning_users": n, "resurrected_users": n, "dormant_users": n}
"""

import sys
from datetime import date
from pathlib import Path

import duckdb
from answer import answer
from deltalake import DeltaTable
from whose import PERSON, whose

files = DeltaTable(str(Path(sys.argv[1]) / "tables/events")).file_uris()
files = [file.removeprefix("file://") for file in files]
whose(duckdb.sql, files, sys.argv[3])
rows = duckdb.sql(
    f"""
    SELECT DISTINCT {PERSON}, CAST(floor(epoch(occurred_at) / 86400) AS BIGINT)
    FROM read_parquet({files!r})
    WHERE environment = '{sys.argv[3]}' AND coalesce(user_id, anonymous_id) IS NOT NULL
    """
).fetchall()
first = (date.fromisoformat(sys.argv[2]) - date(1970, 1, 1)).days
within = lambda from_day, days: {user for user, day in rows if from_day <= day < from_day + days}
now, before, earlier = within(first, 7), within(first - 7, 7), within(0, first)
answer(
    {
        "new_users": len(now - earlier),
        "returning_users": len(now & before),
        "resurrected_users": len(now & earlier - before),
        "dormant_users": len(before - now),
    }
)
