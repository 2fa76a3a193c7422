SELECT
    local_day AS day, app, environment, channel, platform, release, user_key,
    COUNT(*) AS events,
    SUM(CASE WHEN kind = 'error' THEN 1 ELSE 0 END) AS errors,
    COUNT(DISTINCT session_id)
        + COALESCE(SUM(CASE WHEN kind = 'session' AND session_id IS NULL THEN session_count END), 0)
        AS sessions,
    MIN(occurred_at) AS first_at,
    MAX(occurred_at) AS last_at
FROM known_events
GROUP BY local_day, app, environment, channel, platform, release, user_key
