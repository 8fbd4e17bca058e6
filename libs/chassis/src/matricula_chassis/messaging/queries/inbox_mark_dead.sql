UPDATE inbox SET state = 'dead-lettered' WHERE consumer = $1 AND event_id = ANY ($2::uuid[])
