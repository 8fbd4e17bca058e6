SELECT a.arrival, a.event_id, a.canonical, a.time,
       EXISTS (SELECT FROM event AS e WHERE e.event_id = a.event_id) AS is_sealed,
       a.type, a.action, a.actor, a.client, a.purpose, a.outcome, a.ukprn
FROM arrival AS a
WHERE a.arrival > $1
ORDER BY a.arrival
LIMIT $2
