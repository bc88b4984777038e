import Foundation
import Synchronization
import Testing

/// Record systems that send documents, each repeating the last until it has an answer, and that remember what was acknowledged.
final class Load: Sendable {
    private struct State {
        var acknowledged: [Int: [Int]] = [:]
        var answers: [String: Int] = [:]
        var unanswered = 0
        var isStopping = false
        var running = 0
    }
    private let state = Mutex(State())
    private let port: Int
    private let documents: Documents
    private let name: String
    private let first: Int, clients: Int, padding: Int
    private let pause: UInt32

    /// `padding`: bytes added to each document (over 64 KB, a body is a file of its own). `pause`: microseconds between two messages of a client.
    /// `first`: the number of the first patient; loads on one node have patients of their own.
    init(_ node: Node, name: String = "C", first: Int = 0, clients: Int = 4, padding: Int = 0, pause: UInt32 = 0) throws {
        (port, self.name, self.first, self.clients, self.padding, self.pause) = (node.mllp, name, first, clients, padding, pause)
        documents = try Documents()
    }

    func start() {
        state.withLock { $0.running = clients }
        for client in 0..<clients {
            Thread { [self] in
                run(client)
                state.withLock { $0.running -= 1 }
            }.start()
        }
    }

    /// Stops, and waits until no client is under way.
    func stop() {
        state.withLock { $0.isStopping = true }
        _ = eventually(60) { state.withLock { $0.running == 0 } }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run(_ client: Int) {
        var numbers = [Int: Int]()
        var turn = 0
        while !isStopping {
            let patient = first + client * 10 + turn % 5
            turn += 1
            let number = numbers[patient, default: 0] + 1
            numbers[patient] = number
            let message = documents.request(control: "\(name)\(client)-\(patient)-\(number)", patient: patient, number: number, padding: padding)
            var answered = false
            while !answered, !isStopping {
                guard let peer = MLLPPeer(port: port, timeout: 10), let code = MLLPPeer.code(peer.exchange(message)) else {
                    state.withLock { $0.unanswered += 1 }
                    usleep(50_000)
                    continue
                }
                state.withLock { state in
                    state.answers[code, default: 0] += 1
                    if code == "AA" { state.acknowledged[patient, default: []].append(number) }
                }
                answered = code != "AR"
                if !answered { usleep(20_000) }
            }
            if pause > 0 { usleep(pause) }
        }
    }

    /// How often an answer of this code came.
    func answers(_ code: String) -> Int { state.withLock { $0.answers[code] ?? 0 } }
    /// How often a connection was refused or ended without an answer.
    var unanswered: Int { state.withLock { $0.unanswered } }
    /// Document numbers that got AA, by patient.
    var acknowledged: [Int: [Int]] { state.withLock { $0.acknowledged } }
    var count: Int { acknowledged.values.reduce(0) { $0 + $1.count } }

    /// Waits until the DMP stored all that was acknowledged, as long as more of it arrives within the time; then: nothing missing, nothing stored twice,
    /// order kept within each patient.
    func verify(_ node: Node, within seconds: Double, atLeast least: Int, _ source: SourceLocation = #_sourceLocation) {
        let acknowledged = acknowledged
        let wanted = Set(acknowledged.flatMap { patient, numbers in numbers.map { Documents.documentID(patient, $0) } })
        var stored: [String] = [], missing = wanted
        repeat {
            let before = missing.count
            let hasMore = eventually(seconds) {
                stored = node.received().filter(\.stored).map(\.document)
                missing = wanted.subtracting(stored)
                // Reading thousands of answers takes the machine from who is to give them.
                if !missing.isEmpty { usleep(UInt32(min(stored.count, 5_000)) * 200) }
                return missing.count < before || missing.isEmpty
            }
            if !hasMore { break }
        } while !missing.isEmpty
        let log = node.workspace.text("gateway.log").suffix(2000)
        #expect(missing.isEmpty, "missing: \(missing.sorted().prefix(10)) of \(wanted.count)\n\(log)", sourceLocation: source)
        #expect(wanted.count >= least, "the load was too small to show anything: \(wanted.count)", sourceLocation: source)
        let doubles = Dictionary(grouping: stored, by: { $0 }).filter { $1.count > 1 }.keys
        #expect(doubles.isEmpty, "stored twice: \(doubles)", sourceLocation: source)
        for patient in acknowledged.keys {
            let prefix = Documents.documentID(patient, 0).dropLast()
            let numbers = stored.filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count)) }
            #expect(numbers == numbers.sorted(), "patient \(patient) out of order: \(numbers)", sourceLocation: source)
        }
    }
}
