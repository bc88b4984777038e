import Pipeline
import Synchronization

/// How to reach the database, and what is known of it: shared by all threads of a journal.
final class Link: Sendable {
    let settings: PostgresJournal.Settings
    private struct State {
        /// The secret of the journal: a database with another one is not ours.
        var secret: String?
        var gateway: Int64 = 0
        var known: Int64 = 0
    }
    private let state = Mutex(State())
    private let closed = Atomic(false)

    init(_ settings: PostgresJournal.Settings) { self.settings = settings }

    /// Nothing more is tried.
    func close() { closed.store(true, ordering: .relaxed) }
    var isClosed: Bool { closed.load(ordering: .relaxed) }

    /// The number of this process among the gateways; 0 before the first beat.
    var gateway: Int64 { state.withLock { $0.gateway } }
    func register(_ gateway: Int64) { state.withLock { $0.gateway = gateway } }

    /// Connects and checks that it is the same journal, that it may be written, and is written safely.
    func connect(_ use: String, strictly: Bool = false) throws(JournalError) -> Connection {
        do throws(SQLFailure) {
            let connection = try Connection(parameters(use), patience: settings.patience)
            if let reason = try Schema.check(connection, settings, strictly: strictly) { throw SQLFailure(state: "PS003", text: reason.code) }
            let secret = try connection.query("SELECT value FROM meta WHERE name = 'secret'").first?.text(0) ?? ""
            let isSame = state.withLock { state in
                if state.secret == nil { state.secret = secret }
                return state.secret == secret
            }
            guard isSame else { throw SQLFailure(state: "PS003", text: "P0563") }
            if use == "console" { try connection.run(script: "SET statement_timeout = \(Int(settings.questions / .milliseconds(1)))") }
            return connection
        } catch {
            if error.state == "PS003" { throw .refused(PostgresReasons.named(error.text)) }
            if error.state == "42P01" || error.state == "3F000" { throw .refused(PostgresReasons.noSchema) }
            if strictly { throw .refused(PostgresReasons.noConnection(error.text)) }
            throw .away
        }
    }

    /// The hash that the journal's secret makes.
    var hash: SipHash { SipHash(secret: Key128Text(state.withLock { $0.secret } ?? "").key) }

    /// How the names of a gateway's sessions begin: other journals of the same server have gateways of the same number.
    func sessions(of gateway: Int64) -> String { "passerelle \(settings.schema) \(gateway) " }

    /// What every session of a gateway sets. Each statement must see what was committed before it, whatever the database has by default: a transaction
    /// begins by waiting for a lock, and what it saw before that is old. A session that its gateway has dropped ends though it waits for a lock.
    static func options(schema: String) -> String {
        """
        -c search_path=\(schema) -c idle_in_transaction_session_timeout=5s -c tcp_keepalives_idle=1 \
        -c tcp_keepalives_interval=1 -c tcp_keepalives_count=2 -c client_min_messages=warning -c jit=off -c statement_timeout=0 \
        -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c default_transaction_isolation=read\\ committed \
        -c client_connection_check_interval=2s
        """
    }

    private func parameters(_ use: String) -> [(String, String)] {
        let options = Self.options(schema: settings.schema)
        var all = settings.connection.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let password = settings.password() { all.append(("password", password)) }
        all += [
            ("application_name", sessions(of: gateway) + "\(use) \(settings.node)"), ("options", options),
            ("connect_timeout", "\(settings.connecting.components.seconds)"), ("keepalives_idle", "2"), ("keepalives_interval", "1"), ("keepalives_count", "3"),
            ("client_encoding", "UTF8"),
        ]
        if settings.connection["target_session_attrs"] == nil { all.append(("target_session_attrs", "read-write")) }
        return all
    }
}

/// Why the journal in PostgreSQL cannot be opened.
enum PostgresReasons {
    static let unsafe = Reason(
        "P0560",
        Text(
            fr: "PostgreSQL n'écrit pas sûrement : fsync, full_page_writes et synchronous_commit doivent être à on",
            en: "PostgreSQL does not write safely: fsync, full_page_writes and synchronous_commit must be on"))
    static let noStandby = Reason(
        "P0561",
        Text(
            fr: "La bascule est promise (failover: true), mais aucun secondaire synchrone n'est réglé (synchronous_standby_names)",
            en: "Fail-over is promised (failover: true), but no synchronous standby is set (synchronous_standby_names)"))
    static let noSchema = Reason(
        "P0562",
        Text(
            fr: "Le schéma manque ou est d'une autre version : passerelle journal migrate",
            en: "The schema is missing or of another version: passerelle journal migrate"))
    static let otherSchema = Reason(
        "P0569",
        Text(
            fr: "Le schéma de cette base vient d'autres instructions que celles de cette version : base neuve, ou la passerelle qui l'a créé",
            en: "The schema of this database was made by other statements than this version's: a new database, or the gateway that made it"))
    static let otherJournal = Reason(
        "P0563",
        Text(fr: "Ce n'est pas la base de ce journal, ou elle est en lecture seule", en: "This is not the database of this journal, or it is read-only"))
    static let used = Reason(
        "P0565",
        Text(fr: "La base contient déjà des messages, ou une passerelle y travaille", en: "The database holds messages already, or a gateway works on it"))
    /// `words` are libpq's: host, role, never the password.
    static func noConnection(_ words: String) -> Reason {
        Reason(
            "P0564", Text(fr: "Connexion à PostgreSQL impossible", en: "PostgreSQL cannot be reached"),
            location: words.split(separator: "\n").first.map(String.init))
    }

    static func named(_ code: String) -> Reason { [unsafe, noStandby, noSchema, otherSchema, otherJournal].first { $0.code == code } ?? otherJournal }
}
