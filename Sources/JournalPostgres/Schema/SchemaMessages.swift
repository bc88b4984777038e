/// What happens to messages before they are planned.
enum SchemaMessages {
    /// A route holds an earlier merge into or out of one of the identities of a message `m`.
    private static let holdsMerge = """
        EXISTS (SELECT FROM message e WHERE e.merged <> 0 AND e.merged IN (m.planning, m.merged) AND e.seq < m.seq
            AND EXISTS (SELECT FROM delivery d WHERE d.id >= e.seq << 12 AND d.id < (e.seq + 1) << 12 AND d.at_route AND NOT d.pass AND d.state < 5))
        """
    /// An earlier message `e` of one's own stands before a parked one if it is a merge that waits itself: it may wait for its other patient, and what is
    /// judged behind it would only be parked again. Any other waits for nothing that the later one does not wait for.
    private static let standsBefore = "(e.home IS DISTINCT FROM g OR e.merged <> 0 AND e.parked AND e.seq <> ALL (in_hand))"
    static let sql = """
        -- The first statement of a group of new messages: this gateway is known and stays so until the group is committed, and no other takes in a
        -- message of one of these names (hashes of partner and control id) meanwhile.
        CREATE FUNCTION begin_intake(g bigint, names bigint[]) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            k bigint;
        BEGIN
            PERFORM 1 FROM gateway WHERE id = g FOR KEY SHARE;
            IF NOT FOUND THEN RAISE EXCEPTION 'fenced' USING ERRCODE = 'PS001'; END IF;
            FOREACH k IN ARRAY names LOOP PERFORM pg_advisory_xact_lock(k); END LOOP;
        END $$;

        -- The first statement of all other groups: one at a time in the whole journal, so that order is never a matter of chance. Tells whether it
        -- had to wait for another.
        CREATE FUNCTION begin_work(g bigint, t bigint) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            waited boolean := NOT pg_try_advisory_xact_lock(5786635493571837779);
        BEGIN
            IF waited THEN PERFORM pg_advisory_xact_lock(5786635493571837779); END IF;
            UPDATE gateway SET turn = t WHERE id = g AND turn < t;
            IF NOT FOUND AND EXISTS (SELECT FROM gateway WHERE id = g) THEN RAISE EXCEPTION 'done before' USING ERRCODE = 'PS002'; END IF;
            RETURN waited;
        END $$;

        CREATE FUNCTION store(
            a_home bigint, a_id uuid, a_parent uuid, a_listener text, a_facility text, a_peer text, a_received bigint, a_format text, a_control text,
            a_keys bigint[], a_notes text, a_digest bytea, a_body bytea, a_length bigint, a_verdict text, a_findings text, a_holds boolean
        ) RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE
            s bigint := nextval('message_seq');
            rejected boolean := coalesce(a_verdict = 'rejected', false);
        BEGIN
            INSERT INTO message (seq, id, parent, listener, facility, peer, received, format, control, patient, ins, account, connection, merged,
                planning, notes, digest, length, state, verdict, findings, keep, home, parked)
            VALUES (s, a_id, a_parent, a_listener, a_facility, a_peer, a_received, a_format, a_control, a_keys[1], a_keys[2], a_keys[3], a_keys[4],
                a_keys[5], a_keys[6], a_notes, a_digest, a_length, CASE WHEN rejected THEN 3 ELSE 0 END, a_verdict, a_findings, CASE WHEN rejected THEN '' END,
                a_home, a_home = 0);
            INSERT INTO body VALUES (s, 0, a_body);
            IF a_control <> '' THEN INSERT INTO seen VALUES (a_control, a_facility, a_peer, s, a_digest, NOT a_holds OR rejected); END IF;
            IF rejected THEN INSERT INTO audit (seq, at, what) VALUES (s, a_received, 'rejected'); END IF;
            RETURN s;
        END $$;

        -- Stores a message, or recognises it as a repeat. `a_rule`: refuseReuse, acceptReuse, or null where nothing repeats.
        CREATE FUNCTION accept(
            g bigint, a_id uuid, a_parent uuid, a_listener text, a_facility text, a_peer text, a_received bigint, a_format text, a_control text,
            a_keys bigint[], a_notes text, a_digest bytea, a_body bytea, a_length bigint, a_verdict text, a_findings text, a_rule text, a_reused text,
            a_now bigint, OUT kind text, OUT s bigint, OUT v text, OUT f text
        ) LANGUAGE plpgsql AS $$
        DECLARE
            held record;
            twin record;
            undecided bigint;
            n integer := 0;
        BEGIN
            IF a_rule IS NOT NULL AND a_control <> '' THEN
                FOR held IN SELECT x.seq, x.digest, m.verdict, m.findings FROM seen x JOIN message m ON m.seq = x.seq
                    WHERE x.control = a_control AND x.facility = a_facility AND x.peer = a_peer AND NOT x.free ORDER BY x.seq
                LOOP
                    n := n + 1;
                    IF held.digest = a_digest THEN twin := held; s := held.seq; END IF;
                    IF held.verdict IS NULL AND undecided IS NULL THEN undecided := held.seq; END IF;
                END LOOP;
                IF s IS NOT NULL THEN
                    IF twin.verdict IS NULL THEN kind := 'undecided'; v := 'same'; RETURN; END IF;
                    INSERT INTO audit (seq, at, what) VALUES (s, a_now, 'repeated');
                    kind := 'seen'; v := twin.verdict; f := twin.findings;
                    RETURN;
                END IF;
                IF undecided IS NOT NULL THEN kind := 'undecided'; s := undecided; v := 'other'; RETURN; END IF;
                IF n > 0 THEN
                    IF a_rule = 'acceptReuse' THEN
                        kind := 'new';
                        s := store(g, a_id, a_parent, a_listener, a_facility, a_peer, a_received, a_format, a_control, a_keys, a_notes, a_digest, a_body,
                            a_length, a_verdict, a_findings, true);
                    ELSE
                        kind := 'reused';
                        s := store(g, a_id, a_parent, a_listener, a_facility, a_peer, a_received, a_format, a_control, a_keys, a_notes, a_digest, a_body,
                            a_length, 'rejected', a_reused, false);
                    END IF;
                    INSERT INTO audit (seq, at, what) VALUES (s, a_now, 'reused');
                    RETURN;
                END IF;
            END IF;
            kind := 'new';
            s := store(g, a_id, a_parent, a_listener, a_facility, a_peer, a_received, a_format, a_control, a_keys, a_notes, a_digest, a_body, a_length,
                a_verdict, a_findings, a_rule IS NOT NULL AND a_control <> '');
        END $$;

        -- A further piece of a large body, of a message that was stored.
        CREATE FUNCTION append_body(a_id uuid, a_n integer, a_bytes bytea) RETURNS void LANGUAGE sql AS $$
            INSERT INTO body SELECT seq, a_n, a_bytes FROM message WHERE id = a_id ORDER BY seq DESC LIMIT 1 ON CONFLICT DO NOTHING
        $$;

        -- The body of a message again, which was lost: its first piece, in place of all there are. False: no such message; null: it was removed.
        CREATE FUNCTION restore(s bigint, a_body bytea, a_now bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM message WHERE seq = s) THEN RETURN false; END IF;
            IF EXISTS (SELECT FROM message WHERE seq = s AND removed IS NOT NULL) THEN RETURN NULL; END IF;
            DELETE FROM body WHERE seq = s;
            INSERT INTO body VALUES (s, 0, a_body);
            INSERT INTO audit (seq, at, what) VALUES (s, a_now, 'restored');
            RETURN true;
        END $$;

        -- Messages that a `then` built; one that is stored already keeps its place.
        CREATE FUNCTION emit(g bigint, emitted jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
        DECLARE
            e jsonb;
            found bigint[] := '{}';
            home bigint := coalesce((SELECT id FROM gateway WHERE id = g), 0);
        BEGIN
            FOR e IN SELECT jsonb_array_elements(emitted) LOOP
                found := found || store(home, (e->>'i')::uuid, (e->>'p')::uuid, e->>'l', e->>'f', e->>'n', (e->>'r')::bigint, e->>'t', e->>'c',
                    ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(e->'k') x), e->>'o', decode(e->>'d', 'hex'), decode(e->>'b', 'base64'),
                    (e->>'z')::bigint, NULL, NULL, false);
            END LOOP;
            RETURN found;
        END $$;

        -- A message whose commit got no answer, and which nobody has in memory: it is judged like one of a dead gateway.
        CREATE FUNCTION park(g bigint, ids uuid[]) RETURNS integer LANGUAGE plpgsql AS $$
        DECLARE
            n integer;
        BEGIN
            -- `bury` takes the same rows in another order.
            PERFORM pg_advisory_xact_lock(5786635493571837779);
            UPDATE message SET parked = true WHERE id = ANY (ids) AND home = g AND state = 0 AND verdict IS NULL AND NOT parked;
            GET DIAGNOSTICS n = ROW_COUNT;
            RETURN n;
        END $$;

        -- Messages of this gateway whose plan was refused under its former number: they are planned again.
        CREATE FUNCTION repark(g bigint, seqs bigint[]) RETURNS void LANGUAGE sql AS $$
            UPDATE message SET parked = true WHERE seq = ANY (seqs) AND home = g AND state = 0
        $$;

        -- Which of these messages must wait: an earlier one of its keys is undecided elsewhere or waits itself, or a route holds an earlier one. A merge
        -- has the keys of both patients. `decided`: those of this group, which nobody waits for unless they must wait themselves.
        CREATE FUNCTION must_wait(g bigint, careful bigint[], decided bigint[]) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
        DECLARE
            waits bigint[];
            more bigint[];
        BEGIN
            waits := ARRAY(SELECT m.seq FROM unnest(careful) s
                CROSS JOIN LATERAL (SELECT seq, planning, nullif(merged, 0) AS merged FROM message WHERE seq = s OFFSET 0) m WHERE
                EXISTS (SELECT FROM message e WHERE e.state = 0 AND e.planning IN (m.planning, m.merged) AND e.seq < m.seq
                    AND (e.home <> g OR e.parked) AND e.seq <> ALL (decided))
                OR EXISTS (SELECT FROM message e WHERE e.state = 0 AND e.merged <> 0 AND e.merged IN (m.planning, m.merged) AND e.seq < m.seq
                    AND (e.home <> g OR e.parked) AND e.seq <> ALL (decided))
                OR EXISTS (SELECT FROM delivery d WHERE d.at_route AND NOT d.pass AND d.state < 5 AND d.planning IN (m.planning, m.merged)
                    AND d.id < m.seq << 12)
                OR \(holdsMerge));
            WHILE waits <> '{}' LOOP
                more := ARRAY(SELECT m.seq FROM message m WHERE m.seq = ANY (careful) AND m.seq <> ALL (waits)
                    AND (SELECT count(*) FROM message e WHERE e.seq = ANY (waits) AND e.seq < m.seq AND (e.planning IN (m.planning, nullif(m.merged, 0))
                        OR e.merged <> 0 AND e.merged IN (m.planning, m.merged))) > 0);
                EXIT WHEN more = '{}';
                waits := waits || more;
            END LOOP;
            RETURN waits;
        END $$;

        -- Parked messages of this gateway whose turn has come, but for those that it has in memory.
        CREATE FUNCTION adoptable(g bigint, in_hand bigint[], most integer) RETURNS SETOF message LANGUAGE sql STABLE AS $$
            SELECT m.* FROM message m WHERE m.state = 0 AND m.home = g AND m.parked AND m.seq NOT IN (SELECT unnest(in_hand))
                AND (m.planning = 0 OR NOT EXISTS (SELECT FROM message e WHERE e.state = 0 AND e.planning IN (m.planning, nullif(m.merged, 0))
                        AND e.seq < m.seq AND \(standsBefore))
                    AND NOT EXISTS (SELECT FROM message e WHERE e.state = 0 AND e.merged <> 0 AND e.merged IN (m.planning, m.merged)
                        AND e.seq < m.seq AND \(standsBefore))
                    AND NOT EXISTS (SELECT FROM delivery d WHERE d.at_route AND NOT d.pass AND d.state < 5
                        AND d.planning IN (m.planning, nullif(m.merged, 0)) AND d.id < m.seq << 12)
                    AND NOT \(holdsMerge))
            ORDER BY m.seq LIMIT most
        $$;

        CREATE FUNCTION mark(g bigint, seqs bigint[]) RETURNS void LANGUAGE sql AS $$
            UPDATE gateway SET marked = seqs, inherited = '{}' WHERE id = g
        $$;
        """
}
