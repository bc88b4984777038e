import FoundationEssentials

/// How the loader reads the files of a configuration: handed in, so that tests and checks of edited text need no disk.
package struct FileAccess: Sendable {
    /// The bytes of a file.
    package let read: @Sendable (String) throws(Reason) -> [UInt8]
    /// The names in a folder, in no order; nil when there is no such folder.
    package let list: @Sendable (String) -> [String]?
    /// Whether a file is there.
    package let exists: @Sendable (String) -> Bool
    /// The folder that relative paths of the command line start from, absolute.
    package let folder: String

    /// An access.
    package init(
        folder: String, read: @escaping @Sendable (String) throws(Reason) -> [UInt8], list: @escaping @Sendable (String) -> [String]?,
        exists: @escaping @Sendable (String) -> Bool
    ) { (self.folder, self.read, self.list, self.exists) = (folder, read, list, exists) }

    /// The files of this machine. Blocks: for start-up, `check` and reload, never while a message is handled.
    package static var disk: FileAccess {
        FileAccess(folder: FileManager.default.currentDirectoryPath, read: readFile, list: listFolder) { FileManager.default.fileExists(atPath: $0) }
    }

    @Sendable private static func readFile(_ path: String) throws(Reason) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Reason("P0100", Text(fr: "fichier absent ou illisible", en: "no such file, or it cannot be read"), location: path)
        }
        return [UInt8](data)
    }

    @Sendable private static func listFolder(_ path: String) -> [String]? { try? FileManager.default.contentsOfDirectory(atPath: path) }

    /// Files held in memory, by path: for tests, and for text that is not saved yet.
    package static func memory(_ files: [String: String], folder: String = "/") -> FileAccess {
        FileAccess(
            folder: folder,
            read: { (path) throws(Reason) -> [UInt8] in
                guard let text = files[path] else {
                    throw Reason("P0100", Text(fr: "fichier absent ou illisible", en: "no such file, or it cannot be read"), location: path)
                }
                return Array(text.utf8)
            },
            list: { folder in
                let prefix = folder.hasSuffix("/") ? folder : folder + "/"
                let names = files.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count).prefix { $0 != "/" }) }
                return names.isEmpty ? nil : Array(Set(names))
            }, exists: { files[$0] != nil })
    }
}

/// Paths as text: nothing is asked of the disk.
package enum Path {
    /// `path` seen from `folder`, without `.` and `..` where they can be taken away.
    package static func join(_ folder: String, _ path: String) -> String {
        if path.hasPrefix("/") || folder.isEmpty { return tidy(path) }
        return tidy(folder + "/" + path)
    }

    /// The folder of a file; empty for a bare name.
    package static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// The last part of a path.
    package static func name(of file: String) -> String { file.lastIndex(of: "/").map { String(file[file.index(after: $0)...]) } ?? file }

    private static func tidy(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
