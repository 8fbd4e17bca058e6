SELECT topic, key, CASE WHEN key IS NULL OR $5 THEN id END AS alone, count(*) AS letters
FROM dead_letter
WHERE consumer = $1
  AND resolved_at IS NULL
  AND ($2::bytea IS NULL OR key = $2)
  AND ($3::text IS NULL OR type = $3)
  AND ($4::timestamptz IS NULL OR created_at >= $4)
  AND ($6::uuid IS NULL OR event_id = $6)
GROUP BY 1, 2, 3
ORDER BY min(id)
