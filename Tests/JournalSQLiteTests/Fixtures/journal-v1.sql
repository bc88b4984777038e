-- The tables of version 1, as the first release made them (page_size 8192, auto_vacuum INCREMENTAL, WAL).
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE peer (id INTEGER PRIMARY KEY, facility TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (facility, name));
CREATE TABLE trace (id INTEGER PRIMARY KEY, text TEXT NOT NULL);

CREATE TABLE message (
    seq INTEGER PRIMARY KEY, id_high INTEGER NOT NULL, id_low INTEGER NOT NULL, parent_high INTEGER, parent_low INTEGER,
    listener INTEGER NOT NULL, peer INTEGER NOT NULL, received INTEGER NOT NULL, format INTEGER NOT NULL, control TEXT NOT NULL,
    patient INTEGER NOT NULL, ins INTEGER NOT NULL, account INTEGER NOT NULL, connection INTEGER NOT NULL, merged INTEGER NOT NULL,
    notes TEXT, digest BLOB NOT NULL, length INTEGER NOT NULL, in_file INTEGER NOT NULL,
    state INTEGER NOT NULL, verdict INTEGER, findings TEXT, trace INTEGER);
CREATE INDEX message_id ON message (id_high);
CREATE INDEX message_parent ON message (parent_high) WHERE parent_high IS NOT NULL;
CREATE INDEX message_incoming ON message (seq) WHERE state = 0;
CREATE TABLE body (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE seen (
    peer INTEGER NOT NULL, control TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL, free INTEGER NOT NULL,
    PRIMARY KEY (peer, control, seq)) WITHOUT ROWID;

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, route INTEGER NOT NULL, destination INTEGER NOT NULL, sender INTEGER NOT NULL,
    part TEXT, part_notes TEXT, lane INTEGER NOT NULL, barrier INTEGER,
    state INTEGER NOT NULL, gate INTEGER NOT NULL, ready INTEGER NOT NULL, due INTEGER NOT NULL, attempt INTEGER NOT NULL,
    was_unknown INTEGER NOT NULL, pass INTEGER NOT NULL, at_route INTEGER NOT NULL, overtaken INTEGER NOT NULL,
    reason TEXT, owner TEXT, facts TEXT, proof TEXT, report INTEGER NOT NULL, report_reason TEXT,
    planned INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, tokens BLOB, documents INTEGER NOT NULL, replaces BLOB);
CREATE INDEX delivery_gate ON delivery (lane, id) WHERE gate = 1;
CREATE INDEX delivery_passed ON delivery (lane, id) WHERE state = 4 AND pass = 1;
CREATE INDEX delivery_state ON delivery (state, id) WHERE state < 5;
CREATE INDEX delivery_ready ON delivery (sender, due, id, lane) WHERE ready = 1;
CREATE INDEX delivery_route ON delivery (id) WHERE at_route = 1 AND state < 5;
CREATE INDEX delivery_awaited ON delivery (changed, id) WHERE report = 1;
CREATE TABLE barrier (lane INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (lane, id)) WITHOUT ROWID;
CREATE TABLE token (
    high INTEGER NOT NULL, low INTEGER NOT NULL, delivery INTEGER NOT NULL, PRIMARY KEY (high, low, delivery)) WITHOUT ROWID;
CREATE TABLE replaces (
    high INTEGER NOT NULL, low INTEGER NOT NULL, delivery INTEGER NOT NULL, PRIMARY KEY (high, low, delivery)) WITHOUT ROWID;
CREATE TABLE search (high INTEGER NOT NULL, low INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (high, low, seq)) WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, what INTEGER NOT NULL, ordinal INTEGER, attempt INTEGER, who TEXT,
    reason TEXT, PRIMARY KEY (seq, n)) WITHOUT ROWID;
CREATE TABLE tally (name INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (name, state)) WITHOUT ROWID;
PRAGMA application_id = 1346458451;
PRAGMA user_version = 1;
