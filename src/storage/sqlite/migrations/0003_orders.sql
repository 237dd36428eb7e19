-- What an effect does to an order: minor units and ISO currency of what leaves the store.
ALTER TABLE effects ADD COLUMN order_id TEXT;
ALTER TABLE effects ADD COLUMN amount INTEGER;
ALTER TABLE effects ADD COLUMN currency TEXT;
-- not_needed, awaited or given: whether a person has to say yes first.
ALTER TABLE effects ADD COLUMN consent TEXT NOT NULL DEFAULT 'not_needed';
-- Confirmed, but its money is pending with the vendor.
ALTER TABLE effects ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;

CREATE INDEX effects_watched ON effects (settled_at) WHERE watched;

CREATE INDEX effects_by_order ON effects (store, order_id) WHERE order_id IS NOT NULL;

-- Pieces of an order that effects consume. What fails lets go of them.
CREATE TABLE pieces (
    store    TEXT NOT NULL,
    order_id TEXT NOT NULL,
    -- line/number, or shipping.
    piece    TEXT NOT NULL,
    effect   TEXT NOT NULL REFERENCES effects (id),
    PRIMARY KEY (store, order_id, piece)
) STRICT, WITHOUT ROWID;

CREATE INDEX pieces_by_effect ON pieces (effect);

-- What counts toward limits in rolling windows. The scope (an order, a customer, the store) is a digest.
CREATE TABLE reservations (
    scope    BLOB    NOT NULL,
    currency TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    effect   TEXT    NOT NULL REFERENCES effects (id),
    amount   INTEGER NOT NULL,
    PRIMARY KEY (scope, currency, at, effect)
) STRICT, WITHOUT ROWID;

CREATE INDEX reservations_by_effect ON reservations (effect);

CREATE TABLE approvals (
    id           TEXT    NOT NULL PRIMARY KEY,
    store        TEXT    NOT NULL,
    conversation TEXT    NOT NULL REFERENCES conversations (conversation),
    effect       TEXT    NOT NULL UNIQUE REFERENCES effects (id),
    state        TEXT    NOT NULL DEFAULT 'pending',
    -- A code of the policy.
    reason       TEXT    NOT NULL,
    -- Sealed: what is proposed, for the one who decides.
    proposal     TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    decided_at   INTEGER,
    decided_by   TEXT,
    -- Sealed.
    note         TEXT
) STRICT;

CREATE INDEX approvals_by_store ON approvals (store, state, created_at);
CREATE INDEX approvals_by_conversation ON approvals (conversation);
