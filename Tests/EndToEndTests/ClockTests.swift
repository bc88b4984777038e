import Foundation
import Testing

/// The wall clock of gateway and sandbox steps by a day, while documents wait for a far end that is away.
@Suite("A clock that steps", .serialized)
struct ClockTests {
    @Test("a day forward, then back: no storm of attempts, nothing stuck, order kept, also across a restart")
    func steps() throws {
        let workspace = try Workspace("clock")
        let node = try Node(workspace)
        let orders = try Orders(workspace, folder: node.journal)
        var gateway = try node.startGateway(orders.prefix)
        let load = try Load(node, clients: 3, pause: 20_000)
        load.start()
        #expect(eventually(60) { load.count >= 30 })
        #expect(eventually(60) { (try? attempts(node)) ?? 0 > 0 })
        let calm = try attempts(node), start = ContinuousClock.now
        orders.clock = 86_400
        let ahead = load.count
        #expect(eventually(60) { load.count >= ahead + 30 }, "intake stopped at the step")
        // What is deferred now is due tomorrow, once the clock is right again.
        usleep(2_500_000)
        let tried = try attempts(node) - calm
        // At most a try a second, on a machine that is slow too: far from one for each document.
        let allowed = 6 + Int((ContinuousClock.now - start) / .seconds(1))
        #expect(
            tried <= allowed, "\(tried) attempts at a far end that is away, with \(load.count) documents waiting: a storm")
        orders.clock = 0
        let back = load.count
        #expect(eventually(60) { load.count >= back + 30 }, "intake stopped at the step back")
        load.stop()
        let sandbox = try node.startSandbox(orders.prefix)
        defer { Workspace.stop(sandbox) }
        load.verify(node, within: 120, atLeast: 90)
        Workspace.stop(gateway)
        gateway = try node.startGateway(orders.prefix)
        #expect(eventually(60) { (try? node.openDeliveries()) == 0 })
        Workspace.stop(gateway)
    }

    @Test("what was put off by a clock a day ahead is sent after a restart with the right time, not a day later")
    func restart() throws {
        let workspace = try Workspace("clock-restart")
        let node = try Node(workspace)
        let orders = try Orders(workspace, folder: node.journal)
        orders.clock = 86_400
        var gateway = try node.startGateway(orders.prefix)
        let load = try Load(node, clients: 2, pause: 20_000)
        load.start()
        #expect(eventually(60) { load.count >= 20 })
        load.stop()
        #expect(eventually(60) { (try? attempts(node)) ?? 0 > 0 })
        Workspace.stop(gateway)
        orders.clock = 0
        let sandbox = try node.startSandbox(orders.prefix)
        defer { Workspace.stop(sandbox) }
        gateway = try node.startGateway(orders.prefix)
        load.verify(node, within: 120, atLeast: 20)
        Workspace.stop(gateway)
    }

    /// Attempts that found the far end away, as health counts them.
    private func attempts(_ node: Node) throws -> Int {
        let counters = node.health()?["counters"] as? [String: Int] ?? [:]
        return (counters["deferred"] ?? 0) + (counters["unknown"] ?? 0)
    }
}
