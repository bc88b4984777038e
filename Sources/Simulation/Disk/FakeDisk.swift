import CSQLite
package import PipelineTesting
import Synchronization

/// A disk in memory below the real SQLite: it remembers what was synced, so that the power can go and take the rest, in part or whole. It can be full,
/// fail to sync, lie, or die in the middle of a write.
///
/// Files under a mounted folder belong to its disk; open them with the VFS named `FakeDisk.vfs`.
package final class FakeDisk: Sendable {
    /// The name under which SQLite knows it.
    package static let vfs = "fake"

    /// What SQLite asks of the disk.
    package enum Operation: Sendable { case write, truncate, sync }
    /// What the disk does about it.
    package enum Decision: Sendable {
        case go
        /// Says yes and does nothing (a sync alone).
        case lie
        case full
        /// An input/output error.
        case broken
    }

    struct Write: Sendable {
        let at: Int
        /// Nil: the file is cut at `at`.
        let bytes: [UInt8]?
    }
    struct File: Sendable {
        var image: [UInt8] = []
        /// As of the last sync.
        var durable: [UInt8] = []
        /// Writes since then, in order.
        var pending: [Write] = []
        var locks: [Int: Int32] = [:]
        var shared = SharedMemory()
    }
    struct State: Sendable {
        var files: [String: File] = [:]
        var nextHandle = 1
        /// Bytes to which a file can grow.
        var limit: Int?
        var failsSyncs = false
        var decide: (@Sendable (Operation, String) -> Decision)?
    }
    let state: Mutex<State>

    /// An empty disk.
    package init() {
        Self.register()
        state = Mutex(State())
    }

    private init(_ files: [String: File]) {
        state = Mutex(State(files: files))
    }

    // MARK: What a test may do

    private static let mounted = Mutex<[String: FakeDisk]>([:])

    /// Files under `folder` are on this disk from now on; what is open stays where it was opened.
    package func mount(_ folder: String) { Self.mounted.withLock { $0[folder] = self } }
    /// The folder is nobody's any more.
    package static func unmount(_ folder: String) { mounted.withLock { _ = $0.removeValue(forKey: folder) } }
    static func find(_ path: String) -> FakeDisk? { mounted.withLock { all in all.first { path.hasPrefix($0.key + "/") }?.value } }

    /// Files can grow to `bytes` only; nil: without limit.
    package func limit(to bytes: Int?) { state.withLock { $0.limit = bytes } }
    /// Syncing fails from now on.
    package func failSyncs() { state.withLock { $0.failsSyncs = true } }
    /// Asked before each write, cut and sync. Called with the disk locked: it must not come back to it.
    package func decide(_ decide: (@Sendable (Operation, String) -> Decision)?) { state.withLock { $0.decide = decide } }
    /// The length of a file; nil if there is none.
    package func size(_ path: String) -> Int? { state.withLock { $0.files[path]?.image.count } }

    /// A copy as it is: as another process would find it after `kill -9`.
    package func copy() -> FakeDisk { FakeDisk(state.withLock { $0.files.mapValues { File(image: $0.image, durable: $0.durable, pending: $0.pending) } }) }

    /// The power goes: the disk as it would be found. Of what was not synced a part arrived, sector by sector. `from` and `to` rename the folder.
    package func losePower(_ random: SeededRandom, from: String = "", to: String = "") -> FakeDisk {
        let files = state.withLock { $0.files }
        var found: [String: File] = [:]
        for path in files.keys.sorted() {
            guard let file = files[path] else { continue }
            var bytes = file.durable
            // All of it, none, or each sector on its own: what a disk with a cache does.
            let mood = random.below(3)
            for write in file.pending where mood != 0 { Self.apply(write, to: &bytes) { mood == 1 || random.below(2) == 0 } }
            found[to + path.dropFirst(from.utf8.count)] = File(image: bytes, durable: bytes)
        }
        return FakeDisk(found)
    }

    private static let sector = 512

    private static func apply(_ write: Write, to image: inout [UInt8], _ arrived: () -> Bool = { true }) {
        guard let bytes = write.bytes else {
            if image.count > write.at, arrived() { image.removeLast(image.count - write.at) }
            return
        }
        var at = 0
        while at < bytes.count {
            let end = min((write.at + at) / sector * sector + sector - write.at, bytes.count)
            if arrived() { put(bytes[at..<end], at: write.at + at, to: &image) }
            at = end
        }
    }

    private static func whole(_ write: Write, to image: inout [UInt8]) {
        if let bytes = write.bytes { put(bytes[...], at: write.at, to: &image) } else { apply(write, to: &image) }
    }

    private static func put(_ bytes: ArraySlice<UInt8>, at: Int, to image: inout [UInt8]) {
        if image.count < at + bytes.count { image.append(contentsOf: repeatElement(0, count: at + bytes.count - image.count)) }
        image.withUnsafeMutableBytes { image in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: image[at..<at + $0.count]).copyMemory(from: $0) }
        }
    }

    // MARK: What SQLite does

    func write(_ path: String, _ write: Write) -> Int32 {
        state.withLock { state in
            let verdict = state.decide?(write.bytes == nil ? .truncate : .write, path) ?? .go
            if verdict == .broken { return SQLITE_IOERR | 3 << 8 }  // SQLITE_IOERR_WRITE
            if let bytes = write.bytes, verdict == .full || state.limit.map({ write.at + bytes.count > $0 }) ?? false { return SQLITE_FULL }
            guard let at = state.files.index(forKey: path) else { return SQLITE_IOERR }
            Self.whole(write, to: &state.files.values[at].image)
            state.files.values[at].pending.append(write)
            return SQLITE_OK
        }
    }

    func sync(_ path: String) -> Int32 {
        state.withLock { state in
            let verdict = state.decide?(.sync, path) ?? .go
            if state.failsSyncs || verdict == .broken { return SQLITE_IOERR | 4 << 8 }  // SQLITE_IOERR_FSYNC
            guard verdict != .lie, let at = state.files.index(forKey: path) else { return SQLITE_OK }
            let pending = state.files.values[at].pending
            for write in pending { Self.whole(write, to: &state.files.values[at].durable) }
            state.files.values[at].pending.removeAll(keepingCapacity: true)
            return SQLITE_OK
        }
    }
}
