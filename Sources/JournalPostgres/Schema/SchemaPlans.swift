/// Plans and settlements. Called under the lock of `begin_work`.
enum SchemaPlans {
    static let sql = """
        -- Verdicts, deliveries, tokens, trace and search facts; the deliveries that became active. `known`: see is_held.
        CREATE FUNCTION plan(g bigint, known bigint, plans jsonb, now bigint, OUT outcome text, OUT active bigint[]) LANGUAGE plpgsql AS $$
        DECLARE
            p jsonb;
            d jsonb;
            m record;
            others boolean := true;
            lanes bigint[] := '{}';
            rejected boolean;
        BEGIN
            active := '{}';
            IF NOT EXISTS (SELECT FROM gateway WHERE id = g) THEN outcome := 'stale'; RETURN; END IF;
            IF EXISTS (SELECT FROM jsonb_array_elements(plans) e WHERE NOT EXISTS (SELECT FROM message WHERE seq = (e->>'s')::bigint)) THEN
                outcome := 'absent'; RETURN;
            END IF;
            FOR p IN SELECT jsonb_array_elements(plans) LOOP
                SELECT seq, state, home, planning, merged, trace, control, facility, peer INTO m FROM message WHERE seq = (p->>'s')::bigint;
                -- Another gateway has taken the message over.
                CONTINUE WHEN m.state = 0 AND m.home <> g;
                others := false;
                rejected := p->>'v' = 'rejected';
                IF rejected THEN
                    UPDATE seen SET free = true WHERE control = m.control AND facility = m.facility AND peer = m.peer AND seq = m.seq;
                END IF;
                IF p->'d' IS NULL THEN
                    UPDATE message SET verdict = p->>'v', findings = p->>'f' WHERE seq = m.seq;
                    CONTINUE;
                END IF;
                IF m.state = 0 AND NOT rejected AND must_wait(g, m.seq, m.planning, m.merged) THEN
                    UPDATE message SET verdict = p->>'v', findings = p->>'f', parked = true WHERE seq = m.seq;
                    CONTINUE;
                END IF;
                UPDATE message SET state = CASE WHEN rejected THEN 3 ELSE 2 END, verdict = p->>'v', findings = p->>'f', parked = false, keep = coalesce(keep, p->>'kp'),
                    trace = m.trace || CASE WHEN m.trace = '' OR p->>'t' = '' THEN '' ELSE E'\\n' END || (p->>'t') WHERE seq = m.seq;
                INSERT INTO audit (seq, at, what) VALUES (m.seq, now, CASE WHEN rejected THEN 'rejected' ELSE 'planned' END);
                FOR d IN SELECT jsonb_array_elements(p->'d') LOOP
                    IF add(g, known, m.seq, m.planning, d, now) THEN active := active || (d->>'i')::bigint;
                    ELSIF (d->>'st') <> '4' THEN lanes := lanes || (d->>'l')::bigint; END IF;
                END LOOP;
                INSERT INTO search SELECT x::uuid, m.seq FROM jsonb_array_elements_text(p->'q') x ON CONFLICT DO NOTHING;
                IF m.state = 0 THEN
                    PERFORM hint_parked(g, m.planning);
                    IF m.merged <> 0 THEN PERFORM hint_parked(g, m.merged); END IF;
                END IF;
            END LOOP;
            outcome := CASE WHEN others AND jsonb_array_length(plans) > 0 THEN 'stale' ELSE 'done' END;
            PERFORM hint(g, lanes);
        END $$;

        -- Stores a delivery; true if it is active. One that is there already stays as it is: a plan that is tried again gets the same answer.
        CREATE FUNCTION add(g bigint, known bigint, a_seq bigint, a_planning bigint, d jsonb, now bigint) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            a_id bigint := (d->>'i')::bigint;
            a_lane bigint := (d->>'l')::bigint;
            a_barrier bigint[] := ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(d->'b') x);
            a_tokens uuid[] := ARRAY(SELECT x::uuid FROM jsonb_array_elements_text(d->'t') x);
            a_replaces uuid[] := ARRAY(SELECT x::uuid FROM jsonb_array_elements_text(d->'rp') x);
            a_state smallint := (d->>'st')::smallint;
            passes boolean := (d->>'ps')::boolean;
            free boolean := false;
            wanted smallint := a_state;
        BEGIN
            IF EXISTS (SELECT FROM delivery WHERE id = a_id) THEN
                RETURN wanted = 1 AND EXISTS (SELECT FROM delivery WHERE id = a_id AND state = 1 AND attempt = 1);
            END IF;
            IF a_state <> 4 THEN
                free := is_free(a_id, a_lane, a_barrier, d->>'s', a_replaces, false);
                a_state := CASE WHEN wanted = 1 AND free AND is_held((a_lane & 255)::smallint, g, known) THEN 1 ELSE 0 END;
            END IF;
            INSERT INTO delivery (id, key, route, destination, sender, part, part_notes, lane, barrier, state, gate, ready, due, attempt, pass, at_route,
                planning, reason, owner, facts, planned, changed, version, tokens, documents, replaces, class)
            VALUES (a_id, (d->>'k')::uuid, d->>'r', d->>'d', d->>'s', d->>'p', d->>'n', a_lane, a_barrier, a_state, a_state <> 4 OR NOT passes,
                free AND a_state = 0, 0, CASE a_state WHEN 1 THEN 1 ELSE 0 END, passes, (d->>'ar')::boolean, a_planning, d->>'re', d->>'ow', d->'f', now, now,
                CASE a_state WHEN 1 THEN 2 ELSE 1 END, a_tokens, (d->>'dc')::integer, a_replaces, (d->>'c')::smallint);
            IF a_tokens <> '{}' THEN INSERT INTO token SELECT x, a_id FROM unnest(a_tokens) x ON CONFLICT DO NOTHING; END IF;
            IF a_replaces <> '{}' THEN INSERT INTO replaces SELECT x, a_id FROM unnest(a_replaces) x ON CONFLICT DO NOTHING; END IF;
            INSERT INTO barrier SELECT x, a_id FROM unnest(a_barrier) x ON CONFLICT DO NOTHING;
            IF a_state = 1 THEN
                INSERT INTO audit (seq, at, what, ordinal, attempt) VALUES (a_seq, now, 'active', a_id & 4095, 1);
            ELSIF a_state = 4 THEN
                INSERT INTO audit (seq, at, what, ordinal, reason) VALUES (a_seq, now, 'held', a_id & 4095, d->>'re');
            END IF;
            RETURN a_state = 1;
        END $$;

        -- Settles attempts, activates what comes next, and looks at who may start now.
        CREATE FUNCTION settle(
            g bigint, known bigint, settlements jsonb, next bigint[], now bigint,
            OUT activated text, OUT emitted bigint[], OUT ignored bigint[], OUT freed bigint[]
        ) LANGUAGE plpgsql AS $$
        DECLARE
            s record;
            d delivery;
            own bigint[] := '{}';
            others bigint[] := '{}';
            x bigint;
        BEGIN
            activated := ''; emitted := '{}'; ignored := '{}';
            FOR s IN SELECT * FROM jsonb_to_recordset(settlements) AS r(i bigint, a integer, r smallint, x text, u bigint, o text, p text, w boolean, m jsonb)
            LOOP
                SELECT * INTO d FROM delivery WHERE id = s.i;
                IF NOT FOUND OR d.state <> 1 OR d.attempt <> s.a OR NOT is_held(d.shard, g, known) THEN
                    ignored := ignored || s.i;
                    INSERT INTO audit (seq, at, what, ordinal, attempt) VALUES (s.i >> 12, now, 'ignored', s.i & 4095, s.a);
                    CONTINUE;
                END IF;
                PERFORM end_attempt(d, s.r, s.x, s.u, s.o, s.p, coalesce(s.w, false), now);
                own := own || d.lane;
                others := others || waiting(d, s.r > 4);
                IF s.r > 4 AND d.at_route THEN PERFORM hint_parked(g, d.planning); END IF;
                IF s.m IS NOT NULL THEN emitted := emitted || emit(g, s.m); END IF;
            END LOOP;
            FOREACH x IN ARRAY next LOOP
                SELECT * INTO d FROM delivery WHERE id = x;
                CONTINUE WHEN NOT FOUND OR d.state NOT IN (0, 2, 3) OR NOT is_held(d.shard, g, known);
                CONTINUE WHEN NOT is_free(d.id, d.lane, d.barrier, d.sender, d.replaces, d.alone);
                UPDATE delivery SET state = 1, gate = true, ready = false, due = 0, attempt = attempt + 1, changed = now, version = version + 1 WHERE id = x;
                INSERT INTO audit (seq, at, what, ordinal, attempt) VALUES (x >> 12, now, 'active', x & 4095, d.attempt + 1);
                activated := activated || x || ' ' || d.attempt + 1 || ' ';
            END LOOP;
            freed := refresh_all(own, others);
            PERFORM hint(g, freed);
        END $$;

        CREATE FUNCTION end_attempt(
            d delivery, r smallint, a_reason text, until bigint, a_owner text, a_proof text, awaited boolean, now bigint
        ) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE delivery SET state = r, gate = CASE r WHEN 4 THEN NOT pass ELSE r < 5 END, ready = r IN (0, 2, 3),
                due = CASE WHEN r IN (2, 3) THEN greatest(until, 1) ELSE 0 END, attempt = attempt - (r = 0)::integer, reason = a_reason,
                owner = CASE r WHEN 4 THEN a_owner WHEN 0 THEN NULL ELSE owner END, proof = coalesce(a_proof, proof),
                report = CASE WHEN report = 0 AND awaited THEN 1 ELSE report END, was_unknown = was_unknown OR r = 3,
                facts = CASE WHEN r = 0 THEN facts ELSE facts - 'decided' END, changed = now, version = version + 1 WHERE id = d.id;
            IF r IN (5, 6) THEN
                -- Earlier ones that are held but let others pass: what left after them makes their release a step back.
                UPDATE delivery SET overtaken = true WHERE lane = ANY (d.lane || d.barrier) AND state = 4 AND pass AND id < d.id;
                UPDATE delivery SET overtaken = true WHERE id IN (SELECT id FROM barrier WHERE lane = ANY (d.lane || d.barrier) AND id < d.id)
                    AND state = 4 AND pass;
                IF d.alone THEN
                    UPDATE delivery SET overtaken = true WHERE lane = ANY (d.lane || d.barrier) AND gate AND state = 4 AND id < d.id;
                END IF;
            END IF;
            IF r > 4 THEN DELETE FROM barrier WHERE lane = ANY (d.barrier) AND id = d.id; END IF;
            INSERT INTO audit (seq, at, what, ordinal, attempt, reason) VALUES (d.id >> 12, now,
                (ARRAY['givenBack', '', 'deferred', 'unknown', 'held', 'delivered', 'refused'])[r + 1], d.id & 4095, d.attempt - (r = 0)::integer, a_reason);
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
