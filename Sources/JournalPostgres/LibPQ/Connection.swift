import CLibPQ
import Glibc
import Pipeline

/// Why a statement failed.
struct SQLFailure: Error, Sendable {
    /// The connection is gone: what was under way may have been done.
    static let lost = SQLFailure(state: "08006", text: "the connection is gone")
    /// SQLSTATE; `PS...` are ours.
    let state: String
    /// PostgreSQL's words: no values, its `detail` is left out.
    let text: String

    var isLost: Bool { state == "08006" || state.hasPrefix("57P") }
    /// Another was in the way, or a person cancelled it: tried again, it may well be done.
    var isCollision: Bool { ["40P01", "40001", "55P03", "57014"].contains(state) }
    /// The server takes nothing in now: its disk, memory or connections are used up, or it was set to read only.
    var isFull: Bool { state.hasPrefix("53") || state == "25006" }
    /// It says nothing of the journal: the same may go well later.
    var isPassing: Bool { isLost || isCollision || isFull }
}

/// A connection to PostgreSQL. Blocking, with a time limit on every wait; belongs to one thread.
final class Connection {
    private let handle: OpaquePointer
    private var prepared: [String: String] = [:]
    /// How long an answer may take (milliseconds) before the connection counts as lost.
    private let patience: Int32
    /// PostgreSQL warned: a commit may not have reached the standby.
    private let warnings = Warnings()

    /// Counts warnings, for the C callback.
    private final class Warnings { var count = 0 }

