import Foundation
import HL7v2
import Testing

@testable import Connectors

@Suite struct MLLPForeignClientTests {
    /// Python with the package `hl7`, as Deploy/test.sh provides it.
    private static let python = ProcessInfo.processInfo.environment["PASSERELLE_PYTHON"]

    @Test("The mllp_send client of the PyPI package hl7 is answered", .enabled(if: python != nil, "Deploy/test.sh sets PASSERELLE_PYTHON"))
    func mllpSend() async throws {
        let python = try #require(MLLPForeignClientTests.python)
        let intake = ScriptedIntake()
        try await withListener(intake) { _, port in
            let output = try await blocking {
                let file = NSTemporaryDirectory() + "mllp-send-\(UUID().uuidString).hl7"
                defer { try? FileManager.default.removeItem(atPath: file) }
                try Data(framed(adt("PY1")) + framed(adt("PY2"))).write(to: URL(fileURLWithPath: file))
                let program = (python as NSString).deletingLastPathComponent + "/mllp_send"
                return try run(python, [program, "--file", file, "--port", "\(port)", "127.0.0.1"]).output
            }
            #expect(output.contains("MSA|AA|PY1") && output.contains("MSA|AA|PY2"), "\(output)")
        }
        #expect(intake.got.count == 2)
    }
}
