"""Who is who, by SQL alone: the first identify event of an anonymous id says whose it is."""

DROP = "DROP TABLE IF EXISTS whose"


def whose(sql, files, environment):
    """Makes the table `whose` (anonymous_id, owner); `sql` runs a statement of DuckDB."""
    sql(DROP)
    sql(
        f"""
        CREATE TABLE whose AS
        SELECT anonymous_id AS device, arg_min(user_id, occurred_at) AS owner
        FROM read_parquet({files!r})
        WHERE environment = '{environment}' AND kind = 'identify'
          AND user_id IS NOT NULL AND anonymous_id IS NOT NULL
        GROUP BY anonymous_id
        """
    )


PERSON = """coalesce(
    user_id, (SELECT owner FROM whose WHERE whose.device = anonymous_id), anonymous_id)"""
