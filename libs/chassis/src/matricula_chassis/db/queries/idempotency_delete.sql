DELETE FROM idempotency_key
WHERE (client_id, key) IN (
  SELECT client_id, key FROM idempotency_key WHERE created_at < $1 ORDER BY created_at LIMIT $2
)
