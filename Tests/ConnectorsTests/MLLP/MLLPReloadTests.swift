import HL7v2
import Pipeline
import Testing

@testable import Connectors

@Suite struct MLLPReloadTests {
    private func listener(_ values: [String: Fields.Value]) throws -> MLLPListener {
        try MLLPListener(.test(values), .test(ScriptedIntake(), environment: .test, trust: [:]))
    }

    @Test("In clear where the network reaches it: an error at the address, unless the file says tls: none", arguments: ["0.0.0.0", "10.1.2.3", "::"])
    func clear(_ host: String) throws {
        let error = #expect(throws: ConfigError.self) { try listener(["host": .text(host), "port": .integer(0)]) }
        #expect(error?.diagnostics.map(\.code) == ["P0627"])
        _ = try listener(["host": .text(host), "port": .integer(0), "tls": .text("none")])
        for own in ["127.0.0.1", "127.8.8.8", "::1", "localhost"] { _ = try listener(["host": .text(own), "port": .integer(0)]) }
    }

    @Test("A port that somebody has is refused with the system's words, before anything is served")
    func taken() async throws {
        try await withListener(ScriptedIntake()) { _, port in
            let second = try listener(["host": .text("127.0.0.1"), "port": .integer(port)])
            let reason = await #expect(throws: Reason.self) { try await second.open([]) }
            #expect(reason?.code == "P0626" && reason?.text.en.contains("in use") == true)
        }
    }

    /// A listener that runs, on a port that was free a moment ago: another test may take it first, then another one is tried.
    private func running(_ scope: () -> Scope) async throws -> (MLLPListener, Task<Void, any Error>, Int) {
        while true {
            let port = try ListeningSocket(host: "127.0.0.1", port: 0).port
            let listener = try MLLPListener(.test(["host": .text("127.0.0.1"), "port": .integer(port)]), scope())
            let task = Task { try await listener.run() }
            for _ in 0..<500 {
                if await listener.boundPort != nil { return (listener, task, port) }
                try await Task.sleep(for: .milliseconds(2))
            }
            task.cancel()
        }
    }

    @Test("A listener that takes another's place shares its socket: the port answers all the time, the old one's message in flight gets its ACK")
    func takenOver() async throws {
        let intake = ScriptedIntake()
        let scope = { Scope.test(intake, environment: .test, trust: [:]) }
        let (old, first, port) = try await running(scope)
        let new = try MLLPListener(.test(["host": .text("127.0.0.1"), "port": .integer(port)]), scope())
        try await withThrowingTaskGroup(of: Void.self) { group in
            let client = try await blocking { try RawClient(port: port) }
            #expect(
                try await blocking {
                    client.send(framed(adt("A"))); return try ack(client.frame())["MSA-1"]
                } == "AA")
            try await new.open([old])
            // Connects while nobody of the new one accepts yet.
            let waiting = try await blocking { try RawClient(port: port) }
            group.addTask { try await new.run() }
            first.cancel()
            try await first.value
            #expect(await old.boundPort == nil)
            let answers = try await blocking {
                let late = try RawClient(port: port)
                late.send(framed(adt("C")))
                return try [ack(late.frame())["MSA-1"]]
            }
            #expect(answers == ["AA"] && client.isAtEnd())
            _ = waiting
            group.cancelAll()
        }
        await #expect(throws: POSIXError.self) { try await blocking { try RawClient(port: port) } }
    }
}
