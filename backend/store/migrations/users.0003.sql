-- A deleted account: hidden from now on, and taken apart by the queue. The row stays, so that nothing late revives it.
ALTER TABLE {schema}.users ADD COLUMN deleted_at timestamptz;
