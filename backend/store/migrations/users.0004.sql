-- An ended edge may keep the past: posts with ids up to kept_to stay in the reader's home timeline. 0: none.
ALTER TABLE {schema}.follows ADD COLUMN kept_to bigint NOT NULL DEFAULT 0;
ALTER TABLE {schema}.followers ADD COLUMN kept_to bigint NOT NULL DEFAULT 0;
