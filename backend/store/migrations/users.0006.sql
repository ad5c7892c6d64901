-- When the follow that stands, or stood last, began. Null of an ended one from before this was kept.
ALTER TABLE {schema}.follows ADD COLUMN began_at timestamptz;
ALTER TABLE {schema}.follows ALTER COLUMN began_at SET DEFAULT now();
