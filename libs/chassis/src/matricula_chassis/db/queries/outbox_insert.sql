INSERT INTO outbox (event_id, topic, key, bucket, payload, headers, created_at)
SELECT e.event_id, e.topic, e.key, e.bucket, e.payload, e.headers, e.created_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::bytea[], $6::jsonb[],
            $7::timestamptz[])
     WITH ORDINALITY AS e (event_id, topic, key, bucket, payload, headers, created_at, position)
ORDER BY e.position
