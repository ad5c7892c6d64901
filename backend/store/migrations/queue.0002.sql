-- Who holds a lease: the application name of the connection that claimed it, which all connections of that engine's
-- workers bear, to PostgreSQL and to Redis. Whoever takes over a lapsed lease ends those connections first.
ALTER TABLE queue.tasks ADD COLUMN lease_owner text; -- of the last claim; NULL: claimed before there were names

CREATE OR REPLACE FUNCTION queue.claim(most int, lease_ms bigint)
RETURNS TABLE (id bigint, kind smallint, shard smallint, payload text, attempts smallint, created_us bigint,
               expires_us bigint, token bigint, rank bigint, expired boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE queue.tasks AS t
    SET state = 1, attempts = t.attempts + 1, lease_token = (random() * 9e18)::bigint,
        lease_owner = current_setting('application_name'),
        lease_until = clock_timestamp() + lease_ms * interval '1 millisecond',
        expires_at = CASE WHEN t.lease_token IS NULL THEN clock_timestamp() + interval '24 hours' ELSE t.expires_at END
    WHERE t.ctid = ANY (ARRAY(SELECT r.ctid FROM queue.tasks AS r WHERE r.state = 0 ORDER BY r.rank LIMIT most
                              FOR UPDATE SKIP LOCKED))
    RETURNING t.id, t.kind, t.shard, t.payload, t.attempts, (extract(epoch FROM t.created_at) * 1000000)::bigint,
              (extract(epoch FROM t.expires_at) * 1000000)::bigint, t.lease_token, t.rank,
              t.expires_at <= clock_timestamp() + interval '1 minute';
END
$$;

-- Retries whose time has come become ready, and lapsed leases whose owners' connections have been ended. The first row
-- tells how many, the others name the other owners of lapsed leases.
DROP FUNCTION queue.promote(int);
CREATE FUNCTION queue.promote(most int, ended text[]) RETURNS TABLE (promoted bigint, owner text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    due bigint;
    lapsed bigint;
BEGIN
    UPDATE queue.tasks AS t SET state = 0, run_at = NULL
    WHERE t.ctid = ANY (ARRAY(SELECT r.ctid FROM queue.tasks AS r WHERE r.state = 2 AND r.run_at <= clock_timestamp()
                              ORDER BY r.run_at LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS due = ROW_COUNT;
    UPDATE queue.tasks AS t SET state = 0, lease_until = NULL
    WHERE t.ctid = ANY (ARRAY(SELECT r.ctid FROM queue.tasks AS r
                              WHERE r.state = 1 AND r.lease_until <= clock_timestamp()
                                AND (r.lease_owner IS NULL OR r.lease_owner = ANY (ended))
                              ORDER BY r.lease_until LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS lapsed = ROW_COUNT;
    RETURN QUERY SELECT due + lapsed, NULL::text;
    RETURN QUERY SELECT DISTINCT 0::bigint, l.lease_owner
                 FROM (SELECT r.lease_owner FROM queue.tasks AS r
                       WHERE r.state = 1 AND r.lease_until <= clock_timestamp()
                       ORDER BY r.lease_until LIMIT most) AS l
                 WHERE l.lease_owner IS NOT NULL AND l.lease_owner <> ALL (ended);
END
$$;

-- Ends all connections to this server that bear a name, of the caller's own role. Returns how many.
CREATE FUNCTION queue.end_connections(bearer text) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FILTER (WHERE pg_terminate_backend(a.pid)) FROM pg_stat_activity AS a
    WHERE a.application_name = bearer AND a.usename = current_user AND a.pid <> pg_backend_pid()
$$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO rookery_engine;
