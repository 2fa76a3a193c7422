"""The KPIs of a window and of the one before, and its releases day by day, by SQL over the tables.

usage: registry.py DATA_FOLDER FIRST_DAY DAYS ENVIRONMENT AS_OF [platform=VALUE|PROPERTY=VALUE]
    -> {"kpis": {"metric": [now, before]},
        "releases": {"release": {"active_users": n, "sessions": n, "feedback_authors": n,
                                 "rating": [mean, n], "low_rating": [share, n], "crash_free_sessions": [share, n]}},
        "adoption": {"release day": [on_release, total]}}

Days are those of UTC. What a KPI is stands in `shipwake dictionary`.
"""

import statistics
import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
from answer import answer
from deltalake import DeltaTable
from whose import PERSON, whose

data, first_day, days, environment = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
as_of = round(datetime.fromisoformat(sys.argv[5]).timestamp() * 1_000_000)
name, value = sys.argv[6].split("=") if len(sys.argv) > 6 else ("", "")
of_platform = f"AND platform = '{value}'" if name == "platform" else ""
by_property = name not in ("", "platform")
DAY = 86_400_000_000
first = (date.fromisoformat(first_day) - date(1970, 1, 1)).days
db = duckdb.connect()
rows = lambda sql: db.sql(sql).fetchall()
one = lambda sql: rows(sql)[0][0]


def files_of(table):
    uris = DeltaTable(str(data / "tables" / table)).file_uris()
    return [uri.removeprefix("file://") for uri in uris]


whose(db.sql, files_of("events"), environment)
db.sql(
    f"""
    CREATE TABLE events AS
    SELECT * EXCLUDE (copy) FROM (
        SELECT event_id, kind, {PERSON} AS person, coalesce(release, 'unknown') AS release, session_id,
            session_status AS status, session_errors AS errors, session_sequence AS sequence,
            session_count AS counted, session_duration_ms AS told_ms, handled,
            epoch_us(session_started_at) AS told_start, epoch_us(occurred_at) AS micros,
            epoch_us(occurred_at) // {DAY} AS day,
            row_number() OVER (PARTITION BY event_id ORDER BY received_at, position, frame_row) AS copy
        FROM read_parquet({files_of("events")!r}) WHERE environment = '{environment}' {of_platform}
    ) WHERE copy = 1 AND micros <= {as_of}
    """
)
# New is who was never seen before, wherever.
db.sql(
    f"""
    CREATE TABLE first_days AS
    SELECT {PERSON} AS person, min(epoch_us(occurred_at)) // {DAY} AS day
    FROM read_parquet({files_of("events")!r}) WHERE environment = '{environment}' GROUP BY ALL
    """
)
if by_property:
    # Users are told apart by what they said last.
    db.sql(
        f"""
        CREATE TABLE members AS
        SELECT person FROM (
            SELECT {PERSON} AS person, properties ->> '$.{name}' AS said, epoch_us(occurred_at) AS micros
            FROM read_parquet({files_of("events")!r}) WHERE environment = '{environment}'
        ) WHERE said IS NOT NULL AND micros <= {as_of}
        GROUP BY person HAVING arg_max(said, (micros, said)) = '{value}'
        """
    )
    db.sql("DELETE FROM events WHERE person IS NULL OR person NOT IN (FROM members)")
