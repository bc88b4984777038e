import Foundation
import Testing

/// Far ends that take a connection and never answer.
@Suite("Far ends that hang", .serialized)
struct HangingTests {
    @Test("three that accept and never answer do not slow the fourth: it gets as many messages in the same time as alone, and the three rest")
    func hang() throws {
        let count = 300
        // Who else computes on the machine may slow one of the two: at most three tries. One that is slowed by them is so each time.
        for turn in 1...3 {
            let alone = try rate(count, hanging: 0), beside = try rate(count, hanging: 3)
            print("far ends: \(count) messages in \(alone) s alone, in \(beside) s beside three that hang")
            if beside < 2 * alone + 2 { return }
            #expect(turn < 3, "\(alone) s alone, \(beside) s beside three that hang")
        }
    }

    /// Seconds until a folder has all of the messages, each also for so many far ends that hang.
    private func rate(_ count: Int, hanging: Int) throws -> Double {
        let workspace = try Workspace("hang"), silences = try (0..<hanging).map { _ in try Silence() }
        let kinds = [
            "{http: {url: \"http://127.0.0.1:PORT/adt\", timeout: 5 min, connections: 8}}", "{mllp: {host: 127.0.0.1, port: PORT, answer: 5 min}}",
            "{http: {url: \"http://127.0.0.1:PORT/adt\", timeout: 5 min, after_unknown: send_again}}",
        ]
        let dead = silences.enumerated().map { n, silence in
            (name: "dead\(n)", text: kinds[n].replacingOccurrences(of: "PORT", with: String(silence.port)))
        }
        let node = try PlainNode(workspace, senders: dead + [("alive", "{folder: {path: out}}")], to: dead.map(\.name) + ["alive"])
        let gateway = try node.start()
        defer { Workspace.murder(gateway) }
        let start = Date()
        let peer = try #require(MLLPPeer(port: node.mllp))
        for n in 0..<count {
            let code = MLLPPeer.code(peer.exchange(PlainNode.message("M\(n)", patient: "P\(n % 150)")))
            #expect(code == "AA")
        }
        #expect(eventually(60) { node.count("out") == count }, "\(node.count("out")) of \(count)\n\(workspace.text("gateway.log").suffix(2000))")
        return Date().timeIntervalSince(start)
    }
}
