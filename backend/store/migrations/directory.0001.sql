-- The directory: which node holds what, who is who, which engines live. Looked up by primary key only.
CREATE SCHEMA directory;

CREATE TABLE directory.settings (
    key text COLLATE "C" PRIMARY KEY, -- cluster_name, environment, shard_count, epoch, …
    value text NOT NULL
);

CREATE TABLE directory.nodes (
    id int PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('postgres', 'redis')),
    address text NOT NULL
);

CREATE TABLE directory.placements (
    role text NOT NULL CHECK (role IN ('users', 'posts', 'timelines')),
    shard int NOT NULL,
    node int NOT NULL REFERENCES directory.nodes (id),
    PRIMARY KEY (role, shard)
);

CREATE TABLE directory.handles (
    handle text COLLATE "C" PRIMARY KEY,
    user_id bigint NOT NULL
);

-- A slot's holder may mint ids whose milliseconds are below id_ms_until and no others. A new holder starts there.
CREATE TABLE directory.id_slots (
    slot int PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('engine', 'import')), -- an import's slots are never given out again
    holder text NOT NULL,
    lease_until timestamptz NOT NULL,
    id_ms_until bigint NOT NULL
);

CREATE TABLE directory.engines (
    slot int PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    started_at timestamptz NOT NULL,
    heartbeat_at timestamptz NOT NULL,
    workers_wanted int NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    status jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);

CREATE TABLE directory.imports (
    file_hash text COLLATE "C" PRIMARY KEY,
    slots int[] NOT NULL,
    time_shift_ms bigint NOT NULL,
    phase text NOT NULL,
    lines_done bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE directory.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    engine text NOT NULL,
    who text NOT NULL,
    action text NOT NULL,
    arguments jsonb NOT NULL,
    outcome text NOT NULL
);

GRANT USAGE ON SCHEMA directory TO rookery_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA directory TO rookery_engine;
REVOKE INSERT, UPDATE, DELETE ON directory.nodes, directory.placements FROM rookery_engine;
REVOKE UPDATE, DELETE ON directory.audit_log FROM rookery_engine;
