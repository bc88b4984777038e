import Foundation
import Synchronization
import Testing

/// The real binary, killed at random moments under load. `kill -9` says nothing about fsync: `DurabilityTests` does.
@Suite("Killed at any moment", .serialized)
struct CrashTests {
    /// What the clients know: every message that got AA, by patient, in the order they were sent.
    private final class Ledger: Sendable {
        private let acknowledged = Mutex<[Int: [Int]]>([:])
        func note(_ patient: Int, _ number: Int) { acknowledged.withLock { $0[patient, default: []].append(number) } }
        var all: [Int: [Int]] { acknowledged.withLock { $0 } }
    }

    @Test("kill -9 at 30 random moments: nothing acknowledged is missing, no document is stored twice, order is kept within a patient")
    func killed() throws {
        let workspace = try Workspace("crash")
        let node = try Node(workspace)
        let documents = try Documents()
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let ledger = Ledger()
        let stopping = Mutex(false)
        let port = node.mllp
        // Four record systems, each with its own patients; each sends the next document only after an answer, and repeats it until there is one.
        let clients = (0..<4).map { client in
            Thread {
                var numbers = [Int: Int]()
                var turn = 0
                while !stopping.withLock({ $0 }) {
                    let patient = client * 10 + turn % 5
                    turn += 1
                    let number = numbers[patient, default: 0] + 1
                    numbers[patient] = number
                    let message = documents.request(control: "C\(client)-\(patient)-\(number)", patient: patient, number: number)
                    var answered = false
                    while !answered, !stopping.withLock({ $0 }) {
                        guard let peer = MLLPPeer(port: port, timeout: 10), let code = MLLPPeer.code(peer.exchange(message)) else {
                            usleep(50_000)
                            continue
                        }
                        if code == "AA" { ledger.note(patient, number) }
                        answered = code != "AR"
                    }
                }
            }
        }
        var gateway = try node.startGateway()
        clients.forEach { $0.start() }
        for _ in 0..<30 {
            usleep(UInt32.random(in: 100_000...900_000))
            Workspace.murder(gateway)
            gateway = try node.startGateway()
        }
        stopping.withLock { $0 = true }
        let wanted = Set(ledger.all.flatMap { patient, numbers in numbers.map { Documents.documentID(patient, $0) } })
        let arrived = eventually(120) { Set(node.received().filter(\.stored).map(\.document)).isSuperset(of: wanted) }
        let stored = node.received().filter(\.stored).map(\.document)
        #expect(arrived, "missing: \(wanted.subtracting(stored).sorted().prefix(10)) of \(wanted.count)\n\(workspace.text("gateway.log").suffix(2000))")
        #expect(wanted.count > 100, "the load was too small to show anything: \(wanted.count)")
        #expect(Set(stored).count == stored.count, "stored twice: \(Dictionary(grouping: stored, by: { $0 }).filter { $1.count > 1 }.keys)")
        for patient in ledger.all.keys {
            let prefix = "1.2.250.1.999.7.9.77.\(patient)."
            let numbers = stored.filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count)) }
            #expect(numbers == numbers.sorted(), "patient \(patient) out of order: \(numbers)")
        }
        print("crash: 30 kills, \(wanted.count) acknowledged documents, all stored once")
        Workspace.stop(gateway)
    }
}
