import Foundation
import Testing

@Suite("No file descriptors left", .serialized)
struct DescriptorTests {
    @Test("too many links for the limit of open files: the process stays, calmly; what is acknowledged is stored, and all goes on when links end")
    func exhausted() throws {
        let workspace = try Workspace("files")
        let node = try Node(workspace)
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let gateway = try node.startGateway(["/usr/bin/prlimit", "--nofile=90:90"])
        // Documents of 100 KB need a file of their own in the journal, and a socket to the DMP.
        let load = try Load(node, clients: 2, padding: 100_000, pause: 20_000)
        load.start()
        #expect(eventually(60) { load.count >= 10 })
        var idle = (0..<120).compactMap { _ in MLLPPeer(port: node.mllp, timeout: 3) }
        usleep(500_000)
        let before = try processorTime(gateway)
        let exhausted = eventually(60) { ((try? openFiles(gateway)) ?? 0) >= 88 }
        #expect(exhausted, "the limit was not reached: \((try? openFiles(gateway)) ?? 0) open files of 90")
        usleep(2_000_000)
        #expect(gateway.isRunning, "\(workspace.text("gateway.log").suffix(1000))")
        if gateway.isRunning { #expect(try processorTime(gateway) - before < 3, "it spins while it waits for descriptors") }
        idle.removeAll()
        let known = load.count
        #expect(eventually(60) { load.count >= known + 10 }, "it did not recover: \(workspace.text("gateway.log").suffix(1000))")
        load.stop()
        load.verify(node, within: 120, atLeast: 20)
        #expect(workspace.text("gateway.log").contains("open files"), "no line tells a person that descriptors were missing")
        Workspace.stop(gateway)
    }

    private func openFiles(_ process: Process) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count
    }

    /// Seconds of processor that it has used.
    private func processorTime(_ process: Process) throws -> Double {
        let fields =
            try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8).split(separator: ")").last?.split(separator: " ") ?? []
        return (fields.dropFirst(11).prefix(2).compactMap { Double($0) }.reduce(0, +)) / 100
    }
}
