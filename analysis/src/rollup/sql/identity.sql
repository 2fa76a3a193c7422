SELECT app, environment, anonymous_id, user_id, MIN(occurred_at) AS first_at
FROM known_events
WHERE kind = 'identify' AND anonymous_id IS NOT NULL AND user_id IS NOT NULL
GROUP BY app, environment, anonymous_id, user_id
