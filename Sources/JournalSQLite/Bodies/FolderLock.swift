import Glibc
import Pipeline
import Synchronization

/// The right to a journal's folder: one process at a time. The kernel drops it when the process ends, however it ends.
final class FolderLock: Sendable {
    private let handle: Mutex<Int32>

    /// Takes the lock, or says which process has it.
    init(folder: String) throws(JournalError) {
        let path = folder + "/lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw BodyFolder.failure("open lock") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let owner = (try? BodyFolder.read(path)).map { String(decoding: $0.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self) } ?? ""
            close(opened)
            throw .refused(JournalReasons.inUse(by: owner.isEmpty ? "?" : owner))
        }
        ftruncate(opened, 0)
        let text = Array("\(getpid())\n".utf8)
        _ = text.withUnsafeBytes { write(opened, $0.baseAddress, $0.count) }
        handle = Mutex(opened)
    }

    deinit { release() }

    /// Gives it up before the process ends.
    func release() {
        handle.withLock { handle in
            if handle >= 0 {
                // By its word, not by closing alone: a process that was being started at this moment has a copy of the descriptor until it runs.
                flock(handle, LOCK_UN)
                close(handle)
            }
            handle = -1
        }
    }
}
