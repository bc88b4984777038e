import France
import FoundationEssentials
import HL7v2
import Testing

@Suite("The composed examples (Tests/Fixtures/messages)")
struct ComposedExamplesTests {
    @Test("compose.py writes them again, byte for byte")
    func reproducible() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "composed-\(UInt64.random(in: 0...UInt64.max))").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kept = RequestFixture.root + "/Tests/Fixtures/messages"
        let run = try DMPFixture.shell("mkdir -p '\(folder)' && python3 '\(kept)/compose.py' --out '\(folder)' && diff -r -x compose.py '\(folder)' '\(kept)'")
        #expect(run.code == 0, "\(run.text)")
    }

    @Test(
        "the good ones pass the control and open the DMP, but for the INS that is not qualified",
        arguments: [
            "oru-initial", "oru-replacement", "oru-deletion", "mdm-initial", "mdm-replacement", "mdm-visibility", "mdm-deletion", "oru-two-documents",
            "oru-initial-latin9", "oru-ins-not-qualified", "oru-dmp-closed",
        ])
    func good(_ name: String) throws {
        let message = try RequestFixture(name).message
        let findings = RequestControl.findings(message: message, settings: ControlSettings(environment: .test))
        #expect(findings.isEmpty, "\(findings.map(\.text.en))")
        let tables = try DMPFixture.tables()
        let refusal = RequestControl.dmpGate(DocumentRequest(message), environment: .test, isDMPType: { tables.isFed(type: $0) })
        #expect((refusal == nil) == (name != "oru-ins-not-qualified"), "\(refusal?.text.en ?? "")")
    }
}
