UPDATE outbox SET published_at = $2 WHERE seq = ANY ($1::bigint[])
