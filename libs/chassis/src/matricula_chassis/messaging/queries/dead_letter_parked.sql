SELECT DISTINCT d.topic, d.key
FROM unnest($2::text[], $3::bytea[]) AS asked (topic, key)
JOIN dead_letter AS d
  ON d.consumer = $1 AND d.topic = asked.topic AND d.key = asked.key AND d.resolved_at IS NULL
