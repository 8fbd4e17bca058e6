WITH released AS (
  UPDATE outbox
  SET next_attempt_at = NULL, attempts = 0
  WHERE published_at IS NULL AND next_attempt_at = 'infinity' AND ($1::text IS NULL OR key = $1)
  RETURNING event_id
)
UPDATE dead_letter AS d
SET resolved_at = $2, resolved_by = $3, resolution = 'replayed', resolution_reason = $4
FROM released AS r
WHERE d.consumer = 'relay' AND d.event_id = r.event_id AND d.resolved_at IS NULL
RETURNING d.event_id
