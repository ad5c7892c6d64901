-- Deliveries read warm followers only, however many dormant ones there are.
CREATE INDEX followers_warm ON {schema}.followers (followee, follower) WHERE state = 1 AND warm;

-- The generation that every copy of warm in `followers` is known to have reached.
ALTER TABLE {schema}.users ADD COLUMN copied bigint NOT NULL DEFAULT 1;
