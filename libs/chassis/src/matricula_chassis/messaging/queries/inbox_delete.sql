DELETE FROM inbox
WHERE consumer = $1
  AND event_id IN (
    SELECT event_id FROM inbox
    WHERE consumer = $1 AND event_id < $2 AND received_at < $3
    ORDER BY event_id
    LIMIT $4
  )
