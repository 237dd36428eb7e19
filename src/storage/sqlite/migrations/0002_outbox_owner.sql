-- Which desk has a job in hand, so that the next one knows which to free.
ALTER TABLE outbox ADD COLUMN taken_by TEXT;
