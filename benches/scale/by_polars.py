"""The numbers of the scale bench by Polars, with its streaming engine.

usage: by_polars.py DATA_FOLDER LAST_WEEK
"""

from answer import FILES, FIRST_WEEK, LAST_WEEK, answer, lines

import polars as pl

DAY_US = 86_400_000_000


def day_of(column):
    return column.dt.epoch("us") // DAY_US


def week_of(column):
    return FIRST_WEEK + (column - FIRST_WEEK) // 7 * 7


events = (
    pl.scan_parquet(FILES, hive_partitioning=False)
    .filter(pl.col("app") == "bench", pl.col("environment") == "production")
    .select(
        "release",
        "kind",
        "name",
        "session_id",
        "occurred_at",
        status="session_status",
        sequence="session_sequence",
        errors="session_errors",
        started_at="session_started_at",
        person=pl.coalesce("user_id", "anonymous_id"),
        day=day_of(pl.col("occurred_at")),
    )
)
sessions = (
    events.filter(pl.col("kind") == "session")
    .sort(
        pl.col("status") != "ok",
        "occurred_at",
        pl.col("sequence").fill_null(-1),
        pl.col("errors").fill_null(0),
    )
    .group_by("session_id")
    .agg(
        pl.col("release").last(),
        pl.col("person").last(),
        crashed=pl.col("status").last() == "crashed",
        day=day_of(pl.coalesce("started_at", "occurred_at").min()),
    )
    .with_columns(week=week_of(pl.col("day")))
)
features = (
    events.filter(pl.col("kind") == "usage")
    .select("name", "person", week=week_of(pl.col("day")))
    .unique()
    .group_by("week", "name")
    .len()
)
user_day, session, feature_users = pl.collect_all(
    [events.select("person", "release", "day").unique(), sessions, features], engine="streaming"
)
user_week = user_day.select("person", week=week_of(pl.col("day"))).unique()
known = user_day.filter(pl.col("day").is_between(FIRST_WEEK, LAST_WEEK + 6))
first = user_week.group_by("person").agg(cohort=pl.col("week").min())
weeks = pl.col("week").is_between(FIRST_WEEK, LAST_WEEK)
moves = (
    user_week.join(first, on="person")
    .sort("person", "week")
    .with_columns(
        before=pl.col("week").shift(1).over("person"),
        after=pl.col("week").shift(-1).over("person"),
    )
)
by_week = (
    moves.filter(weeks, pl.col("week") > FIRST_WEEK)
    .group_by("week")
    .agg(
        new=(pl.col("cohort") == pl.col("week")).sum(),
        back=(pl.col("before") == pl.col("week") - 7).fill_null(False).sum(),
        all=pl.len(),
    )
    .rows()
)
gone = (
    moves.filter(pl.col("week").is_between(FIRST_WEEK, LAST_WEEK - 7))
    .filter((pl.col("after") != pl.col("week") + 7).fill_null(True))
    .group_by(pl.col("week") + 7)
    .len()
    .rows()
)
sizes = first.filter(pl.col("cohort").is_between(FIRST_WEEK, LAST_WEEK)).group_by("cohort").agg(n=pl.len())
back = moves.filter(weeks).group_by("week", "cohort").agg(users=pl.len())
spans = pl.DataFrame({"week": range(FIRST_WEEK, LAST_WEEK + 7, 7)}, schema={"week": back.schema["week"]})
retention = (
    spans.join(sizes, how="cross")
    .filter(pl.col("week") >= pl.col("cohort"))
    .join(back, on=["week", "cohort"], how="left")
    .select("week", "cohort", pl.col("users").fill_null(0), "n")
    .rows()
)
free = [(~pl.col("crashed")).sum().alias("free"), pl.len().alias("all")]
by_user = session.filter(weeks).group_by("week", "release", "person").agg(pl.col("crashed").any())
answer(
    [
        lines("active_users", user_week.filter(weeks).group_by("week").len().rows()),
        lines("daily_active_users", known.group_by("day").agg(pl.col("person").n_unique()).rows()),
        lines("daily_active_users", known.group_by("day", "release").len().rows(), "release"),
        lines(
            "crash_free_sessions",
            session.filter(weeks).group_by("week", "release").agg(free).rows(),
            "release",
        ),
        lines("crash_free_users", by_user.group_by("week", "release").agg(free).rows(), "release"),
        lines("feature_users", feature_users.filter(weeks).rows(), "feature"),
        lines("retention_in_week", retention, "cohort"),
        lines("new_users", [(week, new) for week, new, _, _ in by_week]),
        lines("returning_users", [(week, back) for week, _, back, _ in by_week]),
        lines("resurrected_users", [(week, every - new - back) for week, new, back, every in by_week]),
        lines("dormant_users", gone),
    ]
)
