-- The way back from pulled to pushed. merged_to: of an author who ends, newer posts are pushed to everybody and need no
-- merging; it also tells one ending from the next. backfilling: what was pulled is being brought into the readers'
-- timelines by tasks of this node, the last of which deletes the row.
ALTER TABLE directory.pulled_authors
    ADD COLUMN merged_to bigint NOT NULL DEFAULT 9223372036854775807,
    ADD COLUMN backfilling boolean NOT NULL DEFAULT false;
