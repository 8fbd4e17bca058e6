INSERT INTO inbox (consumer, event_id, received_at)
SELECT $1, arrived.event_id, $3
FROM unnest($2::uuid[]) WITH ORDINALITY AS arrived (event_id, position)
ORDER BY arrived.position
ON CONFLICT (consumer, event_id) DO NOTHING
RETURNING event_id
