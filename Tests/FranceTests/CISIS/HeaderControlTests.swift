import France
import HL7v2
import Testing

@Suite("Control of MSH (volet Transmission de documents CDA-R2 en HL7v2, messages)")
struct HeaderControlTests {
    static let cases: [ControlCase] = [
        ControlCase("an official initial ORU is accepted", "oru-initial"),
        ControlCase("another message type is AE 200", "oru-initial", ["200 MSH-9.1"]) { try $0.set("MSH-9.1", "OMG") },
        ControlCase("another event of ORU is AE 201", "oru-initial", ["201 MSH-9.2"]) { try $0.set("MSH-9.2", "R30") },
        ControlCase("another event of MDM is AE 201", "mdm-initial", ["201 MSH-9.2"]) { try $0.set("MSH-9.2", "T06") },
        ControlCase("an ORU is of version 2.5, else AE 203", "oru-initial", ["203 MSH-12"]) { try $0.set("MSH-12", "2.6") },
        ControlCase("an MDM is of version 2.6, else AE 203", "mdm-initial", ["203 MSH-12"]) { try $0.set("MSH-12", "2.3.1") },
        ControlCase("the first component of the version alone is read", "oru-initial") { try $0.replace("|P|2.5|", "|P|2.5^FRA^2.11|") },
        ControlCase("production takes MSH-11 P alone, else AE 202", "oru-initial", ["202 MSH-11"]) {
            $0.environment = .production
        } bend: {
            try $0.set("MSH-11", "T")
        },
        ControlCase("a test environment takes D", "oru-initial") { try $0.set("MSH-11", "D") },
        ControlCase("MSH-11 absent is AE 101", "oru-initial", ["101 MSH-11"]) { try $0.set("MSH-11", "") },
        ControlCase("another interface is AE 203", "oru-initial", ["203 MSH-21.2"]) { try $0.set("MSH-21.2", "CISIS_CDA_HL7_LPS") },
        ControlCase("MSH-21: the repetition that names this volet is read, wherever it stands", "oru-initial") {
            try $0.field("MSH", 20) { "1.0^OTHER~\($0)" }
        },
        ControlCase("MSH-21: a fault is named in the repetition where it stands", "oru-initial", ["203 MSH-21[2].1"]) {
            try $0.field("MSH", 20) { _ in "1.0^OTHER~2.0^CISIS_CDA_HL7_V2" }
        },
        ControlCase("MSH-21: other interfaces alone are AE 203", "oru-initial", ["203 MSH-21.2"]) {
            try $0.field("MSH", 20) { _ in "1.0^OTHER~2.1^CISIS_CDA_HL7_LPS" }
        },
        ControlCase("a former version of the interface is AE 203", "oru-initial", ["203 MSH-21.1"]) { try $0.set("MSH-21.1", "2.0") },
        ControlCase("a former version is let in by setting", "oru-initial") {
            $0.compatibility = .former
        } bend: {
            try $0.set("MSH-21.1", "2.0")
        },
        ControlCase("the stray blank of the volet's own examples is forgiven", "oru-initial") { try $0.set("MSH-21.2", " CISIS_CDA_HL7_V2") },
        ControlCase("sender, receiver, time and control id are required", "oru-initial", ["101 MSH-4", "101 MSH-7"]) {
            try $0.set("MSH-4", "")
            try $0.set("MSH-7", "")
        },
        ControlCase("delimiters other than the standard ones are AE 100", "oru-initial", ["100 MSH-2"]) { try $0.replace("MSH|^~\\&|", "MSH|^~\\$|") },
        ControlCase("a character set that the volet does not know is AE 103, even where all is ASCII", "oru-initial", ["103 MSH-18"]) {
            try $0.foldToASCII()
            try $0.replace("|UNICODE UTF-8|", "|KLINGON|")
        },
        ControlCase("MSH-17 and MSH-18 absent are warnings", "oru-initial") {
            try $0.set("MSH-17", "")
            try $0.replace("|UNICODE UTF-8|", "||")
        },
        ControlCase("a request in 8859/15 is read", "oru-initial-latin9"),
    ]

    @Test("MSH decides: type, event, version, environment, interface", arguments: cases)
    func header(_ row: ControlCase) throws { try row.check() }

    @Test("MSH-18 absent leaves a warning that names it")
    func charsetWarning() throws {
        let found = try ControlCase("", "oru-initial") { try $0.replace("|UNICODE UTF-8|", "||") }.findings()
        #expect(found.contains { $0.severity == .warning && $0.location?.description == "MSH-18" })
    }
}
