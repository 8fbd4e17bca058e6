WITH taken AS (
  DELETE FROM arrival WHERE arrival = ANY($1::bigint[])
  RETURNING arrival, event_id, type, topic, source, subject, sequence, time, correlation, actor,
            client, action, outcome, purpose, person, ukprn, canonical
)
INSERT INTO event (position, event_id, type, topic, source, subject, sequence, time, correlation,
                   actor, client, action, outcome, purpose, person, ukprn, canonical)
SELECT $2::bigint + row_number() OVER (ORDER BY arrival) - 1, event_id, type, topic, source,
       subject, sequence, time, correlation, actor, client, action, outcome, purpose, person, ukprn,
       canonical
FROM taken
ORDER BY arrival
