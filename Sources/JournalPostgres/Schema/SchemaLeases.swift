/// Gateways and their leases. A lease's time is the server's.
enum SchemaLeases {
    static let sql = """
        -- The gateways whose session is there: each has a lock of this class.
        CREATE FUNCTION present(lock_class bigint) RETURNS bigint[] LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            RETURN ARRAY(SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = lock_class::oid AND objsubid = 2 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));
        END $$;

        -- This gateway lives: its lease is prolonged by `ttl` milliseconds, it gives up the shards `leaving` in which nothing is being sent, takes over from
        -- gateways that are dead (`dead`: those whose session has gone; and, if it `may_bury`, those whose lease has run out), and takes its share.
        -- No row: it was buried itself.
        CREATE FUNCTION beat(
            g bigint, ttl bigint, may_bury boolean, dead bigint[], lock_class bigint, leaving smallint[], now bigint,
            OUT shards smallint[], OUT epochs bigint[], OUT surplus integer, OUT parked boolean
        ) RETURNS SETOF record LANGUAGE plpgsql AS $$
        DECLARE
            t timestamptz;
            other bigint;
            n integer;
            mine integer;
            free integer;
            wanted integer;
            lacking integer;
        BEGIN
            PERFORM pg_advisory_xact_lock(5786635493571837779);
            t := clock_timestamp();
            UPDATE gateway SET expires = t + ttl * interval '1 millisecond' WHERE id = g;
            IF NOT FOUND THEN RETURN; END IF;
            UPDATE shard s SET owner = NULL, epoch = nextval('lease_epoch') WHERE s.id = ANY (leaving) AND s.owner = g
                AND NOT EXISTS (SELECT FROM delivery d WHERE d.state = 1 AND d.shard = s.id);
            IF FOUND THEN PERFORM pg_notify('passerelle', g || ' gateways'); END IF;
            IF may_bury THEN
                -- One that has signed in again since it was found dead has been told that nobody takes it for dead.
                IF dead <> '{}' THEN dead := ARRAY(SELECT unnest(dead) EXCEPT SELECT unnest(present(lock_class))); END IF;
                FOR other IN SELECT id FROM gateway WHERE id <> g AND (id = ANY (dead) OR expires < t) LOOP PERFORM bury(other, g, now); END LOOP;
            END IF;
            UPDATE message SET home = g WHERE seq IN (SELECT m.seq FROM message m WHERE m.state = 0 AND m.home = 0 ORDER BY m.seq LIMIT 4096);
            SELECT count(*) INTO n FROM gateway;
            SELECT count(*) FILTER (WHERE owner = g), count(*) FILTER (WHERE owner IS NULL) INTO mine, free FROM shard;
            wanted := (256 + n - 1) / n;
            IF mine < wanted AND free > 0 THEN
                UPDATE shard SET owner = g, epoch = nextval('lease_epoch')
                    WHERE id IN (SELECT id FROM shard WHERE owner IS NULL ORDER BY id LIMIT wanted - mine);
                SELECT count(*) FILTER (WHERE owner = g), count(*) FILTER (WHERE owner IS NULL) INTO mine, free FROM shard;
            END IF;
            SELECT coalesce(sum(greatest(256 / n - (SELECT count(*) FROM shard WHERE owner = o.id), 0)), 0) - free INTO lacking
                FROM gateway o WHERE o.id <> g;
            surplus := greatest(least(mine - wanted, lacking), 0);
            SELECT array_agg(id ORDER BY id), array_agg(epoch ORDER BY id) INTO shards, epochs FROM shard WHERE owner = g;
            parked := EXISTS (SELECT FROM message m WHERE m.state = 0 AND m.home = g AND m.parked);
            RETURN NEXT;
        END $$;

        -- Takes over from a gateway that is dead or leaves: what it was sending is unknown, its shards are free, its unplanned messages are `heir`'s
        -- (0: whoever asks first).
        CREATE FUNCTION bury(other bigint, heir bigint, now bigint) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            d delivery;
            own bigint[] := '{}';
            others bigint[] := '{}';
            why text := (SELECT value FROM meta WHERE name = 'interrupted');
            suspects bigint[];
        BEGIN
            SELECT marked INTO suspects FROM gateway WHERE id = other FOR UPDATE;
            IF NOT FOUND THEN RETURN; END IF;
            FOR d IN SELECT * FROM delivery WHERE state = 1 AND shard IN (SELECT id FROM shard WHERE owner = other) ORDER BY id LOOP
                UPDATE delivery SET state = 3, gate = true, ready = true, due = greatest(now, 1), reason = why, was_unknown = true, changed = now,
                    facts = facts - 'decided', version = version + 1 WHERE id = d.id;
                INSERT INTO audit (seq, at, what, ordinal, attempt) VALUES (d.id >> 12, now, 'interrupted', d.id & 4095, d.attempt);
                own := own || d.lane;
                others := others || waiting(d, false);
            END LOOP;
            PERFORM refresh_all(own, others);
            UPDATE shard SET owner = NULL, epoch = nextval('lease_epoch') WHERE owner = other;
            UPDATE message SET home = heir, parked = true,
                suspicion = CASE WHEN seq <> ALL (suspects) THEN suspicion WHEN cardinality(suspects) = 1 THEN 2 ELSE greatest(suspicion, 1::smallint) END
                WHERE state = 0 AND home = other;
            UPDATE gateway SET inherited = inherited || suspects WHERE id = heir;
            DELETE FROM gateway WHERE id = other;
            PERFORM pg_notify('passerelle', heir || ' gateways');
        END $$;

        -- What waits for a time that no pause reaches was put off by a clock that was ahead, at the head of its lane or behind: it is due now.
        CREATE FUNCTION hasten(now bigint, longest bigint) RETURNS integer LANGUAGE plpgsql AS $$
        DECLARE
            n integer;
        BEGIN
            PERFORM pg_advisory_xact_lock(5786635493571837779);
            UPDATE delivery SET due = greatest(now, 1) WHERE state IN (2, 3) AND state < 5 AND due > now + longest;
            GET DIAGNOSTICS n = ROW_COUNT;
            RETURN n;
        END $$;

        -- This gateway stops: others take its share at once.
        CREATE FUNCTION leave(g bigint, now bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(5786635493571837779);
            PERFORM bury(g, 0, now);
        END $$;
        """
}
