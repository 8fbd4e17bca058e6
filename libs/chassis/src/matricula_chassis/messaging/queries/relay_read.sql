-- The bucket is asked for as a range of one, and ordered by, so that the primary key can never serve
-- this: by it, every read would walk over a day of published rows.
SELECT o.seq, o.topic, o.key, o.bucket, o.payload, o.headers::text AS headers, o.attempts
FROM unnest($1::smallint[]) AS held (bucket)
CROSS JOIN LATERAL (
  SELECT due.seq, due.topic, due.key, due.bucket, due.payload, due.headers, due.attempts
  FROM outbox AS due
  WHERE due.bucket >= held.bucket
    AND due.bucket <= held.bucket
    AND due.published_at IS NULL
    AND due.seq <> ALL ($4::bigint[])
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
  ORDER BY due.bucket, due.seq
  LIMIT $3
) AS o
