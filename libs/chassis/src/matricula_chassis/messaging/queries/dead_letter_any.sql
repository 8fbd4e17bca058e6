SELECT EXISTS (SELECT 1 FROM dead_letter WHERE consumer = $1 AND resolved_at IS NULL)
