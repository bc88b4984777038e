/// Order: who may start, and who may start once another has ended. Called under the lock of `begin_work`.
///
/// What is called for each row is no function of the language `sql`: the server parses and plans those anew in each statement. `OFFSET 0` keeps a
/// question a step in an index for each row: a plan is made once, when the tables may have been empty, and must not read all of them later.
enum SchemaOrder {
    /// `is_free` of the row `x`: what nearly all are, without a merge near and without a replacement, is seen here, at a tenth of a call's cost.
    static func free(_ x: String, alone: String) -> String {
        """
        CASE WHEN \(x).barrier = '{}' AND \(x).replaces = '{}' AND NOT \(alone) AND NOT EXISTS (SELECT FROM barrier b WHERE b.lane = \(x).lane OFFSET 0)
            THEN NOT EXISTS (SELECT FROM delivery o WHERE o.lane = \(x).lane AND o.gate AND o.id < \(x).id)
                AND NOT EXISTS (SELECT FROM delivery o WHERE o.lane = \(x).lane AND o.state = 1 AND o.id <> \(x).id)
            ELSE is_free(\(x).id, \(x).lane, \(x).barrier, \(x).sender, \(x).replaces, \(alone)) END
        """
    }

    /// `is_held` of a shard, for each row.
    static func held(_ shard: String) -> String { "EXISTS (SELECT FROM shard h WHERE h.id = \(shard) AND h.owner = g AND h.epoch <= known OFFSET 0)" }

