-- Which of the owner's workers holds a lease: "<engine>/<worker>".
ALTER TABLE queue.tasks ADD COLUMN lease_worker text; -- of the last claim; NULL: claimed before it was told

-- Tasks under the node's pace: so many units a second, for all of them together and however many engines serve the
-- queue. Until its turn such a task is held: state 2 without a time.
ALTER TABLE queue.tasks ADD COLUMN units int; -- what it costs of the pace; NULL: it is not under it
CREATE INDEX tasks_held ON queue.tasks (id) WHERE state = 2 AND run_at IS NULL;
CREATE INDEX tasks_admitted ON queue.tasks (units) WHERE units IS NOT NULL AND (state <> 2 OR run_at IS NOT NULL);
CREATE TABLE queue.pace (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    paid_until timestamptz NOT NULL -- the admitted ones' time is used up to here
);
INSERT INTO queue.pace (paid_until) VALUES (clock_timestamp());

-- Fair order. Small work goes first, in the order of a clock. Work in bulk, which is what the large audiences of posts
-- are cut into, has ranks from queue.bulk() on and belongs to a flow: an author's deliveries are one, all reclaiming
-- together is another. Flows take turns, task by task, however much waits in each: a flow's tasks have ranks one after
-- the other, the first of them beside what is next of the others (self-clocked fair queueing). Ranks are only order:
-- whatever they are, every task is run.
ALTER TABLE queue.tasks ADD COLUMN flow bigint; -- NULL: small work, or written before there were flows
CREATE INDEX tasks_of_flow ON queue.tasks (flow, rank) WHERE flow IS NOT NULL;

CREATE FUNCTION queue.bulk() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 4611686018427387904';

UPDATE queue.tasks SET rank = rank + queue.bulk() WHERE kind IN (3, 6) AND rank < queue.bulk(); -- deliver, reclaim

