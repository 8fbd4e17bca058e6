INSERT INTO block AS b (block, earliest, latest, types, actions, actors, clients, purposes, outcomes,
                        ukprns)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (block) DO UPDATE SET
  earliest = least(b.earliest, excluded.earliest),
  latest = greatest(b.latest, excluded.latest),
  types = ARRAY(SELECT unnest(b.types) UNION SELECT unnest(excluded.types)),
  actions = ARRAY(SELECT unnest(b.actions) UNION SELECT unnest(excluded.actions)),
  actors = ARRAY(SELECT unnest(b.actors) UNION SELECT unnest(excluded.actors)),
  clients = ARRAY(SELECT unnest(b.clients) UNION SELECT unnest(excluded.clients)),
  purposes = ARRAY(SELECT unnest(b.purposes) UNION SELECT unnest(excluded.purposes)),
  outcomes = ARRAY(SELECT unnest(b.outcomes) UNION SELECT unnest(excluded.outcomes)),
  ukprns = ARRAY(SELECT unnest(b.ukprns) UNION SELECT unnest(excluded.ukprns))
