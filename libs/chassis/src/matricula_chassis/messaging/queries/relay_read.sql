SELECT o.seq, o.event_id, o.topic, o.key, o.payload, o.headers::text AS headers, o.attempts, o.created_at
FROM unnest($1::smallint[]) AS held (bucket)
CROSS JOIN LATERAL (
  SELECT due.*
  FROM outbox AS due
  WHERE due.bucket = held.bucket
    AND due.published_at IS NULL
    AND NOT EXISTS (
      SELECT 1
      FROM outbox AS earlier
      WHERE earlier.bucket = due.bucket
        AND earlier.key = due.key
        AND earlier.topic = due.topic
        AND earlier.published_at IS NULL
        AND earlier.next_attempt_at > $2
        AND earlier.seq <= due.seq
    )
  ORDER BY due.seq
  LIMIT $3
) AS o
