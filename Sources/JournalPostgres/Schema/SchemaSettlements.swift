/// Settlements, and what starts next. Called under the lock of `begin_work`.
enum SchemaSettlements {
    static let sql = """
        -- Settles attempts, activates what comes next, and looks at who may start now. `emitted`: a number for each message of the settlements, 0 for what
        -- an ignored one would have emitted.
        CREATE FUNCTION settle(
            g bigint, known bigint, settlements jsonb, next bigint[], now bigint,
            OUT activated text, OUT emitted bigint[], OUT ignored bigint[], OUT freed bigint[]
        ) LANGUAGE plpgsql AS $$
        DECLARE
            e record;
            d delivery;
            x bigint;
            m jsonb;
            others bigint[] := '{}';
        BEGIN
            emitted := '{}';
            SELECT * INTO e FROM end_attempts(g, known, settlements, now);
            ignored := e.ignored;
            FOREACH x IN ARRAY e.special LOOP
                SELECT * INTO d FROM delivery WHERE id = x;
                IF d.state IN (5, 6) THEN PERFORM overtake(d); END IF;
                IF d.state > 4 THEN DELETE FROM barrier WHERE lane = ANY (d.barrier) AND id = d.id; END IF;
                others := others || waiting(d, d.state > 4);
                IF d.state > 4 AND d.at_route THEN PERFORM hint_parked(g, ARRAY[d.planning]); END IF;
            END LOOP;
            IF e.emitting <> '{}' THEN
                FOR m, x IN SELECT y->'m', n FROM jsonb_array_elements(settlements) WITH ORDINALITY s(y, n) WHERE y ? 'm' ORDER BY n LOOP
                    emitted := emitted || CASE WHEN x = ANY (e.emitting) THEN emit(g, m) ELSE array_fill(0::bigint, ARRAY[jsonb_array_length(m)]) END;
                END LOOP;
            END IF;
            activated := activate(g, known, next, now);
            freed := refresh_all(e.own, others);
            PERFORM hint(g, freed);
        END $$;

        -- Ends attempts; those that are not this gateway's are ignored. `own`: the lanes; `special`: what others may wait for beyond its lane, or may not
        -- come back after; `emitting`: the places of those that emit messages. A delivery may be named twice: by an attempt of before, or again.
        CREATE FUNCTION end_attempts(
            g bigint, known bigint, settlements jsonb, now bigint, OUT own bigint[], OUT ignored bigint[], OUT special bigint[], OUT emitting bigint[]
        ) LANGUAGE plpgsql AS $$
        BEGIN
            WITH s AS MATERIALIZED (
                SELECT s.*, d.*, coalesce(d.state = 1 AND d.attempt = s.a AND \(SchemaOrder.held("d.shard")), false)
                    AND row_number() OVER (PARTITION BY s.i, s.a ORDER BY s.n) = 1 AS mine
                FROM ROWS FROM (jsonb_to_recordset(settlements) AS (i bigint, a integer, r smallint, x text, u bigint, o text, p text, w boolean, m jsonb))
                    WITH ORDINALITY AS s(i, a, r, x, u, o, p, w, m, n)
                LEFT JOIN LATERAL (SELECT state, attempt, shard, lane, barrier, tokens, alone, at_route FROM delivery WHERE id = s.i OFFSET 0) d ON true),
            ended AS (
                UPDATE delivery d SET state = r, gate = CASE r WHEN 4 THEN NOT pass ELSE r < 5 END, ready = r IN (0, 2, 3),
                    due = CASE WHEN r IN (2, 3) THEN greatest(u, 1) ELSE 0 END, attempt = d.attempt - (r = 0)::integer, reason = x,
                    owner = CASE r WHEN 4 THEN o WHEN 0 THEN NULL ELSE owner END, proof = coalesce(p, proof),
                    report = CASE WHEN report = 0 AND w THEN 1 ELSE report END, was_unknown = was_unknown OR r = 3,
                    facts = CASE WHEN r = 0 THEN facts ELSE facts - 'decided' END, changed = now, version = version + 1
                FROM s WHERE s.mine AND d.id = s.i AND d.id = ANY (ARRAY(SELECT i FROM s))),
            told AS (
                INSERT INTO audit (seq, at, what, ordinal, attempt, reason)
                SELECT i >> 12, now, CASE WHEN mine THEN (ARRAY['givenBack', '', 'deferred', 'unknown', 'held', 'delivered', 'refused'])[r + 1] ELSE 'ignored' END,
                    i & 4095, CASE WHEN mine THEN attempt - (r = 0)::integer ELSE a END, CASE WHEN mine THEN x END FROM s ORDER BY n)
            SELECT coalesce(array_agg(lane) FILTER (WHERE mine), '{}'), coalesce(array_agg(i) FILTER (WHERE NOT mine), '{}'),
                coalesce(array_agg(i ORDER BY n) FILTER (WHERE mine AND (barrier <> '{}' OR alone OR at_route
                    OR EXISTS (SELECT FROM barrier b WHERE b.lane = s.lane OFFSET 0)
                    OR tokens <> '{}' AND EXISTS (SELECT FROM replaces t WHERE t.key = ANY (tokens) OFFSET 0)
                    OR EXISTS (SELECT FROM delivery h WHERE h.lane = s.lane AND h.state = 4 AND h.pass AND NOT h.overtaken AND h.id < s.i OFFSET 0))), '{}'),
                coalesce(array_agg(n) FILTER (WHERE mine AND m IS NOT NULL), '{}')
            INTO own, ignored, special, emitting FROM s;
        END $$;

        -- What left makes the release of earlier ones that are held, but let others pass, a step back: noted once, however many there are.
        CREATE FUNCTION overtake(d delivery) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE delivery SET overtaken = true WHERE lane = ANY (d.lane || d.barrier) AND state = 4 AND pass AND NOT overtaken AND id < d.id;
            UPDATE delivery SET overtaken = true WHERE id IN (SELECT id FROM barrier WHERE lane = ANY (d.lane || d.barrier) AND id < d.id)
                AND state = 4 AND pass AND NOT overtaken;
            IF d.alone THEN
                UPDATE delivery SET overtaken = true WHERE lane = ANY (d.lane || d.barrier) AND gate AND state = 4 AND NOT overtaken AND id < d.id;
            END IF;
        END $$;

        -- Starts those that may start: number and attempt of each.
        CREATE FUNCTION activate(g bigint, known bigint, next bigint[], now bigint) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE
            chosen bigint[];
            started text;
        BEGIN
            IF next = '{}' THEN RETURN ''; END IF;
            -- What passes alone does not wait for an earlier one, but for one that starts: not both in one statement.
            IF cardinality(next) > 1 AND EXISTS (SELECT FROM delivery WHERE id = ANY (next) AND alone) THEN
                RETURN (SELECT string_agg(activate(g, known, ARRAY[x], now), '' ORDER BY n) FROM unnest(next) WITH ORDINALITY u(x, n));
            END IF;
            chosen := ARRAY(SELECT d.id FROM unnest(next) u CROSS JOIN LATERAL (
                SELECT id, lane, shard, barrier, sender, replaces, alone FROM delivery WHERE id = u AND state IN (0, 2, 3) OFFSET 0) d
                WHERE \(SchemaOrder.held("d.shard")) AND \(SchemaOrder.free("d", alone: "d.alone")));
            WITH d AS (
                UPDATE delivery SET state = 1, gate = true, ready = false, due = 0, attempt = attempt + 1, changed = now, version = version + 1
                WHERE id = ANY (chosen) RETURNING id, attempt),
            told AS (INSERT INTO audit (seq, at, what, ordinal, attempt) SELECT id >> 12, now, 'active', id & 4095, attempt FROM d
                ORDER BY array_position(chosen, id))
            SELECT string_agg(id || ' ' || attempt || ' ', '') INTO started FROM d;
            RETURN coalesce(started, '');
        END $$;

        -- Adds facts to an active attempt; false when it is not this gateway's.
        CREATE FUNCTION record(g bigint, known bigint, a_facts jsonb, a_id bigint, a_attempt integer) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE delivery SET facts = coalesce(facts, '{}') || a_facts
                WHERE id = a_id AND state = 1 AND attempt = a_attempt AND is_held(shard, g, known);
            RETURN FOUND;
        END $$;
        """
}
