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
    lease_token bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
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

GRANT USAGE ON SCHEMA queue TO rookery_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO rookery_engine;
GRANT EXECUTE ON FUNCTION queue.enqueue(int[], int[], text[], bigint[], bigint[]) TO rookery_engine;
