-- Who wrote a row of the ledger: the task, on the node of the row, and the worker that did it, "<engine>/<worker>". NULL:
-- written before it was told.
ALTER TABLE {schema}.deliveries ADD COLUMN task_id bigint, ADD COLUMN worker text;
