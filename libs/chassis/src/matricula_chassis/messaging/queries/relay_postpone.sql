UPDATE outbox AS o
SET attempts = o.attempts + 1, next_attempt_at = f.next_attempt_at
FROM unnest($1::bigint[], $2::timestamptz[]) AS f (seq, next_attempt_at)
WHERE o.seq = f.seq
