/// Reports, and the words of persons. Called under the lock of `begin_work`.
enum SchemaWords {
    static let sql = """
        -- What a report says of a delivery; null: no such delivery.
        CREATE FUNCTION report(
            g bigint, r smallint, a_reason text, word text, a_id bigint, carrier bigint, emitted jsonb, now bigint
        ) RETURNS bigint[] LANGUAGE plpgsql AS $$
        DECLARE
            d delivery;
            weight integer[] := ARRAY[0, 1, 3, 4, 4, 2];
        BEGIN
            SELECT * INTO d FROM delivery WHERE id = a_id;
            IF NOT FOUND THEN RETURN NULL; END IF;
            UPDATE message SET state = 2, parked = false, keep = coalesce(keep, ''), verdict = coalesce(verdict, 'accepted') WHERE seq = carrier AND state = 0;
            IF FOUND THEN
                INSERT INTO audit (seq, at, what) VALUES (carrier, now, 'planned');
                PERFORM hint_parked(g, ARRAY(SELECT planning FROM message WHERE seq = carrier));
            END IF;
            IF NOT (weight[r + 1] > weight[d.report + 1] OR r <> d.report AND r IN (3, 4) AND d.report IN (3, 4)) THEN RETURN '{}'; END IF;
            UPDATE delivery SET report = r, report_reason = a_reason, changed = now, version = version + 1 WHERE id = a_id;
            IF r IN (2, 3) AND d.was_unknown AND d.state IN (0, 2, 3, 4) THEN
                UPDATE delivery SET state = 5, gate = false, ready = false, due = 0, reason = NULL, version = d.version + 1,
                    proof = json_build_object('answer', word, 'facts', '{}'::json, 'reportAwaited', false) WHERE id = a_id;
                PERFORM overtake(d);
                PERFORM finish(g, d);
            END IF;
            INSERT INTO audit (seq, at, what, ordinal, attempt, reason) VALUES (a_id >> 12, now, word, a_id & 4095, d.attempt, a_reason);
            RETURN emit(g, emitted);
        END $$;

        -- It is settled without an attempt: its lanes go on.
        CREATE FUNCTION finish(g bigint, d delivery) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            others bigint[];
        BEGIN
            DELETE FROM barrier WHERE lane = ANY (d.barrier) AND id = d.id;
            others := waiting(d, true);
            PERFORM hint(g, refresh_all(ARRAY[d.lane], others) || d.lane);
            IF d.at_route THEN PERFORM hint_parked(g, ARRAY[d.planning]); END IF;
        END $$;

        -- A person's word: hold, release, retry, discard, pass. `outcome`: done, absent, active, stale, state, overtaken, merge (it is none).
        CREATE FUNCTION command(
            g bigint, word text, a_id bigint, a_version integer, person text, a_reason text, a_owner text, a_emitted jsonb, now bigint,
            OUT outcome text, OUT emitted bigint[]
        ) LANGUAGE plpgsql AS $$
        DECLARE
            d delivery;
            lanes bigint[] := '{}';
        BEGIN
            emitted := '{}';
            SELECT * INTO d FROM delivery WHERE id = a_id;
            outcome := CASE WHEN d.id IS NULL THEN 'absent' WHEN d.state = 1 THEN 'active' WHEN d.version <> a_version THEN 'stale'
                WHEN word IN ('hold', 'discard') AND d.state > 4 OR word = 'release' AND d.state <> 4 OR word = 'retry' AND d.state NOT IN (2, 3, 4)
                    THEN 'state'
                WHEN word = 'pass' AND (d.barrier = '{}' OR d.state NOT IN (0, 2, 3)) THEN 'merge'
                WHEN word IN ('release', 'retry') AND (d.overtaken OR is_replaced(d, '{5,6}')) THEN 'overtaken' ELSE 'done' END;
            IF outcome <> 'done' THEN RETURN; END IF;
            IF word = 'hold' THEN
                UPDATE delivery SET state = 4, gate = NOT pass, ready = false, due = 0, reason = a_reason, owner = a_owner, changed = now,
                    version = version + 1 WHERE id = a_id;
                IF d.pass THEN lanes := refresh_all(ARRAY[d.lane], waiting(d, false)); END IF;
            ELSIF word = 'discard' THEN
                UPDATE delivery SET state = 7, gate = false, ready = false, due = 0, reason = a_reason, changed = now, version = version + 1 WHERE id = a_id;
                PERFORM finish(g, d);
            ELSIF word = 'pass' THEN
                UPDATE delivery SET alone = true, ready = true, changed = now, version = version + 1 WHERE id = a_id;
            ELSE
                UPDATE delivery SET state = 0, gate = true, ready = true, due = 0, reason = NULL, owner = NULL, changed = now, version = version + 1,
                    facts = CASE d.state WHEN 4 THEN coalesce(facts, '{}') || jsonb_build_object('decided', person) ELSE facts END WHERE id = a_id;
                PERFORM refresh(d.lane);
            END IF;
            INSERT INTO audit (seq, at, what, ordinal, attempt, who, reason) VALUES (a_id >> 12, now,
                CASE word WHEN 'hold' THEN 'held' WHEN 'discard' THEN 'discarded' WHEN 'release' THEN 'released' WHEN 'pass' THEN 'passed' ELSE 'retried' END,
                a_id & 4095, d.attempt, person, a_reason);
            PERFORM hint(g, lanes || d.lane);
            emitted := emit(g, a_emitted);
        END $$;

        -- A new delivery of a new generation, of one that is settled; the old one stays as it ended. `outcome`: as command, or `many`, or `again` when
        -- the message has got more deliveries since the caller looked.
        CREATE FUNCTION resend(
            g bigint, a_id bigint, a_version integer, person text, new_id bigint, new_key uuid, new_tokens uuid[], a_emitted jsonb, now bigint,
            OUT outcome text, OUT emitted bigint[]
        ) LANGUAGE plpgsql AS $$
        DECLARE
            d delivery;
            all_tokens uuid[];
        BEGIN
            emitted := '{}';
            SELECT * INTO d FROM delivery WHERE id = a_id;
            outcome := CASE WHEN d.id IS NULL THEN 'absent' WHEN d.state = 1 THEN 'active' WHEN d.version <> a_version THEN 'stale'
                WHEN d.state < 5 THEN 'state'
                WHEN EXISTS (SELECT FROM message WHERE seq = a_id >> 12 AND removed IS NOT NULL) THEN 'gone' WHEN is_replaced(d, '{5,1}') THEN 'overtaken'
                WHEN (SELECT max(id) FROM delivery WHERE id >= (a_id >> 12) << 12 AND id < ((a_id >> 12) + 1) << 12) <> new_id - 1 THEN 'again'
                WHEN new_id >> 12 <> a_id >> 12 THEN 'many' ELSE 'done' END;
            IF outcome <> 'done' THEN RETURN; END IF;
            all_tokens := d.tokens[1:d.documents] || ARRAY(SELECT x FROM unnest(new_tokens) x WHERE x <> ALL (d.tokens[1:d.documents]));
            INSERT INTO delivery (id, key, route, destination, sender, part, part_notes, lane, barrier, state, gate, ready, due, attempt, pass, at_route,
                planning, planned, changed, version, tokens, documents, replaces, class)
            SELECT new_id, new_key, route, destination, sender, part, part_notes, lane, barrier, 0, true, true, 0, 0, pass, at_route, planning, now, now, 1,
                all_tokens, documents, replaces, class FROM delivery WHERE id = a_id;
            INSERT INTO token SELECT x, new_id FROM unnest(all_tokens) x ON CONFLICT DO NOTHING;
            INSERT INTO replaces SELECT x, new_id FROM unnest(d.replaces) x ON CONFLICT DO NOTHING;
            INSERT INTO barrier SELECT x, new_id FROM unnest(d.barrier) x ON CONFLICT DO NOTHING;
            UPDATE delivery SET changed = now, version = version + 1 WHERE id = a_id;
            PERFORM refresh(d.lane);
            INSERT INTO audit (seq, at, what, ordinal, attempt, who) VALUES (a_id >> 12, now, 'resent', a_id & 4095, d.attempt, person);
            PERFORM hint(g, ARRAY[d.lane]);
            emitted := emit(g, a_emitted);
        END $$;
        """
}
