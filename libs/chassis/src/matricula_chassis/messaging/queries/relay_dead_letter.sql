INSERT INTO dead_letter (consumer, event_id, topic, key, type, payload, header_names, header_values,
                         reason, created_at)
SELECT 'relay', o.event_id, o.topic, convert_to(o.key, 'UTF8'), o.headers ->> 'ce_type', o.payload,
       h.names, h.texts, $2, $3
FROM outbox AS o
CROSS JOIN LATERAL (
  SELECT array_agg(convert_to(name, 'UTF8') ORDER BY name) AS names,
         array_agg(convert_to(value, 'UTF8') ORDER BY name) AS texts
  FROM jsonb_each_text(o.headers) AS e (name, value)
) AS h
WHERE o.seq = $1
