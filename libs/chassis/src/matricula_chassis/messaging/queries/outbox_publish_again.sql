UPDATE outbox SET published_at = NULL WHERE seq = ANY ($1::bigint[])
