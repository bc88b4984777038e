import Glibc
import Pipeline

/// What the first bytes of a journal's file say, read without SQLite: nothing of a file that is not ours is touched.
struct JournalFile {
    let size: Int
    let pageSize: Int
    /// Pages by the header; the log may hold a newer header.
    let pages: Int
    let version: Int64
    let application: Int64
    let hasLog: Bool

    /// The header of `DIR/journal.sqlite`; nil when there is no file, or an empty one.
    init?(folder: String) throws(JournalError) {
        let path = folder + "/journal.sqlite"
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > 0 else { return nil }
        size = Int(status.st_size)
        let head = Self.head(path)
        guard head.count == 100, Array(head.prefix(15)) == Array("SQLite format 3".utf8) else { throw .refused(JournalReasons.notAJournal) }
        func number(_ at: Int, _ count: Int) -> Int { head[at..<at + count].reduce(0) { $0 << 8 | Int($1) } }
        let raw = number(16, 2)
        pageSize = raw == 1 ? 65_536 : raw
        (pages, version, application) = (number(28, 4), Int64(number(60, 4)), Int64(number(68, 4)))
        hasLog = stat(path + "-wal", &status) == 0 && status.st_size > 32
    }

    private static func head(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var head = [UInt8](repeating: 0, count: 100)
        let got = read(file, &head, 100)
        return Array(head.prefix(max(got, 0)))
    }

    /// Throws what keeps it from being opened. A database that has just been made has its header in the log only.
    func verify() throws(JournalError) {
        if application == 0, version == 0, hasLog { return }
        guard application == Schema.application, pageSize == Schema.pageSize else { throw .refused(JournalReasons.notAJournal) }
        if version > Schema.version { throw .refused(JournalReasons.otherVersion) }
        if size % pageSize != 0 || !hasLog && size < pages * pageSize { throw .refused(JournalReasons.truncated) }
    }
}

/// What is kept beside the database (`DIR/state`), so that a log or a database that was lost or put back is noticed, and a damaged one can be salvaged:
/// the epoch, the last seq and the secret as of the last start or close. Only the owner may read it, as all of the folder.
struct JournalState {
    let epoch: Int64
    let seq: Seq
    let secret: Key128

    private static func path(_ folder: String) -> String { folder + "/state" }

    init(epoch: Int64, seq: Seq, secret: Key128) { (self.epoch, self.seq, self.secret) = (epoch, seq, secret) }

    /// What was written last; nil when there is none that can be read.
    init?(folder: String) {
        guard let bytes = try? BodyFolder.read(Self.path(folder)) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 3, let epoch = Int64(words[0]), let seq = Seq(words[1]), let secret = Key128(base32: String(words[2])) else { return nil }
        self.init(epoch: epoch, seq: seq, secret: secret)
    }

    /// Writes and syncs it under another name, then puts it in its place.
    func write(folder: String) throws(JournalError) {
        let path = Self.path(folder), text = Array("\(epoch) \(seq) \(secret.base32())\n".utf8)
        let file = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BodyFolder.failure("open state") }
        let isWritten = text.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == text.count && fsync(file) == 0
        close(file)
        guard isWritten, rename(path + ".new", path) == 0 else { throw BodyFolder.failure("write state") }
        try BodyFolder.sync(folder: folder)
    }
}
