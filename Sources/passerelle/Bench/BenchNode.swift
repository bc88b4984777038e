import Console
import Foundation  // Process
import Glibc
import NIOPosix

/// A gateway of its own process with a configuration for one scenario, on a free loopback port. It may be stopped, killed and started again.
final class BenchNode {
    let port: Int
    private let folder: URL
    private let socketPath: String
    private var process: Process?

    init(_ setup: BenchSetup, folder: URL) throws {
        port = try Loopback.freePort()
        self.folder = folder
        socketPath = folder.appendingPathComponent("p.sock").path
        for (name, text) in setup.files(folder: folder.path, port: port) {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try start()
    }

    deinit { stop() }

    /// Starts the gateway; returns once it listens, with the milliseconds that took.
    @discardableResult func start() throws -> Double {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0].contains("/") ? CommandLine.arguments[0] : "/proc/self/exe")
            .resolvingSymlinksInPath()
        process.arguments = ["serve", "--config", folder.appendingPathComponent("passerelle.yaml").path, "--log", "warning"]
        let log = folder.appendingPathComponent("log").path
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardInput = FileHandle.nullDevice
        let begun = Uptime.now
        try process.run()
        self.process = process
        for _ in 0..<6000 {
            if Loopback.answers(port) { return Double(Uptime.now - begun) / 1e6 }
            guard process.isRunning else { break }
            usleep(5000)
        }
        throw BenchFailure(text: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "no log")
    }

    /// SIGTERM, and waits.
    func stop() {
        process?.terminate()
        process?.waitUntilExit()
        process = nil
    }

    /// SIGKILL, and waits.
    func murder() {
        if let process { Glibc.kill(process.processIdentifier, SIGKILL) }
        process?.waitUntilExit()
        process = nil
    }

    /// SIGHUP: the configuration is read again.
    func reload() { if let process { Glibc.kill(process.processIdentifier, SIGHUP) } }

    /// Writes a file of the node again.
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    /// The text of a file of the node.
    func read(_ name: String) throws -> String { try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) }

    /// The size of its journal's folder in megabytes.
    var journalMegabytes: Double {
        let root = folder.appendingPathComponent("journal")
        let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        let sizes = names.map { (try? FileManager.default.attributesOfItem(atPath: root.appendingPathComponent($0).path)[.size] as? Int) ?? 0 }
        return Double(sizes.reduce(0, +)) / 1e6
    }

    /// Megabytes of memory: now, and at the most since the start.
    var memory: (now: Double, peak: Double) {
        let status = process.flatMap { try? String(contentsOfFile: "/proc/\($0.processIdentifier)/status", encoding: .utf8) } ?? ""
        func value(_ name: String) -> Double {
            status.split(separator: "\n").first { $0.hasPrefix(name) }?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0
        }
        return (value("VmRSS:") / 1024, value("VmHWM:") / 1024)
    }

    /// What its door tells, for any task.
    var view: BenchView { BenchView(socket: socketPath) }

    /// Deliveries that are open now, and those settled since the start.
    func counts() async throws -> (open: Int, settled: Int) { try await view.counts() }
}

/// The door of a node that is measured.
struct BenchView: Sendable {
    let socket: String

    /// Deliveries that are open now, and those settled since the start.
    func counts() async throws -> (open: Int, settled: Int) {
        let door = DoorClient(path: socket, group: MultiThreadedEventLoopGroup.singleton)
        let queue = try await door.queue(limit: 1), counters = try await door.health().counters
        let settled = counters["delivered", default: 0] + counters["refused", default: 0]
        return (queue.open.values.flatMap(\.values).reduce(queue.incoming, +), settled)
    }
}

/// The gateway to be measured did not start, or did not do what a measure needs.
struct BenchFailure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
