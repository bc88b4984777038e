import Foundation
import Testing

/// A disk that fills up under the real binary, and one that turns read-only: a tmpfs and an ext4 of the test's own.
@Suite("A disk that is full or read-only", .serialized)
struct FullDiskTests {
    @Test("full in the middle of intake: AR and health say so, the process stays, and with room again it goes on; nothing acknowledged is missing")
    func intake() throws {
        let workspace = try Workspace("full")
        guard let disk = Disk.memory(workspace) else { return }
        let node = try Node(workspace, journal: disk.path + "/journal")
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let gateway = try node.startGateway()
        // Bodies of 100 KB are files: within the quarter of a second between two looks at the disk, they meet its end.
        let load = try Load(node, padding: 100_000)
        load.start()
        #expect(eventually(60) { load.count >= 20 })
        try disk.leave(500_000)
        #expect(eventually(60) { load.answers("AR") >= 20 }, "no AR on a full disk: \(load.answers("AA")) AA, \(load.unanswered) unanswered")
        #expect(gateway.isRunning, "\(workspace.text("gateway.log").suffix(1000))")
        #expect(eventually(60) { node.health()?["isTaking"] as? Bool == false }, "health does not say that nothing is taken")
        #expect(
            eventually(60) { (node.health()?["strain"] as? [String: Any])?["code"] as? String == "P0511" }, "health does not say why")
        #expect(try node.openDeliveries() >= 0, "queue list does not answer on a full disk")
        let taken = load.count
        try disk.leave(500_000_000)
        #expect(eventually(60) { load.count >= taken + 20 }, "intake did not open again: \(workspace.text("gateway.log").suffix(1000))")
        load.stop()
        #expect(load.answers("AE") == 0)
        load.verify(node, within: 120, atLeast: 40)
        Workspace.stop(gateway)
    }

    @Test("full in the middle of settling: each document leaves once, and the queue drains when there is room; a start without room says why")
    func settling() throws {
        let workspace = try Workspace("drain")
        guard let disk = Disk.memory(workspace) else { return }
        let node = try Node(workspace, dmpRate: 30, journal: disk.path + "/journal")
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        var gateway = try node.startGateway()
        let load = try Load(node)
        load.start()
        #expect(eventually(60) { load.count >= 300 })
        load.stop()
        let before = node.received().filter(\.stored).count
        #expect(before < load.count, "nothing waits: the test shows nothing")
        try disk.leave(0)
        #expect(eventually(60) { node.health()?["isTaking"] as? Bool == false }, "intake stays open on a full disk")
        let peer = try #require(MLLPPeer(port: node.mllp))
        #expect(MLLPPeer.code(peer.exchange(try Documents().request(control: "FULL-1", patient: 90, number: 1))) == "AR")
        #expect(gateway.isRunning, "\(workspace.text("gateway.log").suffix(1000))")
        // Killed on the full disk: what was under way is unknown, and the start cannot write that down.
        Workspace.murder(gateway)
        try disk.leave(100_000_000)
        try workspace.run("/usr/bin/sqlite3", [node.journal + "/journal.sqlite", "PRAGMA wal_checkpoint(TRUNCATE)"])
        try disk.leave(0)
        let attempt = try node.tryGateway()
        #expect(attempt.status == 2)
        #expect(attempt.text.contains(disk.path) && attempt.text.contains("P0511"), "the start does not say why: \(attempt.text)")
        try disk.leave(500_000_000)
        gateway = try node.startGateway()
        load.verify(node, within: 120, atLeast: 300)
        #expect(eventually(60) { (try? node.openDeliveries()) == 0 })
        Workspace.stop(gateway)
    }

    @Test("a disk that turns read-only ends the process with its reason; no start without a disk to write on; after the mend nothing is missing")
    func readOnly() throws {
        let workspace = try Workspace("readonly")
        guard let disk = Disk.file(workspace) else { return }
        let node = try Node(workspace, journal: disk.path + "/journal")
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        var gateway = try node.startGateway()
        let load = try Load(node, clients: 2)
        load.start()
        #expect(eventually(60) { load.count >= 50 })
        try disk.fail()
        try #require(eventually(60) { !gateway.isRunning }, "it goes on without a journal: \(workspace.text("gateway.log").suffix(1000))")
        #expect(gateway.terminationStatus == 70)
        #expect(workspace.text("gateway.log").contains("the journal failed, the process ends"), "\(workspace.text("gateway.log").suffix(1000))")
        let attempt = try node.tryGateway()
        #expect(attempt.status == 2)
        #expect(attempt.text.contains(disk.path), "the start does not say which disk: \(attempt.text)")
        load.stop()
        try disk.mend()
        gateway = try node.startGateway()
        load.verify(node, within: 120, atLeast: 50)
        Workspace.stop(gateway)
    }
}
