SELECT
    local_day AS day, app, environment, channel, platform, release, user_key, fingerprint, name,
    COUNT(*) AS errors,
    MIN(occurred_at) AS first_at
FROM known_events
WHERE kind = 'error' AND fingerprint IS NOT NULL
GROUP BY local_day, app, environment, channel, platform, release, user_key, fingerprint, name
