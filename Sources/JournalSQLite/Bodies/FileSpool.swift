import Glibc
import Pipeline
import Synchronization

/// A large body on its way into its file. Used by one connection at a time; blocking file I/O in pieces of 256 KB.
final class FileSpool: BodySpool {
    private struct State {
        var handle: Int32
        var buffer: [UInt8] = []
        var count = 0
        var isDone = false
    }
    private static let piece = 256 * 1024
    private let state: Mutex<State>
    private let path: String
    private let folder: String

    init(_ bodies: BodyFolder, _ id: MessageID, received: Instant) throws(JournalError) {
        path = bodies.file(id, received: received)
        folder = bodies.path + "/" + BodyFolder.day(received)
        try BodyFolder.make(folder: folder)
        var handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if handle < 0, errno == ENOENT {
            // Retention removed the empty folder just then.
            try BodyFolder.make(folder: folder)
            handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        }
        guard handle >= 0 else { throw errno == EEXIST ? .refused(JournalReasons.sameID) : BodyFolder.failure("create body") }
        state = Mutex(State(handle: handle))
    }

    deinit {
        let (handle, isDone) = state.withLock { ($0.handle, $0.isDone) }
        if !isDone {
            close(handle)
            unlink(path)
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError) {
        try state.withLock { (state) throws(JournalError) in
            if state.isDone { throw .closed }
            state.count += bytes.count
            if state.buffer.isEmpty, bytes.count >= Self.piece { return try Self.write(bytes, to: state.handle) }
            state.buffer.append(contentsOf: bytes)
            if state.buffer.count >= Self.piece { try Self.flush(&state) }
        }
    }

    func finish() throws(JournalError) -> Body {
        let count = try state.withLock { (state) throws(JournalError) in
            if state.isDone { throw .closed }
            try Self.flush(&state)
            if fsync(state.handle) != 0 { throw BodyFolder.failure("fsync body") }
            close(state.handle)
            state.isDone = true
            return state.count
        }
        try BodyFolder.sync(folder: folder)
        return .file(BodyFile(path: path, count: count))
    }

    func discard() {
        state.withLock { state in
            if !state.isDone { close(state.handle) }
            state.isDone = true
        }
        unlink(path)
    }

    private static func flush(_ state: inout State) throws(JournalError) {
        let handle = state.handle
        try state.buffer.withUnsafeBufferPointer { (raw) throws(JournalError) in try write(UnsafeRawBufferPointer(raw), to: handle) }
        state.buffer.removeAll(keepingCapacity: true)
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to handle: Int32) throws(JournalError) {
        var at = 0
        while at < bytes.count {
            let wrote = Glibc.write(handle, bytes.baseAddress.map { $0 + at }, bytes.count - at)
            if wrote < 0, errno == EINTR { continue }
            if wrote <= 0 { throw BodyFolder.failure("write body") }
            at += wrote
        }
    }
}
