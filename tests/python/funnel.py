"""A funnel of three steps, by joins over the events.

usage: funnel.py DATA_FOLDER FROM TO AS_OF HOURS ENVIRONMENT FIRST SECOND THIRD
    -> {"users": [n, n, n], "left_out": n, "seconds": [median, median]}

The first step lies on the days FROM to TO in UTC; the names of the steps differ.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb
from answer import answer
from deltalake import DeltaTable
from whose import PERSON, whose

data, first_day, last_day, as_of, hours, environment, *steps = sys.argv[1:]
files = DeltaTable(str(Path(data) / "tables/events")).file_uris()
files = [file.removeprefix("file://") for file in files]
day = lambda text: int(datetime.fromisoformat(text + "T00:00:00+00:00").timestamp() * 1_000_000)
start, end = day(first_day), day(last_day) + 86_400_000_000
within = int(hours) * 3_600_000_000
known = round(datetime.fromisoformat(as_of).timestamp()) * 1_000_000
db = duckdb.connect()
whose(db.sql, files, environment)
db.sql(
    f"""
    CREATE TABLE events AS
    SELECT name, {PERSON} AS user, epoch_us(occurred_at) AS moment
    FROM read_parquet({files!r})
    WHERE environment = '{environment}' AND kind = 'usage'
      AND coalesce(user_id, anonymous_id) IS NOT NULL AND epoch_us(occurred_at) <= {known}
    """
)
tries = db.execute(
    """
    WITH a AS (SELECT user, moment FROM events WHERE name = ? AND moment >= ? AND moment < ?),
    b AS (
        SELECT a.user, a.moment AS a_at, min(e.moment) AS b_at FROM a
        LEFT JOIN events e ON e.user = a.user AND e.name = ? AND e.moment BETWEEN a.moment AND a.moment + ?
        GROUP BY ALL
    )
    SELECT b.user, a_at, b_at, min(e.moment) FROM b
    LEFT JOIN events e ON e.user = b.user AND e.name = ? AND e.moment BETWEEN b_at AND a_at + ?
    GROUP BY ALL
    """,
    [steps[0], start, end, steps[1], within, steps[2], within],
).fetchall()
best = {}
for user, *at in tries:
    reached = sum(instant is not None for instant in at)
    key = (reached, -at[0])
    if user not in best or key > best[user][0]:
        best[user] = (key, at)
users, seconds, left_out = [0, 0, 0], [[], []], 0
for (reached, _), at in best.values():
    if reached < 3 and at[0] + within > known:
        left_out += 1
        continue
    for step in range(reached):
        users[step] += 1
        if step > 0:
            seconds[step - 1].append((at[step] - at[step - 1]) / 1e6)
answer({"users": users, "left_out": left_out, "seconds": [median(all) for all in seconds]})
