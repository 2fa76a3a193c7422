-- Each event once, whatever copies of it wait for their compaction: the first that came counts.
CREATE VIEW events_distinct AS
SELECT * FROM (
    SELECT *, row_number() OVER (
        PARTITION BY app, event_id ORDER BY received_at, position, frame_row, node
    ) AS copy_number
    FROM events
) AS numbered
WHERE copy_number = 1
