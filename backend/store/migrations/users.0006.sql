-- When the follow began that ended last. Null while one stands, which began when it changed, and of one that ended
-- before this was kept.
ALTER TABLE {schema}.follows ADD COLUMN began_at timestamptz;
