import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Pipeline
import ServiceLifecycle
import Synchronization
import Testing

@testable import Console

@Suite("The door")
struct DoorTests {
    @Test("the socket is for its owner alone, and is gone after a graceful shutdown")
    func socket() async throws {
        let path = Self.path()
        try await Self.open(path, Sample.journal()) { _, _ in
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("the queue, a delivery and a message are shown without patient data, unless asked for")
    func views() async throws {
        let journal = Sample.journal(Sample.delivery(1, part: "269029910900215@patient.mssante.fr"), Sample.delivery(2, .delivered))
        try await Self.open(Self.path(), journal) { client, _ in
            let queue = try await client.queue()
            #expect(queue.since == QueueView.Since(counters: [:], refusals: ["DocumentTypeNotFed": 2], tally: ["AUTOMATE": 1]))
            #expect(queue.incoming == 3 && queue.open == ["letters/dmp": ["held": 1]])
            #expect(queue.deliveries.map(\.id) == [Delivery.id(7, 1)] && queue.next == nil)
            #expect(queue.deliveries[0].part == "•••@patient.mssante.fr")
            #expect(queue.deliveries[0].reason?.detail == "•••")
            #expect(queue.deliveries[0].planned == "1970-01-01T00:00:00.000Z")
            let revealed = try await client.delivery(Delivery.id(7, 1), reveal: true)
            #expect(revealed.part == "269029910900215@patient.mssante.fr")
            #expect(revealed.reason?.detail?.hasPrefix("550 5.1.1") == true)
            for name in [Sample.message.envelope.id.description, "SGL/01"] {
                let message = try await client.messages(name)[0]
                #expect(message.seq == 7 && message.verdict == "accepted" && message.deliveries.count == 2)
                #expect(message.trace == ["route letters", "check ok"] && message.audit.map(\.what) == ["accepted"])
            }
        }
    }

    @Test("pages of the queue follow each other by key")
    func pages() async throws {
        try await Self.open(Self.path(), Sample.journal(Sample.delivery(1), Sample.delivery(2), Sample.delivery(3))) { client, _ in
            let first = try await client.queue(limit: 2)
            #expect(first.deliveries.count == 2)
            let second = try await client.queue(after: try #require(first.next), limit: 2)
            #expect(second.deliveries.map(\.id) == [Delivery.id(7, 3)] && second.next == nil)
        }
    }

    @Test("a command reaches the engine with the version that was seen; a stale one changes nothing and says so")
    func commands() async throws {
        let id = Delivery.id(7, 1)
        try await Self.open(Self.path(), Sample.journal(Sample.delivery(1, version: 4))) { client, engine in
            _ = try await client.command("retry", on: id, CommandBody(expecting: 4, by: "anne"))
            _ = try await client.command("discard", on: id, CommandBody(by: "anne", reason: "doublon"))
            await #expect { _ = try await client.command("release", on: id, CommandBody(expecting: 3)) } throws: {
                ($0 as? DoorAnswerError)?.status == 409
            }
            await #expect { _ = try await client.command("retry", on: 1, CommandBody()) } throws: { ($0 as? DoorAnswerError)?.status == 404 }
            #expect(engine.told.withLock { $0 } == ["retry \(id) 4 anne", "discard \(id) 4 anne"])
        }
    }

    @Test("a halted scope is resumed by its name; an unknown one is not found")
    func resume() async throws {
        try await Self.open(Self.path(), Sample.journal()) { client, _ in
            let health = try await client.resume("mss/pfi", CommandBody(by: "anne"))
            #expect(health.isTaking)
            await #expect { _ = try await client.resume("mss/autre", CommandBody()) } throws: { ($0 as? DoorAnswerError)?.status == 404 }
        }
    }

    @Test("health answers 503 while new messages are refused, with the same content")
    func health() async throws {
        try await Self.open(Self.path(), Sample.journal(), taking: false) { client, _ in
            let status = try await client.exchange("GET", "/health").status, health = try await client.health()
            #expect(status == 503 && !health.isTaking)
        }
    }

    @Test("a body over the limit is refused with 413, noise is answered 400 or dropped, and the door stays open")
    func badInput() async throws {
        let path = Self.path()
        try await Self.open(path, Sample.journal()) { client, _ in
            let large = [UInt8](repeating: 0x20, count: Door.bodyLimit + 1)
            #expect(try await client.exchange("POST", "/delivery/7/retry", large).status == 413)
            for noise in ["\0\0\0\u{1}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /queue HTTP/1.1\r\nContent-Length: x\r\n\r\n"] {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(unixDomainSocketPath: path).get()
                try? await channel.writeAndFlush(ByteBuffer(string: noise))
                try await channel.closeFuture.get()
            }
            #expect(try await client.health().node == "demo-1")
        }
    }

    @Test("a second gateway does not take the socket of one that answers; a dead one's socket is replaced")
    func occupied() async throws {
        let path = Self.path()
        try await Self.open(path, Sample.journal()) { _, _ in
            await #expect(throws: DoorError.inUse(path)) { try await Self.door(path, ScriptedEngine(Sample.journal())).run() }
        }
        leaveSocket(at: path)
        #expect(FileManager.default.fileExists(atPath: path))
        try await Self.open(path, Sample.journal()) { client, _ in
            let health = try await client.health()
            #expect(health.node == "demo-1")
        }
    }

    @Test("who knocks at the moment the door closes harms nobody: the process stays, and the next door opens")
    func closing() async throws {
        let path = Self.path(), knocks = Knocks()
        for _ in 0..<2 {
            Thread.detachNewThread {
                while !knocks.isOver.load(ordering: .relaxed) {
                    if Self.knock(at: path) { knocks.count.add(1, ordering: .relaxed) } else { usleep(100) }
                }
            }
        }
        defer { knocks.isOver.store(true, ordering: .relaxed) }
        for _ in 0..<40 {
            let before = knocks.count.load(ordering: .relaxed)
            try await Self.open(path, Sample.journal()) { _, _ in
                while knocks.count.load(ordering: .relaxed) < before + 20 { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
    }

    /// What knocks all the time.
    private final class Knocks: Sendable {
        let isOver = Atomic(false), count = Atomic(0)
    }

    @Test("a file that is no socket is left alone")
    func notASocket() async throws {
        let path = Self.path()
        #expect(FileManager.default.createFile(atPath: path, contents: Data("kept".utf8)))
        defer { try? FileManager.default.removeItem(atPath: path) }
        await #expect(throws: DoorError.notASocket(path)) { try await Self.door(path, ScriptedEngine(Sample.journal())).run() }
        #expect(FileManager.default.contents(atPath: path) == Data("kept".utf8))
    }

    @Test("a path too long for a Unix socket is named as such")
    func longPath() async {
        let path = "/tmp/" + String(repeating: "x", count: 110)
        await #expect(throws: DoorError.pathTooLong(path)) { try await Self.door(path, ScriptedEngine(Sample.journal())).run() }
    }

    @Test("a journal that fails is a 5xx with its code, not a silence")
    func brokenJournal() async throws {
        let journal = ScriptedJournal(message: Sample.message, failure: .broken("disk"))
        try await Self.open(Self.path(), journal) { client, _ in
            let (status, json) = try await client.exchange("GET", "/queue")
            #expect(status == 500 && String(decoding: json, as: UTF8.self).contains("P9023"))
        }
    }

    /// A Unix socket, and `call` made for it with this path: `bind` or `connect`.
    private static func socket(_ path: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> (descriptor: Int32, isDone: Bool) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        return (socket, result == 0)
    }

    /// A socket whose owner is gone, as a killed gateway leaves it.
    private func leaveSocket(at path: String) {
        let (descriptor, isBound) = Self.socket(path, bind)
        #expect(isBound)
        close(descriptor)
    }

    /// Connects and goes away; false where nobody listens.
    private static func knock(at path: String) -> Bool {
        let (descriptor, isThere) = socket(path, connect)
        close(descriptor)
        return isThere
    }

    private static func path() -> String { NSTemporaryDirectory() + "door-\(UInt32.random(in: 0 ... .max)).sock" }

    private static func door(_ path: String, _ engine: ScriptedEngine) -> Door {
        Door(
            path: path, desk: DoorDesk(journal: engine.journal, engine: engine), group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a door while `work` knocks at it, then shuts it down gracefully.
    private static func open(
        _ path: String, _ journal: ScriptedJournal, taking: Bool = true, _ work: @escaping @Sendable (DoorClient, ScriptedEngine) async throws -> Void
    ) async throws {
        let engine = ScriptedEngine(journal, taking: taking)
        let group = ServiceGroup(services: [door(path, engine)], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let client = DoorClient(path: path, group: MultiThreadedEventLoopGroup.singleton)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let limit = ContinuousClock.now + .seconds(60)
            while (try? await client.exchange("GET", "/nothing")) == nil, ContinuousClock.now < limit { try await Task.sleep(for: .milliseconds(5)) }
            defer { tasks.addTask { await group.triggerGracefulShutdown() } }
            try await work(client, engine)
        }
    }
}
