DELETE FROM outbox WHERE seq = ANY ($1::bigint[]) AND published_at IS NOT NULL
