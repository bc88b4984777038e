import Foundation
import Testing

/// A disk that refuses a sync: what the kernel could not write it may have dropped, so a sync is never tried again on the same pages.
@Suite("A sync that fails", .serialized)
struct SyncFailureTests {
    @Test("the process ends with its reason, acknowledges nothing that was not synced, and the next start goes on", arguments: [(0, 40), (100_000, 31)])
    func ends(padding: Int, syncs: Int64) throws {
        let workspace = try Workspace("sync")
        let node = try Node(workspace)
        let orders = try Orders(workspace, folder: node.journal)
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        var gateway = try node.startGateway(orders.prefix)
        let load = try Load(node, clients: 3, padding: padding)
        load.start()
        #expect(eventually(60) { load.count >= 20 })
        orders.failSyncs(after: syncs, EIO)
        try #require(eventually(60) { !gateway.isRunning }, "it goes on: \(orders.refused) syncs refused\n\(workspace.text("gateway.log").suffix(1000))")
        #expect(orders.refused >= 1)
        #expect(gateway.terminationStatus == 70)
        #expect(workspace.text("gateway.log").contains("the journal failed, the process ends"), "\(workspace.text("gateway.log").suffix(1000))")
        let known = load.count
        orders.failSyncs(after: 0, EIO)
        let attempt = try node.tryGateway(orders.prefix)
        #expect(attempt.status == 2)
        #expect(attempt.text.contains(node.journal), "the start does not say which journal: \(attempt.text)")
        #expect(load.count == known, "acknowledged while no sync succeeds")
        orders.failSyncs(after: 0, 0)
        gateway = try node.startGateway(orders.prefix)
        #expect(eventually(60) { load.count > known })
        load.stop()
        load.verify(node, within: 120, atLeast: 20)
        Workspace.stop(gateway)
    }
}
