SELECT app, environment, user_key, NULL AS release, NULL AS feature, MIN(occurred_at) AS first_at
FROM known_events WHERE user_key IS NOT NULL
GROUP BY app, environment, user_key
UNION ALL
SELECT app, environment, user_key, release, NULL, MIN(occurred_at)
FROM known_events WHERE user_key IS NOT NULL AND release IS NOT NULL
GROUP BY app, environment, user_key, release
UNION ALL
SELECT app, environment, user_key, NULL, name, MIN(occurred_at)
FROM known_events WHERE user_key IS NOT NULL AND kind = 'usage'
GROUP BY app, environment, user_key, name
