import Foundation
import Testing

/// The scenario beside the tests, as a person runs it: a process of its own, waited for on a thread of its own, since the tests' own threads are few.
private func history(_ arguments: String...) async throws -> (code: Int32, output: String) {
    let ended: Result<(Int32, String), any Error> = await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: Result { try finish(["--scenario", "bulk"] + arguments) }) }
    }
    let (code, output) = try ended.get()
    return (code, output)
}

private func finish(_ arguments: [String]) throws -> (Int32, String) {
    let command = Process()
    command.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "passerelle-simulate")
    command.arguments = arguments
    let output = Pipe()
    command.standardOutput = output
    try command.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    command.waitUntilExit()
    return (command.terminationStatus, said)
}

/// The whole of it, 300 000 documents and ten minutes, is a line of `Deploy/test.sh`.
@Suite("History does not hold up today's letters", .serialized)
struct HistoryTests {
    @Test("beside a backlog planned as bulk, the letters of today wait at most a second more at p95, and history goes on")
    func bulk() async throws {
        let (code, output) = try await history("--documents", "10000", "--seconds", "10")
        print("simulation: \(output)")
        #expect(code == 0, "\(output)")
        #expect(output.contains("p95"))
    }

    @Test("the same backlog planned as today's holds them up: the measure bites")
    func today() async throws {
        let (code, output) = try await history("--documents", "3000", "--seconds", "5", "--class", "today")
        #expect(code == 1, "\(output)")
        #expect(output.contains("NOT ALLOWED: history costs"), "\(output)")
    }
}
