import Foundation
import Pipeline
import PipelineTesting
import Simulation
import Synchronization
import Testing

@testable import JournalSQLite

/// `kill -9` says nothing about fsync, since the page cache survives it: these tests run the real SQLite on a disk that loses what was not synced.
@Suite("The power goes, the disk is full, a sync fails", .serialized)
struct PowerTests {
    /// What the journal said yes to.
    private final class Answered: Sendable {
        private let list = Mutex<[(DeliveryID, DeliveryState)]>([])
        var all: [(DeliveryID, DeliveryState)] { list.withLock { $0 } }
        func add(_ id: DeliveryID, _ state: DeliveryState) { list.withLock { $0.append((id, state)) } }
    }

    private func settings(_ edit: (inout SQLiteJournal.Settings) -> Void = { _ in }) -> SQLiteJournal.Settings {
        var settings = SQLiteJournal.Settings()
        settings.disk = FakeDisk.vfs
        edit(&settings)
        return settings
    }

    /// A fake disk under a folder; bodies over 64 KB, which no test here has, would go to the real one.
    private func disk(_ folder: String) -> FakeDisk {
        let disk = FakeDisk()
        disk.mount(folder)
        return disk
    }

    @Test("whatever was answered before the power went is there afterwards, checkpoints included", arguments: 1...12)
    func power(_ seed: UInt64) async throws {
        let scratch = Scratch(), clock = ManualClock(), random = SeededRandom(seed), disk = disk(scratch.path + "/a")
        defer { for folder in ["/a", "/b"] { FakeDisk.unmount(scratch.path + folder) } }
        let journal = try openJournal(scratch.path + "/a", clock: clock, settings: settings { $0.checkpoint = 96 << 10 })
        let t = try await harness(journal, clock)
        let answered = Answered()
        let work = Task {
            await withTaskGroup(of: Void.self) { group in
                for link in 0..<8 {
                    group.addTask {
                        for n in 0..<40 {
                            guard let id = try? await t.send("\(link)-\(n)", lane: UInt64(link)) else { return }
                            answered.add(id, .unknown)
                            guard (try? await t.settle(id)) != nil else { return }
                            answered.add(id, .delivered)
                        }
                    }
                }
            }
        }
        let goal = 20 + random.below(500)
        while answered.all.count < goal { await Task.yield() }
        // First what was answered, then the disk: what is answered in between may or may not be there.
        let promised = answered.all
        disk.losePower(random, from: scratch.path + "/a", to: scratch.path + "/b").mount(scratch.path + "/b")
        await work.value
        await journal.close()
        let later = try openJournal(scratch.path + "/b", clock: clock, settings: settings())
        let then = try await harness(later, clock)
        var last: [DeliveryID: DeliveryState] = [:]
        for (id, state) in promised { last[id] = state }
        for (id, state) in last {
            let found = try await then.stored(id)
            #expect(found.state == state || found.state == .delivered)
            _ = try await later.bytes(of: found.delivery.message)
        }
        await later.close()
        let check = try Connection(path: scratch.path + "/b/journal.sqlite", isReader: true, disk: FakeDisk.vfs)
        #expect(try check.text("PRAGMA integrity_check") == "ok")
    }

    @Test("a full disk: intake is answered full, nothing is half stored, settlements go through once there is room for them alone")
    func full() async throws {
        let scratch = Scratch(), clock = ManualClock(), broken = Broken(), disk = disk(scratch.path)
        defer { FakeDisk.unmount(scratch.path) }
        let journal = try openJournal(scratch.path, clock: clock, settings: settings { $0.checkpoint = 1 << 30 }, broken: broken)
        let t = try await harness(journal, clock)
        let active = try await t.send("A", lane: 1)
        disk.limit(to: disk.size(scratch.path + "/journal.sqlite-wal") ?? 0)
        await #expect(throws: JournalError.full) { try await t.take("B") }
        await #expect(throws: JournalError.full) { try await t.settle(active) }
        #expect(try await journal.find(.messages()).messages.count == 1)
        #expect(try await t.state(active) == .active)
        disk.limit(to: nil)
        #expect(try await t.settle(active).ignored.isEmpty)
        let seq = try await t.take("B")
        #expect(seq == 2, "a seq was lost or used twice")
        #expect(try await t.plan(seq, [t.delivery(seq, lane: 1)]).count == 1)
        #expect(broken.first == nil)
        await journal.close()
    }

