"""Figures of features, by plain SQL and sets over the events; days are those of UTC.

usage: features.py DATA_FOLDER FIRST_DAY ENVIRONMENT '{"EVENT": "RELEASE", …}'
    -> {"EVENT": {"users": n, "eligible": [used, all], "depth": median, "p90": uses,
                  "repeat": [again, all], "kept": [kept, all], "first_use": [used, all]}, …}

RELEASE is the oldest one that has the feature; versions are ordered as text.
"""

import json
import sys
from datetime import date
from math import ceil
from pathlib import Path
from statistics import median

import duckdb
from answer import answer
from deltalake import DeltaTable
from whose import PERSON, whose

files = DeltaTable(str(Path(sys.argv[1]) / "tables/events")).file_uris()
files = [file.removeprefix("file://") for file in files]
db = duckdb.connect()
whose(db.sql, files, sys.argv[3])
db.sql(
    f"""
    CREATE TABLE events AS
    SELECT kind, name, release, {PERSON} AS user,
           CAST(floor(epoch(occurred_at) / 86400) AS BIGINT) AS day
    FROM read_parquet({files!r})
    WHERE environment = '{sys.argv[3]}' AND coalesce(user_id, anonymous_id) IS NOT NULL
    """
)
first = (date.fromisoformat(sys.argv[2]) - date(1970, 1, 1)).days
end = first + 7


def figures(event, release):
    rows = lambda sql, *more: db.execute(sql, [event, *more]).fetchall()
    in_week = dict(
        (user, (uses, days, begun))
        for user, uses, days, begun in rows(
            """SELECT user, count(*), count(DISTINCT day), min(day) FROM events
               WHERE kind = 'usage' AND name = ? AND day >= ? AND day < ? GROUP BY user""",
            first,
            end,
        )
    )
    able = {
        user
        for (user,) in db.execute(
            "SELECT DISTINCT user FROM events WHERE release >= ? AND day >= ? AND day < ?",
            [release, first, end],
        ).fetchall()
    }
    days = {}
    for user, day in rows(
        "SELECT DISTINCT user, day FROM events WHERE kind = 'usage' AND name = ? AND day < ?", end
    ):
        days.setdefault(user, set()).add(day)
    tried = {user: min(used) for user, used in days.items() if end - 84 <= min(used) < end - 28}
    kept = [user for user, begun in tried.items() if max(days[user]) >= begun + 28]
    chances = db.execute(
        "SELECT user, min(day) FROM events WHERE release >= ? AND day < ? GROUP BY user",
        [release, end],
    ).fetchall()
    waiting = {user for user, chance in chances if chance >= end - 84}
    uses = sorted(uses for uses, _, _ in in_week.values())
    again = [count for _, count, begun in in_week.values() if begun < end - 1]
    return {
        "users": len(in_week),
        "eligible": [len(able & in_week.keys()), len(able)],
        "depth": median(uses),
        "p90": uses[ceil(0.9 * len(uses)) - 1],
        "repeat": [sum(count > 1 for count in again), len(again)],
        "kept": [len(kept), len(tried)],
        "first_use": [len(waiting & days.keys()), len(waiting)],
    }


answer({event: figures(event, release) for event, release in json.loads(sys.argv[4]).items()})
