INSERT INTO dead_letter (consumer, event_id, topic, partition, record_offset, record_time, key,
                         type, payload, header_names, header_values, reason, error_class,
                         created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
