import HL7v2
import NIOCore
import NIOEmbedded
import Pipeline
import Synchronization
import Testing

@testable import Connectors

/// Answers on the spot, from the caller's thread.
private struct PromptIntake: Intake {
    func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void) {
        answer(acceptance.verdict.map { .rejected($0.findings) } ?? .accepted([]))
    }
    func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch {
        .known(Partner(facility: "clinique", name: "DPI|CH"), .refuseReuse)
    }
}

@Suite struct MLLPConnectionTests {
    private func server() -> MLLPServer {
        let reception = MLLPReception(
            listener: "in", environment: .test, application: "P", engine: .scripted(PromptIntake()), language: .french)
        let settings = MLLPServer.Settings(frame: 50_000_000, idle: .seconds(60), stall: .seconds(60), connections: 4)
        return MLLPServer(name: "in", settings: settings, reception: reception)
    }

    /// The MSA-2 of every answer to bytes that come in these pieces.
    private func answers(_ pieces: [[UInt8]]) throws -> [String] {
        let channel = EmbeddedChannel()
        let outbox = MLLPOutbox(loop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(MLLPConnection(server: server(), outbox: outbox, peer: MLLPPeer(address: "test")))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var framing = MLLPFraming()
        var content = [UInt8]()
        var ids = [String]()
        for piece in pieces {
            try channel.writeInbound(ByteBuffer(bytes: piece))
            channel.embeddedEventLoop.run()
            while var out = try channel.readOutbound(as: ByteBuffer.self) {
                while let event = framing.next(&out) {
                    switch event {
                    case .start: content = []
                    case .content(let slice): content += slice.readableBytesView
                    case .end: ids.append(try HL7Message(content)["MSA-1"] + " " + HL7Message(content)["MSA-2"])
                    case .junk: break
                    }
                }
            }
        }
        _ = try? channel.finish()
        return ids
    }

    @Test("The handler answers the same however the bytes are cut: at once, byte by byte, message by message, and in every two pieces")
    func drip() throws {
        let messages = [framed(adt("A")), [0x0D, 0x0A], framed(Array("noise".utf8)), framed(adt("B", charset: "8859/15")), framed(adt("C"))]
        let all = messages.flatMap { $0 }
        let expected = ["AA A", "AE ", "AA B", "AA C"]
        #expect(try answers([all]) == expected)
        #expect(try answers(all.map { [$0] }) == expected)
        #expect(try answers(messages) == expected)
        for cut in stride(from: 1, to: all.count, by: 7) { #expect(try answers([Array(all[..<cut]), Array(all[cut...])]) == expected) }
    }

    @Test("A message that is judged waits for its answer when the connection is gone: nothing crashes, nothing is written")
    func gone() throws {
        let channel = EmbeddedChannel()
        let outbox = MLLPOutbox(loop: channel.eventLoop)
        let intake = ScriptedIntake { _ in nil }
        let reception = MLLPReception(listener: "in", environment: .test, application: "P", engine: .scripted(intake), language: .french)
        let server = MLLPServer(
            name: "in", settings: .init(frame: 1_000_000, idle: .seconds(60), stall: .seconds(60), connections: 4), reception: reception)
        try channel.pipeline.syncOperations.addHandler(MLLPConnection(server: server, outbox: outbox, peer: MLLPPeer(address: "test")))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(bytes: framed(adt("A"))))
        _ = try channel.finish()
        intake.open.withLock { $0.removeFirst() }(.accepted([]))
        channel.embeddedEventLoop.run()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }
}
