SELECT
  (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS backlog,
  (SELECT min(created_at) FROM outbox
   WHERE published_at IS NULL AND next_attempt_at IS DISTINCT FROM 'infinity') AS oldest,
  (SELECT count(DISTINCT (topic, key)) FROM outbox
   WHERE published_at IS NULL AND next_attempt_at = 'infinity') AS parked
