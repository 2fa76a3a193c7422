SELECT
    local_day AS day, app, environment, channel, platform, release,
    arrived.day AS received_day,
    COUNT(*) AS events,
    SUM(CASE WHEN clock_flag IS NOT NULL THEN 1 ELSE 0 END) AS flagged,
    SUM(CASE WHEN user_key IS NOT NULL THEN 1 ELSE 0 END) AS with_user,
    SUM(CASE WHEN session_id IS NOT NULL THEN 1 ELSE 0 END) AS with_session,
    SUM(CASE WHEN kind = 'session' AND session_id IS NOT NULL THEN 1 ELSE 0 END) AS updates,
    SUM(CASE WHEN kind = 'session' AND session_id IS NOT NULL AND user_key IS NOT NULL
        THEN 1 ELSE 0 END) AS updates_with_user,
    MIN(occurred_at) AS first_at,
    MAX(received_at) AS received_to
FROM known_events
LEFT JOIN days arrived
    ON received_at >= arrived.starts_at AND received_at < arrived.ends_at
    AND (protocol IS NULL OR protocol <> 'import')
GROUP BY local_day, app, environment, channel, platform, release, arrived.day
