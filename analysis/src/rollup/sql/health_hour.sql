SELECT
    local_day AS day, app, environment, channel, platform, release,
    hours.starts_at AS hour,
    COUNT(*) AS events,
    COUNT(DISTINCT user_key) AS users,
    COUNT(DISTINCT CASE WHEN kind = 'error' THEN user_key END) AS errored_users,
    COALESCE(SUM(live), 0) AS live,
    COALESCE(SUM(CASE WHEN received_at > occurred_at + INTERVAL '1' HOUR THEN live END), 0) AS late_1h,
    COALESCE(SUM(CASE WHEN received_at > occurred_at + INTERVAL '2' HOUR THEN live END), 0) AS late_2h,
    COALESCE(SUM(CASE WHEN received_at > occurred_at + INTERVAL '4' HOUR THEN live END), 0) AS late_4h,
    COALESCE(SUM(CASE WHEN received_at > occurred_at + INTERVAL '8' HOUR THEN live END), 0) AS late_8h,
    COALESCE(SUM(CASE WHEN received_at > occurred_at + INTERVAL '16' HOUR THEN live END), 0) AS late_16h,
    COALESCE(SUM(CASE WHEN received_at > occurred_at + INTERVAL '24' HOUR THEN live END), 0) AS late_24h
FROM (
    SELECT *, CASE WHEN protocol IS NULL OR protocol <> 'import' THEN 1 END AS live
    FROM known_events
) AS marked
JOIN hours ON occurred_at >= hours.starts_at AND occurred_at < hours.ends_at
GROUP BY local_day, app, environment, channel, platform, release, hours.starts_at
