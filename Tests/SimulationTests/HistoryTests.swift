import Testing

private func history(_ arguments: String...) async throws -> (code: Int32, output: String) {
    try await simulate(["--scenario", "bulk"] + arguments)
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
