SELECT
    local_day AS day, app, environment, channel, platform, release, user_key,
    COUNT(*) AS events,
    SUM(CASE WHEN kind = 'error' THEN 1 ELSE 0 END) AS errors,
    COUNT(DISTINCT session_id)
        + COALESCE(SUM(CASE WHEN kind = 'session' AND session_id IS NULL THEN session_count END), 0)
        AS sessions,
    MIN(occurred_at) AS first_at,
    MAX(occurred_at) AS last_at,
    SUM(DISTINCT hours.bit) AS active_hours,
    COALESCE(SUM(DISTINCT CASE WHEN kind = 'error' THEN hours.bit END), 0) AS errored_hours
FROM known_events
JOIN hours ON occurred_at >= hours.starts_at AND occurred_at < hours.ends_at
GROUP BY local_day, app, environment, channel, platform, release, user_key
