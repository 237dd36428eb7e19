-- Moments are milliseconds since 1970. "sealed" texts are v1.<kid>.<base64>, see storage::vault.

-- The lookup key of digests, wrapped by the keyring.
CREATE TABLE vault (
    name    TEXT NOT NULL PRIMARY KEY,
    wrapped TEXT NOT NULL
) STRICT;

CREATE TABLE conversations (
    id            INTEGER PRIMARY KEY,
    conversation  TEXT    NOT NULL UNIQUE,
    store         TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    intent        TEXT,
    opened_at     INTEGER NOT NULL,
    -- The number of the customer's last message, and up to which number messages are answered.
    last_customer INTEGER NOT NULL DEFAULT 0,
    answered      INTEGER NOT NULL DEFAULT 0,
    -- Whether a turn has begun that is not over.
    turn_open     INTEGER NOT NULL DEFAULT 0,
    fence         INTEGER NOT NULL DEFAULT 0,
    lease_owner   TEXT,
    -- Machine time.
    lease_until   INTEGER NOT NULL DEFAULT 0,
    -- Set once the data key is destroyed.
    erased_at     INTEGER
) STRICT;

CREATE INDEX conversations_by_store ON conversations (store, status);
CREATE INDEX conversations_unanswered ON conversations (id)
    WHERE (turn_open OR (status = 'ai_handling' AND last_customer > answered)) AND erased_at IS NULL;

-- One a conversation. Deleting a row is erasing what it sealed.
CREATE TABLE data_keys (
    conversation INTEGER NOT NULL PRIMARY KEY REFERENCES conversations (id),
    kid          TEXT    NOT NULL,
    wrapped      TEXT    NOT NULL
) STRICT;

CREATE INDEX data_keys_by_kid ON data_keys (kid);

-- A log's length is the number of its last event.
CREATE TABLE events (
    conversation      INTEGER NOT NULL REFERENCES conversations (id),
    seq               INTEGER NOT NULL,
    at                INTEGER NOT NULL,
    client_message_id TEXT,
    body              TEXT    NOT NULL,
    sealed            TEXT,
    PRIMARY KEY (conversation, seq)
) STRICT;

CREATE UNIQUE INDEX events_by_client_message ON events (conversation, client_message_id)
    WHERE client_message_id IS NOT NULL;

-- Which conversations proved or claimed an address, by its digest.
CREATE TABLE conversation_emails (
    digest       BLOB    NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations (id),
    PRIMARY KEY (digest, conversation)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversation_emails_by_conversation ON conversation_emails (conversation);

-- Completed turns, for the caps of a store.
CREATE TABLE turns (
    store        TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (store, at, conversation, seq)
) STRICT, WITHOUT ROWID;

-- The text of a message in the making.
CREATE TABLE checkpoints (
    conversation INTEGER NOT NULL PRIMARY KEY REFERENCES conversations (id),
    sealed       TEXT    NOT NULL
) STRICT;

CREATE TABLE effects (
    id               TEXT    NOT NULL PRIMARY KEY,
    store            TEXT    NOT NULL,
    conversation     TEXT    NOT NULL REFERENCES conversations (conversation),
    kind             TEXT    NOT NULL,
    identity         TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    -- Sealed; NULL once erased.
    request          TEXT,
    vendor_reference TEXT,
    problem          TEXT,
    proposed_at      INTEGER NOT NULL,
    sent_at          INTEGER,
    settled_at       INTEGER,
    absent           INTEGER NOT NULL DEFAULT 0,
    absent_at        INTEGER,
    UNIQUE (store, identity)
) STRICT;

CREATE INDEX effects_by_conversation ON effects (conversation);
CREATE INDEX effects_unsettled ON effects (proposed_at) WHERE state IN ('proposed', 'unknown');
CREATE INDEX effects_sent ON effects (id) WHERE state = 'sent';

-- Numbers are never used twice: a late "done" must not hit another job.
CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    lane         TEXT    NOT NULL,
    conversation TEXT    NOT NULL REFERENCES conversations (conversation),
    kind         TEXT    NOT NULL,
    -- Sealed.
    payload      TEXT    NOT NULL,
    state        TEXT    NOT NULL DEFAULT 'waiting',
    attempts     INTEGER NOT NULL DEFAULT 0,
    problem      TEXT,
    created_at   INTEGER NOT NULL,
    -- Machine time, both.
    due_at       INTEGER NOT NULL DEFAULT 0,
    taken_until  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX outbox_lanes ON outbox (lane, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_conversation ON outbox (conversation);

CREATE TABLE identity_tries (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    store TEXT    NOT NULL,
    scope BLOB    NOT NULL,
    at    INTEGER NOT NULL
) STRICT;

CREATE INDEX identity_tries_by_scope ON identity_tries (scope, at);
CREATE INDEX identity_tries_by_age ON identity_tries (at);

-- The newest code of a conversation; older ones are void.
CREATE TABLE codes (
    conversation TEXT    NOT NULL PRIMARY KEY REFERENCES conversations (conversation),
    number       INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    -- Sealed.
    email        TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE stores (
    store      TEXT    NOT NULL PRIMARY KEY,
    paused     INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    store      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    digest     BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX api_keys_by_store ON api_keys (store);