# A session is told by the update that ends it, else by the latest; one that was left open by an error
# that nobody caught has crashed.
db.sql(
    f"""
    CREATE TABLE sessions AS
    WITH named AS (SELECT *, kind = 'session' AS is_update FROM events WHERE session_id IS NOT NULL),
    whole AS (
        SELECT session_id, min(micros) AS seen_from, max(micros) AS seen_to, bool_or(is_update) AS is_told,
            bool_or(kind = 'error' AND handled IS NOT DISTINCT FROM false) AS broke,
            min(told_start) AS told_start,
            min(micros) FILTER (is_update OR (kind = 'error' AND handled IS NOT DISTINCT FROM false)) AS told_at
        FROM named GROUP BY session_id
    ),
    ending AS (
        SELECT session_id, person, release, status, coalesce(errors, 0) AS errors, told_ms FROM named
        WHERE is_update
        QUALIFY row_number() OVER (
            PARTITION BY session_id ORDER BY status <> 'ok' DESC, micros DESC, coalesce(sequence, -1) DESC,
            coalesce(errors, 0) DESC, event_id DESC
        ) = 1
    ),
    last AS (
        SELECT session_id, person FROM named
        WHERE NOT is_update
        QUALIFY row_number() OVER (
            PARTITION BY session_id
            ORDER BY kind = 'error' AND handled IS NOT DISTINCT FROM false DESC, micros DESC, event_id DESC
        ) = 1
    )
    SELECT w.session_id, is_told, release, status, errors, broke, told_ms, seen_from, seen_to,
        CASE WHEN is_told THEN u.person ELSE l.person END AS person,
        coalesce(told_start, CASE WHEN is_told THEN told_at END, seen_from) AS start, 1 AS counted
    FROM whole w LEFT JOIN ending u USING (session_id) LEFT JOIN last l USING (session_id)
    """
)
db.sql(
    """
    CREATE TABLE told AS
    SELECT *, status = 'crashed' OR (status = 'ok' AND broke) AS crashed,
        errors > 0 OR broke OR status NOT IN ('ok', 'exited') AS erred
    FROM (
        SELECT person, release, status, errors, broke, start, counted FROM sessions WHERE is_told
        UNION ALL
        SELECT person, release, status, coalesce(errors, 0), false, coalesce(told_start, micros), counted
        FROM events WHERE kind = 'session' AND session_id IS NULL AND counted IS NOT NULL
    )
    """
)
db.sql(
    f"""
    CREATE TABLE pieces AS
    WITH latest AS (
        SELECT *, epoch_us(occurred_at) AS micros, {PERSON} AS person, coalesce(release, 'unknown') AS of_release
        FROM read_parquet({files_of("feedback")!r})
        WHERE environment = '{environment}' AND epoch_us(occurred_at) <= {as_of}
        QUALIFY row_number() OVER (
            PARTITION BY event_id ORDER BY occurred_at DESC, received_at DESC, position DESC, frame_row DESC
        ) = 1
    ),
    replies AS (SELECT parent_id, min(micros) AS replied FROM latest WHERE kind = 'reply' GROUP BY parent_id)
    SELECT l.event_id, l.kind, l.of_release AS release, l.micros, l.micros // {DAY} AS day, l.score,
        coalesce(l.person, l.event_id) AS author,
        CASE WHEN least(replied, epoch_us(replied_at)) <= {as_of} THEN least(replied, epoch_us(replied_at)) END
            AS answered
    FROM latest l LEFT JOIN replies r ON r.parent_id = l.event_id
    WHERE l.kind <> 'reply' {of_platform}
    """
)
if by_property:
    db.sql("DELETE FROM pieces WHERE author NOT IN (FROM members)")


def share(part, whole):
    return part / whole if whole else None


def free(part, whole):
    return 1 - (part or 0) / whole if whole else None


def of_all(figure, values):
    return figure(values) if values else None


def mean(table, where, value="score"):
    return rows(f"SELECT avg({value}), count({value}) FROM {table} WHERE {where}")[0]


