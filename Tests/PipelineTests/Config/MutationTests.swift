import Testing

@testable import Pipeline

@Suite("Damaged configuration files")
struct MutationTests {
    /// A small generator, so that a failure is found again.
    struct Chance: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private static let pieces = [
        "{", "}", "[", "]", ":", ": ", "- ", "\n", "\t", "\"", "'", "&a ", "*a", "!x ", "---\n", "...\n", "? ", "| \n", "> \n", "<<: ", "#", ",", "\\", "\u{0}",
        "é",
        "%YAML 1.2\n", "{param: x}", "null", "~",
    ]

    @Test("whatever is cut out, doubled or put in: a configuration or diagnostics with places, never a crash", arguments: 0..<8)
    func mutations(_ seed: UInt64) {
        var chance = Chance(state: seed &* 7919 &+ 1)
        for _ in 0..<60 {
            var bench = ConfigBench()
            let file = ["/c/passerelle.yaml", "/c/Routes/letters.yaml", "/c/Routes/facilities/clinic.yaml"].randomElement(using: &chance) ?? ""
            var text = Array(bench.files[file] ?? "")
            for _ in 0..<Int.random(in: 1...4, using: &chance) where !text.isEmpty {
                let at = Int.random(in: 0..<text.count, using: &chance), end = min(text.count, at + Int.random(in: 1...12, using: &chance))
                switch Int.random(in: 0..<4, using: &chance) {
                case 0: text.removeSubrange(at..<end)
                case 1: text.insert(contentsOf: text[at..<end], at: at)
                case 2: text.insert(contentsOf: Self.pieces.randomElement(using: &chance) ?? "", at: at)
                default: text = Array(text[..<at])
                }
            }
            bench.files[file] = String(text)
            let loaded = bench.load()
            #expect((loaded.configuration == nil) == loaded.report.hasErrors)
            #expect(loaded.report.diagnostics.allSatisfy { DiagnosticHelp.paragraphs[$0.code] != nil || $0.code == "P0999" })
            #expect(loaded.report.text(.fr).isEmpty == loaded.report.diagnostics.isEmpty)
        }
    }

    @Test("many aliases of aliases are refused without being unfolded")
    func aliases() {
        var text = "a0: &a0 x\n"
        for i in 1..<60 { text += "a\(i): &a\(i) [*a\(i - 1), *a\(i - 1)]\n" }
        let report = ConfigBench(Slip.route, "", text).load().report
        #expect(report.diagnostics.filter { $0.code == "P0105" }.count >= 60)
    }
}
