import Foundation

/// A Python script that prints its port, running until this value goes.
final class TestServer {
    private let process = Process()
    let port: Int

    /// Fixtures/https.py.
    convenience init(https pki: String) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/https.py")
        try self.init([script.path, pki])
    }

    /// Tests/Fixtures/mail/smtp.py.
    convenience init(smtp pki: String, _ manner: String) throws { try self.init([TestOperator.root + "/Tests/Fixtures/mail/smtp.py", pki, manner]) }

    private init(_ arguments: [String]) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // Foundation can crash when two threads start a process at the same moment: one at a time, in all modules of tests.
        let lock = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        defer { close(lock) }
        flock(lock, LOCK_EX)
        try process.run()
        flock(lock, LOCK_UN)
        port = Int(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit { process.terminate() }
}
