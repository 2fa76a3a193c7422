"""How often people came, how long they stayed and who came back, by SQL over the events.

usage: usage.py DATA_FOLDER FIRST_DAY ENVIRONMENT
    -> {"kpis": {"metric": value}, "active_days": [n, …],
        "retention": {"cohort": {"metric": {"N": [users, eligible]}}}}

The window are the seven days from FIRST_DAY (UTC), the history the twelve weeks before it.
"""

import statistics
import sys
from pathlib import Path

import duckdb
from answer import answer
from deltalake import DeltaTable
from whose import PERSON, whose

data, first_day, environment = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
DAY = 86_400_000_000


def files_of(table):
    uris = DeltaTable(str(data / "tables" / table)).file_uris()
    return [uri.removeprefix("file://") for uri in uris]


def view(table, columns):
    files = files_of(table)
    duckdb.sql(
        f"""
        CREATE VIEW {table} AS
        SELECT {columns}, epoch_us(occurred_at) AS micros, epoch_us(occurred_at) // {DAY} AS day
        FROM read_parquet({files!r}) WHERE environment = '{environment}'
        """
    )


one = lambda sql: duckdb.sql(sql).fetchall()[0][0]
whose(duckdb.sql, files_of("events"), environment)
view(
    "events",
    f"""{PERSON} AS person, coalesce(release, 'unknown') AS release,
    event_id, session_id, kind, session_status, handled, session_sequence, session_errors,
    session_duration_ms AS told_ms, epoch_us(session_started_at) AS told_start""",
)
view("feedback", "event_id, kind, received_at, position, frame_row")
first = one(f"SELECT DATE '{first_day}' - DATE '1970-01-01'")
end, known = first + 7, first - 84
duckdb.sql("CREATE TABLE active AS SELECT DISTINCT person, day FROM events WHERE person IS NOT NULL")

users = lambda start, stop: one(
    f"SELECT count(DISTINCT person) FROM active WHERE day >= {start} AND day < {stop}"
)
since = one("SELECT min(day) FROM events")
whole = [day for day in range(first, end) if day >= since + 27]
kpis = {
    "daily_active_users": statistics.fmean(users(day, day + 1) for day in range(first, end)),
    "weekly_active_users": users(end - 7, end),
    "monthly_active_users": users(end - 28, end),
    "stickiness": statistics.fmean(users(day, day + 1) / users(day - 27, day + 1) for day in whole),
}
by_days = dict(
    duckdb.sql(
        f"""
        SELECT days, count(*) FROM (
            SELECT person, count(*) AS days FROM active WHERE day >= {first} AND day < {end} GROUP BY person
        ) GROUP BY days
        """
    ).fetchall()
)

# Sessions: of each its beginning, its user and how long it lasted.
duckdb.sql(
    f"""
    CREATE TABLE sessions AS
    WITH ranked AS (
        SELECT *, CASE
            WHEN kind = 'session' AND session_status = 'ok' THEN 1
            WHEN kind = 'session' THEN 2
            WHEN kind = 'error' AND NOT handled THEN 0
            ELSE -1
        END AS rank
        FROM events WHERE session_id IS NOT NULL
    ),
    whole AS (
        SELECT
            session_id, max(rank) AS rank, bool_or(rank = 0) AS broke,
            min(micros) AS seen_from, max(micros) AS seen_to,
            min(told_start) FILTER (rank >= 0) AS told_start, min(micros) FILTER (rank >= 0) AS told_at
        FROM ranked GROUP BY session_id
    ),
    last AS (
        SELECT session_id, person, CASE WHEN rank >= 0 THEN told_ms END AS told_ms
        FROM ranked
        QUALIFY row_number() OVER (
            PARTITION BY session_id ORDER BY rank DESC, micros DESC, coalesce(session_sequence, -1) DESC,
            coalesce(session_errors, 0) DESC, event_id DESC
        ) = 1
    ),
    begun AS (
        SELECT *, coalesce(told_start, CASE WHEN rank >= 1 THEN told_at END, seen_from) AS start
        FROM whole JOIN last USING (session_id)
    )
    SELECT person, CASE
        WHEN rank = 1 AND NOT broke THEN NULL
        WHEN rank <> 1 AND told_ms IS NOT NULL THEN told_ms
        WHEN seen_to - least(start, seen_from) >= 1000
            THEN (seen_to - least(start, seen_from)) // 1000
    END AS length_ms
    FROM begun WHERE start // {DAY} >= {first} AND start // {DAY} < {end}
    """
)
each = [n for (n,) in duckdb.sql(
    "SELECT count(*) FROM sessions WHERE person IS NOT NULL GROUP BY person"
).fetchall()]
lengths = duckdb.sql("SELECT length_ms FROM sessions WHERE length_ms IS NOT NULL").fetchall()
kpis["sessions_per_user"] = statistics.fmean(each)
kpis["session_minutes_median"] = statistics.median(ms / 60_000 for (ms,) in lengths)
pieces = one(
    f"""
    SELECT count(*) FROM (
        SELECT event_id, arg_max(day, (micros, received_at, position, frame_row)) AS day
        FROM feedback WHERE kind <> 'reply' GROUP BY event_id
    ) WHERE day >= {first} AND day < {end}
    """
)
kpis["feedback_per_thousand"] = 1000 * pieces / users(first, end)

# Who came back, of those whose first week lies in the history.
duckdb.sql(
    f"""
    CREATE TABLE firsts AS
    SELECT *, cast(DATE '1970-01-01' + cast(week AS INTEGER) AS VARCHAR) AS of_week FROM (
        SELECT person, micros AS first_at, day AS first_day, release, day - (day + 3) % 7 AS week
        FROM events WHERE person IS NOT NULL AND day < {end}
        QUALIFY row_number() OVER (
            PARTITION BY person ORDER BY micros, release = 'unknown', release
        ) = 1
    ) WHERE week >= {known}
    """
)
retention = {}
for n in [1, 3, 7, 14, 28, 30]:
    rolling = f"(e.micros - first_at) // {DAY} = {n}"
    for metric, is_over, is_back in [
        ("retention_on_day", f"first_day + {n} < {end}", f"e.day = first_day + {n}"),
        ("retention_from_day", f"first_day + {n} < {end}", f"e.day >= first_day + {n}"),
        ("retention_rolling_day", f"first_at + {(n + 1) * DAY} <= {end * DAY}", rolling),
    ]:
        rows = duckdb.sql(
            f"""
            WITH told AS (
                SELECT f.person, release, of_week,
                    EXISTS (SELECT 1 FROM events e WHERE e.person = f.person AND e.day < {end} AND {is_back}) AS back
                FROM firsts f WHERE {is_over}
            )
            SELECT 'all', count(*) FILTER (back), count(*) FROM told HAVING count(*) > 0
            UNION ALL SELECT of_week, count(*) FILTER (back), count(*) FROM told GROUP BY of_week
            UNION ALL SELECT release, count(*) FILTER (back), count(*) FROM told GROUP BY release
            """
        ).fetchall()
        for cohort, back, eligible in rows:
            retention.setdefault(cohort, {}).setdefault(metric, {})[str(n)] = [back, eligible]
answer(
    {
        "kpis": kpis,
        "active_days": [by_days.get(days, 0) for days in range(1, 8)],
        "retention": retention,
    }
)
