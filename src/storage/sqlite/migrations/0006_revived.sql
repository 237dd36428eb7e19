-- How often a person had it tried again after it was given up.
ALTER TABLE outbox ADD COLUMN revived INTEGER NOT NULL DEFAULT 0;
