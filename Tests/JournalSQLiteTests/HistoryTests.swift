import Foundation
import Logging
import PipelineTesting
import Synchronization
import Testing

@testable import JournalSQLite
@testable import Pipeline

/// The whole engine over the real journal in simulated time: 300 000 documents of history before a far end that takes 500 a second.
///
/// PASSERELLE_LONG=1 lets ten minutes of letters pass instead of ten seconds.
@Suite("History does not hold up today's letters", .serialized)
struct HistoryTests {
    private static let seconds = ProcessInfo.processInfo.environment["PASSERELLE_LONG"] == nil ? 10 : 600
    private static let rate = 500.0, letters = 20

    private struct Plain: Format {
        var name: String { "hl7v2" }
        func read(_ bytes: [UInt8]) throws(Reason) -> any Content { bytes }
        func path(_ text: String) throws(PathError) -> any ContentPath { throw PathError(Text(fr: "non", en: "no"), offset: 0) }
        func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
            ([], content)
        }
    }

    /// When each letter was handed in and arrived; how much history left.
    private final class Log: Sendable {
        struct State {
            var sent: [String: Instant] = [:]
            var waits: [Duration] = []
            var history = 0
        }
        let state = Mutex(State())

        func arrived(_ delivery: Delivery, at now: Instant) {
            state.withLock { state in
                if delivery.deliveryClass == .bulk { return state.history += 1 }
                if let sent = state.sent[delivery.message.envelope.controlID] { state.waits.append(now - sent) }
            }
        }
        var p95: Duration { state.withLock { $0.waits.sorted()[$0.waits.count * 95 / 100] } }
    }

    /// 75 messages of 4 000 deliveries each, every one in its own lane: one is planned, the others are copies of its row.
    private func fill(_ folder: String, _ count: Int) throws {
        let connection = try Connection(path: folder + "/journal.sqlite", isReader: false)
        try Schema.prepare(connection, secret: Key128(high: 1, low: 2))
        let writer = try Writer(connection, time: ManualClock())
        writer.groupWork = .max
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: writer.epoch), clock: ManualClock())
        let messages = count / 4000
        _ = writer.step((1...messages).map { .accept(Acceptance(t.message("H\($0)"))) })
        for seq in 1...messages {
            let one = t.delivery(Seq(seq), lane: UInt64(seq), state: .queued, of: .bulk)
            _ = writer.step([.plan([Plan(seq: Seq(seq), verdict: Verdict(.accepted), deliveries: [one])], t.lease)])
        }
        let columns = try Statement(connection, "SELECT name FROM pragma_table_info('delivery')").rows { (row) throws(JournalError) in row.text(0) }
        let values = columns.map { $0 == "id" ? "d.id + n" : $0 == "lane" ? "random()" : $0 == "key" ? "randomblob(16)" : "d." + $0 }
        try connection.run("BEGIN")
        try connection.run(
            """
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3999)
            INSERT INTO delivery (\(columns.joined(separator: ", "))) SELECT \(values.joined(separator: ", ")) FROM delivery d, c ORDER BY d.id, n
            """)
        try connection.run("UPDATE tally SET n = n * 4000 WHERE name > 0 AND state = 0")
        try connection.run("COMMIT")
        _ = try connection.checkpoint()
    }

    private func engine(_ journal: SQLiteJournal, _ clock: ManualClock, _ executor: SeededExecutor, _ log: Log) async throws -> Engine {
        var configuration = Configuration()
        configuration.formats = ["hl7v2": Plain()]
        configuration.senders = [
            "dmp": ScriptedSender(concurrency: 8, rate: Self.rate, resolve: { _ in nil }) { delivery, _, _ in
                await clock.sleep(until: clock.now + .milliseconds(6))
                log.arrived(delivery, at: clock.now)
                return .delivered(Proof(answer: "AA"))
            }
        ]
        let place = Place(file: "documents.yaml", line: 1, column: 1)
        configuration.add(
            RouteInstance(
                name: "documents", about: Text(fr: "", en: ""), place: place, facility: "clinic", from: ["mllp-in"], format: Plain(), when: .always,
                order: OrderRule(), checks: [], steps: [],
                destinations: [Destination(id: "dmp", place: place, sender: .named("dmp"), when: nil, each: nil, then: nil)]))
        return Engine(
            journal: journal, lease: try await journal.lease(), configuration: configuration, time: clock, random: SeededRandom(3),
            digester: testDigester(), logger: Logger(label: "history", factory: { _ in SwiftLogNoOpLogHandler() }), heavy: executor, broken: { _ in })
    }

    /// Letters of as many patients, at a steady pace, for the simulated time. Time stands still while anybody works.
    private func live(_ folder: String) async throws -> Log {
        let clock = ManualClock(), executor = SeededExecutor(5), log = Log(), t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: 0), clock: clock)
        var settings = SQLiteJournal.Settings()
        settings.ballast = 0
        let journal = try openJournal(folder, clock: clock, settings: settings)
        let engine = try await engine(journal, clock, executor, log)
        let life = Task(executorPreference: executor) { try await engine.run() }
        func quiet() {
            var silent = 0
            while silent < 4 {
                if executor.run() > 0 { silent = 0 } else { silent += 1 }
                usleep(30)
            }
        }
        while !engine.isReady {
            quiet()
            clock.advance(by: .milliseconds(2))
        }
        let step = Duration.milliseconds(5), steps = Self.seconds * 200, pause = 200 / Self.letters
        for n in 0..<steps {
            if n % pause == 0 {
                let message = t.message("L\(n)", patient: UInt64(n + 1))
                log.state.withLock { $0.sent["L\(n)"] = clock.now }
                engine.judge.receive(Acceptance(message), content: nil) { _ in }
            }
            quiet()
            clock.advance(by: step)
        }
        life.cancel()
        for _ in 0..<2000 where engine.dispatcher.activeCount > 0 {
            quiet()
            clock.advance(by: .milliseconds(50))
        }
        quiet()
        await journal.close()
        return log
    }

    @Test("with 300 000 documents queued as bulk behind a sender limited to 500 a second, the letters of today wait at most a second more at p95")
    func p95() async throws {
        let empty = Scratch(inMemory: true), full = Scratch(inMemory: true)
        let alone = try await live(empty.path)
        try fill(full.path, 300_000)
        let beside = try await live(full.path)
        let (calm, busy) = (alone.p95, beside.p95), history = beside.state.withLock { $0.history }
        let sent = Self.seconds * Self.letters, expected = Double(Self.seconds) * (Self.rate - Double(Self.letters))
        print("journal: \(Self.seconds) s of letters, p95 \(calm) alone, \(busy) beside 300 000 documents; \(history) of those left")
        #expect(alone.state.withLock { $0.waits.count } >= sent - 5 && beside.state.withLock { $0.waits.count } >= sent - 5)
        #expect(busy - calm <= .seconds(1))
        #expect(Double(history) > expected / 2, "history stands still")
    }
}
