import Glibc
import Pipeline

/// Bodies over `limit` bytes, as files `bodies/DAY/ID`: written and synced, and their folder synced, before the commit that names them.
struct BodyFolder: Sendable {
    /// Larger bodies are files: 700 MB/s against 250 through the database.
    static let limit = 64 * 1024
    /// `…/bodies`.
    let path: String

    /// The file of a message: its day is that of its receipt, UTC.
    func file(_ id: MessageID, received: Instant) -> String { path + "/" + Self.day(received) + "/" + id.description }

    static func day(_ time: Instant) -> String {
        // Civil date from days since 1970, in the proleptic Gregorian calendar.
        let days = Int((time.milliseconds < 0 ? time.milliseconds - 86_399_999 : time.milliseconds) / 86_400_000) + 719_468
        let era = days / 146_097, ofEra = days - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * shifted + 2) / 5 + 1, month = shifted < 10 ? shifted + 3 : shifted - 9
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return "\(year + era * 400 + (month <= 2 ? 1 : 0))-\(two(month))-\(two(day))"
    }

    /// Writes and syncs a body that is in memory.
    func write(_ bytes: [UInt8], _ id: MessageID, received: Instant) throws(JournalError) -> BodyFile {
        let spool = try FileSpool(self, id, received: received)
        do throws(JournalError) {
            try bytes.withUnsafeBufferPointer { (raw) throws(JournalError) in try spool.append(UnsafeRawBufferPointer(raw)) }
            guard case .file(let file) = try spool.finish() else { throw .broken("no file") }
            return file
        } catch {
            spool.discard()
            throw error
        }
    }

    /// The whole file; nil if it is missing or cannot be read. Blocking: where the process has no descriptor left it waits for one, up to a minute, and
    /// then throws `away`, since a body that is there must not be taken for lost.
    static func read(_ path: String) throws(JournalError) -> [UInt8]? {
        var file = open(path, O_RDONLY | O_CLOEXEC)
        for _ in 0..<1200 where file < 0 && lacksMeans(errno) {
            usleep(50_000)
            file = open(path, O_RDONLY | O_CLOEXEC)
        }
        if file < 0 {
            if lacksMeans(errno) { throw .away }
            return nil
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { return nil }
        let size = Int(status.st_size)
        var at = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while at < size {
                let got = Glibc.read(file, buffer.baseAddress.map { $0 + at }, size - at)
                if got < 0, errno == EINTR { continue }
                if got <= 0 { break }
                at += got
            }
            count = at
        }
        return at == size ? bytes : nil
    }

    private static func lacksMeans(_ error: Int32) -> Bool { error == EMFILE || error == ENFILE || error == ENOMEM }

    /// Removes files that no message names. `isKnown` is asked for each file of `days` and later days.
    func sweep(since day: String, isKnown: (MessageID) throws(JournalError) -> Bool) throws(JournalError) -> Int {
        var removed = 0
        for name in Self.names(in: path) where name >= day {
            let folder = path + "/" + name
            for file in Self.names(in: folder) {
                guard let id = MessageID(file) else { continue }
                if try !isKnown(id) {
                    unlink(folder + "/" + file)
                    removed += 1
                }
            }
        }
        return removed
    }

    private static func names(in folder: String) -> [String] {
        guard let open = opendir(folder) else { return [] }
        defer { closedir(open) }
        var names: [String] = []
        while let entry = readdir(open) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes what a folder names durable.
    static func sync(folder: String) throws(JournalError) {
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw failure("open folder") }
        defer { close(handle) }
        if fsync(handle) != 0 { throw failure("fsync folder") }
    }

    /// Makes a folder, and its name durable in its parent; nothing if it is there.
    static func make(folder: String) throws(JournalError) {
        if mkdir(folder, 0o700) == 0 {
            let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
            try sync(folder: parent.isEmpty ? "/" : parent)
        } else if errno != EEXIST {
            throw failure("mkdir")
        }
    }

    static func failure(_ what: String) -> JournalError {
        let code = errno
        return code == ENOSPC || code == EDQUOT || code == EFBIG ? .full : .broken("\(what): \(String(cString: strerror(code)))")
    }
}