    @Test("in one group with more than the disk takes, the settlements are committed alone")
    func alone() throws {
        let scratch = Scratch(), clock = ManualClock(), disk = disk(scratch.path)
        defer { FakeDisk.unmount(scratch.path) }
        let connection = try Connection(path: scratch.path + "/journal.sqlite", isReader: false, disk: FakeDisk.vfs)
        try Schema.prepare(connection, secret: Key128(high: 1, low: 2))
        let writer = try Writer(connection, time: clock)
        writer.groupWork = .max
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: writer.epoch), clock: clock)
        func accepts(_ name: String, _ count: Int) -> [WriteOperation] {
            (0..<count).map { .accept(Acceptance(t.message("\(name)\($0)", String(repeating: "x", count: 2000)))) }
        }
        _ = writer.step(accepts("A", 3))
        let plans = (1...3).map { Plan(seq: Seq($0), verdict: Verdict(.accepted), deliveries: [t.delivery(Seq($0), lane: UInt64($0))]) }
        guard case .planned(let active) = writer.step([.plan(plans, t.lease)])[0] else { throw CancellationError() }
        disk.limit(to: (disk.size(scratch.path + "/journal.sqlite-wal") ?? 0) + 160_000)
        let settlements = active.map { id in
            WriteOperation.settle([Settlement(delivery: id, attempt: 1, result: .delivered(Proof(answer: "AA")))], activate: [], t.lease, now: clock.now)
        }
        let done = writer.step(settlements + accepts("B", 200))
        #expect(done.count == 203)
        for (index, completion) in done.enumerated() {
            switch completion {
            case .settled(let settled): #expect(index < 3 && settled.ignored.isEmpty)
            case .failed(let error): #expect(index >= 3 && error == .full)
            default: Issue.record("\(completion)")
            }
        }
        #expect(writer.openCount == 0)
        #expect(writer.nextSeq == 4)
        #expect(writer.failure == nil)
    }

    @Test("a sync that fails ends everything: nothing is answered with yes any more, and the process is told to end")
    func sync() async throws {
        let scratch = Scratch(), clock = ManualClock(), broken = Broken(), disk = disk(scratch.path)
        defer { FakeDisk.unmount(scratch.path) }
        let journal = try openJournal(scratch.path, clock: clock, settings: settings(), broken: broken)
        let t = try await harness(journal, clock)
        let seq = try await t.take("A")
        disk.failSyncs()
        func expectBroken(_ body: () async throws -> Void) async {
            do {
                try await body()
                Issue.record("it succeeded")
            } catch JournalError.broken {
            } catch { Issue.record("\(error)") }
        }
        await expectBroken { try await t.take("B") }
        await expectBroken { try await t.plan(seq, []) }
        await expectBroken { try await t.take("C") }
        guard case .broken = broken.first else {
            Issue.record("nobody was told")
            return
        }
        await journal.close()
    }

    @Test("intake stops while there is still room to settle everything that is open")
    func room() async throws {
        let scratch = Scratch(), clock = ManualClock()
        var journal = try openJournal(scratch.path, clock: clock)
        var t = try await harness(journal, clock)
        let id = try await t.send("A", lane: 1)
        #expect(journal.hasRoom)
        await journal.close()
        var settings = SQLiteJournal.Settings()
        settings.ballast = 1 << 60
        journal = try openJournal(scratch.path, clock: clock, settings: settings)
        t = try await harness(journal, clock)
        #expect(!journal.hasRoom)
        await #expect(throws: JournalError.full) { try await t.take("B") }
        #expect(throws: JournalError.full) { try journal.spool(t.message("C").envelope.id, received: t.now) }
        #expect(try await t.start(id) == [id: 2])
        #expect(try await t.settle(id, attempt: 2).ignored.isEmpty)
        await journal.close()
        let free = try #require(Room.freeBytes(scratch.path))
        let room = Room(folder: scratch.path, ballast: 0, walLimitPages: 100, walAlarmPages: 50)
        #expect(room.hasRoom)
        room.update(open: free / Room.settlement + 1_000_000, walPages: 0)
        #expect(!room.hasRoom, "no room is kept for settlements")
        room.update(open: 0, walPages: 100)
        #expect(!room.hasRoom, "the log grows without end")
        room.update(open: 0, walPages: 50)
        #expect(room.hasRoom && room.strain == JournalReasons.logGrows)
    }

    @Test("a forgotten reader does not stop the writer, and the log shrinks once it is gone")
    func reader() async throws {
        let scratch = Scratch(), clock = ManualClock()
        var settings = SQLiteJournal.Settings()
        settings.checkpoint = 64 << 10
        let journal = try openJournal(scratch.path, clock: clock, settings: settings)
        let t = try await harness(journal, clock)
        try await t.take("A")
        do {
            let forgotten = try Connection(path: scratch.path + "/journal.sqlite", isReader: true)
            try forgotten.run("BEGIN")
            #expect(try forgotten.number("SELECT count(*) FROM message") == 1)
            for n in 0..<100 { try await t.take("B\(n)") }
            #expect(try forgotten.number("SELECT count(*) FROM message") == 1)
            try forgotten.run("COMMIT")
        }
        let size = try FileManager.default.attributesOfItem(atPath: scratch.path + "/journal.sqlite-wal")[.size] as? Int ?? 0
        for n in 0..<100 { try await t.take("C\(n)") }
        let after = try FileManager.default.attributesOfItem(atPath: scratch.path + "/journal.sqlite-wal")[.size] as? Int ?? 0
        #expect(after <= size + 200_000, "the log is not used again: \(size), then \(after)")
        await journal.close()
    }
}
