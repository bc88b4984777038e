import Foundation

/// Fixtures/https.py, running until this value goes.
final class TestHTTPServer {
    private let process = Process()
    let port: Int

    init(pki: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/https.py")
        process.arguments = ["python3", script.path, pki]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        port = Int(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit { process.terminate() }
}
