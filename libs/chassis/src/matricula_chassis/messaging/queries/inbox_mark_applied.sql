INSERT INTO inbox (consumer, event_id, state, received_at)
VALUES ($1, $2, 'applied', $3)
ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'applied'
WHERE inbox.state = 'dead-lettered'
RETURNING true
