"""Counts and mean rating of one UTC week of a review file, straight from the file with DuckDB.

usage: review_week.py FILE FIRST_DAY -> {"rows", "ids", "week": {...}, "releases": {...}}
Of several rows with one reviewId the one with the latest `at` counts.
"""

import sys

import duckdb
from answer import answer

file, first_day = sys.argv[1:3]
reviews = duckdb.sql(f"SELECT * FROM read_csv({file!r}, all_varchar = true, header = true)")
columns = reviews.columns
identity = "reviewId" if "reviewId" in columns else "row_number() OVER ()::VARCHAR"
version = [c for c in ("reviewCreatedVersion", "appVersion", "appVersion2") if c in columns]
duckdb.sql(
    f"""CREATE TABLE latest AS
    SELECT * FROM (
        SELECT {identity} AS id, score::DOUBLE AS score, "at"::TIMESTAMP AS given_at,
               coalesce({", ".join(f"nullif({c}, '')" for c in version)}, 'unknown') AS release,
               repliedAt
        FROM reviews)
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY given_at DESC) = 1"""
)
inside = f"given_at >= TIMESTAMP '{first_day}' AND given_at < TIMESTAMP '{first_day}' + INTERVAL 7 DAY"
n, mean, low = duckdb.sql(
    f"SELECT count(*), avg(score), count(*) FILTER (score <= 2) FROM latest WHERE {inside}"
).fetchall()[0]
stars = dict(duckdb.sql(f"SELECT score::INT, count(*) FROM latest WHERE {inside} GROUP BY 1").fetchall())
releases = duckdb.sql(
    f"SELECT release, count(*), avg(score) FROM latest WHERE {inside} GROUP BY 1"
).fetchall()
busiest = duckdb.sql(
    "SELECT date_trunc('week', given_at)::DATE::VARCHAR FROM latest GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
).fetchall()[0][0]
answer(
    {
        "rows": duckdb.sql("SELECT count(*) FROM reviews").fetchall()[0][0],
        "ids": duckdb.sql("SELECT count(*) FROM latest").fetchall()[0][0],
        "busiest_week": busiest,
        "week": {"n": n, "mean": mean, "low": low, "stars": [stars.get(s, 0) for s in range(1, 6)]},
        "releases": {r: {"n": n, "mean": m} for r, n, m in releases},
    }
)
