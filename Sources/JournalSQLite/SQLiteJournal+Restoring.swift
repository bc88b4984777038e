import Glibc
package import Pipeline

extension SQLiteJournal {
    package func restore(_ body: Body, of seq: Seq, now: Instant) async throws(JournalError) {
        let row = try await ask { (reader) throws(JournalError) in try reader.messageRow(seq: seq) }
        guard let message = row?.message else { throw .refused(JournalReasons.noMessage) }
        guard case .file(let file) = message.body else {
            _ = try await write(.restore(body, of: seq, now: now))
            return
        }
        try await onDisk { [bodies] () throws(JournalError) in try bodies.restore(body, at: file, message.envelope) }
        _ = try await write(.restore(message.body, of: seq, now: now))
    }
}

extension BodyFolder {
    /// Puts a body in the place of a file that is missing or damaged, and makes it durable. Blocking.
    func restore(_ body: Body, at file: BodyFile, _ envelope: Envelope) throws(JournalError) {
        switch body {
        case .bytes(let bytes):
            unlink(file.path)
            _ = try write(bytes, envelope.id, received: envelope.received)
        case .file(let fresh):
            let folder = path + "/" + Self.day(envelope.received)
            try Self.make(folder: folder)
            if rename(fresh.path, file.path) != 0 { throw Self.failure("rename body") }
            try Self.sync(folder: folder)
        case .stored: throw .refused(JournalReasons.wrongState)
        }
    }
}
