-- Each piece of feedback once, as its latest revision left it.
CREATE VIEW feedback_latest AS
SELECT * FROM (
    SELECT *, row_number() OVER (
        PARTITION BY app, event_id
        ORDER BY occurred_at DESC, received_at DESC, position DESC, frame_row DESC, node DESC
    ) AS revision_age
    FROM feedback
) AS aged
WHERE revision_age = 1
