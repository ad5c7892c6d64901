-- The durable queue of one node. A task is written in the transaction of the row that causes it, through enqueue();
-- there is no other way in.
CREATE SCHEMA queue;

CREATE TABLE queue.tasks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind smallint NOT NULL,
    shard smallint NOT NULL,
    state smallint NOT NULL DEFAULT 0, -- 0 ready, 1 running, 2 retry
    attempts smallint NOT NULL DEFAULT 0,
    rank bigint NOT NULL, -- fair order: microseconds of virtual time
    run_at timestamptz,
    lease_until timestamptz,
    lease_token bigint, -- of the last claim, kept afterwards; NULL: never claimed. A lease stands while state is 1
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL, -- a day after the first claim: waiting in a long or paused queue costs nothing
    payload text NOT NULL,
    error text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX tasks_ready ON queue.tasks (rank) WHERE state = 0;
CREATE INDEX tasks_leased ON queue.tasks (lease_until) WHERE state = 1;
CREATE INDEX tasks_retry ON queue.tasks (run_at) WHERE state = 2;

CREATE TABLE queue.dead_letters (
    id bigint PRIMARY KEY, -- the task's
    kind smallint NOT NULL,
    shard smallint NOT NULL,
    payload text NOT NULL,
    error text NOT NULL,
    signature text NOT NULL,
    attempts int NOT NULL,
    created_at timestamptz NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_newest ON queue.dead_letters (died_at, id);

CREATE FUNCTION queue.enqueue(kinds int[], shards int[], payloads text[], rank_delays_ms bigint[], run_after_ms bigint[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO queue.tasks (kind, shard, payload, rank, state, run_at, expires_at)
    SELECT t.kind, t.shard, t.payload,
           (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + t.rank_delay_ms * 1000,
           CASE WHEN t.after_ms > 0 THEN 2 ELSE 0 END,
           CASE WHEN t.after_ms > 0 THEN clock_timestamp() + t.after_ms * interval '1 millisecond' END,
           clock_timestamp() + interval '24 hours'
    FROM unnest(kinds, shards, payloads, rank_delays_ms, run_after_ms)
             AS t (kind, shard, payload, rank_delay_ms, after_ms);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

-- The functions below are planned for a queue of any length: a plan that was made, and kept, while the table was empty
-- would read a million tasks to find one.

-- The first ready tasks in fair order, under fresh tokens. Leases count by this server's clock.
CREATE FUNCTION queue.claim(most int, lease_ms bigint)
RETURNS TABLE (id bigint, kind smallint, shard smallint, payload text, attempts smallint, created_us bigint,
               expires_us bigint, token bigint, rank bigint, expired boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE queue.tasks AS t
    SET state = 1, attempts = t.attempts + 1, lease_token = (random() * 9e18)::bigint,
        lease_until = clock_timestamp() + lease_ms * interval '1 millisecond',
        expires_at = CASE WHEN t.lease_token IS NULL THEN clock_timestamp() + interval '24 hours' ELSE t.expires_at END
    WHERE t.ctid = ANY (ARRAY(SELECT r.ctid FROM queue.tasks AS r WHERE r.state = 0 ORDER BY r.rank LIMIT most
                              FOR UPDATE SKIP LOCKED))
    RETURNING t.id, t.kind, t.shard, t.payload, t.attempts, (extract(epoch FROM t.created_at) * 1000000)::bigint,
              (extract(epoch FROM t.expires_at) * 1000000)::bigint, t.lease_token, t.rank,
              t.expires_at <= clock_timestamp() + interval '1 minute';
END
$$;

-- Prolongs the leases that still stand and returns their tasks.
CREATE FUNCTION queue.renew(ids bigint[], tokens bigint[], lease_ms bigint)
RETURNS SETOF bigint LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    UPDATE queue.tasks AS t SET lease_until = clock_timestamp() + lease_ms * interval '1 millisecond'
    FROM unnest(ids, tokens) AS held (id, token)
    WHERE t.id = held.id AND t.lease_token = held.token AND t.state = 1
    RETURNING t.id
$$;

-- Ends the tasks whose leases still stand. Returns how many.
CREATE FUNCTION queue.complete(ids bigint[], tokens bigint[])
RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    ended bigint;
BEGIN
    DELETE FROM queue.tasks AS t USING unnest(ids, tokens) AS held (id, token)
    WHERE t.id = held.id AND t.lease_token = held.token AND t.state = 1;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

-- Ends all of the tasks or fails, and with it the transaction: for a batch that is sent in one piece.
CREATE FUNCTION queue.complete_all(ids bigint[], tokens bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF queue.complete(ids, tokens) <> cardinality(ids) THEN
        RAISE EXCEPTION 'a lease of these tasks no longer stands' USING ERRCODE = 'RK001';
    END IF;
END
$$;

-- Tasks go back to wait; `counted` false takes the attempt back. Returns those whose leases stood.
CREATE FUNCTION queue.retry_later(ids bigint[], tokens bigint[], waits_ms bigint[], counted boolean[], errors text[])
RETURNS SETOF bigint LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    UPDATE queue.tasks AS t
    SET state = 2, run_at = clock_timestamp() + held.wait_ms * interval '1 millisecond', lease_until = NULL,
        attempts = t.attempts - CASE WHEN held.counted THEN 0 ELSE 1 END, error = held.error
    FROM unnest(ids, tokens, waits_ms, counted, errors) AS held (id, token, wait_ms, counted, error)
    WHERE t.id = held.id AND t.lease_token = held.token AND t.state = 1
    RETURNING t.id
$$;

-- Tasks that were claimed but not begun are ready again; no attempt is counted.
CREATE FUNCTION queue.release(ids bigint[], tokens bigint[])
RETURNS SETOF bigint LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    UPDATE queue.tasks AS t SET state = 0, attempts = t.attempts - 1, lease_until = NULL
    FROM unnest(ids, tokens) AS held (id, token)
    WHERE t.id = held.id AND t.lease_token = held.token AND t.state = 1
    RETURNING t.id
$$;

-- The task becomes a dead letter if its lease stands. Returns how many did.
CREATE FUNCTION queue.bury(task bigint, token bigint, last_error text, error_signature text)
RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    buried bigint;
BEGIN
    WITH gone AS (DELETE FROM queue.tasks AS t WHERE t.id = task AND t.lease_token = token AND t.state = 1
                  RETURNING t.id, t.kind, t.shard, t.payload, t.attempts, t.created_at)
    INSERT INTO queue.dead_letters (id, kind, shard, payload, attempts, created_at, error, signature)
    SELECT gone.id, gone.kind, gone.shard, gone.payload, gone.attempts, gone.created_at, last_error, error_signature
    FROM gone;
    GET DIAGNOSTICS buried = ROW_COUNT;
    RETURN buried;
END
$$;

-- Retries whose time has come and lapsed leases become ready. Returns how many.
CREATE FUNCTION queue.promote(most int)
RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    due bigint;
    lapsed bigint;
BEGIN
    UPDATE queue.tasks AS t SET state = 0, run_at = NULL
    WHERE t.ctid = ANY (ARRAY(SELECT r.ctid FROM queue.tasks AS r WHERE r.state = 2 AND r.run_at <= clock_timestamp()
                              ORDER BY r.run_at LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS due = ROW_COUNT;
    UPDATE queue.tasks AS t SET state = 0, lease_until = NULL
    WHERE t.ctid = ANY (ARRAY(SELECT r.ctid FROM queue.tasks AS r WHERE r.state = 1 AND r.lease_until <= clock_timestamp()
                              ORDER BY r.lease_until LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS lapsed = ROW_COUNT;
    RETURN due + lapsed;
END
$$;

-- Tasks by state and kind with the age of the oldest, from at most `most` tasks of each state.
CREATE FUNCTION queue.census(most int)
RETURNS TABLE (state int, kind smallint, tasks bigint, oldest_seconds float8)
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    SELECT s.state, s.kind, count(*), extract(epoch FROM clock_timestamp() - min(s.created_at))::float8
    FROM ((SELECT 0 AS state, r.kind, r.created_at FROM queue.tasks AS r WHERE r.state = 0 ORDER BY r.rank LIMIT most)
          UNION ALL
          (SELECT 1, r.kind, r.created_at FROM queue.tasks AS r WHERE r.state = 1 ORDER BY r.lease_until LIMIT most)
          UNION ALL
          (SELECT 2, r.kind, r.created_at FROM queue.tasks AS r WHERE r.state = 2 ORDER BY r.run_at LIMIT most)) AS s
    GROUP BY s.state, s.kind
$$;

GRANT USAGE ON SCHEMA queue TO rookery_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO rookery_engine;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO rookery_engine;
