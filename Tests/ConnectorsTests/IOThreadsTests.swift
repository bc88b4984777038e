import Foundation
import Logging
import PipelineTesting
import Synchronization
import Testing

@testable import Connectors
@testable import Pipeline

@Suite("Far ends that hang do not slow the others")
struct IOThreadsTests {
    /// Jobs that hang until it is opened.
    private final class Barrier: Sendable {
        private let isOpen = Atomic<Bool>(false)
        let waiting = Atomic<Int>(0)
        func open() { isOpen.store(true, ordering: .releasing) }
        func wait() {
            waiting.add(1, ordering: .relaxed)
            while !isOpen.load(ordering: .acquiring) { usleep(2000) }
        }
    }

    /// A far end that is called by blocking code, as libcurl is.
    private struct Blocking: Sender {
        static let spec = Spec("blocking", Text(fr: "", en: ""))
        let name: String
        let io: IOThreads
        let barrier: Barrier?
        let arrived: Counted
        init(_ name: String, _ io: IOThreads, _ barrier: Barrier?, _ arrived: Counted) {
            (self.name, self.io, self.barrier, self.arrived) = (name, io, barrier, arrived)
        }
        init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { self.init("", IOThreads(), nil, Counted()) }
        var afterUnknown: AfterUnknown { .sendAgain }
        func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
            await io.run(name, places: concurrency) {
                barrier?.wait()
                arrived.add()
                return .delivered(Proof(answer: "AA"))
            }
        }
    }
    private final class Counted: Sendable {
        private let count = Atomic<Int>(0)
        func add() { count.add(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }
    private struct Plain: Format {
        var name: String { "hl7v2" }
        func read(_ bytes: [UInt8]) throws(Reason) -> any Content { bytes }
        func path(_ text: String) throws(PathError) -> any ContentPath { throw PathError(Text(fr: "non", en: "no"), offset: 0) }
        func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
            ([], content)
        }
    }

    private func engine(_ senders: [String: any Sender]) async throws -> Engine {
        var configuration = Configuration()
        configuration.formats = ["hl7v2": Plain()]
        configuration.senders = senders
        let place = Place(file: "r.yaml", line: 1, column: 1)
        let destinations = senders.keys.sorted().map { Destination(id: $0, place: place, sender: .named($0), when: nil, each: nil, then: nil) }
        configuration.add(
            RouteInstance(
                name: "documents", about: Text(fr: "", en: ""), place: place, facility: "clinic", from: ["mllp-in"], format: Plain(), when: .always,
                order: OrderRule(), checks: [], steps: [], destinations: destinations))
        let journal = InMemoryJournal(time: SystemTime(), digester: testDigester())
        return Engine(
            journal: journal, lease: try await journal.lease(), configuration: configuration, time: SystemTime(), random: SystemChance(),
            digester: testDigester(), logger: Logger(label: "threads", factory: { _ in SwiftLogNoOpLogHandler() }), heavy: Inline(), grace: .seconds(5),
            broken: { _ in })
    }
    private final class Inline: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            Task { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    @Test("four far ends by blocking threads, three hang: the fourth gets all of its messages meanwhile; then the three get theirs", .timeLimit(.minutes(5)))
    func hang() async throws {
        let io = IOThreads(), barrier = Barrier()
        let names = ["dead1", "dead2", "dead3", "alive"], arrived = Dictionary(uniqueKeysWithValues: names.map { ($0, Counted()) })
        var senders: [String: any Sender] = [:]
        for (name, count) in arrived { senders[name] = Blocking(name, io, name == "alive" ? nil : barrier, count) }
        let engine = try await engine(senders)
        let life = Task { try await engine.run() }
        try await eventually { engine.isReady }
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: 0), clock: ManualClock(SystemTime().now))
        for n in 1...150 { engine.judge.receive(Acceptance(t.message("M\(n)", patient: UInt64(n))), content: nil) { _ in } }
        try await eventually { arrived["alive"]?.value == 150 }
        #expect(names.dropLast().allSatisfy { arrived[$0]?.value == 0 })
        #expect((1...12).contains(barrier.waiting.load(ordering: .relaxed)), "four threads for each that hangs")
        barrier.open()
        try await eventually { arrived.values.allSatisfy { $0.value == 150 } }
        life.cancel()
        _ = try? await life.value
    }

    @Test("a scope has as many threads as places: eight jobs of one wait together")
    func places() async {
        let io = IOThreads(), barrier = Barrier()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await io.run("wide", places: 8) { barrier.wait() } } }
            while barrier.waiting.load(ordering: .relaxed) < 8 { await Task.yield() }
            barrier.open()
        }
    }
}
