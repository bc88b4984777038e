package import Pipeline

extension InMemoryJournal {
    package func noteTime(_ now: Instant) async throws(JournalError) { _ = try await write(.noteTime(now)) }
    package func timeNoted() async throws(JournalError) -> Instant? { try read { $0.timeMarks.last?.at } }
    package func bodiesKept() async throws(JournalError) -> [String: KeptBodies] { try read { $0.bodiesKept() } }

    package func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) async throws(JournalError) -> RemovablePage {
        try read { $0.removable(level, rule: rule, before: before, after: seq, limit: limit) }
    }

    package func remove(_ level: KeepLevel, _ seqs: [Seq], now: Instant) async throws(JournalError) -> Removal {
        guard case .removed(let removal) = try await write(.remove(level, seqs, now: now)) else { return Removal(removed: [], rest: seqs) }
        return removal
    }

    package func thin(before: Instant) async throws(JournalError) -> Bool {
        _ = try await write(.thin(before: before))
        return false
    }

    package func tidy() async throws(JournalError) -> Bool { false }

    package func messages(of patient: PatientKeys, after seq: Seq, limit: Int) async throws(JournalError) -> PatientPage {
        try read { $0.messages(of: patient, after: seq, limit: limit) }
    }

    package func erase(_ seqs: [Seq], evenAwaited: Bool, by person: String, now: Instant) async throws(JournalError) -> [Erased] {
        guard case .erased(let erased) = try await write(.erase(seqs, evenAwaited: evenAwaited, by: person, now: now)) else { return [] }
        return erased
    }

    package func scrub() async throws(JournalError) -> Bool { true }
}
