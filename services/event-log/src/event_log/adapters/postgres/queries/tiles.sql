SELECT level, index, hashes
FROM tile
WHERE (level, index) IN (SELECT * FROM unnest($1::smallint[], $2::bigint[]))
