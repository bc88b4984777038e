package import Pipeline

/// The writer and a reader without their threads: whoever holds it says when a group is committed and when the log is moved. What a simulation
/// drives: the same statements, schema and group commit as `SQLiteJournal`. Bodies stay in the database. Not for use from two threads.
package final class SteppedJournal {
    private let writer: Writer
    private let reader: Reader
    /// The secret of the keyed hashes.
    package let hash: SipHash
    /// The epoch of this opening.
    package let epoch: Int64

    /// Opens the database file, or makes it with `secret`. `disk` names a SQLite VFS.
    package init(file: String, disk: String, secret: Key128, time: any Timekeeper, digester: Digester) throws(JournalError) {
        let connection = try Connection(path: file, isReader: false, disk: disk)
        try Schema.prepare(connection, secret: secret)
        writer = try Writer(connection, time: time)
        writer.groupWork = .max
        reader = Reader(try Connection(path: file, isReader: true, disk: disk), bodies: BodyFolder(path: ""), hash: writer.hash, digester: digester)
        (hash, epoch) = (writer.hash, writer.epoch)
    }

    /// Carries out a group as one transaction and commits it.
    package func step(_ group: [WriteOperation]) -> [WriteCompletion] { writer.step(group) }
    /// Why nothing is written any more, if so.
    package var failure: JournalError? { writer.failure }
    /// Pages in the write-ahead log.
    package var walPages: Int { writer.connection.walPages }
    /// Moves the log into the database.
    package func checkpoint() { writer.checkpoint() }
    /// What SQLite thinks of the database: `ok`.
    package func integrity() throws(JournalError) -> String { try reader.connection.text("PRAGMA integrity_check") ?? "" }

    private func ask<T>(_ question: (Reader) throws(JournalError) -> T) throws(JournalError) -> T {
        try reader.snapshot { () throws(JournalError) in try question(reader) }
    }

    /// See `Journal`.
    package func bytes(_ seq: Seq) throws(JournalError) -> [UInt8]? { try ask { (reader) throws(JournalError) in try reader.body(seq) } }
    /// See `Journal`.
    package func unrouted(after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] {
        try ask { (reader) throws(JournalError) in try reader.unrouted(after: seq, limit: limit) }
    }
    /// See `Journal`.
    package func unrouted(key: UInt64, after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] {
        try ask { (reader) throws(JournalError) in try reader.unrouted(key: key, after: seq, limit: limit) }
    }
    /// See `Journal`.
    package func due(
        now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?
    ) throws(JournalError) -> [Delivery] {
        try ask { (reader) throws(JournalError) in
            try reader.due(now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass)
        }
    }
    /// See `Journal`.
    package func following(_ heads: [Delivery], each: Int) throws(JournalError) -> [Delivery] {
        try ask { (reader) throws(JournalError) in try reader.following(heads, each: each) }
    }
    /// See `Journal`.
    package func nextDue() throws(JournalError) -> Instant? { try ask { (reader) throws(JournalError) in try reader.nextDue() } }
    /// See `Journal`.
    package func delivery(carrying tokens: [Token]) throws(JournalError) -> StoredDelivery? {
        try ask { (reader) throws(JournalError) in try reader.delivery(carrying: tokens) }
    }
    /// See `Journal`.
    package func find(_ query: Query) throws(JournalError) -> Page { try ask { (reader) throws(JournalError) in try reader.find(query) } }
    /// See `Journal`.
    package func blockedKeys() throws(JournalError) -> [DeliveryID: OrderKeys] { try ask { (reader) throws(JournalError) in try reader.blockedKeys() } }
    /// See `Journal`.
    package func marked() throws(JournalError) -> Set<Seq> { try ask { (reader) throws(JournalError) in try reader.marked() } }
}
