-- Sets or clears duplicate_learner and duplicate_uln on the open records of one submission.
-- duplicate_learner: the LearnRefNumber stands on an earlier record of the file.
-- duplicate_uln: the ULN stands under another LearnRefNumber of the file (a missing one counts as
-- another). Rejected records no longer count; records that are live count and stay as they are.
WITH member AS (
    SELECT record_id, state, reasons, learn_ref_number, uln_index, position
    FROM staged_record
    WHERE submission_id = :submission_id AND state <> 'rejected'
),
later AS (
    SELECT record_id
    FROM (
        SELECT record_id,
               row_number() OVER (PARTITION BY learn_ref_number ORDER BY position) AS occurrence
        FROM member
        WHERE learn_ref_number IS NOT NULL
    ) numbered
    WHERE occurrence > 1
),
shared AS (
    SELECT uln_index
    FROM member
    WHERE uln_index IS NOT NULL
    GROUP BY uln_index
    HAVING count(DISTINCT coalesce(learn_ref_number, record_id::text)) > 1
),
found AS (
    SELECT m.record_id,
           array(
               SELECT reason
               FROM unnest(
                   array_remove(array_remove(m.reasons, 'duplicate_learner'), 'duplicate_uln')
                   || CASE WHEN l.record_id IS NULL THEN '{}'::text[] ELSE ARRAY['duplicate_learner'] END
                   || CASE WHEN s.uln_index IS NULL THEN '{}'::text[] ELSE ARRAY['duplicate_uln'] END
               ) AS reason
               ORDER BY reason COLLATE "C"
           ) AS reasons
    FROM member m
    LEFT JOIN later l ON l.record_id = m.record_id
    LEFT JOIN shared s ON s.uln_index = m.uln_index
    WHERE m.state IN ('accepted', 'quarantined', 'unchanged')
)
UPDATE staged_record r
SET reasons = f.reasons,
    version = r.version + 1,
    state = CASE
        WHEN cardinality(f.reasons) > 0 THEN 'quarantined'
        WHEN r.state = 'quarantined' THEN 'accepted'
        ELSE r.state
    END
FROM found f
WHERE r.record_id = f.record_id
  AND r.reasons <> f.reasons
