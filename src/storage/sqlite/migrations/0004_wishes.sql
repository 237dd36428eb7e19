-- Sealed: what an effect was asked for, to be judged and told again.
ALTER TABLE effects ADD COLUMN wish TEXT;
