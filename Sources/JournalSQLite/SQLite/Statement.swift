import CSQLite
import Pipeline

/// A prepared statement, kept by its connection's owner and used again and again.
final class Statement {
    private let handle: OpaquePointer
    private unowned let connection: Connection

    /// Prepares one statement.
    init(_ connection: Connection, _ sql: String) throws(JournalError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else {
            if case .full = connection.failure(code) { throw .full }
            throw .broken("SQLite error \(code): \(String(cString: sqlite3_errmsg(connection.handle))) in: \(sql)")
        }
        handle = prepared
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Parameters, from 1

    @discardableResult func bind(_ index: Int32, _ value: Int64) -> Statement {
        sqlite3_bind_int64(handle, index, value)
        return self
    }

    @discardableResult func bind(_ index: Int32, _ value: Int) -> Statement { bind(index, Int64(value)) }

    @discardableResult func bind(_ index: Int32, _ value: Int64?) -> Statement {
        guard let value else { return bindNull(index) }
        return bind(index, value)
    }

    @discardableResult func bindNull(_ index: Int32) -> Statement {
        sqlite3_bind_null(handle, index)
        return self
    }

    @discardableResult func bind(_ index: Int32, _ text: String) -> Statement {
        var text = text
        text.withUTF8 { utf8 in
            _ = utf8.withMemoryRebound(to: CChar.self) { passerelle_bind_text_copy(handle, index, $0.baseAddress ?? Self.nothing, Int32($0.count)) }
        }
        return self
    }

    @discardableResult func bind(_ index: Int32, _ text: String?) -> Statement {
        guard let text else { return bindNull(index) }
        return bind(index, text)
    }

    @discardableResult func bind(_ index: Int32, _ bytes: [UInt8]) -> Statement {
        bytes.withUnsafeBytes { _ = passerelle_bind_blob_copy(handle, index, $0.baseAddress ?? UnsafeRawPointer(Self.nothing), Int32($0.count)) }
        return self
    }

    @discardableResult func bind(_ index: Int32, _ bytes: [UInt8]?) -> Statement {
        guard let bytes else { return bindNull(index) }
        return bind(index, bytes)
    }

    /// Binds what a column of another statement's row holds, as it is.
    @discardableResult func bind(_ index: Int32, valueOf row: Statement, _ column: Int32) -> Statement {
        sqlite3_bind_value(handle, index, sqlite3_column_value(row.handle, column))
        return self
    }

    /// Runs the statement with large bytes that are not copied.
    func run(_ index: Int32, borrowing bytes: [UInt8]) throws(JournalError) {
        let code = bytes.withUnsafeBytes { raw in
            _ = passerelle_bind_blob_borrowed(handle, index, raw.baseAddress ?? UnsafeRawPointer(Self.nothing), Int32(raw.count))
            let code = sqlite3_step(handle)
            sqlite3_reset(handle)
            sqlite3_bind_null(handle, index)
            return code
        }
        if code != SQLITE_DONE { throw connection.failure(code) }
    }

    // An address for empty values: SQLite takes a null pointer for NULL. Never written, never read: its length is given as 0.
    private nonisolated(unsafe) static let nothing: UnsafePointer<CChar> = UnsafePointer(UnsafeMutablePointer<CChar>.allocate(capacity: 1))

    // MARK: Running

    /// The next row, if there is one. The statement must be reset afterwards.
    func step() throws(JournalError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            sqlite3_reset(handle)
            throw connection.failure(code)
        }
    }

    /// Runs a statement that gives no rows, and resets it.
    func run() throws(JournalError) {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        if code != SQLITE_DONE, code != SQLITE_ROW { throw connection.failure(code) }
    }

    func reset() { sqlite3_reset(handle) }

    /// Every row, turned into a value.
    func rows<T>(_ value: (Statement) throws(JournalError) -> T) throws(JournalError) -> [T] {
        defer { reset() }
        var found: [T] = []
        while try step() { found.append(try value(self)) }
        return found
    }

    /// The first row, turned into a value.
    func first<T>(_ value: (Statement) throws(JournalError) -> T) throws(JournalError) -> T? {
        defer { reset() }
        return try step() ? try value(self) : nil
    }

    /// Whether there is a row.
    func exists() throws(JournalError) -> Bool {
        defer { reset() }
        return try step()
    }

    // MARK: Columns, from 0

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
    func flag(_ column: Int32) -> Bool { sqlite3_column_int64(handle, column) != 0 }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func isInteger(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_INTEGER }
    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    func optionalText(_ column: Int32) -> String? {
        guard let text = sqlite3_column_text(handle, column) else { return nil }
        return String(decoding: UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
    }

    func text(_ column: Int32) -> String { optionalText(column) ?? "" }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}
