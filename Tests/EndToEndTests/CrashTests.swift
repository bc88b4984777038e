import Foundation
import Testing

/// The real binary, killed at random moments under load. `kill -9` says nothing about fsync: `DurabilityTests` does.
@Suite("Killed at any moment", .serialized)
struct CrashTests {
    /// `PASSERELLE_KILLS`: how often it is killed; 30 in CI, 1 000 by hand. Rounds of at most 100 kills keep the sandbox's folder readable.
    static let kills = ProcessInfo.processInfo.environment["PASSERELLE_KILLS"].flatMap(Int.init) ?? 30

    @Test("kill -9 at 30 random moments: nothing acknowledged is missing, no document is stored twice, order is kept within a patient")
    func killed() throws {
        var done = 0, documents = 0
        while done < Self.kills {
            let kills = min(Self.kills - done, 100)
            documents += try round(kills: kills)
            done += kills
            if done < Self.kills { print("crash: \(done) kills so far, \(documents) acknowledged documents, all stored once") }
        }
        print("crash: \(done) kills, \(documents) acknowledged documents, all stored once")
    }

    /// One gateway under load, killed again and again; how many documents it acknowledged.
    private func round(kills: Int) throws -> Int {
        let workspace = try Workspace("crash")
        let node = try Node(workspace)
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let load = try Load(node)
        var gateway = try node.startGateway()
        load.start()
        for _ in 0..<kills {
            usleep(UInt32.random(in: 100_000...900_000))
            Workspace.murder(gateway)
            gateway = try node.startGateway()
        }
        load.stop()
        load.verify(node, within: 120, atLeast: min(kills * 4, 100))
        Workspace.stop(gateway)
        return load.count
    }
}
