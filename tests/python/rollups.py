"""The rollups of a data folder against their SQL, run by DuckDB over the events.

usage: rollups.py DATA_FOLDER SQL_FOLDER -> {"zone": {"rollup": {"rows": n, "missing": 0, "extra": 0}}}
"""

import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import duckdb
from answer import answer
from deltalake import DeltaTable

data, texts = Path(sys.argv[1]), Path(sys.argv[2])
files = [f.removeprefix("file://") for f in DeltaTable(str(data / "tables/events")).file_uris()]
NUMBERS = {
    "user_day": "user_key, events, errors, sessions, first_at, last_at, active_hours, errored_hours",
    "feature_day": "user_key, feature, uses, first_at",
    "error_day": "user_key, fingerprint, name, errors, first_at",
    "session_day": "session_id, user_key, status, rank, updated_at, started_at, first_at, broke,"
    " seen_from, seen_to",
    "arrival_day": "received_day, events, flagged, with_user, with_session, updates,"
    " updates_with_user, first_at, received_to",
    "health_hour": "hour, events, users, errored_users, live, late_1h, late_2h, late_4h, late_8h,"
    " late_16h, late_24h",
    "identity_day": "anonymous_id, user_id, first_at",
}
OF_ALL_DAYS = {
    "first_seen": "app, environment, user_key, release, feature, first_at",
    "identity": "app, environment, anonymous_id, user_id, first_at",
}
GRAIN = "day, app, environment, channel, platform, release, "


def days_of(connection, zone):
    """Tables of the local days from before the first event to behind the last arrival, and of
    their hours."""
    first, last = connection.sql(
        "SELECT epoch(min(occurred_at)), epoch(max(greatest(occurred_at, received_at))) FROM events"
    ).fetchall()[0]
    day = date.fromtimestamp(first) - timedelta(days=2)
    connection.sql("CREATE OR REPLACE TABLE days (day DATE, starts_at TIMESTAMPTZ, ends_at TIMESTAMPTZ)")
    connection.sql("CREATE OR REPLACE TABLE hours (starts_at TIMESTAMPTZ, ends_at TIMESTAMPTZ, bit BIGINT)")
    start = lambda day: datetime.combine(day, time(), zone).timestamp()
    while day <= date.fromtimestamp(last) + timedelta(days=2):
        following = day + timedelta(days=1)
        connection.execute(
            "INSERT INTO days VALUES (?, to_timestamp(?), to_timestamp(?))",
            [day, start(day), start(following)],
        )
        hours = range(int(start(day)), int(start(following)), 3600)
        connection.executemany(
            "INSERT INTO hours VALUES (to_timestamp(?), to_timestamp(?), ?)",
            [[at, min(at + 3600, start(following)), 1 << place] for place, at in enumerate(hours)],
        )
        day = following


def compare(connection, rollup, columns, files):
    text = (texts / "known_events.sql").read_text()
    sql = f"WITH {text} {(texts / f'{rollup}.sql').read_text()}"
    connection.sql(f"CREATE OR REPLACE TEMP TABLE expected AS SELECT {columns} FROM ({sql})")
    where = {"session_day": "WHERE session_id IS NOT NULL", "health_hour": "WHERE events > 0"}.get(rollup, "")
    parquet = f"read_parquet('{files}', hive_partitioning = false)"
    found = columns.replace("broke", "CAST(broke AS INTEGER)")
    connection.sql(f"CREATE OR REPLACE TEMP TABLE found AS SELECT {found} FROM {parquet} {where}")
    count = lambda sql: connection.sql(f"SELECT count(*) FROM ({sql})").fetchall()[0][0]
    return {
        "rows": count("FROM found"),
        "missing": count("FROM expected EXCEPT ALL FROM found"),
        "extra": count("FROM found EXCEPT ALL FROM expected"),
    }


connection = duckdb.connect()
connection.sql(f"CREATE VIEW events AS SELECT * FROM read_parquet({files!r})")
found = {}
for folder in sorted((data / "rollups").iterdir()):
    zone = unquote(folder.name.removeprefix("zone="))
    days_of(connection, ZoneInfo(zone))
    of_zone = found[zone] = {}
    for rollup, numbers in NUMBERS.items():
        files = folder / f"rollup_{rollup}" / "day=*" / "*.parquet"
        of_zone[rollup] = compare(connection, rollup, GRAIN + numbers, files)
    for rollup, columns in OF_ALL_DAYS.items():
        # Earlier ones know of fewer days.
        largest = max((folder / f"rollup_{rollup}").iterdir(), key=lambda file: file.stat().st_size)
        of_zone[rollup] = compare(connection, rollup, columns, largest)
answer(found)
