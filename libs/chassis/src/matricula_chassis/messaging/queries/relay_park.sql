UPDATE outbox SET attempts = attempts + 1, next_attempt_at = 'infinity' WHERE seq = $1
