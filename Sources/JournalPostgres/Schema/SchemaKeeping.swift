/// Retention and erasure. What removes runs with the owner's rights: a gateway itself may delete no message and no line of the audit.
enum SchemaKeeping {
    static let sql = """
        -- Which message was the last at a time that the keeper trusted.
        CREATE TABLE time_mark (at bigint PRIMARY KEY, seq bigint NOT NULL);
        CREATE INDEX message_kept ON message (keep, seq) INCLUDE (length) WHERE removed IS NULL AND keep IS NOT NULL;
        CREATE INDEX message_bare ON message (seq) WHERE removed IS NOT NULL AND has_facts;
        CREATE INDEX message_spent ON message (seq) WHERE NOT has_facts;
        CREATE INDEX search_seq ON search (seq);

        CREATE FUNCTION note_time(now bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
            DELETE FROM time_mark WHERE at >= now;
            INSERT INTO time_mark SELECT now, coalesce(max(seq), 0) FROM message;
        $$;

        CREATE FUNCTION is_open(s bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM delivery WHERE id >= s << 12 AND id < (s + 1) << 12 AND state < 5)
        $$;

        CREATE FUNCTION is_awaited(s bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM delivery WHERE id >= s << 12 AND id < (s + 1) << 12 AND report = 1)
        $$;

        -- Whether a level may go now: see KeepLevel.
        CREATE FUNCTION may_go(level text, s bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        DECLARE
            m record;
        BEGIN
            SELECT keep, removed, has_facts INTO m FROM message WHERE seq = s;
            IF level = 'audit' THEN RETURN NOT FOUND AND s > 0 AND EXISTS (SELECT FROM audit WHERE seq = s); END IF;
            IF NOT FOUND THEN RETURN false; END IF;
            RETURN CASE level
                WHEN 'body' THEN m.keep IS NOT NULL AND m.removed IS NULL AND NOT is_open(s) AND NOT is_awaited(s)
                WHEN 'facts' THEN m.removed IS NOT NULL AND m.has_facts AND NOT is_open(s)
                ELSE NOT m.has_facts AND s < (SELECT max(seq) FROM message)
                    AND NOT EXISTS (SELECT FROM delivery WHERE state IN (0, 1, 2, 3, 4) AND state < 5 AND id < (s + 1) << 12) END;
        END $$;

        -- A page of candidates; every row that was looked at, and whether it may go.
        CREATE FUNCTION removable(level text, rule text, before bigint, after bigint, most integer)
        RETURNS TABLE (s bigint, bytes bigint, may boolean) LANGUAGE plpgsql STABLE AS $$
        DECLARE
            horizon bigint := coalesce((SELECT k.seq FROM time_mark k WHERE k.at <= before ORDER BY k.at DESC LIMIT 1), 0);
        BEGIN
            IF level = 'body' THEN
                RETURN QUERY SELECT m.seq, m.length, may_go(level, m.seq) FROM message m WHERE m.keep = rule AND m.removed IS NULL AND m.keep IS NOT NULL
                    AND m.seq > after AND m.seq <= horizon ORDER BY m.seq LIMIT most;
            ELSIF level = 'facts' THEN
                RETURN QUERY SELECT m.seq, 0::bigint, may_go(level, m.seq) FROM message m WHERE m.removed IS NOT NULL AND m.has_facts
                    AND m.seq > after AND m.seq <= horizon ORDER BY m.seq LIMIT most;
            ELSIF level = 'proofs' THEN
                RETURN QUERY SELECT m.seq, 0::bigint, may_go(level, m.seq) FROM message m WHERE NOT m.has_facts
                    AND m.seq > after AND m.seq <= horizon ORDER BY m.seq LIMIT most;
            ELSE
                RETURN QUERY SELECT a.seq, 0::bigint, max(a.at) <= before AND may_go(level, a.seq) FROM audit a
                    WHERE a.seq > greatest(after, 0) AND a.seq <= horizon GROUP BY a.seq ORDER BY a.seq LIMIT most;
            END IF;
        END $$;

        CREATE FUNCTION remove(level text, seqs bigint[], now bigint) RETURNS TABLE (s bigint, bytes bigint)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DECLARE
            x bigint;
            d record;
        BEGIN
            FOREACH x IN ARRAY seqs LOOP
                CONTINUE WHEN NOT may_go(level, x);
                s := x;
                bytes := 0;
                IF level = 'body' THEN
                    UPDATE message SET removed = now WHERE seq = x RETURNING length INTO bytes;
                    DELETE FROM body WHERE seq = x;
                    UPDATE delivery SET part_notes = NULL WHERE id >= x << 12 AND id < (x + 1) << 12;
                ELSIF level = 'facts' THEN
                    UPDATE message SET has_facts = false WHERE seq = x;
                    DELETE FROM seen e USING message m WHERE m.seq = x AND e.control = m.control AND e.facility = m.facility AND e.peer = m.peer AND e.seq = x;
                    DELETE FROM search WHERE seq = x;
                    FOR d IN SELECT id, tokens FROM delivery WHERE id >= x << 12 AND id < (x + 1) << 12 LOOP
                        DELETE FROM token WHERE key = ANY (d.tokens) AND delivery = d.id;
                        UPDATE delivery SET tokens = '{}', documents = 0 WHERE id = d.id;
                    END LOOP;
                ELSIF level = 'proofs' THEN
                    FOR d IN DELETE FROM delivery WHERE id >= x << 12 AND id < (x + 1) << 12 RETURNING id, replaces LOOP
                        DELETE FROM replaces r WHERE r.key = ANY (d.replaces) AND r.delivery = d.id;
                    END LOOP;
                    DELETE FROM message WHERE seq = x;
                ELSE
                    DELETE FROM audit WHERE seq = x;
                END IF;
                RETURN NEXT;
            END LOOP;
        END $$;

        -- Some old lines of the gateways' own audit; whether there are more.
        CREATE FUNCTION thin(before bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DECLARE
            removed integer;
        BEGIN
            DELETE FROM audit WHERE seq = 0 AND n IN (SELECT n FROM audit WHERE seq = 0 AND at < before ORDER BY n LIMIT 256);
            GET DIAGNOSTICS removed = ROW_COUNT;
            RETURN removed = 256;
        END $$;

        CREATE FUNCTION bare(reason text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT (reason::jsonb - 'detail')::text $$;

        CREATE FUNCTION erase(seqs bigint[], even_awaited boolean, person text, now bigint) RETURNS TABLE (s bigint, digest bytea, bytes bigint)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DECLARE
            x bigint;
            m record;
        BEGIN
            FOREACH x IN ARRAY seqs LOOP
                SELECT e.digest, e.length, e.removed, e.keep, e.erased INTO m FROM message e WHERE e.seq = x;
                CONTINUE WHEN NOT FOUND OR m.keep IS NULL OR m.erased OR is_open(x) OR NOT even_awaited AND is_awaited(x);
                DELETE FROM body WHERE seq = x;
                UPDATE message SET removed = now, erased = true, patient = 0, ins = 0, account = 0, connection = 0, merged = 0, planning = 0, notes = NULL,
                    findings = (SELECT jsonb_agg(f #- '{reason,detail}') FROM jsonb_array_elements(findings::jsonb) f)::text WHERE seq = x;
                UPDATE delivery SET part = '', part_notes = NULL, planning = 0, reason = bare(reason), report_reason = bare(report_reason)
                    WHERE id >= x << 12 AND id < (x + 1) << 12;
                UPDATE audit SET reason = bare(reason) WHERE seq = x AND reason IS NOT NULL;
                INSERT INTO audit (seq, at, what, who) VALUES (x, now, 'erased', person);
                s := x;
                digest := m.digest;
                bytes := CASE WHEN m.removed IS NULL THEN m.length ELSE 0 END;
                RETURN NEXT;
            END LOOP;
        END $$;

        -- A page of a patient's messages; rows that were looked at and are another's have no id.
        CREATE FUNCTION patient_page(p bigint, i bigint, after bigint, most integer)
        RETURNS TABLE (s bigint, a_id uuid, decided boolean, open bigint[], awaited bigint[], sent text) LANGUAGE sql STABLE AS $$
            SELECT m.seq, CASE WHEN mine THEN m.id END, m.keep IS NOT NULL,
                CASE WHEN mine THEN ARRAY(SELECT d.id FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12 AND d.state < 5 ORDER BY 1) END,
                CASE WHEN mine THEN ARRAY(SELECT d.id FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12 AND d.report = 1 ORDER BY 1) END,
                CASE WHEN mine THEN (SELECT string_agg(DISTINCT d.destination, E'\\n') FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12
                    AND (d.state IN (3, 5) OR d.was_unknown)) END
            FROM (SELECT *, p <> 0 AND (patient = p OR merged = p) OR i <> 0 AND (ins = i OR merged = i) AS mine FROM message
                WHERE seq > after ORDER BY seq LIMIT most) m
            ORDER BY m.seq
        $$;
        """
}