def window(start):
    end = start + days
    within = lambda column="day": f"{column} >= {start} AND {column} < {end}"
    users = lambda a, b: one(f"SELECT count(DISTINCT person) FROM events WHERE day >= {a} AND day < {b}")
    people = lambda a, b: {who for (who,) in rows(
        f"SELECT DISTINCT person FROM events WHERE person IS NOT NULL AND day >= {a} AND day < {b}"
    )}
    now, before = people(start, end), people(start - days, start)
    earlier = {who for (who,) in rows(f"SELECT person FROM first_days WHERE day < {start}")}
    since = one("SELECT min(day) FROM events")
    whole = [day for day in range(start, end) if day >= since + 27]
    daily = [users(day, day + 1) / users(day - 27, day + 1) for day in whole]
    begun = within(f"start // {DAY}")
    told, crashed, erred = rows(
        f"SELECT sum(counted), sum(counted) FILTER (crashed), sum(counted) FILTER (erred) FROM told WHERE {begun}"
    )[0]
    had, hurt = rows(
        f"SELECT count(DISTINCT person), count(DISTINCT person) FILTER (crashed) FROM told WHERE {begun}"
    )[0]
    per_user = [n for (n,) in rows(
        f"SELECT count(*) FROM sessions WHERE person IS NOT NULL AND {begun} GROUP BY person"
    )]
    lengths = [ms / 60_000 for (ms,) in rows(
        f"""
        SELECT * FROM (SELECT CASE
            WHEN status = 'ok' AND NOT broke THEN NULL
            WHEN is_told AND status <> 'ok' AND told_ms IS NOT NULL THEN told_ms
            WHEN seen_to - least(start, seen_from) >= 1000 THEN (seen_to - least(start, seen_from)) // 1000
        END AS ms FROM sessions WHERE {begun}) WHERE ms IS NOT NULL
        """
    )]
    seen = one(f"SELECT count(DISTINCT session_id) FROM events WHERE {within()}")
    seen += one(f"SELECT coalesce(sum(counted), 0)::BIGINT FROM events WHERE session_id IS NULL AND {within()}")
    said = one(f"SELECT count(*) FROM pieces WHERE {within()}")
    of = lambda kind: f"kind = '{kind}' AND {within()}"
    counted = lambda kind, which: share(
        one(f"SELECT count(*) FROM pieces WHERE {of(kind)} AND {which}"),
        one(f"SELECT count(score) FROM pieces WHERE {of(kind)}"),
    )
    points = "CASE WHEN score >= 9 THEN 100 WHEN score <= 6 THEN -100 ELSE 0 END"
    waited = [us / 3.6e9 for (us,) in rows(
        f"SELECT answered - micros FROM pieces WHERE {within()} AND answered >= micros"
    )]
    return {
        "active_users": len(now),
        "daily_active_users": statistics.fmean(users(day, day + 1) for day in range(start, end)),
        "weekly_active_users": users(end - 7, end),
        "monthly_active_users": users(end - 28, end),
        "stickiness": of_all(statistics.fmean, daily),
        "new_users": len(now - earlier),
        "returning_users": len(now & before),
        "resurrected_users": len(now & earlier - before),
        "dormant_users": len(before - now),
        "sessions": seen,
        "sessions_per_user": of_all(statistics.fmean, per_user),
        "session_minutes_median": of_all(statistics.median, lengths),
        "crash_free_sessions": free(crashed, told),
        "crash_free_users": free(hurt, had),
        "error_rate": share(erred or 0, told),
        "rating_mean": mean("pieces", of("rating"))[0],
        "low_rating": counted("rating", "score <= 2"),
        "csat": counted("csat", "score >= 4"),
        "nps": mean("pieces", of("nps"), points)[0],
        "ces": mean("pieces", of("ces"))[0],
        "feedback_volume": said,
        "feedback_per_thousand": 1000 * said / len(now),
        "answered_share": share(one(f"SELECT count(answered) FROM pieces WHERE {within()}"), said),
        "answer_hours_median": of_all(statistics.median, waited),
    }


now, before = window(first), window(first - days)
within = f"day >= {first} AND day < {first + days}"
releases = {}
for release, users, sessions in rows(
    f"""
    SELECT release, count(DISTINCT person),
        count(DISTINCT session_id) + coalesce(sum(counted) FILTER (session_id IS NULL), 0)::BIGINT
    FROM events WHERE {within} GROUP BY release
    """
):
    is_it = f"release = '{release}'"
    rated = f"kind = 'rating' AND {is_it} AND {within}"
    rating, ratings = mean("pieces", rated)
    begun = f"{is_it} AND start // {DAY} >= {first} AND start // {DAY} < {first + days}"
    told, crashed = rows(f"SELECT sum(counted), sum(counted) FILTER (crashed) FROM told WHERE {begun}")[0]
    releases[release] = {
        "active_users": users,
        "sessions": sessions,
        "feedback_authors": one(f"SELECT count(DISTINCT author) FROM pieces WHERE {is_it} AND {within}"),
        "rating": [rating, ratings],
        "low_rating": [share(one(f"SELECT count(*) FROM pieces WHERE {rated} AND score <= 2"), ratings), ratings],
        "crash_free_sessions": [free(crashed, told), told or 0],
    }
adoption = rows(
    f"""
    SELECT release || ' ' || (DATE '1970-01-01' + day::INTEGER)::VARCHAR, count(DISTINCT person), any_value(total)
    FROM events JOIN (SELECT day, count(DISTINCT person) AS total FROM events GROUP BY day) USING (day)
    WHERE day < {first + days} GROUP BY release, day
    """
)
answer({
    "kpis": {metric: [now[metric], before[metric]] for metric in now},
    "releases": releases,
    "adoption": {key: [on, total] for key, on, total in adoption},
})
