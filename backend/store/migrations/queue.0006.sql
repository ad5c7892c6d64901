-- Tasks of which nothing can be done before a Redis node does it: retries that are far off, and due as soon as the node
-- answers. However many wait, nobody tries them meanwhile. A row may outlive its task; it goes with its node's return.
CREATE TABLE queue.parked (
    node int NOT NULL, -- the Redis node's id in the directory; a task may wait for several, and goes on with the first
    task bigint NOT NULL,
    free_at timestamptz NOT NULL, -- not to be tried before, whoever answers
    PRIMARY KEY (node, task)
);

DROP FUNCTION queue.retry_later(bigint[], bigint[], bigint[], boolean[], text[]);
-- Tasks go back to wait; `counted` false takes the attempt back. awaited: the nodes each waits for, an array as text,
-- empty: none; such a task is parked, and due after its wait when one of them answers, else after parked_ms more. Returns
-- those whose leases stood.
CREATE FUNCTION queue.retry_later(ids bigint[], tokens bigint[], waits_ms bigint[], counted boolean[], errors text[],
                                  awaited text[] DEFAULT NULL, parked_ms bigint[] DEFAULT NULL)
RETURNS SETOF bigint LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH given AS (
        SELECT g.id, g.token, g.counted, g.error, nullif(g.awaited, '') AS awaited, g.parked_ms,
               clock_timestamp() + g.wait_ms * interval '1 millisecond' AS at
        FROM unnest(ids, tokens, waits_ms, counted, errors, awaited, parked_ms)
                 AS g (id, token, wait_ms, counted, error, awaited, parked_ms)
    ), put AS (
        UPDATE queue.tasks AS t
        SET state = 2, lease_until = NULL, error = given.error,
            run_at = CASE WHEN given.awaited IS NULL THEN given.at
                          ELSE given.at + given.parked_ms * interval '1 millisecond' END,
            attempts = t.attempts - CASE WHEN given.counted THEN 0 ELSE 1 END
        FROM given WHERE t.id = given.id AND t.lease_token = given.token AND t.state = 1
        RETURNING t.id
    ), parked AS (
        INSERT INTO queue.parked (node, task, free_at)
        SELECT n.node, given.id, given.at FROM given JOIN put ON put.id = given.id, unnest(given.awaited::int[]) AS n (node)
        ORDER BY 1, 2
        ON CONFLICT (node, task) DO UPDATE SET free_at = excluded.free_at
    )
    SELECT put.id FROM put
$$;

-- The nodes that tasks are parked for. One look-up each, however many tasks.
CREATE FUNCTION queue.awaited_nodes() RETURNS SETOF int
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    WITH RECURSIVE found (node) AS (
        (SELECT p.node FROM queue.parked AS p ORDER BY p.node LIMIT 1)
        UNION ALL
        SELECT (SELECT p.node FROM queue.parked AS p WHERE p.node > found.node ORDER BY p.node LIMIT 1)
        FROM found WHERE found.node IS NOT NULL
    )
    SELECT found.node FROM found WHERE found.node IS NOT NULL
$$;

-- What was parked for these nodes is due, the oldest tasks first, some at once. Returns how many; 0 also while another
-- engine is at it: a task may be parked for several nodes, and two would wait for each other.
CREATE FUNCTION queue.unpark(returned int[], most int) RETURNS bigint
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    answering int;
    dropped bigint;
    freed bigint;
    room bigint := most;
    waiting int := cardinality(returned); -- nodes that have not had their part of the room
    now_free bigint := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('rookery'), hashtext('queue.unpark')) THEN RETURN 0; END IF;
    FOREACH answering IN ARRAY returned LOOP
        EXIT WHEN room <= 0;
        WITH gone AS (
            DELETE FROM queue.parked AS p
            WHERE p.ctid = ANY (ARRAY(SELECT f.ctid FROM queue.parked AS f WHERE f.node = answering ORDER BY f.task
                                      LIMIT ceil(room::numeric / waiting)::bigint FOR UPDATE SKIP LOCKED))
            RETURNING p.task, p.free_at
        ), due AS (
            UPDATE queue.tasks AS t SET run_at = greatest(gone.free_at, clock_timestamp())
            FROM gone WHERE t.id = gone.task AND t.state = 2 AND t.run_at > greatest(gone.free_at, clock_timestamp())
            RETURNING t.id
        )
        SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM due) INTO dropped, freed;
        room := room - dropped;
        waiting := waiting - 1;
        now_free := now_free + freed;
    END LOOP;
    RETURN now_free;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON queue.parked TO rookery_engine;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO rookery_engine;
