import CSQLite
import Glibc
import Pipeline

/// One handle to the database. It belongs to one thread at a time: opened NOMUTEX, since its owner's thread serialises already.
final class Connection {
    let handle: OpaquePointer
    /// Pages in the write-ahead log after the last commit.
    private(set) var walPages = 0
    /// What a reader must be done by, on the monotonic clock; 0: no limit.
    var deadline: UInt64 = 0

    /// Opens a database file. A reader can neither write nor checkpoint: only the writer's connection ever does.
    /// `disk` names another way to the disk (a SQLite VFS): tests have one that loses what was not synced.
    init(path: String, isReader: Bool, disk: String? = nil) throws(JournalError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (isReader ? 0 : SQLITE_OPEN_CREATE)
        let code = sqlite3_open_v2(path, &opened, flags, disk)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw .broken("SQLite error \(code): open")
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 10_000)
        _ = passerelle_set_no_checkpoint_on_close(handle)
        _ = passerelle_set_defensive(handle)
        if isReader {
            try run("PRAGMA query_only = 1")
            try run("PRAGMA wal_autocheckpoint = 0")
            watchDeadline()
        }
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that give no rows.
    func run(_ sql: String) throws(JournalError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw failure(code) }
    }

    /// The one number that a statement gives; nil for no row or NULL.
    func number(_ sql: String) throws(JournalError) -> Int64? {
        let statement = try Statement(self, sql)
        defer { statement.reset() }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }

    /// The one text that a statement gives.
    func text(_ sql: String) throws(JournalError) -> String? {
        let statement = try Statement(self, sql)
        defer { statement.reset() }
        return try statement.step() ? statement.optionalText(0) : nil
    }

    /// Rows changed by the last statement.
    var changes: Int { Int(sqlite3_changes(handle)) }
    /// Rows changed since it was opened.
    var totalChanges: Int { Int(sqlite3_total_changes(handle)) }
    /// No transaction is open.
    var isIdle: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// What an error code means for the journal's callers. The text names no value: it may be logged.
    func failure(_ code: Int32) -> JournalError {
        // The index of the log lies beside it and grows with it: SQLite has a code of its own for no room there.
        if code == SQLITE_IOERR | (19 << 8) { return .full }
        // A quota that is used up is a full disk, which SQLite does not say.
        if code & 0xFF == SQLITE_IOERR, sqlite3_system_errno(handle) == EDQUOT { return .full }
        return switch code & 0xFF {
        case SQLITE_FULL: .full
        case SQLITE_INTERRUPT: .refused(JournalReasons.tooLong)
        default: .broken("SQLite error \(code): \(String(cString: sqlite3_errstr(code)))")
        }
    }

    // MARK: Write-ahead log

    /// Counts the log's pages after each commit; replaces SQLite's own checkpointing.
    func watchLog() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                if let context { Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().walPages = Int(pages) }
                return SQLITE_OK
            }, me)
    }

    /// The write-ahead log as an open file; it stays the same as long as the connection lives.
    func log() throws(JournalError) -> LogFile {
        guard let file = passerelle_log(handle) else { throw .broken("there is no write-ahead log") }
        return LogFile(file: file)
    }

    /// Moves what no reader needs from the log into the database; true if all of it was moved. A full disk leaves the log as it is.
    func checkpoint() throws(JournalError) -> Bool {
        var inLog: Int32 = 0, moved: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &inLog, &moved)
        switch code & 0xFF {
        case SQLITE_OK:
            if inLog == moved { walPages = 0 }
            return inLog == moved
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL: return false
        default: throw failure(code)
        }
    }

    /// Moves all of the log into the database and makes it empty; false if a reader still needs some of it. Does not wait for readers.
    func emptyLog() throws(JournalError) -> Bool {
        sqlite3_busy_timeout(handle, 0)
        defer { sqlite3_busy_timeout(handle, 10_000) }
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        switch code & 0xFF {
        case SQLITE_OK:
            walPages = 0
            return true
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL: return false
        default: throw failure(code)
        }
    }

    /// Ends queries of a reader that run longer than its deadline.
    private func watchDeadline() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            handle, 20_000,
            { context in
                guard let context else { return 0 }
                let deadline = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().deadline
                return deadline != 0 && Uptime.now > deadline ? 1 : 0
            }, me)
    }
}

extension Connection {
    /// Pages read from the disk or the log since it was opened.
    var cacheMisses: Int {
        var now: Int32 = 0, most: Int32 = 0
        sqlite3_db_status(handle, SQLITE_DBSTATUS_CACHE_MISS, &now, &most, 0)
        return Int(now)
    }
}

/// The write-ahead log, to be synced: by the thread that writes it, or by another while it goes on writing.
// @unchecked: SQLite's file object is only read here (its descriptor), and what `xSync` of the system's files does is one fdatasync; the first sync,
// which also syncs the folder, is made by the writer before another thread sees the file.
struct LogFile: @unchecked Sendable {
    fileprivate let file: UnsafeMutablePointer<sqlite3_file>

    /// Makes all commits so far durable. Never to be tried again once it failed: the kernel may have dropped what it could not write.
    func sync() -> JournalError? {
        let code = passerelle_sync(file)
        return code == SQLITE_OK ? nil : .broken("sync of the log: SQLite error \(code): \(String(cString: sqlite3_errstr(code)))")
    }
}

extension JournalError {
    /// SQLite says that the file is damaged, or no database.
    var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code) }
    /// A row does not fit its table.
    var isConstraint: Bool { code == SQLITE_CONSTRAINT }

    /// The number that `Connection.failure` and `Statement` put first.
    private var code: Int32? {
        guard case .broken(let text) = self, text.hasPrefix("SQLite error ") else { return nil }
        return Int32(text.dropFirst(13).prefix { $0.isASCII && $0.isNumber }).map { $0 & 0xFF }
    }
}
