-- What vendors sent by themselves: which event, about which thing of theirs. Nothing else of it is kept.
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    store       TEXT    NOT NULL,
    vendor      TEXT    NOT NULL,
    -- The vendor's id of the event, what it says has happened, and the vendor's id of what it is about.
    event       TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    object      TEXT    NOT NULL,
    -- waiting, done or dead.
    state       TEXT    NOT NULL DEFAULT 'waiting',
    tries       INTEGER NOT NULL DEFAULT 0,
    problem     TEXT,
    -- Machine time, all.
    received_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL DEFAULT 0,
    taken_until INTEGER NOT NULL DEFAULT 0,
    taken_by    TEXT,
    UNIQUE (store, vendor, event)
) STRICT;

CREATE INDEX deliveries_lanes ON deliveries (store, vendor, object, id) WHERE state = 'waiting';
CREATE INDEX deliveries_over ON deliveries (received_at) WHERE state <> 'waiting';

-- An effect is found by what its vendor calls it.
CREATE INDEX effects_by_reference ON effects (store, kind, vendor_reference) WHERE vendor_reference IS NOT NULL;
