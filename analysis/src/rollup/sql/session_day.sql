SELECT
    day, app, environment, channel, platform, release, session_id,
    user_key,
    CASE WHEN tells IS NOT NULL THEN session_status END AS status,
    tells AS rank,
    CASE WHEN tells IS NOT NULL THEN occurred_at END AS updated_at,
    started_at, first_at, broke, seen_from, seen_to
FROM (
    SELECT
        local_day AS day, app, environment, channel, platform, release, session_id, user_key,
        session_status, tells, occurred_at,
        MIN(CASE WHEN tells IS NOT NULL THEN session_started_at END) OVER same AS started_at,
        MIN(CASE WHEN tells IS NOT NULL THEN occurred_at END) OVER same AS first_at,
        MAX(CASE WHEN tells = 0 THEN 1 ELSE 0 END) OVER same AS broke,
        MIN(occurred_at) OVER same AS seen_from,
        MAX(occurred_at) OVER same AS seen_to,
        ROW_NUMBER() OVER (
            PARTITION BY local_day, app, environment, channel, platform, release, session_id
            ORDER BY COALESCE(tells, -1) DESC, occurred_at DESC,
                COALESCE(session_sequence, -1) DESC, COALESCE(session_errors, 0) DESC, event_id DESC
        ) AS place
    FROM (
        SELECT *,
            CASE
                WHEN kind = 'session' AND session_status = 'ok' THEN 1
                WHEN kind = 'session' THEN 2
                WHEN kind = 'error' AND NOT handled THEN 0
            END AS tells
        FROM known_events
        WHERE session_id IS NOT NULL
    ) AS ranked
    WINDOW same AS (
        PARTITION BY local_day, app, environment, channel, platform, release, session_id
    )
) AS placed
WHERE place = 1
