/// The tables. A change of them is a new `Schema.version` with its step in `Schema.steps`.
enum SchemaTables {
    // Numbers of states: see `DeliveryState.number`; open states are below 5. Times are milliseconds since 1970 as the gateways say them, but for those
    // of leases, which are the server's.
    // `gate`: open, and later deliveries of its lane wait for it. `ready`: it could start, were its time come.
    static let sql = """
        CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL);
        CREATE SEQUENCE gateway_id MAXVALUE 2147483647;
        CREATE SEQUENCE lease_epoch;
        CREATE SEQUENCE message_seq;
        CREATE SEQUENCE audit_n;

        -- A gateway is a process: each start is a new one. `turn` numbers its transactions, so that one whose COMMIT got no answer is not done twice.
        CREATE TABLE gateway (
            id bigint PRIMARY KEY, node text NOT NULL, started timestamptz NOT NULL, expires timestamptz NOT NULL, turn bigint NOT NULL DEFAULT 0,
            marked bigint[] NOT NULL DEFAULT '{}', inherited bigint[] NOT NULL DEFAULT '{}') WITH (fillfactor = 50);
        -- The lease of a shard expires with its owner's.
        CREATE TABLE shard (id smallint PRIMARY KEY, owner bigint, epoch bigint NOT NULL) WITH (fillfactor = 50);
        INSERT INTO shard SELECT n, NULL, 0 FROM generate_series(0, 255) n;

        -- `home`: the gateway that has it in hand while it is incoming, 0 for none. `parked`: nobody has it in memory.
        CREATE TABLE message (
            seq bigint PRIMARY KEY, id uuid NOT NULL, parent uuid, listener text NOT NULL, facility text NOT NULL, peer text NOT NULL,
            received bigint NOT NULL, format text NOT NULL, control text NOT NULL, patient bigint NOT NULL, ins bigint NOT NULL,
            account bigint NOT NULL, connection bigint NOT NULL, merged bigint NOT NULL, planning bigint NOT NULL, notes text,
            digest bytea NOT NULL, length bigint NOT NULL, state smallint NOT NULL, verdict text, findings text, trace text NOT NULL DEFAULT '',
            keep text, removed bigint, erased boolean NOT NULL DEFAULT false,
            has_facts boolean NOT NULL DEFAULT true, home bigint NOT NULL, parked boolean NOT NULL DEFAULT false, suspicion smallint NOT NULL DEFAULT 0) WITH (fillfactor = 85);
        CREATE INDEX message_id ON message (id);
        CREATE INDEX message_parent ON message (parent) WHERE parent IS NOT NULL;
        CREATE INDEX message_incoming ON message (planning, seq) WHERE state = 0;
        CREATE INDEX message_merging ON message (merged, seq) WHERE state = 0 AND merged <> 0;
        CREATE INDEX message_merged ON message (merged, seq) WHERE merged <> 0;
        -- (`IS NOT NULL`, so that nobody looks for a patient's messages in it: it holds those of all patients.)
        CREATE INDEX message_home ON message (home, seq) WHERE state = 0 AND home IS NOT NULL;
        -- In pieces of 64 KB.
        CREATE TABLE body (seq bigint, n integer, bytes bytea NOT NULL, PRIMARY KEY (seq, n));
        ALTER TABLE body ALTER bytes SET STORAGE EXTERNAL;
        ALTER TABLE body SET (toast_tuple_target = 8160);
        CREATE TABLE seen (
            control text NOT NULL, facility text NOT NULL, peer text NOT NULL, seq bigint NOT NULL, digest bytea NOT NULL, free boolean NOT NULL,
            PRIMARY KEY (control, facility, peer, seq));

        CREATE TABLE delivery (
            id bigint PRIMARY KEY, key uuid NOT NULL, route text NOT NULL, destination text NOT NULL, sender text NOT NULL, part text NOT NULL,
            part_notes text, lane bigint NOT NULL, shard smallint NOT NULL GENERATED ALWAYS AS ((lane & 255)::smallint) STORED, barrier bigint[] NOT NULL DEFAULT '{}',
            state smallint NOT NULL, gate boolean NOT NULL, ready boolean NOT NULL, due bigint NOT NULL, attempt integer NOT NULL,
            was_unknown boolean NOT NULL DEFAULT false, pass boolean NOT NULL, at_route boolean NOT NULL, planning bigint NOT NULL,
            overtaken boolean NOT NULL DEFAULT false, reason text, owner text, facts jsonb, proof text, report smallint NOT NULL DEFAULT 0,
            report_reason text, planned bigint NOT NULL, changed bigint NOT NULL, version integer NOT NULL, tokens uuid[] NOT NULL,
            documents integer NOT NULL, replaces uuid[] NOT NULL, class smallint NOT NULL, alone boolean NOT NULL DEFAULT false) WITH (fillfactor = 70);
        CREATE INDEX delivery_gate ON delivery (lane, id) WHERE gate;
        CREATE INDEX delivery_active ON delivery (lane) WHERE state = 1;
        CREATE INDEX delivery_passed ON delivery (lane, id) WHERE state = 4 AND pass AND NOT overtaken;
        CREATE INDEX delivery_state ON delivery (state, id) WHERE state < 5;
        CREATE INDEX delivery_ready ON delivery (class, sender, due, id) WHERE ready;
        CREATE INDEX delivery_route ON delivery (planning, id) WHERE at_route AND NOT pass AND state < 5;
        CREATE INDEX delivery_awaited ON delivery (changed, id) WHERE report = 1;
        CREATE TABLE barrier (lane bigint, id bigint, PRIMARY KEY (lane, id));
        CREATE TABLE token (key uuid, delivery bigint, PRIMARY KEY (key, delivery));
        CREATE TABLE replaces (key uuid, delivery bigint, PRIMARY KEY (key, delivery));
        CREATE TABLE search (key uuid, seq bigint, PRIMARY KEY (key, seq));

        CREATE TABLE audit (
            seq bigint, n bigint DEFAULT nextval('audit_n'), at bigint NOT NULL, what text NOT NULL, ordinal integer, attempt integer, who text,
            reason text, PRIMARY KEY (seq, n));
        ALTER TABLE delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
        ALTER TABLE message SET (autovacuum_vacuum_scale_factor = 0.05);
        ALTER TABLE gateway SET (autovacuum_vacuum_threshold = 20, autovacuum_vacuum_scale_factor = 0);
        """
}
