-- Pages of one signature's dead letters start at their cursor instead of reading all.
CREATE INDEX dead_letters_by_signature ON queue.dead_letters (signature, died_at, id);

-- Tasks that were claimed but not begun are ready again; no attempt is counted. One that never ran is as if it had not
-- been claimed: its wait goes on and its day has not begun.
CREATE OR REPLACE FUNCTION queue.release(ids bigint[], tokens bigint[])
RETURNS SETOF bigint LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    UPDATE queue.tasks AS t SET state = 0, attempts = t.attempts - 1, lease_until = NULL,
        lease_token = CASE WHEN t.attempts = 1 AND t.error IS NULL THEN NULL ELSE t.lease_token END
    FROM unnest(ids, tokens) AS held (id, token)
    WHERE t.id = held.id AND t.lease_token = held.token AND t.state = 1
    RETURNING t.id
$$;
