import Foundation

/// The command beside the tests, as a person runs it: a process of its own, since a seed replays only where sets have the same order each time, and a
/// simulation computes all the time. Waited for on a thread of its own: the tests' own threads are few. (Started by `popen`: two threads that start a
/// Foundation `Process` at the same moment can crash.)
func simulate(_ arguments: [String]) async throws -> (code: Int32, output: String) {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: finish(arguments)) }
    }
}

private func finish(_ arguments: [String]) -> (code: Int32, output: String) {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "passerelle-simulate").path
    let command = ([program] + arguments).map { "'" + $0 + "'" }.joined(separator: " ")
    guard let stream = popen(command, "r") else { return (-1, "popen failed") }
    var output: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, stream)
        if count == 0 { break }
        output += buffer[..<count]
    }
    let status = pclose(stream)
    return (status & 0x7F == 0 ? status >> 8 & 0xFF : -1, String(decoding: output, as: UTF8.self))
}
