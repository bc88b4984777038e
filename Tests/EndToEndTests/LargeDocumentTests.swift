import Foundation
import Testing

@Suite("Large documents", .serialized)
struct LargeDocumentTests {
    @Test("a CDA of 20 MB reaches the DMP; peak less idle memory is at most three times its bytes")
    func twentyMegabytes() throws {
        let workspace = try Workspace("large")
        let node = try Node(workspace)
        let documents = try Documents()
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        // A small one first: libraries and pools are then loaded, which is what idle means.
        let peer = try #require(MLLPPeer(port: node.mllp))
        #expect(MLLPPeer.code(peer.exchange(documents.request(control: "L0", patient: 1, number: 1))) == "AA")
        #expect(eventually(60) { node.received().count == 1 })
        let idle = try memory(gateway, "VmRSS")
        let message = documents.request(control: "L1", patient: 1, number: 2, padding: 20_000_000)
        #expect(MLLPPeer.code(peer.exchange(message)) == "AA")
        #expect(eventually(60) { node.received().filter(\.stored).count == 2 }, "\(workspace.text("gateway.log").suffix(1500))")
        let peak = try memory(gateway, "VmHWM")
        print("large: idle \(idle / 1024) MB, peak \(peak / 1024) MB, \((peak - idle) * 1024 / 200_000) % of the document")
        #expect((peak - idle) * 1024 <= 60_000_000, "idle \(idle) kB, peak \(peak) kB")
    }

    /// A line of /proc/PID/status, in kB.
    private func memory(_ process: Process, _ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(Int(line.split(whereSeparator: { !$0.isNumber }).first ?? ""))
    }
}
