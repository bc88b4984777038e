import JournalSQLite
import Pipeline
import PipelineTesting
import Simulation
import Testing

@Suite("The fake disk")
struct FakeDiskTests {
    private func journal(on disk: FakeDisk, _ folder: String) throws -> SteppedJournal {
        disk.mount(folder)
        return try SteppedJournal(
            file: folder + "/j.sqlite", disk: FakeDisk.vfs, secret: Key128(high: 1, low: 2), time: ManualClock(), digester: testDigester())
    }

    private func message(_ control: String) -> Message {
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: UInt64(control.utf8.count))), listener: "in", partner: Partner(facility: "f", name: "p"),
            received: Instant(milliseconds: 0), format: "x", controlID: control)
        return Message(envelope: envelope, body: .bytes(Array(control.utf8)), digest: Array(control.utf8))
    }

    @Test("what was committed survives the loss of power, whatever part of the rest arrived; a sync that was pretended does not", arguments: 1...3)
    func power(_ seed: UInt64) throws {
        for lies in [false, true] {
            let folder = "/disk-\(seed)-\(lies)", disk = FakeDisk(), first = try journal(on: disk, folder)
            if lies { disk.decide { operation, _ in operation == .sync ? .lie : .go } }
            for n in 0..<20 { _ = first.step([.accept(Acceptance(message("c\(n)")))]) }
            let found = disk.losePower(SeededRandom(seed))
            let later = try journal(on: found, folder)
            #expect(try later.integrity() == "ok")
            let count = try later.find(.messages(limit: 100)).messages.count
            if lies { #expect(count <= 20) } else { #expect(count == 20) }
            FakeDisk.unmount(folder)
        }
    }

    @Test("where every sync is pretended, some power cut loses a commit")
    func lies() throws {
        var lost = 0
        for seed in 1...5 as ClosedRange<UInt64> {
            let folder = "/lying-\(seed)", disk = FakeDisk(), first = try journal(on: disk, folder)
            disk.decide { operation, _ in operation == .sync ? .lie : .go }
            for n in 0..<20 { _ = first.step([.accept(Acceptance(message("c\(n)")))]) }
            let later = try journal(on: disk.losePower(SeededRandom(seed)), folder)
            if try later.find(.messages(limit: 100)).messages.count < 20 { lost += 1 }
            FakeDisk.unmount(folder)
        }
        #expect(lost > 0)
    }

    @Test("a full disk refuses the group whole, and takes it once there is room; a failing sync breaks the journal")
    func full() throws {
        let disk = FakeDisk(), journal = try journal(on: disk, "/full")
        defer { FakeDisk.unmount("/full") }
        disk.limit(to: disk.size("/full/j.sqlite-wal"))
        guard case .failed(.full)? = journal.step([.accept(Acceptance(message("a")))]).first else {
            Issue.record("not full")
            return
        }
        disk.limit(to: nil)
        guard case .receipt(.new(1))? = journal.step([.accept(Acceptance(message("a")))]).first else {
            Issue.record("not taken")
            return
        }
        disk.failSyncs()
        _ = journal.step([.accept(Acceptance(message("bb")))])
        #expect(journal.failure != nil)
    }
}
