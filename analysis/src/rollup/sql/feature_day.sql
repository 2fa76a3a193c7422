SELECT
    local_day AS day, app, environment, channel, platform, release, user_key, name AS feature,
    COUNT(*) AS uses,
    MIN(occurred_at) AS first_at
FROM known_events
WHERE kind = 'usage'
GROUP BY local_day, app, environment, channel, platform, release, user_key, name