    static let sql = """
        -- Merges of other lanes that are a barrier in this one. From the barrier on, whatever the statistics say: there are few, and of all that is open many.
        CREATE FUNCTION across(l bigint) RETURNS TABLE (id bigint, state smallint, gate boolean) LANGUAGE sql STABLE AS $$
            SELECT b.id, d.state, d.gate FROM (SELECT x.id FROM barrier x WHERE x.lane = l OFFSET 0) b
                CROSS JOIN LATERAL (SELECT y.state, y.gate FROM delivery y WHERE y.id = b.id OFFSET 0) d
        $$;

        -- Nothing stands before it: no active or earlier one in its lanes, no earlier carrier of a document that it replaces. What a person lets pass
        -- alone waits for active ones only.
        CREATE FUNCTION is_free(a_id bigint, a_lane bigint, a_barrier bigint[], a_sender text, a_replaces uuid[], a_alone boolean) RETURNS boolean LANGUAGE plpgsql STABLE
        AS $$
        DECLARE
            l bigint;
        BEGIN
            FOREACH l IN ARRAY a_lane || a_barrier LOOP
                IF NOT a_alone AND EXISTS (SELECT FROM delivery WHERE lane = l AND gate AND id < a_id)
                    OR EXISTS (SELECT FROM delivery WHERE lane = l AND state = 1 AND id <> a_id)
                    OR EXISTS (SELECT FROM across(l) d WHERE d.id <> a_id AND (d.state = 1 OR NOT a_alone AND d.gate AND d.id < a_id))
                THEN RETURN false; END IF;
            END LOOP;
            RETURN a_replaces = '{}' OR NOT is_preceded(a_id, a_sender, a_replaces);
        END $$;

        -- An earlier open delivery to the same far end carries a document that this one replaces.
        CREATE FUNCTION is_preceded(a_id bigint, a_sender text, a_replaces uuid[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        BEGIN
            RETURN EXISTS (SELECT FROM token t JOIN delivery d ON d.id = t.delivery
                WHERE t.key = ANY (a_replaces) AND t.delivery < a_id AND d.sender = a_sender AND d.state < 5);
        END $$;

        -- What stands before a delivery that waits, the first ten.
        CREATE FUNCTION blockers(d delivery) RETURNS bigint[] LANGUAGE sql STABLE AS $$
            SELECT ARRAY(SELECT DISTINCT x.id FROM (
                (SELECT id FROM delivery WHERE lane = ANY (d.lane || d.barrier) AND state = 1 AND id <> d.id LIMIT 11)
                UNION ALL (SELECT b.id FROM barrier b JOIN delivery o ON o.id = b.id WHERE b.lane = ANY (d.lane || d.barrier) AND o.state = 1 AND b.id <> d.id
                    LIMIT 11)
                UNION ALL (SELECT id FROM delivery WHERE lane = d.lane AND gate AND id < d.id AND NOT d.alone ORDER BY id LIMIT 11)
                UNION ALL (SELECT id FROM delivery WHERE lane = ANY (d.barrier) AND gate AND id < d.id AND NOT d.alone ORDER BY id LIMIT 11)
                UNION ALL (SELECT b.id FROM barrier b JOIN delivery o ON o.id = b.id WHERE b.lane = ANY (d.lane || d.barrier) AND b.id < d.id AND o.gate
                    AND NOT d.alone ORDER BY b.id LIMIT 11)
                UNION ALL (SELECT o.id FROM token t JOIN delivery o ON o.id = t.delivery WHERE t.key = ANY (d.replaces) AND t.delivery < d.id
                    AND o.sender = d.sender AND o.state < 5 ORDER BY o.id LIMIT 11)) x
            WHERE d.state IN (0, 2, 3) ORDER BY x.id LIMIT 10)
        $$;

        -- Looks at who is first in a lane now and marks it for `due`; true if it could start. What a person lets pass alone stays marked: it may start when
        -- it is no more the first, and would be looked at no more. `due` asks whether it is free.
        CREATE FUNCTION refresh(l bigint) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            head record;
            n integer := 0;
            free boolean := false;
        BEGIN
            IF EXISTS (SELECT FROM delivery WHERE lane = l AND state = 1)
                OR EXISTS (SELECT FROM across(l) d WHERE d.state = 1)
            THEN RETURN false; END IF;
            FOR head IN SELECT id, state, ready, barrier, sender, replaces, alone FROM delivery WHERE lane = l AND gate ORDER BY id LIMIT 2 LOOP
                n := n + 1;
                IF n = 1 THEN
                    IF head.state IN (0, 2, 3) THEN
                        free := is_free(head.id, l, head.barrier, head.sender, head.replaces, head.alone);
                        IF free <> head.ready AND (free OR NOT head.alone) THEN UPDATE delivery SET ready = free WHERE id = head.id; END IF;
                    END IF;
                ELSIF head.ready AND NOT head.alone THEN
                    UPDATE delivery SET ready = false WHERE id = head.id;
                END IF;
            END LOOP;
            RETURN free;
        END $$;

        -- Lanes of others where something may have waited for a delivery: it is active no more or left the gate (`ended`: it is settled).
        CREATE FUNCTION waiting(d delivery, ended boolean) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
        DECLARE
            found bigint[] := d.barrier;
        BEGIN
            found := found || ARRAY(SELECT o.lane FROM barrier b JOIN delivery o ON o.id = b.id WHERE b.lane = ANY (d.lane || d.barrier) AND b.id <> d.id);
            IF ended AND d.tokens <> '{}' THEN
                found := found || ARRAY(SELECT o.lane FROM replaces r JOIN delivery o ON o.id = r.delivery
                    WHERE r.key = ANY (d.tokens) AND r.delivery > d.id AND o.sender = d.sender AND o.state < 5);
            END IF;
            RETURN found;
        END $$;

        -- Refreshes lanes; those of others in which something can start. As `refresh` does, for all at once: in a lane without an active one the first
        -- that waits is free, but for merges and replacements.
        CREATE FUNCTION refresh_all(own bigint[], others bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
        DECLARE
            l bigint;
            crossed bigint[];
            up bigint[];
            down bigint[];
            freed bigint[];
        BEGIN
            SELECT array_agg(h.id) FILTER (WHERE h.free AND NOT h.ready), array_agg(h.id) FILTER (WHERE h.ready AND NOT h.free AND NOT h.alone),
                coalesce(array_agg(h.lane) FILTER (WHERE h.n = 1 AND h.free AND h.lane = ANY (others)), '{}')
            INTO up, down, freed FROM (SELECT x.lane, d.id, d.n, d.ready, d.alone, CASE WHEN d.n > 1 THEN d.ready AND d.alone WHEN d.state NOT IN (0, 2, 3) THEN d.ready
                    WHEN d.barrier = '{}' AND d.replaces = '{}' THEN true
                    ELSE is_free(d.id, x.lane, d.barrier, d.sender, d.replaces, d.alone) END AS free
                FROM (SELECT unnest(own) AS lane UNION SELECT unnest(others)) x CROSS JOIN LATERAL (
                    SELECT id, state, ready, barrier, sender, replaces, alone, row_number() OVER (ORDER BY id) AS n
                    FROM delivery WHERE lane = x.lane AND gate ORDER BY id LIMIT 2) d
                WHERE NOT EXISTS (SELECT FROM delivery WHERE lane = x.lane AND state = 1 OFFSET 0)
                    AND NOT EXISTS (SELECT FROM barrier b WHERE b.lane = x.lane OFFSET 0)) h;
            IF up IS NOT NULL THEN UPDATE delivery SET ready = true WHERE id = ANY (up); END IF;
            IF down IS NOT NULL THEN UPDATE delivery SET ready = false WHERE id = ANY (down); END IF;
            crossed := ARRAY(SELECT x FROM (SELECT unnest(own) UNION SELECT unnest(others)) y(x)
                WHERE EXISTS (SELECT FROM barrier b WHERE b.lane = x OFFSET 0));
            FOREACH l IN ARRAY crossed LOOP
                IF refresh(l) AND l = ANY (others) THEN freed := freed || l; END IF;
            END LOOP;
            RETURN freed;
        END $$;

        -- Later deliveries to the same far end that replace a document which this one carries, in one of the states.
        CREATE FUNCTION is_replaced(d delivery, states smallint[]) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM replaces r JOIN delivery o ON o.id = r.delivery
                WHERE r.key = ANY (d.tokens) AND r.delivery > d.id AND o.sender = d.sender AND o.state = ANY (states))
        $$;

        -- Whether the gateway holds the shard under a lease that it knows of: `known` is the highest epoch of its lease. Epochs rise over all shards,
        -- and only its own beat gives a gateway a shard, so a shard lost and regained since has a higher one.
        CREATE FUNCTION is_held(a_shard smallint, g bigint, known bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        BEGIN
            RETURN EXISTS (SELECT FROM shard WHERE id = a_shard AND owner = g AND epoch <= known);
        END $$;

        -- Tells the gateways that hold these lanes, or will, that there is something to start. A hint: they would find it.
        CREATE FUNCTION hint(g bigint, lanes bigint[]) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            others bigint[];
        BEGIN
            IF lanes = '{}' THEN RETURN; END IF;
            others := ARRAY(SELECT DISTINCT l FROM unnest(lanes) l JOIN shard s ON s.id = l & 255 WHERE s.owner IS DISTINCT FROM g);
            IF others = '{}' THEN RETURN; END IF;
            IF cardinality(others) > 300 THEN
                PERFORM pg_notify('passerelle', g || ' lanes *');
            ELSE
                PERFORM pg_notify('passerelle', g || ' lanes ' || array_to_string(others, ' '));
            END IF;
        END $$;

        -- Messages of these keys may have waited.
        CREATE FUNCTION hint_parked(g bigint, keys bigint[]) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM unnest(keys) k WHERE k <> 0
                AND (EXISTS (SELECT FROM message WHERE state = 0 AND planning = k AND parked OFFSET 0)
                    OR EXISTS (SELECT FROM message WHERE state = 0 AND merged <> 0 AND merged = k AND parked OFFSET 0))) THEN
                PERFORM pg_notify('passerelle', g || ' parked');
            END IF;
        END $$;
        """
}
