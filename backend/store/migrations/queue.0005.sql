DROP FUNCTION queue.claim(int, bigint, text);
-- The first ready tasks in fair order, under fresh tokens; of small work alone, or of all. Where small work alone fills a
-- claim of all, one task in bulk comes on top, and first in its order: bulk goes on whatever comes in. Leases count by
-- this server's clock.
CREATE FUNCTION queue.claim(most int, lease_ms bigint, worker text, small_alone boolean DEFAULT false)
RETURNS TABLE (id bigint, kind smallint, shard smallint, payload text, attempts smallint, created_us bigint,
               expires_us bigint, token bigint, rank bigint, expired boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    above bigint := CASE WHEN small_alone THEN queue.bulk() ELSE 9223372036854775807 END;
    taken tid[];
    last bigint;
    on_top tid[] := '{}';
BEGIN
    SELECT array_agg(f.place), max(f.rank) INTO taken, last
    FROM (SELECT r.ctid AS place, r.rank FROM queue.tasks AS r WHERE r.state = 0 AND r.rank < above ORDER BY r.rank
          LIMIT most FOR UPDATE SKIP LOCKED) AS f;
    IF cardinality(taken) >= most AND last < queue.bulk() AND NOT small_alone THEN
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

GRANT EXECUTE ON FUNCTION queue.claim(int, bigint, text, boolean) TO rookery_engine;
