"""The numbers of the scale bench by ClickHouse (chdb).

usage: by_clickhouse.py DATA_FOLDER LAST_WEEK
"""

import json

from answer import FILES, FIRST_WEEK, LAST_WEEK, answer, lines

from chdb import session

db = session.Session()
WEEK = f"{FIRST_WEEK} + intDiv(day - {FIRST_WEEK}, 7) * 7"
EVENTS = f"""
    SELECT assumeNotNull(coalesce(user_id, anonymous_id)) AS person, assumeNotNull(release) AS release, kind, name,
           session_id, toInt32(intDiv(toUnixTimestamp64Micro(occurred_at), 86400000000)) AS day, occurred_at,
           session_status AS status, session_sequence AS sequence, session_errors AS errors,
           session_started_at AS started_at
    FROM file('{FILES}', Parquet)
    WHERE app = 'bench' AND environment = 'production'
"""


def rows(query):
    text = str(db.query(query + " SETTINGS output_format_json_quote_64bit_integers = 0", "JSONCompactEachRow"))
    return [json.loads(line) for line in text.splitlines()]


db.query("CREATE DATABASE scale ENGINE = Atomic")
for name, query in {
    "user_day": f"SELECT DISTINCT person, release, day FROM ({EVENTS})",
    "user_week": f"SELECT DISTINCT person, {WEEK} AS week FROM scale.user_day",
    "session": f"""
        SELECT {WEEK} AS week, * FROM (
            SELECT session_id, argMax(release, place) AS release, argMax(person, place) AS person,
                   argMax(status, place) = 'crashed' AS crashed,
                   toInt32(intDiv(toUnixTimestamp64Micro(min(began)), 86400000000)) AS day
            FROM (SELECT *, coalesce(started_at, occurred_at) AS began,
                         (status <> 'ok', occurred_at, coalesce(sequence, -1), coalesce(errors, 0)) AS place
                  FROM ({EVENTS}) WHERE kind = 'session')
            GROUP BY session_id)""",
    "first_week": "SELECT person, min(week) AS cohort FROM scale.user_week GROUP BY person",
}.items():
    db.query(f"CREATE TABLE scale.{name} ENGINE = Memory AS {query} SETTINGS allow_experimental_nullable_tuple_type = 1")
known = f"day >= {FIRST_WEEK} AND day < {LAST_WEEK} + 7"
weeks = f"week >= {FIRST_WEEK} AND week <= {LAST_WEEK}"
moves = """
    SELECT person, week, cohort,
           lagInFrame(toNullable(week)) OVER (PARTITION BY person ORDER BY week
               ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before,
           leadInFrame(toNullable(week)) OVER (PARTITION BY person ORDER BY week
               ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS after
    FROM scale.user_week JOIN scale.first_week USING (person)
"""
by_week = rows(
    f"""SELECT week, countIf(cohort = week), countIf(coalesce(before = week - 7, 0)), count() FROM ({moves})
        WHERE {weeks} AND week > {FIRST_WEEK} GROUP BY week"""
)
sizes = {
    cohort: n
    for cohort, n in rows("SELECT cohort, count() FROM scale.first_week GROUP BY cohort")
    if FIRST_WEEK <= cohort <= LAST_WEEK
}
back = {(week, cohort): n for week, cohort, n in rows(f"SELECT week, cohort, count() FROM ({moves}) GROUP BY week, cohort")}
retention = [
    (week, cohort, back.get((week, cohort), 0), n)
    for cohort, n in sizes.items()
    for week in range(cohort, LAST_WEEK + 7, 7)
]
answer(
    [
        lines("active_users", rows(f"SELECT week, count() FROM scale.user_week WHERE {weeks} GROUP BY week")),
        lines(
            "daily_active_users",
            rows(f"SELECT day, uniqExact(person) FROM scale.user_day WHERE {known} GROUP BY day"),
        ),
        lines(
            "daily_active_users",
            rows(f"SELECT day, release, count() FROM scale.user_day WHERE {known} GROUP BY day, release"),
            "release",
        ),
        lines(
            "crash_free_sessions",
            rows(
                f"""SELECT week, release, countIf(NOT crashed), count() FROM scale.session
                    WHERE {weeks} GROUP BY week, release"""
            ),
            "release",
        ),
        lines(
            "crash_free_users",
            rows(
                f"""SELECT week, release, countIf(NOT crash), count() FROM (
                        SELECT week, release, person, max(crashed) AS crash FROM scale.session
                        GROUP BY week, release, person)
                    WHERE {weeks} GROUP BY week, release"""
            ),
            "release",
        ),
        lines(
            "feature_users",
            rows(
                f"""SELECT {WEEK} AS week, name, uniqExact(person) FROM ({EVENTS})
                    WHERE kind = 'usage' AND {known} GROUP BY week, name"""
            ),
            "feature",
        ),
        lines("retention_in_week", retention, "cohort"),
        lines("new_users", [(week, new) for week, new, _, _ in by_week]),
        lines("returning_users", [(week, stayed) for week, _, stayed, _ in by_week]),
        lines("resurrected_users", [(week, every - new - stayed) for week, new, stayed, every in by_week]),
        lines(
            "dormant_users",
            rows(
                f"""SELECT week + 7, count() FROM ({moves})
                    WHERE week >= {FIRST_WEEK} AND week < {LAST_WEEK} AND coalesce(after <> week + 7, 1)
                    GROUP BY week"""
            ),
        ),
    ]
)
