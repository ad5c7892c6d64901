-- One logical shard of the users role. {schema} is users_0017 and the like.
CREATE SCHEMA {schema};

CREATE TABLE {schema}.users (
    id bigint PRIMARY KEY,
    handle text NOT NULL,
    display_name text NOT NULL,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    warm boolean NOT NULL DEFAULT true,   -- the one truth about whether the reader's home timeline is kept
    generation bigint NOT NULL DEFAULT 1  -- grows with every change of warm
);

-- The reader's side of an edge: the truth. Ended edges stay, so that a late task cannot revive them.
CREATE TABLE {schema}.follows (
    follower bigint NOT NULL,
    followee bigint NOT NULL,
    state smallint NOT NULL,              -- 1 follows, 0 ended
    version bigint NOT NULL,              -- grows with every change of state
    counted smallint NOT NULL DEFAULT 0,  -- the state that counters.following includes
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (follower, followee)
);

-- The author's side, written by the queue only when newer. warm and generation are copies from the reader's row.
CREATE TABLE {schema}.followers (
    followee bigint NOT NULL,
    follower bigint NOT NULL,
    state smallint NOT NULL,
    version bigint NOT NULL,
    warm boolean NOT NULL,
    generation bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (followee, follower) INCLUDE (state, warm)
);

CREATE TABLE {schema}.counters (
    user_id bigint PRIMARY KEY,
    followers bigint NOT NULL DEFAULT 0,
    following bigint NOT NULL DEFAULT 0,
    posts bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,    -- grows with every change; Redis keeps the highest
    edges_ended bigint NOT NULL DEFAULT 0, -- followers lost: a delivery that sees it grow reads its edges again
    ended_at timestamptz                  -- when the last of them was lost
) WITH (fillfactor = 70);

-- Effects that are not idempotent by themselves, once per task and step. Rows go after expiry when the task is gone.
CREATE TABLE {schema}.applied (
    node int NOT NULL,
    task_id bigint NOT NULL,
    step smallint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (node, task_id, step)
);

GRANT USAGE ON SCHEMA {schema} TO rookery_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO rookery_engine;
