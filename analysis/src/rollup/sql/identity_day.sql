SELECT
    local_day AS day, app, environment, channel, platform, release, anonymous_id, user_id,
    MIN(occurred_at) AS first_at
FROM known_events
WHERE kind = 'identify' AND anonymous_id IS NOT NULL AND user_id IS NOT NULL
GROUP BY local_day, app, environment, channel, platform, release, anonymous_id, user_id
