import Glibc
import Synchronization

/// The output folder: numbered entries that appear whole or not at all (made under another name, then renamed).
final class Outbox: Sendable {
    private let root: String
    private let numbers: Mutex<[String: Int]>

    /// Makes the folders; numbering goes on after what is there.
    init(_ root: String) throws(SandboxError) {
        self.root = root
        var last: [String: Int] = [:]
        try Outbox.makeFolder(root)
        for kind in ["dmp", "mail", "zam"] {
            try Outbox.makeFolder(root + "/" + kind)
            last[kind] = Outbox.names(root + "/" + kind).compactMap { Int($0.prefix { $0 != "." }) }.max() ?? 0
        }
        numbers = Mutex(last)
    }

    /// The next number of a kind (`dmp`, `mail`, `zam`), from 1.
    func next(_ kind: String) -> Int {
        numbers.withLock { last in
            last[kind, default: 0] += 1
            return last[kind, default: 0]
        }
    }

    /// Writes `KIND/N.ext`.
    func write(_ kind: String, _ number: Int, _ ext: String, _ bytes: [UInt8]) {
        let path = "\(root)/\(kind)/\(number).\(ext)"
        let hidden = "\(root)/\(kind)/.\(number).\(ext)"
        if Outbox.write(hidden, bytes) { rename(hidden, path) }
    }

    /// Writes the folder `KIND/N` with its files.
    func writeFolder(_ kind: String, _ number: Int, _ files: [(name: String, bytes: ArraySlice<UInt8>)]) {
        let hidden = "\(root)/\(kind)/.\(number)"
        guard (try? Outbox.makeFolder(hidden)) != nil else { return }
        for file in files { _ = Outbox.write("\(hidden)/\(file.name)", file.bytes) }
        rename(hidden, "\(root)/\(kind)/\(number)")
    }

    private static func makeFolder(_ path: String) throws(SandboxError) {
        var at = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            at += (at.isEmpty || at.hasSuffix("/") ? "" : "/") + part
            if mkdir(at, 0o755) != 0, errno != EEXIST { throw .folder(path) }
        }
    }

    private static func names(_ folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var found: [String] = []
        while let entry = readdir(handle) {
            found.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return found
    }

    private static func write(_ path: String, _ bytes: some Collection<UInt8>) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        defer { fclose(file) }
        let done = bytes.withContiguousStorageIfAvailable { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
        return done ?? false
    }
}

/// Why a sandbox does not start.
package enum SandboxError: Error, Sendable, CustomStringConvertible {
    /// A folder cannot be made.
    case folder(String)
    /// A file cannot be read.
    case file(String)
    /// A certificate or key is not usable.
    case certificate(String)
    /// The stand-in DMP has no authorities to judge its clients by.
    case authorities
    /// A port cannot be taken.
    case port(String)

    /// One sentence.
    package var description: String {
        switch self {
        case .folder(let path): "cannot make the folder \(path)"
        case .file(let path): "cannot read \(path)"
        case .certificate(let what): "certificate or key: \(what)"
        case .authorities: "the stand-in DMP needs the authorities of its clients"
        case .port(let what): "cannot listen: \(what)"
        }
    }
}

/// A whole file.
func contents(_ path: String) throws(SandboxError) -> [UInt8] {
    guard let file = fopen(path, "r") else { throw .file(path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&piece, 1, piece.count, file)
        if count == 0 { break }
        bytes += piece[0..<count]
    }
    return bytes
}
