import JournalSQLite
import Pipeline
import PipelineTesting

/// What keeps the rows: a journal without queue or threads, that commits a group when it is told to.
protocol Backend: AnyObject {
    var epoch: Int64 { get }
    var hash: SipHash { get }
    /// Commits a group; nil: the disk died in the middle, nobody knows what is on it.
    func step(_ group: [JournalOperation]) -> [JournalCompletion]?
    /// Between groups. False: the disk died.
    func housekeeping(_ chance: inout Chance) -> Bool
    /// Writing failed: the process must end.
    var isBroken: Bool { get }
    /// The disk is full from now on, or has room again.
    func setFull(_ full: Bool)
    /// Syncing fails from now on.
    func failSyncs()
    /// Takes the process away, and the power too if it is said; what the next one finds. Nil: it died again while it opened.
    func reopened(power: Bool) -> (any Backend)?

    func bytes(_ seq: Seq) throws(JournalError) -> [UInt8]?
    func unrouted(after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted]
    func unrouted(key: UInt64, after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted]
    func due(now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?) throws(JournalError) -> [Delivery]
    func following(_ heads: [Delivery], each: Int) throws(JournalError) -> [Delivery]
    func nextDue() throws(JournalError) -> Instant?
    func delivery(carrying tokens: [Token]) throws(JournalError) -> StoredDelivery?
    func find(_ query: Query) throws(JournalError) -> Page
    func blockedKeys() throws(JournalError) -> [DeliveryID: OrderKeys]
    func marked() throws(JournalError) -> Set<Seq>
}

/// The model journal. A group is cut anywhere between two writes when the process dies.
final class MemoryBackend: Backend {
    private var state: MemoryState
    /// Before the last group.
    private var before: MemoryState
    private let fuse: Fuse
    private let plant: Plant?
    let hash: SipHash

    init(hash: SipHash, time: any Timekeeper, fuse: Fuse, plant: Plant?) {
        (self.hash, self.fuse, self.plant) = (hash, fuse, plant)
        state = MemoryState(hash: hash, time: time)
        before = state
    }

    private init(_ other: MemoryBackend) {
        (hash, fuse, plant, state) = (other.hash, other.fuse, other.plant, other.state)
        if plant == .lostCommit { state = other.before }
        before = state
        state.isFull = false
        state.restart()
    }

    var epoch: Int64 { state.epoch }

    func step(_ group: [JournalOperation]) -> [JournalCompletion]? {
        if plant == .lostCommit { before = state }
        var done: [JournalCompletion] = []
        for operation in group {
            if fuse.burn() { return nil }
            done += state.step([operation])
        }
        return fuse.burn() ? nil : done
    }

    func housekeeping(_ chance: inout Chance) -> Bool { true }
    func setFull(_ full: Bool) { state.isFull = full }
    func failSyncs() {}
    var isBroken: Bool { false }
    func reopened(power: Bool) -> (any Backend)? { MemoryBackend(self) }

    func bytes(_ seq: Seq) throws(JournalError) -> [UInt8]? { state.bytes(seq) }
    func unrouted(after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] { state.unrouted(after: seq, limit: limit) }
    func unrouted(key: UInt64, after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] { state.unrouted(key: key, after: seq, limit: limit) }
    func due(now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?) throws(JournalError) -> [Delivery] {
        state.due(now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass)
    }
    func following(_ heads: [Delivery], each: Int) throws(JournalError) -> [Delivery] { state.following(heads, each: each) }
    func nextDue() throws(JournalError) -> Instant? { state.nextDue() }
    func delivery(carrying tokens: [Token]) throws(JournalError) -> StoredDelivery? { state.delivery(carrying: tokens) }
    func find(_ query: Query) throws(JournalError) -> Page { state.find(query) }
    func blockedKeys() throws(JournalError) -> [DeliveryID: OrderKeys] { state.blockedKeys() }
    func marked() throws(JournalError) -> Set<Seq> { state.marked }
}

/// How many writes and syncs the disk lives.
// @unchecked: a world runs on one thread, and SQLite calls its disk on that thread.
final class Fuse: @unchecked Sendable {
    /// Nil: for ever.
    var left: Int?
    private(set) var isBurnt = false

    /// One write or sync; true once the disk is dead.
    func burn() -> Bool {
        if isBurnt { return true }
        guard let now = left else { return false }
        left = now - 1
        if now <= 0 { isBurnt = true }
        return isBurnt
    }

    /// The next process has a disk again.
    func renew() {
        isBurnt = false
        left = nil
    }
}
