UPDATE dead_letter
SET resolved_at = $2, resolved_by = $3, resolution = $4, resolution_reason = $5
WHERE id = $1
