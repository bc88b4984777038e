import Console
import Foundation  // Process
import NIOPosix

/// A gateway of its own process with a configuration for one scenario, on free loopback ports.
final class BenchNode {
    let port: Int
    private let process = Process()
    private let socketPath: String

    init(_ scenario: BenchScenario, folder: URL) throws {
        port = Self.freePort()
        let config = folder.appendingPathComponent("passerelle.yaml").path
        socketPath = folder.appendingPathComponent("p.sock").path
        for (name, text) in scenario.files(folder: folder.path, port: port) {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0].contains("/") ? CommandLine.arguments[0] : "/proc/self/exe")
            .resolvingSymlinksInPath()
        process.arguments = ["serve", "--config", config, "--log", "warning"]
        let log = folder.appendingPathComponent("log").path
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        for _ in 0..<400 {
            if LoadGenerator.answers(port) { return }
            guard process.isRunning else { break }
            usleep(25_000)
        }
        throw BenchFailure(text: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "no log")
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Deliveries that are open now, and those settled since the start.
    func counts() async throws -> (open: Int, settled: Int) {
        let door = DoorClient(path: socketPath, group: MultiThreadedEventLoopGroup.singleton)
        let queue = try await door.queue(limit: 1), counters = try await door.health().counters
        let settled = counters["delivered", default: 0] + counters["refused", default: 0]
        return (queue.open.values.flatMap(\.values).reduce(queue.incoming, +), settled)
    }

    private static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                _ = getsockname(descriptor, $0, &length)
            }
        }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}

/// The gateway to be measured did not start.
struct BenchFailure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
