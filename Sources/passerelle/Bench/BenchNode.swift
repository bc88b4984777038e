import Foundation  // Process

/// A gateway of its own process with a configuration for one scenario, on free loopback ports.
final class BenchNode {
    let port: Int
    private let process = Process()
    private let config: String

    init(_ scenario: BenchScenario, folder: URL) throws {
        port = Self.freePort()
        config = folder.appendingPathComponent("passerelle.yaml").path
        for (name, text) in scenario.files(folder: folder.path, port: port) {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0].contains("/") ? CommandLine.arguments[0] : "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["serve", "--config", config, "--log", "warning"]
        let log = folder.appendingPathComponent("log").path
        FileManager.default.createFile(atPath: log, contents: nil)
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

    private func counts() -> [String: Int] {
        let query = Process()
        query.executableURL = process.executableURL
        query.arguments = ["queue", "list", "--config", config, "--format", "json"]
        let pipe = Pipe()
        query.standardOutput = pipe
        guard (try? query.run()) != nil else { return [:] }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        query.waitUntilExit()
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else { return [:] }
        return ["open": object["open"] as? Int ?? -1, "settled": object["settled"] as? Int ?? 0]
    }

    /// Deliveries that are open now.
    func open() -> Int { counts()["open"] ?? -1 }
    /// Deliveries settled since the start.
    func settled() -> Int { counts()["settled"] ?? 0 }

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
