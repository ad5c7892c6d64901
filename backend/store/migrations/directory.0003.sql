-- Accounts that were deleted and how far each is taken apart. Engines forget by it whom they knew.
CREATE TABLE directory.deleted_accounts (
    user_id bigint PRIMARY KEY,
    handle text NOT NULL, -- emptied at the end, when it is free again
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    edges bigint NOT NULL DEFAULT 0, -- ended by now, of both directions
    posts bigint NOT NULL DEFAULT 0, -- deleted by now
    finished_at timestamptz
);
CREATE INDEX deleted_accounts_asked ON directory.deleted_accounts (asked_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON directory.deleted_accounts TO rookery_engine;
