SELECT seq, event_id
FROM outbox
WHERE seq > $1 AND published_at < $2
ORDER BY seq
LIMIT $3
