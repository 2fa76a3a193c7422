"""Figures of delivery from the tables `releases` and `marks`, by DuckDB's SQL.

usage: delivery.py DATA_FOLDER FROM TO -> {"deployments": n, "failed": n, "rework": n, ...}
"""

import sys
from pathlib import Path

import duckdb
from answer import answer
from deltalake import DeltaTable

tables = Path(sys.argv[1]) / "tables"
for name in ["releases", "marks"]:
    files = [file.removeprefix("file://") for file in DeltaTable(str(tables / name)).file_uris()]
    duckdb.sql(f"CREATE TABLE {name} AS SELECT * FROM read_parquet({files!r}, union_by_name=true)")
duckdb.sql("SET timezone = 'UTC'")
duckdb.sql(
    f"""
    CREATE TABLE record AS SELECT * FROM releases
    QUALIFY row_number() OVER (PARTITION BY app, version ORDER BY received_at DESC, position DESC,
                               frame_row DESC) = 1;
    CREATE TABLE mark AS SELECT DISTINCT ON (app, event_id) * FROM marks;
    -- All that takes a release out or back, and whether each was out before.
    CREATE TABLE moved AS
    WITH all_moves AS (
        SELECT version, marked_at AS happened_at, mark IN ('deployed', 'hotfix') AS goes_out FROM mark
        WHERE mark <> 'restored'
        UNION ALL
        SELECT version, released_at, true FROM record
        WHERE released_at IS NOT NULL AND version NOT IN
            (SELECT version FROM mark WHERE mark IN ('deployed', 'hotfix'))
    )
    SELECT *, lag(goes_out) OVER (PARTITION BY version ORDER BY happened_at, goes_out DESC) AS was_out
    FROM all_moves;
    CREATE TABLE deployment AS
    SELECT version, happened_at, lead(happened_at) OVER (PARTITION BY version ORDER BY happened_at) AS until,
        row_number() OVER (PARTITION BY version ORDER BY happened_at) = 1 AS is_first
    FROM moved WHERE goes_out AND was_out IS DISTINCT FROM true;
    CREATE TABLE in_window AS SELECT * FROM deployment
    WHERE happened_at >= '{sys.argv[2]}'::TIMESTAMPTZ AND happened_at < '{sys.argv[3]}'::TIMESTAMPTZ;
    CREATE TABLE failed AS
    SELECT d.version, d.happened_at, d.until FROM in_window d
    WHERE EXISTS (FROM mark m WHERE m.version = d.version AND m.mark = 'rolled_back'
                  AND m.marked_at >= d.happened_at AND (d.until IS NULL OR m.marked_at < d.until))
       OR EXISTS (FROM mark m JOIN deployment f ON f.version = m.version
                  WHERE m.mark = 'hotfix' AND m.of_version = d.version AND f.happened_at >= d.happened_at
                  AND f.happened_at <= d.happened_at + INTERVAL 7 DAY AND (d.until IS NULL OR f.happened_at < d.until));
    """
)


def one(query):
    return duckdb.sql(query).fetchall()[0][0]


HOURS = "epoch_us({}) / 3.6e9"
answer(
    {
        "marks": one("SELECT count(*) FROM marks"),
        "deployments": one("SELECT count(*) FROM in_window"),
        "failed": one("SELECT count(*) FROM failed"),
        "rework": one(
            "SELECT count(*) FROM in_window WHERE version IN (SELECT version FROM mark WHERE mark = 'hotfix')"
        ),
        "lead_time_hours": one(
            f"""SELECT median(hours) FROM (
                SELECT {HOURS.format("d.happened_at")} - {HOURS.format("c::TIMESTAMPTZ")} AS hours
                FROM in_window d JOIN record USING (version),
                     unnest(from_json(commits, '["VARCHAR"]')) AS made(c)
                WHERE d.is_first) WHERE hours > 0"""
        ),
        "changes": one(
            """SELECT count(*) FROM in_window d JOIN record USING (version),
               unnest(from_json(commits, '["VARCHAR"]')) AS made(c) WHERE d.is_first AND c::TIMESTAMPTZ < d.happened_at"""
        ),
        "slip_days": one(
            """SELECT median(date_diff('day', planned_at::DATE, d.happened_at::DATE))
               FROM in_window d JOIN record USING (version) WHERE d.is_first AND planned_at IS NOT NULL"""
        ),
        "gap_days": one(
            f"""SELECT median(gap) FROM (SELECT ({HOURS.format("happened_at")}
                - lag({HOURS.format("happened_at")}) OVER (ORDER BY happened_at)) / 24 AS gap FROM in_window)"""
        ),
        "recovery_hours": one(
            f"""SELECT median(hours) FROM (
                SELECT min({HOURS.format("m.marked_at")} - {HOURS.format("f.happened_at")}) AS hours
                FROM failed f JOIN mark m ON m.mark = 'restored'
                    AND coalesce(m.of_version, m.version) = f.version AND m.marked_at >= f.happened_at
                    AND (f.until IS NULL OR m.marked_at < f.until)
                GROUP BY f.version, f.happened_at)"""
        ),
    }
)