-- Whose turn it is: the rank of the first of the tasks in bulk that were not yet claimed. Without any a time, which is
-- above all ranks that were given before.
CREATE FUNCTION queue.bulk_turn() RETURNS bigint
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    RETURN coalesce((SELECT r.rank FROM queue.tasks AS r
                     WHERE r.state = 0 AND r.rank >= queue.bulk() AND r.lease_token IS NULL ORDER BY r.rank LIMIT 1),
                    queue.bulk() + (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
END
$$;

DROP FUNCTION queue.enqueue(int[], int[], text[], bigint[], bigint[]);
-- paces: tasks with units are held until queue.admit lets them go. flows: 0 for small work, as without any; of one flow what
-- is enqueued together is ordered by its rank delays.
CREATE FUNCTION queue.enqueue(kinds int[], shards int[], payloads text[], rank_delays_ms bigint[], run_after_ms bigint[],
                              paces int[] DEFAULT NULL, flows bigint[] DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    turn bigint;
    written bigint;
BEGIN
    IF flows IS NOT NULL THEN turn := queue.bulk_turn(); END IF;
    INSERT INTO queue.tasks (kind, shard, payload, flow, rank, state, run_at, expires_at, units)
    SELECT t.kind, t.shard, t.payload, nullif(t.flow, 0),
           CASE WHEN coalesce(t.flow, 0) = 0
                THEN (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + t.rank_delay_ms * 1000
                ELSE greatest(turn, (SELECT max(q.rank) FROM queue.tasks AS q WHERE q.flow = t.flow))
                     + row_number() OVER (PARTITION BY t.flow ORDER BY t.rank_delay_ms, t.place) END,
           CASE WHEN t.after_ms > 0 OR t.units > 0 THEN 2 ELSE 0 END,
           CASE WHEN t.after_ms > 0 THEN clock_timestamp() + t.after_ms * interval '1 millisecond' END,
           clock_timestamp() + interval '24 hours',
           nullif(t.units, 0)
    FROM unnest(kinds, shards, payloads, rank_delays_ms, run_after_ms, paces, flows)
             WITH ORDINALITY AS t (kind, shard, payload, rank_delay_ms, after_ms, units, flow, place)
    ORDER BY t.place; -- and so are the ids
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

DROP FUNCTION queue.claim(int, bigint);
-- The first ready tasks in fair order, under fresh tokens. Where small work alone fills a claim, one task in bulk comes
-- on top, and first in its order: bulk goes on whatever comes in. Leases count by this server's clock.
CREATE FUNCTION queue.claim(most int, lease_ms bigint, worker text)
RETURNS TABLE (id bigint, kind smallint, shard smallint, payload text, attempts smallint, created_us bigint,
               expires_us bigint, token bigint, rank bigint, expired boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    taken tid[];
    last bigint;
    on_top tid[] := '{}';
BEGIN
    SELECT array_agg(f.place), max(f.rank) INTO taken, last
    FROM (SELECT r.ctid AS place, r.rank FROM queue.tasks AS r WHERE r.state = 0 ORDER BY r.rank LIMIT most
          FOR UPDATE SKIP LOCKED) AS f;
    IF cardinality(taken) >= most AND last < queue.bulk() THEN
        on_top := ARRAY(SELECT r.ctid FROM queue.tasks AS r WHERE r.state = 0 AND r.rank >= queue.bulk()
                        ORDER BY r.rank LIMIT 1 FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY
    UPDATE queue.tasks AS t
    SET state = 1, attempts = t.attempts + 1, lease_token = (random() * 9e18)::bigint,
        lease_owner = current_setting('application_name'), lease_worker = worker,
        lease_until = clock_timestamp() + lease_ms * interval '1 millisecond',
        expires_at = CASE WHEN t.lease_token IS NULL THEN clock_timestamp() + interval '24 hours' ELSE t.expires_at END
    WHERE t.ctid = ANY (taken || on_top)
    RETURNING t.id, t.kind, t.shard, t.payload, t.attempts, (extract(epoch FROM t.created_at) * 1000000)::bigint,
              (extract(epoch FROM t.expires_at) * 1000000)::bigint, t.lease_token,
              CASE WHEN cardinality(on_top) > 0 AND t.rank >= queue.bulk() THEN 0 ELSE t.rank END,
              t.expires_at <= clock_timestamp() + interval '1 minute';
END
$$;

-- Makes held tasks ready, in the order they were written, as far as their time has passed: units / per_second each, from
-- when the first was written or the one before was paid. Time nobody used is lost but for the last second, and what is
-- admitted and not done bounds what is admitted next: neither a pause nor an outage is made up for in a rush. Their place
-- in the fair order counts from now, and what is in bulk takes its turn. Returns how many.
CREATE FUNCTION queue.admit(per_second float8) RETURNS bigint
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    paid timestamptz;
    done timestamptz;
    price interval;
    held record;
    admitted bigint[] := '{}';
BEGIN
    IF NOT EXISTS (SELECT FROM queue.tasks AS t WHERE t.state = 2 AND t.run_at IS NULL) THEN RETURN 0; END IF;
    SELECT p.paid_until INTO paid FROM queue.pace AS p FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN 0; END IF; -- another engine is at it
    IF (SELECT coalesce(sum(t.units), 0) FROM queue.tasks AS t
        WHERE t.units IS NOT NULL AND (t.state <> 2 OR t.run_at IS NOT NULL)) > 2 * per_second THEN RETURN 0; END IF;
    FOR held IN SELECT t.id, t.units, t.created_at FROM queue.tasks AS t WHERE t.state = 2 AND t.run_at IS NULL
                ORDER BY t.id LIMIT 5000 LOOP
        price := coalesce(held.units, 1) / per_second * interval '1 second';
        done := greatest(paid, held.created_at, moment - greatest(price, interval '1 second')) + price;
        EXIT WHEN done > moment;
        admitted := admitted || held.id;
        paid := done;
    END LOOP;
    IF cardinality(admitted) = 0 THEN RETURN 0; END IF;
    UPDATE queue.pace SET paid_until = paid;
    UPDATE queue.tasks AS t
    SET state = 0, rank = CASE WHEN t.rank >= queue.bulk() THEN queue.bulk_turn()
                               ELSE (extract(epoch FROM moment) * 1000000)::bigint
                                    + greatest(0, t.rank - (extract(epoch FROM t.created_at) * 1000000)::bigint) END
    WHERE t.id = ANY (admitted) AND t.state = 2 AND t.run_at IS NULL;
    RETURN cardinality(admitted);
END
$$;

-- As before, but a held task is as old as it may be: it does not wait for anybody.
CREATE OR REPLACE FUNCTION queue.census(most int)
RETURNS TABLE (state int, kind smallint, tasks bigint, oldest_seconds float8)
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    SELECT s.state, s.kind, count(*), extract(epoch FROM clock_timestamp() - min(s.since))::float8
    FROM ((SELECT 0 AS state, r.kind, r.created_at AS since FROM queue.tasks AS r WHERE r.state = 0 ORDER BY r.rank
           LIMIT most)
          UNION ALL
          (SELECT 1, r.kind, r.created_at FROM queue.tasks AS r WHERE r.state = 1 ORDER BY r.lease_until LIMIT most)
          UNION ALL
          (SELECT 2, r.kind, CASE WHEN r.run_at IS NULL THEN clock_timestamp() ELSE r.created_at END
           FROM queue.tasks AS r WHERE r.state = 2 ORDER BY r.run_at LIMIT most)) AS s
    GROUP BY s.state, s.kind
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON queue.pace TO rookery_engine;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO rookery_engine;
