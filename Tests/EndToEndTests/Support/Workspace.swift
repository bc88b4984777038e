import Foundation

/// A folder with a node of its own: certificates, sandbox, configuration; and the real programs started in it.
final class Workspace {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let folder: URL
    private var processes: [Process] = []

    /// The program under test: `PASSERELLE_BINARY`, else the release or debug build.
    static var binary: String {
        if let given = ProcessInfo.processInfo.environment["PASSERELLE_BINARY"] { return given }
        let built = ["release", "debug"].map { root.appendingPathComponent(".build/\($0)/passerelle").path }
        return built.first { FileManager.default.isExecutableFile(atPath: $0) } ?? built[0]
    }

    init(_ name: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("passerelle-\(name)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        for process in processes where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        if ProcessInfo.processInfo.environment["PASSERELLE_KEEP"] == nil { try? FileManager.default.removeItem(at: folder) }
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func write(_ name: String, _ text: String) throws {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func read(_ name: String) -> [UInt8] { (try? Data(contentsOf: folder.appendingPathComponent(name))).map { Array($0) } ?? [] }
    func text(_ name: String) -> String { String(decoding: read(name), as: UTF8.self) }

    /// The certificates of `PASSERELLE_PKI`, or ones made here.
    func pki() throws -> String {
        if let given = ProcessInfo.processInfo.environment["PASSERELLE_PKI"], FileManager.default.fileExists(atPath: given) { return given }
        let made = path("pki")
        _ = try run("/bin/sh", [Self.root.appendingPathComponent("Deploy/pki.sh").path, made])
        return made
    }

    /// Runs a program to its end; its standard output.
    @discardableResult func run(_ program: String, _ arguments: [String], status wanted: Int32? = 0) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        if let wanted, process.terminationStatus != wanted { throw Failure("\(program) \(arguments) ended \(process.terminationStatus):\n\(text)") }
        return text
    }

    /// Starts a program that stays; its output goes to `NAME.log`.
    func start(_ name: String, _ program: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let log = folder.appendingPathComponent(name + ".log")
        if !FileManager.default.fileExists(atPath: log.path) { _ = FileManager.default.createFile(atPath: log.path, contents: nil) }
        let handle = try FileHandle(forWritingTo: log)
        handle.seekToEndOfFile()
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        processes.append(process)
        return process
    }

    /// kill -9, and waits for its end.
    static func murder(_ process: Process) {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM, and waits for its end, at most a minute. What a tracer runs is stopped, and the tracer ends with it.
    static func stop(_ process: Process) {
        let pid = process.processIdentifier
        let children = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8))?.split(separator: " ").compactMap { Int32($0) } ?? []
        if children.isEmpty { process.terminate() } else { children.forEach { kill($0, SIGTERM) } }
        let deadline = Date(timeIntervalSinceNow: 60)
        while process.isRunning, Date() < deadline { usleep(20_000) }
        if process.isRunning { murder(process) }
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}

/// Waits until the condition holds, at most `seconds`; false if it never did.
func eventually(_ seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
        if try condition() { return true }
        usleep(50_000)
    }
    return try condition()
}

/// A port that is free now. Of a range from which the system gives nobody one by itself: it stays free until it is used.
func freePort() -> Int {
    while true {
        let port = Int.random(in: 16_000..<24_000), descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isFree = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        if isFree { return port }
    }
}
