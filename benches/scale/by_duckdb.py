"""The numbers of the scale bench by DuckDB.

usage: by_duckdb.py DATA_FOLDER LAST_WEEK
"""

from answer import FILES, FIRST_WEEK, LAST_WEEK, answer, lines

import duckdb

db = duckdb.connect()
WEEK = f"{FIRST_WEEK} + (day - {FIRST_WEEK}) // 7 * 7"
EVENTS = f"""
    SELECT coalesce(user_id, anonymous_id) AS person, release, kind, name, session_id,
           epoch_us(occurred_at) // 86400000000 AS day, occurred_at,
           session_status AS status, session_sequence AS sequence, session_errors AS errors,
           session_started_at AS started_at
    FROM read_parquet('{FILES}', hive_partitioning = false)
    WHERE app = 'bench' AND environment = 'production'
"""
db.sql(f"CREATE TEMP TABLE user_day AS SELECT DISTINCT person, release, day FROM ({EVENTS})")
db.sql(f"CREATE TEMP TABLE user_week AS SELECT DISTINCT person, {WEEK} AS week FROM user_day")
db.sql(
    f"""
    CREATE TEMP TABLE session AS
    SELECT {WEEK} AS week, * FROM (
        SELECT session_id, arg_max(release, place) AS release, arg_max(person, place) AS person,
               arg_max(status, place) = 'crashed' AS crashed,
               min(epoch_us(coalesce(started_at, occurred_at))) // 86400000000 AS day
        FROM (SELECT *, (status <> 'ok', occurred_at, coalesce(sequence, -1), coalesce(errors, 0)) AS place
              FROM ({EVENTS}) WHERE kind = 'session')
        GROUP BY session_id)
    """
)
db.sql("CREATE TEMP TABLE first_week AS SELECT person, min(week) AS cohort FROM user_week GROUP BY person")


def rows(query):
    return db.sql(query).fetchall()


known = f"day >= {FIRST_WEEK} AND day < {LAST_WEEK} + 7"
weeks = f"week >= {FIRST_WEEK} AND week <= {LAST_WEEK}"
lifecycle = f"""
    WITH moves AS (
        SELECT week, cohort = week AS new,
               lag(week) OVER (PARTITION BY person ORDER BY week) = week - 7 AS stayed,
               lead(week) OVER (PARTITION BY person ORDER BY week) AS next
        FROM user_week JOIN first_week USING (person))
    SELECT week, count(*) FILTER (new), count(*) FILTER (stayed),
           count(*) FILTER (NOT new AND stayed IS NOT TRUE)
    FROM moves WHERE {weeks} AND week > {FIRST_WEEK} GROUP BY week
"""
gone = f"""
    SELECT week + 7, count(*) FROM (
        SELECT week, lead(week) OVER (PARTITION BY person ORDER BY week) AS next FROM user_week)
    WHERE (next IS NULL OR next > week + 7) AND week >= {FIRST_WEEK} AND week < {LAST_WEEK} GROUP BY week
"""
moves = rows(lifecycle)
answer(
    [
        lines("active_users", rows(f"SELECT week, count(*) FROM user_week WHERE {weeks} GROUP BY week")),
        lines(
            "daily_active_users",
            rows(f"SELECT day, count(DISTINCT person) FROM user_day WHERE {known} GROUP BY day"),
        ),
        lines(
            "daily_active_users",
            rows(f"SELECT day, release, count(*) FROM user_day WHERE {known} GROUP BY day, release"),
            "release",
        ),
        lines(
            "crash_free_sessions",
            rows(
                f"""SELECT week, release, count(*) FILTER (NOT crashed), count(*) FROM session
                    WHERE {weeks} GROUP BY week, release"""
            ),
            "release",
        ),
        lines(
            "crash_free_users",
            rows(
                f"""SELECT week, release, count(*) FILTER (NOT crashed), count(*) FROM (
                        SELECT week, release, person, bool_or(crashed) AS crashed FROM session
                        GROUP BY week, release, person)
                    WHERE {weeks} GROUP BY week, release"""
            ),
            "release",
        ),
        lines(
            "feature_users",
            rows(
                f"""SELECT {WEEK} AS week, name, count(DISTINCT person) FROM ({EVENTS})
                    WHERE kind = 'usage' AND {known} GROUP BY week, name"""
            ),
            "feature",
        ),
        lines(
            "retention_in_week",
            rows(
                f"""
                WITH sizes AS (SELECT cohort, count(*) AS n FROM first_week
                               WHERE cohort >= {FIRST_WEEK} AND cohort <= {LAST_WEEK} GROUP BY cohort),
                     back AS (SELECT week, cohort, count(*) AS users FROM user_week JOIN first_week USING (person)
                              WHERE {weeks} GROUP BY week, cohort),
                     spans AS (SELECT unnest(range({FIRST_WEEK}, {LAST_WEEK} + 7, 7)) AS week)
                SELECT week, cohort, coalesce(users, 0), n
                FROM spans JOIN sizes ON week >= cohort LEFT JOIN back USING (week, cohort)
                """
            ),
            "cohort",
        ),
        lines("new_users", [(week, new) for week, new, _, _ in moves]),
        lines("returning_users", [(week, back) for week, _, back, _ in moves]),
        lines("resurrected_users", [(week, back) for week, _, _, back in moves]),
        lines("dormant_users", rows(gone)),
    ]
)
