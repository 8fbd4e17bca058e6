INSERT INTO tile AS t (level, index, hashes)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes
WHERE length(excluded.hashes) > length(t.hashes)
