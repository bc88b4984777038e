/// Plans. Called under the lock of `begin_work`.
enum SchemaPlans {
    static let sql = """
        -- Verdicts, deliveries, tokens, trace and search facts; the deliveries that became active. `known`: see is_held. All plans of a group are written
        -- by a few statements: the cost of a statement is that of several rows.
        CREATE FUNCTION plan(g bigint, known bigint, plans jsonb, now bigint, OUT outcome text, OUT active bigint[]) LANGUAGE plpgsql AS $$
        DECLARE
            one jsonb;
            b record;
            waits bigint[];
            added record;
        BEGIN
            active := '{}';
            IF NOT EXISTS (SELECT FROM gateway WHERE id = g) THEN outcome := 'stale'; RETURN; END IF;
            -- `ours`: no other gateway has taken them over. `decided`: they leave the undecided ones, unless they must wait.
            SELECT count(*) AS n, count(m.seq) AS stored, count(DISTINCT m.seq) AS different, bool_or(p.d @> '[{"ar": true}]') AS routes,
                array_agg(m.seq) FILTER (WHERE m.ours) AS ours, array_agg(m.seq) FILTER (WHERE m.ours AND p.d IS NOT NULL) AS decided,
                array_agg(m.seq) FILTER (WHERE m.ours AND p.d IS NOT NULL AND m.state = 0 AND p.v <> 'rejected' AND m.planning <> 0) AS careful
            INTO b FROM jsonb_to_recordset(plans) AS p(s bigint, v text, d jsonb) LEFT JOIN LATERAL (
                SELECT seq, state, planning, state <> 0 OR home = g AS ours FROM message WHERE seq = p.s OFFSET 0) m ON true;
            IF b.stored < b.n THEN outcome := 'absent'; RETURN; END IF;
            outcome := CASE WHEN b.ours IS NULL AND b.n > 0 THEN 'stale' ELSE 'done' END;
            IF b.ours IS NULL THEN RETURN; END IF;
            -- What a route holds makes later ones of its group wait.
            IF b.n > 1 AND (b.routes OR b.different < b.n) THEN
                FOR one IN SELECT x FROM jsonb_array_elements(plans) x LOOP
                    SELECT * INTO added FROM plan(g, known, jsonb_build_array(one), now);
                    active := active || added.active;
                END LOOP;
                RETURN;
            END IF;
            waits := must_wait(g, b.careful, b.decided);
            PERFORM say_verdicts(plans, b.ours, waits);
            IF b.decided IS NULL THEN RETURN; END IF;
            SELECT * INTO added FROM add(g, known, plans, b.decided, waits, now);
            active := added.active;
            PERFORM hint_parked(g, added.keys);
            PERFORM hint(g, added.lanes);
        END $$;

        -- Writes the verdicts of messages, and the state of those that need not wait.
        CREATE FUNCTION say_verdicts(plans jsonb, ours bigint[], waits bigint[]) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            refused bigint[];
            one record;
        BEGIN
            WITH told AS (
                UPDATE message m SET verdict = p.v, findings = p.f, suspicion = 0, parked = CASE WHEN p.d IS NULL THEN parked ELSE p.waiting END,
                    state = CASE WHEN p.d IS NULL OR p.waiting THEN state WHEN p.v = 'rejected' THEN 3 ELSE 2 END,
                    keep = CASE WHEN p.d IS NULL OR p.waiting THEN keep ELSE coalesce(keep, p.kp) END,
                    trace = CASE WHEN p.d IS NULL OR p.waiting THEN trace WHEN trace = '' OR p.t = '' THEN trace || p.t ELSE trace || E'\\n' || p.t END
                FROM (SELECT *, s = ANY (waits) AS waiting FROM jsonb_to_recordset(plans) AS x(s bigint, v text, f text, t text, kp text, d jsonb)) p
                WHERE m.seq = p.s AND m.seq = ANY (ours) RETURNING m.seq, p.v)
            SELECT array_agg(seq) INTO refused FROM told WHERE v = 'rejected';
            IF refused IS NULL THEN RETURN; END IF;
            FOR one IN SELECT control, facility, peer, seq FROM message WHERE seq = ANY (refused) LOOP
                UPDATE seen SET free = true WHERE control = one.control AND facility = one.facility AND peer = one.peer AND seq = one.seq;
            END LOOP;
        END $$;

        -- Stores the deliveries and search facts of what is decided and need not wait; the active ones, and the lanes of those that wait for their turn.
        -- One that is there already stays as it is: a plan that is tried again gets the same answer, but not of what another gateway is sending by now.
        CREATE FUNCTION add(
            g bigint, known bigint, plans jsonb, decided bigint[], waits bigint[], now bigint, OUT active bigint[], OUT lanes bigint[],
            OUT keys bigint[]
        ) LANGUAGE plpgsql AS $$
        DECLARE
            named bigint[];
        BEGIN
            WITH p AS MATERIALIZED (
                SELECT x.s, x.v, x.d, x.q, m.planning, m.merged FROM jsonb_to_recordset(plans) AS x(s bigint, v text, d jsonb, q uuid[])
                    CROSS JOIN LATERAL (SELECT planning, merged FROM message WHERE seq = x.s OFFSET 0) m WHERE x.s = ANY (decided) AND x.s <> ALL (waits)),
            x AS MATERIALIZED (
                SELECT p.s AS seq, p.planning, d.*, i AS id, l AS lane, d.s AS sender, rp AS replaces, coalesce(b, '{}') AS barrier, l || b AS all_lanes, o.runs
                    FROM p CROSS JOIN LATERAL
                    jsonb_to_recordset(p.d) AS d(i bigint, k uuid, r text, d text, s text, p text, n text, l bigint, b bigint[], st smallint, re text, ow text,
                        f jsonb, t uuid[], dc integer, rp uuid[], c smallint, ps boolean, ar boolean)
                    LEFT JOIN LATERAL (SELECT r.state = 1 AND r.attempt = 1 AND \(SchemaOrder.held("r.shard")) AS runs
                        FROM delivery r WHERE r.id = d.i OFFSET 0) o ON true),
            y AS MATERIALIZED (
                SELECT *, CASE WHEN st = 4 THEN 4 WHEN st = 1 AND is_free AND \(SchemaOrder.held("y.l & 255")) THEN 1 ELSE 0 END AS state FROM (
                    SELECT x.*, st <> 4 AND \(SchemaOrder.free("x", alone: "false")) AND NOT EXISTS (SELECT FROM x o
                        WHERE o.i < x.i AND o.runs IS NULL AND ((o.st <> 4 OR NOT o.ps) AND o.all_lanes && x.all_lanes OR o.s = x.s AND o.t && x.rp)) AS is_free
                    FROM x WHERE runs IS NULL OFFSET 0) y),
            added AS (
                INSERT INTO delivery (id, key, route, destination, sender, part, part_notes, lane, barrier, state, gate, ready, due, attempt, pass, at_route,
                    planning, reason, owner, facts, planned, changed, version, tokens, documents, replaces, class)
                SELECT i, k, r, d, s, p, n, l, barrier, state, state <> 4 OR NOT ps, is_free AND state = 0, 0, (state = 1)::integer, ps, ar, planning, re, ow, f,
                    now, now, 1 + (state = 1)::integer, t, dc, rp, c FROM y),
            facts AS (INSERT INTO search SELECT word, p.s FROM p CROSS JOIN unnest(p.q) word ON CONFLICT DO NOTHING),
            told AS (
                INSERT INTO audit (seq, at, what, ordinal, attempt, reason) SELECT z.* FROM (
                    SELECT s, now, CASE v WHEN 'rejected' THEN 'rejected' ELSE 'planned' END, NULL::integer AS ordinal, NULL::integer, NULL FROM p
                    UNION ALL SELECT seq, now, CASE state WHEN 1 THEN 'active' ELSE 'held' END, i & 4095, CASE state WHEN 1 THEN 1 END, CASE state WHEN 4 THEN re END
                        FROM y WHERE state <> 0
                    ORDER BY s, ordinal NULLS FIRST) z)
            SELECT coalesce(array_agg(i) FILTER (WHERE state = 1), '{}'), coalesce(array_agg(l) FILTER (WHERE state = 0), '{}'),
                ARRAY(SELECT planning FROM p UNION SELECT merged FROM p),
                ARRAY(SELECT i FROM y WHERE t <> '{}' OR rp <> '{}' OR barrier <> '{}')
            INTO active, lanes, keys, named FROM (SELECT i, l, state FROM y
                UNION ALL SELECT i, l, CASE WHEN st = 1 AND runs THEN 1 WHEN st <> 4 THEN 0 END FROM x WHERE runs IS NOT NULL) z;
            -- Apart, since a statement opens all the indexes that it may write to.
            IF named <> '{}' THEN
                WITH d AS MATERIALIZED (SELECT id, tokens, replaces, barrier FROM delivery WHERE id = ANY (named)),
                tokens AS (INSERT INTO token SELECT word, id FROM d CROSS JOIN unnest(d.tokens) word ON CONFLICT DO NOTHING),
                replaced AS (INSERT INTO replaces SELECT word, id FROM d CROSS JOIN unnest(d.replaces) word ON CONFLICT DO NOTHING)
                INSERT INTO barrier SELECT word, id FROM d CROSS JOIN unnest(d.barrier) word ON CONFLICT DO NOTHING;
            END IF;
        END $$;
        """
}
