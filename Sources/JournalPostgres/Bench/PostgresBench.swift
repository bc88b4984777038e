import Glibc
package import Pipeline

/// A database of its own on a server, for measures: made at the start, dropped at the end.
package struct BenchDatabase: Sendable {
    /// How gateways reach it.
    package let settings: PostgresJournal.Settings
    private let server: [String: String]
    private let name: String

    /// Makes the database and its schema. `server`: a connection string (`host=… port=… user=…`) of a role that may make databases. Blocking.
    package init(on server: String, name: String) throws(JournalError) {
        var parameters: [String: String] = [:]
        for word in server.split(separator: " ") {
            let pair = word.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parameters[String(pair[0])] = String(pair[1]) }
        }
        (self.server, self.name) = (parameters, name)
        parameters["dbname"] = name
        settings = PostgresJournal.Settings(connection: parameters, node: "bench", failover: false)
        try run("CREATE DATABASE \(name)")
        _ = try PostgresAdmin.migrate(settings)
    }

    /// Drops it, with whoever is still connected.
    package func drop() throws(JournalError) { try run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }

    private func run(_ statement: String) throws(JournalError) {
        var maintenance = PostgresJournal.Settings(connection: server, node: "bench", failover: false)
        if server["dbname"] == nil { maintenance.connection["dbname"] = "postgres" }
        do throws(SQLFailure) {
            try PostgresAdmin.connect(maintenance).run(script: statement)
        } catch {
            throw .refused(PostgresReasons.noConnection(error.text))
        }
    }

    /// Gateways that are nobody, with the numbers 1 to `count`, and the shards shared out among them: what the script of pgbench works as.
    package func populate(gateways count: Int) throws(JournalError) {
        do throws(SQLFailure) {
            try PostgresAdmin.connect(settings).run(
                script: """
                    INSERT INTO gateway (id, node, started, expires) SELECT n, 'bench', now(), now() + interval '1 day' FROM generate_series(1, \(count)) n;
                    UPDATE shard SET owner = 1 + id % \(count), epoch = 1;
                    """)
        } catch {
            throw .refused(PostgresReasons.noConnection(error.text))
        }
    }
}

/// The whole life of messages with the journal's own statements, for pgbench: what the server does in these batches when nobody else asks anything of it.
package enum PostgresBenchScript {
    /// Options of its sessions, as the gateways have them.
    package static func options(schema: String) -> String { Link.options(schema: schema) }

    /// Variables that the script needs, as `-D NAME=VALUE`.
    package static func variables(size: Int) -> [String] {
        let line = "NK1|1|EXEMPLE-ALPHA^PROCHE|SPO^Conjoint^HL70063|5 RUE DU MODELE^^VILLE-TEST^^99000^FRA^H|0102030405|||"
        let body = String(repeating: line, count: size / line.utf8.count + 1).prefix(size)
        return ["turn=0", "gateways=\(clients)", "body=\(body)"]
    }

    /// How many connections it is made for: what two gateways have busy at a time.
    package static let clients = 2

    /// One run of it takes in `group` messages in one transaction, then plans and settles them in another, each in one round trip.
    package static func script(group: Int) -> String {
        """
        \\set turn :turn + 1
        \\set g :client_id + 1
        \\set first random(1, 1000)
        \\startpipeline
        BEGIN;
        SELECT begin_intake(:g, ARRAY(SELECT hashint8(:turn * 1000 + k) & 65535 | 5783000000000000000 FROM generate_series(1, \(group)) k ORDER BY 1));
        \((0..<group).map(accept).joined(separator: "\n"))
        COMMIT;
        \\endpipeline
        \(plans) \\gset
        \\startpipeline
        BEGIN;
        SELECT begin_work(:g, :turn);
        SELECT * FROM plan(:g, 1, :plans, \(now));
        SELECT * FROM settle(:g, 1, :ends, '{}', \(now));
        COMMIT;
        \\endpipeline

        """
    }

    private static let now = "1700000000000"

    /// A message of another patient than the others of its group, as open connections send them.
    private static func accept(_ n: Int) -> String {
        """
        SELECT * FROM accept(:g, gen_random_uuid(), NULL, 'mllp-in', 'bench', 'DPI-DEMO|CH-DEMO', \(now), 'hl7v2', 'P' || :g || '-' || :turn || '-\(n)', \
        ARRAY[:first + \(n), :first + \(n), :first + \(n), 7, 0, :first + \(n)]::bigint[], '{"charset":"UNICODE UTF-8"}', \
        '\\x\(String(repeating: "5a", count: 32))', :body::text::bytea, length(:body::text), NULL, NULL, 'refuseReuse', '[]', \(now));
        """
    }

    /// The plans of what was taken in, and the settlements that will follow, as the gateway writes them.
    private static let plans = """
        SELECT coalesce(jsonb_agg(jsonb_build_object('s', seq, 'v', 'accepted', 't', 'adt.yaml:1:1: route adt matches', 'kp', 'adt',
            'd', jsonb_build_array(jsonb_build_object('i', seq << 12, 'k', md5(seq::text), 'r', 'adt', 'd', 'adt/out', 's', 'out', 'p', '',
                'l', (seq * 2654435761 << 8) | (seq % 100 * :gateways + :g - 1), 'st', 1, 'f', jsonb_build_object('digest', md5(seq::text) || md5(seq::text)),
                't', '[]'::jsonb, 'dc', 0, 'rp', '[]'::jsonb, 'c', 0, 'ps', false, 'ar', false)),
            'q', jsonb_build_array(md5(planning::text)))), '[]') AS plans,
            coalesce(jsonb_agg(jsonb_build_object('i', seq << 12, 'a', 1, 'r', 5, 'p', '{"answer":"AA","facts":{},"reportAwaited": false}', 'w', false)), '[]')
                AS ends
        FROM (SELECT seq, planning FROM message WHERE home = :g AND state = 0 ORDER BY seq) m
        """
}