    /// Connects. `parameters` as in a connection string, by name.
    init(_ parameters: [(String, String)], patience: Duration) throws(SQLFailure) {
        var names: [UnsafeMutablePointer<CChar>?] = parameters.map { strdup($0.0) } + [nil]
        var values: [UnsafeMutablePointer<CChar>?] = parameters.map { strdup($0.1) } + [nil]
        defer {
            for pointer in names { free(pointer) }
            for pointer in values {
                // A password stood there.
                if let pointer { memset(pointer, 0, strlen(pointer)) }
                free(pointer)
            }
        }
        let made = names.withUnsafeMutableBytes { names in
            values.withUnsafeMutableBytes { values in
                PQconnectdbParams(
                    names.baseAddress?.assumingMemoryBound(to: UnsafePointer<CChar>?.self),
                    values.baseAddress?.assumingMemoryBound(to: UnsafePointer<CChar>?.self), 0)
            }
        }
        guard let made else { throw SQLFailure(state: "53200", text: "no memory for a connection") }
        handle = made
        self.patience = Int32(clamping: Int(patience / .milliseconds(1)))
        guard PQstatus(handle) == CONNECTION_OK else {
            // Everything is set by now, so the end of this object closes the handle.
            throw SQLFailure(state: "08001", text: String(cString: PQerrorMessage(handle)))
        }
        PQsetnonblocking(handle, 1)
        PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context, let severity = PQresultErrorField(result, Int32(UInt8(ascii: "V"))) else { return }
                if strcmp(severity, "WARNING") == 0 { Unmanaged<Warnings>.fromOpaque(context).takeUnretainedValue().count += 1 }
            }, Unmanaged.passUnretained(warnings).toOpaque())
    }

    deinit { PQfinish(handle) }

    /// The file descriptor, to wait for notifications.
    var socket: Int32 { PQsocket(handle) }
    var isLost: Bool { PQstatus(handle) != CONNECTION_OK }

    // MARK: One statement

    /// Runs one statement in its own transaction, or in the open one.
    func query(_ sql: String, _ values: [Value] = []) throws(SQLFailure) -> [Row] {
        try prepare(sql)
        try send(Statement(sql, values))
        try flush()
        let answer = try result()
        while try next() != nil {}
        return try answer.get()
    }

    /// Runs a script without parameters.
    func run(script: String) throws(SQLFailure) {
        guard PQsendQuery(handle, script) == 1 else { throw .lost }
        try flush()
        var failure: SQLFailure?
        while let result = try next() { if case .failure(let error) = result { failure = failure ?? error } }
        if let failure { throw failure }
    }

    // MARK: Groups

    /// Runs statements as one transaction in one round trip. `lost` and warnings at the commit: nobody knows whether it was done.
    func transaction(_ statements: [Statement]) throws(SQLFailure) -> [[Row]] {
        Array(try pipeline([Statement("BEGIN")] + statements + [Statement("COMMIT")]).dropFirst().dropLast())
    }

    /// The first statement of a transaction, alone; `finish` runs the others and commits.
    func begin(_ statement: Statement) throws(SQLFailure) -> [Row] { try pipeline([Statement("BEGIN"), statement])[1] }
    func finish(_ statements: [Statement]) throws(SQLFailure) -> [[Row]] { try pipeline(statements + [Statement("COMMIT")]).dropLast() }

    private func pipeline(_ all: [Statement]) throws(SQLFailure) -> [[Row]] {
        do throws(SQLFailure) { for statement in all { try prepare(statement.sql) } } catch {
            // A transaction that `begin` opened holds its lock.
            if !error.isLost, !isLost { _ = try query("ROLLBACK") }
            throw error
        }
        warnings.count = 0
        guard PQenterPipelineMode(handle) == 1 else { throw .lost }
        for statement in all { try send(statement) }
        guard PQpipelineSync(handle) == 1 else { throw .lost }
        try flush()
        var answers: [[Row]] = [], failure: SQLFailure?
        for _ in all {
            switch try result() {
            case .success(let rows): answers.append(rows)
            case .failure(let error): failure = failure ?? error
            }
            while try next() != nil {}
        }
        guard try isSynchronised(), PQexitPipelineMode(handle) == 1 else { throw .lost }
        if let failure {
            if failure.state != "" { _ = try query("ROLLBACK") }
            throw failure
        }
        if warnings.count > 0 { throw .lost }
        return answers
    }

    private func isSynchronised() throws(SQLFailure) -> Bool {
        while PQisBusy(handle) == 1 { try wait(forInput: true) }
        guard let result = PQgetResult(handle) else { return false }
        defer { PQclear(result) }
        return PQresultStatus(result) == PGRES_PIPELINE_SYNC
    }

    // MARK: Notifications

    /// What others notified, after `read`.
    func notifications() -> [String] {
        if PQconsumeInput(handle) == 0 { return [] }
        var texts: [String] = []
        while let one = PQnotifies(handle) {
            texts.append(String(cString: one.pointee.extra))
            PQfreemem(one)
        }
        return texts
    }

    // MARK: Sending and receiving

    private func prepare(_ sql: String) throws(SQLFailure) {
        if prepared[sql] != nil { return }
        let name = "s\(prepared.count)"
        guard PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw .lost }
        try flush()
        let answer = try result()
        while try next() != nil {}
        _ = try answer.get()
        prepared[sql] = name
    }

    private func send(_ statement: Statement) throws(SQLFailure) {
        let values = statement.values
        var storage: [UInt8] = []
        storage.reserveCapacity(values.reduce(0) { $0 + $1.size + 1 })
        var places: [Int?] = [], lengths: [Int32] = [], formats: [Int32] = []
        for value in values {
            places.append(storage.count)
            switch value {
            case .null: places[places.count - 1] = nil
            case .text(let text): storage.append(contentsOf: text.utf8)
            case .bytes(let bytes): storage.append(contentsOf: bytes)
            }
            lengths.append(Int32(value.size))
            if case .bytes = value { formats.append(1) } else { formats.append(0) }
            storage.append(0)
        }
        let sent = storage.withUnsafeBytes { raw in
            let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = places.map { place in place.flatMap { base?.advanced(by: $0) } }
            return PQsendQueryPrepared(handle, prepared[statement.sql], Int32(values.count), pointers, lengths, formats, 0)
        }
        guard sent == 1 else { throw .lost }
    }

    /// Sends what waits, reading meanwhile, so that neither side waits for the other.
    private func flush() throws(SQLFailure) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: try wait(forInput: false)
            default: throw .lost
            }
        }
    }

    private func wait(forInput: Bool) throws(SQLFailure) {
        var poll = pollfd(fd: PQsocket(handle), events: Int16(POLLIN) | (forInput ? 0 : Int16(POLLOUT)), revents: 0)
        let end = Uptime.now + UInt64(patience) * 1_000_000
        while true {
            let now = Uptime.now
            guard now < end else { throw .lost }
            let ready = Glibc.poll(&poll, 1, Int32((end - now) / 1_000_000) + 1)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw .lost }
            if Int32(poll.revents) & POLLIN != 0 || Int32(poll.revents) & (POLLERR | POLLHUP) != 0 {
                guard PQconsumeInput(handle) == 1 else { throw .lost }
            }
            return
        }
    }

    /// The next answer of the current statement; nil at its end.
    private func next() throws(SQLFailure) -> Result<[Row], SQLFailure>? {
        while PQisBusy(handle) == 1 { try wait(forInput: true) }
        guard let result = PQgetResult(handle) else { return nil }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK: return .success(Self.rows(result))
        case PGRES_COMMAND_OK: return .success([])
        case PGRES_PIPELINE_ABORTED: return .failure(SQLFailure(state: "", text: "aborted"))
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? "08006"
            let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? "no answer"
            return .failure(SQLFailure(state: state, text: text))
        }
    }

    private func result() throws(SQLFailure) -> Result<[Row], SQLFailure> {
        guard let result = try next() else { throw .lost }
        if case .failure(let failure) = result, failure.isLost { throw failure }
        return result
    }

    private static func rows(_ result: OpaquePointer) -> [Row] {
        let columns = PQnfields(result)
        return (0..<PQntuples(result)).map { row in
            Row(
                columns: (0..<columns).map { column in
                    guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
                    let length = Int(PQgetlength(result, row, column))
                    return Array(UnsafeRawBufferPointer(start: value, count: length))
                })
        }
    }
}
