SELECT id, event_id, topic, key, type, payload, header_names, header_values
FROM dead_letter
WHERE consumer = $1
  AND resolved_at IS NULL
  AND topic = $2
  AND key IS NOT DISTINCT FROM $3
  AND ($4::bigint IS NULL OR id = $4)
ORDER BY id
LIMIT 1
FOR UPDATE
