import Glibc
package import Pipeline

/// Retention and erasure: candidates are found on a reader of their own, removals go behind live traffic in the writer's groups.
extension SQLiteJournal {
    package func noteTime(_ now: Instant) async throws(JournalError) { _ = try await write(.noteTime(now)) }

    package func timeNoted() async throws(JournalError) -> Instant? { try await ask(keepers) { (reader) throws(JournalError) in try reader.timeNoted() } }

    package func bodiesKept() async throws(JournalError) -> [String: KeptBodies] {
        try await ask(keepers) { (reader) throws(JournalError) in try reader.bodiesKept() }
    }

    package func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) async throws(JournalError) -> RemovablePage {
        try await ask(keepers) { (reader) throws(JournalError) in
            try reader.removable(level, rule: rule, before: before, after: seq, limit: limit)
        }
    }

    package func remove(_ level: KeepLevel, _ seqs: [Seq], now: Instant) async throws(JournalError) -> Removal {
        guard case .removed(let removal) = try await write(.remove(level, seqs, now: now)) else { return Removal(removed: [], rest: seqs) }
        return removal
    }

    package func thin(before: Instant) async throws(JournalError) -> Bool {
        guard case .more(let more) = try await write(.thin(before: before)) else { return false }
        return more
    }

    /// Files first, then pages.
    package func tidy() async throws(JournalError) -> Bool {
        let paths = try await ask(keepers) { (reader) throws(JournalError) in try reader.trash(limit: 32) }
        if !paths.isEmpty {
            let folder = bodies.path
            guard let gone = await disk.run({ _ in paths.filter { BodyFolder.discard($0, in: folder) } }) else { throw .closed }
            _ = try await write(.emptied(gone))
            // What cannot be unlinked now is tried again at the next round.
            if gone.count == 32 { return true }
        }
        guard case .more(let more) = try await write(.vacuum) else { return false }
        return more
    }

    package func messages(of patient: PatientKeys, after seq: Seq, limit: Int) async throws(JournalError) -> PatientPage {
        try await ask(keepers) { (reader) throws(JournalError) in try reader.messages(of: patient, after: seq, limit: limit) }
    }

    package func erase(_ seqs: [Seq], evenAwaited: Bool, by person: String, now: Instant) async throws(JournalError) -> [Erased] {
        guard case .erased(let erased) = try await write(.erase(seqs, evenAwaited: evenAwaited, by: person, now: now)) else { return [] }
        return erased
    }

    package func scrub() async throws(JournalError) -> Bool {
        guard case .more(let more) = try await write(.scrub) else { return false }
        return !more
    }
}

extension BodyFolder {
    /// Unlinks `DAY/ID` in a folder of bodies, and the day's folder once it is empty; true when the file is gone. Today's and yesterday's folders are
    /// empty only until the next body: `rmdir` of one that gets a file fails, and a spool makes it again.
    static func discard(_ relative: String, in folder: String) -> Bool {
        guard unlink(folder + "/" + relative) == 0 || errno == ENOENT else { return false }
        if let slash = relative.firstIndex(of: "/") { rmdir(folder + "/" + relative[..<slash]) }
        return true
    }
}
