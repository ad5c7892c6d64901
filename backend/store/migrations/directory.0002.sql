-- Authors whose posts readers merge when they read. state 1: begins (still pushed, until every engine knows),
-- 2: pulled, 3: ends (pushed again; merged on, for what was pulled before). No row: pushed.
CREATE TABLE directory.pulled_authors (
    author bigint PRIMARY KEY,
    state smallint NOT NULL CHECK (state IN (1, 2, 3)),
    changed_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL
);

-- Grows with every change of the table above.
CREATE TABLE directory.pulled_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL DEFAULT 1
);
INSERT INTO directory.pulled_version DEFAULT VALUES;

GRANT SELECT, INSERT, UPDATE, DELETE ON directory.pulled_authors, directory.pulled_version TO rookery_engine;
