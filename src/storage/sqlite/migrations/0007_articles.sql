-- What a colleague answered and meant for everyone. Its words stand in the log, as the event of this number, until somebody
-- accepts them; then they are the store's own.
CREATE TABLE articles (
    id           TEXT    PRIMARY KEY,
    store        TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    -- proposed, accepted or declined.
    state        TEXT    NOT NULL DEFAULT 'proposed',
    title        TEXT,
    text         TEXT,
    proposed_at  INTEGER NOT NULL,
    decided_at   INTEGER,
    decided_by   TEXT,
    UNIQUE (conversation, seq)
) STRICT;

CREATE INDEX articles_of_store ON articles (store, state, id);
