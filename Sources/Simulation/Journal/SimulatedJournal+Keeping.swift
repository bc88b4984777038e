import Pipeline

/// Retention is not part of the simulated life: its rules are kept by the conformance suite and by tests of their own.
extension SimulatedJournal {
    func noteTime(_ now: Instant) async throws(JournalError) {}
    func timeNoted() async throws(JournalError) -> Instant? { nil }
    func bodiesKept() async throws(JournalError) -> [String: KeptBodies] { [:] }
    func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) async throws(JournalError) -> RemovablePage {
        RemovablePage(found: [], next: nil)
    }
    func remove(_ level: KeepLevel, _ seqs: [Seq], now: Instant) async throws(JournalError) -> Removal { Removal(removed: [], rest: []) }
    func tidy() async throws(JournalError) -> Bool { false }
    func messages(of patient: PatientKeys, after seq: Seq, limit: Int) async throws(JournalError) -> PatientPage { PatientPage(found: [], next: nil) }
    func erase(_ seqs: [Seq], evenAwaited: Bool, by person: String, now: Instant) async throws(JournalError) -> [Erased] { [] }
    func scrub() async throws(JournalError) -> Bool { true }
}
