-- Each event once, with its local day. Beside the table `events` it needs a table `days` of the local
-- days asked for: `day`, its first instant `starts_at`, and the first instant behind it `ends_at`. So
-- it needs no engine's own functions of zones. Those who ask by the hour need a table `hours` of the
-- hours of these days, too, with `bit`: 1 for a day's first hour, twice as much for each later one.
known_events AS (
    SELECT *, COALESCE(user_id, anonymous_id) AS user_key
    FROM (
        SELECT
            e.*,
            d.day AS local_day,
            ROW_NUMBER() OVER (
                PARTITION BY d.day, e.app, e.event_id
                ORDER BY e.received_at, e.position, e.frame_row
            ) AS copy
        FROM events e
        JOIN days d ON e.occurred_at >= d.starts_at AND e.occurred_at < d.ends_at
    ) AS copies
    WHERE copy = 1
)
