import Foundation
import Pipeline
import Synchronization
import Trust

@testable import Connectors

/// Python's http.server with manners to choose (Tests/Fixtures/http/farend.py), running until this value goes.
final class HTTPFarEnd {
    private let process = Process()
    private let log: String
    let port: Int
    private let isTLS: Bool

    /// With `pki`: TLS, and a client certificate is asked for.
    init(pki: TestPKI? = nil) throws {
        log = NSTemporaryDirectory() + "farend-\(UUID().uuidString).jsonl"
        isTLS = pki != nil
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/http/farend.py")
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path, log] + (pki.map { [$0.path("server.pem"), $0.path("server.key"), $0.path("ca.pem")] } ?? [])
        process.standardOutput = output
        try launch(process)
        port = Int(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit {
        process.terminate()
        try? FileManager.default.removeItem(atPath: log)
    }

    func url(_ path: String) -> String { (isTLS ? "https" : "http") + "://localhost:\(port)\(path)" }

    /// Connections to the server that it has not closed, as the system tells (proc(5), net/tcp: far address, state; 01 is open to both sides).
    var openConnections: Int {
        let address = "0100007F:" + String(format: "%04X", port)
        // Foundation reads such a file up to its first page only.
        guard let file = fopen("/proc/net/tcp", "r") else { return 0 }
        defer { fclose(file) }
        var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
        return lines.count { $0.count > 3 && $0[2] == address && $0[3] == "01" }
    }

    /// A request as the server saw it.
    struct Seen: Decodable {
        let method: String, path: String, connection: Int, sha256: String, length: Int
        let headers: [String: String]
    }

    var seen: [Seen] {
        get throws {
            try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map { try JSONDecoder().decode(Seen.self, from: Data($0.utf8)) }
        }
    }
}

extension HTTPSender {
    /// A sender with what `senders: {name: {http: …}}` would say.
    static func test(_ url: String, _ values: [String: Fields.Value] = [:], _ scope: Scope? = nil) throws -> HTTPSender {
        try HTTPSender(.test(values.merging(["url": .text(url)]) { mine, _ in mine }), scope ?? .test(ScriptedIntake { _ in nil }))
    }

    func send(_ bytes: [UInt8], _ delivery: Delivery? = nil) async -> Outcome { await deliver(delivery ?? .test(bytes), .test(bytes)) }
}

/// What an attempt recorded.
final class RecordedFacts: Sendable {
    private let all = Mutex<[[String: String]]>([])
    var facts: [[String: String]] { all.withLock { $0 } }

    func attempt(_ bytes: [UInt8]) -> Attempt {
        Attempt(
            time: Instant(milliseconds: 0), record: { [self] facts throws(JournalError) in all.withLock { $0.append(facts) } },
            bytes: { () throws(JournalError) in bytes })
    }
}
