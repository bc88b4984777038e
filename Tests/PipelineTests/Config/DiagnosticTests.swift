import Testing

@testable import Pipeline

@Suite("Diagnostics of a configuration")
struct DiagnosticTests {
    @Test("what is wrong with a file as such is said at its place", arguments: Slips.files)
    func files(_ slip: Slip) { slip.check() }

    @Test("what is wrong with a field is said at its place", arguments: Slips.fields)
    func fields(_ slip: Slip) { slip.check() }

    @Test("what does not fit together is said at its place", arguments: Slips.whole)
    func whole(_ slip: Slip) { slip.check() }

    @Test("what is wrong with a route is said at its place", arguments: Slips.routes)
    func routes(_ slip: Slip) { slip.check() }

    @Test("every code has a slip above, and a paragraph in both languages")
    func coverage() {
        let shown = Set((Slips.files + Slips.fields + Slips.whole + Slips.routes).flatMap { $0.codes } + ["P0101"])
        #expect(shown.symmetricDifference(DiagnosticHelp.paragraphs.keys).sorted() == [])
        for (code, paragraph) in DiagnosticHelp.paragraphs {
            #expect(paragraph.fr.count > 30 && paragraph.en.count > 30 && paragraph.fr != paragraph.en, "\(code)")
        }
        #expect(DiagnosticHelp.paragraph("p0120") == DiagnosticHelp.paragraphs["P0120"])
        #expect(DiagnosticHelp.paragraph("0120") != nil)
        #expect(DiagnosticHelp.paragraph("P9999") == nil)
    }

    @Test("what a sender lacks of a facility that sends through it is said where the facility takes part in the route")
    func lacking() {
        let bench = Slips.picky.changing(Slip.facility, "  auth: {", "  other: {").changing(Slip.facility, "identity: auth", "identity: other")
        #expect(bench.found == ["Routes/facilities/clinic.yaml:14:3 P0998"])
    }

    @Test("the sender that sends nothing stands for any, but not in production")
    func blank() {
        let bench = ConfigBench(Slip.route, "then: reply", "then: tell").changing(Slip.node, "out: {probe: {}}", "out: {blank: {}}")
        #expect(bench.found == ["Routes/facilities/clinic.yaml:14:3 P0177"])
        var production = bench
        for (file, text) in bench.files { production.files[file] = text.replacing("environment: test", with: "environment: production") }
        #expect(production.found == ["Routes/facilities/clinic.yaml:14:21 P0172"])
    }

    @Test("a mend names the senders of the kind that is wanted, and the key under which a misplaced component belongs")
    func mends() {
        let wrong = ConfigBench(Slip.route, "then: reply", "then: tell").changing(Slip.node, "senders:\n", "senders:\n  good: {picky: {}}\n")
        let said = wrong.load().report.diagnostics.first { $0.code == "P0172" }
        #expect(said?.mend?.fr == "il y a : good" && said?.text.fr.contains("Routes/letters.yaml:14:") == true)
        let misplaced = ConfigBench(Slip.node, "out: {probe: {}}", "out: {tap: {port: 6660}}").load().report.diagnostics.first { $0.code == "P0140" }
        #expect(misplaced?.mend?.en == "it is a listener: write it under \"listeners\"")
    }

    @Test("a file that is not UTF-8 is refused where the first such character stands")
    func encoding() {
        let latin = Array("node: d".utf8) + [0x0A, 0x6E, 0xE9, 0x6F]
        let good = FileAccess.memory([:])
        let files = FileAccess(folder: "/", read: { (_) throws(Reason) in latin }, list: good.list, exists: good.exists)
        let report = Configuration.load("/c/passerelle.yaml", ConfigBench.context(files)).report
        #expect(report.diagnostics.map { "\($0.place) \($0.code)" } == ["/c/passerelle.yaml:2:2 P0101"])
    }

    @Test("a byte order mark is no part of the first key")
    func byteOrderMark() { #expect(ConfigBench(Slip.node, "node: demo-1", "\u{FEFF}node: demo-1").found == []) }

    @Test("the good configuration has nothing to say")
    func good() {
        let loaded = ConfigBench().load()
        #expect(loaded.report.text(.en) == "")
        #expect(loaded.configuration != nil)
    }

    @Test("everything is said at once, in the order of files and lines")
    func together() {
        var bench = ConfigBench(Slip.route, "when_held: block", "when_held: stop")
        for (file, old, new) in [
            (Slip.route, "from: in\n", "from: inn\n"), (Slip.node, "port: 6660", "prot: 6660"), (Slip.node, "ca: ca.pem", "ca: none.pem"),
            (Slip.facility, "subject: ", "subjct: "),
        ] { bench.files["/c/" + file] = bench.files["/c/" + file]?.replacing(old, with: new) }
        #expect(
            bench.found == [
                "Routes/facilities/clinic.yaml:6:52 P0120", "Routes/letters.yaml:4:7 P0134", "Routes/letters.yaml:9:33 P0129", "passerelle.yaml:5:8 P0121",
                "passerelle.yaml:5:14 P0120", "passerelle.yaml:11:13 P0135",
            ])
    }
}

/// One change of the good configuration, and what is to be said about it.
struct Slip: CustomTestStringConvertible, Sendable {
    /// `file:line:column code`, joined by commas.
    let expected: String
    let bench: ConfigBench
    var testDescription: String { expected }
    var codes: [String] { expected.split(separator: ", ").compactMap { $0.split(separator: " ").last.map(String.init) } }

    static let node = "passerelle.yaml", facility = "Routes/facilities/clinic.yaml", route = "Routes/letters.yaml"

    init(_ expected: String, _ bench: ConfigBench) { (self.expected, self.bench) = (expected, bench) }

    /// A field of the sender `probe`.
    static func probe(_ expected: String, _ fields: String) -> Slip {
        Slip("passerelle.yaml:7:" + expected, ConfigBench(node, "out: {probe: {}}", "out: {probe: {\(fields)}}"))
    }

    func check() {
        let loaded = bench.load()
        #expect(bench.found.joined(separator: ", ") == expected)
        #expect((loaded.configuration == nil) == loaded.report.hasErrors)
        for diagnostic in loaded.report.diagnostics {
            #expect(!diagnostic.text.fr.isEmpty && diagnostic.text.fr != diagnostic.text.en, "\(diagnostic.code) is not in two languages")
            if let mend = diagnostic.mend { #expect(!mend.fr.isEmpty && !mend.en.isEmpty) }
        }
    }
}
