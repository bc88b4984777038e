import Foundation
import Testing

@Suite("On stable storage before the ACK", .serialized)
struct DurabilityTests {
    @Test("strace shows that the journal is synced between the arrival of a message and its ACK")
    func syncBeforeAck() throws {
        let workspace = try Workspace("strace")
        let node = try Node(workspace)
        let documents = try Documents()
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let trace = workspace.path("trace")
        let gateway = try node.startGateway([
            "/usr/bin/strace", "-f", "-qq", "-s", "64", "-o", trace, "-e", "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync",
        ])
        defer { Workspace.stop(gateway) }
        for number in 1...5 {
            let peer = try #require(MLLPPeer(port: node.mllp))
            #expect(MLLPPeer.code(peer.exchange(documents.request(control: "S\(number)", patient: number, number: 1))) == "AA")
        }
        Workspace.stop(gateway)
        let lines = workspace.text("trace").split(separator: "\n").map(String.init)
        // Every ACK that leaves has a sync between the last request read and itself.
        var syncs = 0, acks = 0
        for line in lines {
            if Self.isRead(line), line.contains("\\vMSH|") { syncs = 0 }
            if line.contains("fdatasync(") || line.contains("fsync(") || line.contains("fdatasync resumed") || line.contains("fsync resumed") {
                if line.contains(" = 0") { syncs += 1 }
            }
            if Self.isWrite(line), line.contains("\\vMSH|"), line.contains("ACK") || line.contains("PFI-DEMO|CH-DEMO|DPI-DEMO") {
                acks += 1
                #expect(syncs > 0, "an ACK left without a sync: \(line)")
            }
        }
        #expect(acks == 5)
    }

    private static func isRead(_ line: String) -> Bool { ["read(", "readv(", "recvfrom(", "recvmsg("].contains { line.contains($0) } }
    private static func isWrite(_ line: String) -> Bool { ["write(", "writev(", "sendto(", "sendmsg("].contains { line.contains($0) } }
}
