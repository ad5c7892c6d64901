-- When the reader last became dormant and when it last returned. NULL: never, or before it was told.
ALTER TABLE {schema}.users ADD COLUMN dormant_at timestamptz, ADD COLUMN returned_at timestamptz;
