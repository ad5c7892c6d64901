-- One logical shard of the posts role, by author. {schema} is posts_0017 and the like. No index on time: ids are time.
CREATE SCHEMA {schema};

CREATE TABLE {schema}.posts (
    id bigint PRIMARY KEY,
    author_id bigint NOT NULL,
    body text NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX posts_author ON {schema}.posts (author_id, id);

-- The ledger. Chunk 0 is the plan (and the whole delivery of a small audience); every row is written once.
CREATE TABLE {schema}.deliveries (
    post_id bigint NOT NULL,
    chunk int NOT NULL,
    mode smallint NOT NULL,               -- 0 push, 1 pull
    chunks int NOT NULL,                  -- on chunk 0: rows this post will have in all; else 0
    audience bigint NOT NULL,             -- on chunk 0: followers and the author when planned; else 0
    dormant bigint NOT NULL DEFAULT 0,
    pushed bigint NOT NULL DEFAULT 0,
    unfollowed bigint NOT NULL DEFAULT 0,
    deleted bigint NOT NULL DEFAULT 0,
    pulled bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    last_reader bigint NOT NULL,          -- covers readers up to and including this id
    committed_at timestamptz NOT NULL,    -- of the post
    planned_at timestamptz NOT NULL DEFAULT now(),
    first_at timestamptz,
    last_at timestamptz,
    PRIMARY KEY (post_id, chunk)
);

GRANT USAGE ON SCHEMA {schema} TO rookery_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO rookery_engine;
