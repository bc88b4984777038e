import Foundation

/// A plain MLLP client over a blocking socket: nothing of ours but the test.
final class MLLPPeer {
    private let descriptor: Int32

    init?(port: Int, timeout: Int = 60) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var patience = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        // All is set: the end of the object closes the descriptor, here too. Closed twice, it would be another's.
        if connected != 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Sends a message and returns the answer without its frame; nil when the peer went away.
    func exchange(_ message: [UInt8]) -> String? {
        let frame = [0x0B] + message + [0x1C, 0x0D]
        var sent = 0
        while sent < frame.count {
            let n = frame.withUnsafeBytes { send(descriptor, $0.baseAddress.map { $0 + sent }, frame.count - sent, Int32(MSG_NOSIGNAL)) }
            guard n > 0 else { return nil }
            sent += n
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while answer.count < 2 || answer[answer.count - 2] != 0x1C {
            let n = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard n > 0 else { return nil }
            answer.append(contentsOf: buffer[..<n])
        }
        return String(decoding: answer.dropFirst().dropLast(2), as: UTF8.self)
    }

    /// MSA-1 of an answer.
    static func code(_ answer: String?) -> String? {
        answer?.split(separator: "\r").first { $0.hasPrefix("MSA|") }?.split(separator: "|").dropFirst().first.map(String.init)
    }
}

/// One HTTP request over a Unix socket, and all that comes back.
func unixGet(_ socketPath: String, _ path: String) -> String? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(socketPath.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard connected == 0, request.withUnsafeBytes({ send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) == request.count else { return nil }
    var answer: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let n = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if n <= 0 { break }
        answer.append(contentsOf: buffer[..<n])
    }
    return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
}
