import Foundation

/// The files of the repository, as the house tests read them.
struct Repository {
    /// The root, found from this file's own place.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The text of a file under the root; nil when there is none.
    static func text(_ path: String) -> String? { try? String(contentsOf: root.appending(path: path), encoding: .utf8) }

    /// Every Swift file under a folder of the root, in order.
    static func swiftFiles(_ folder: String) -> [SourceFile] {
        let base = root.appending(path: folder)
        guard let found = FileManager.default.enumerator(atPath: base.path) else { return [] }
        return found.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted()
            .compactMap { name in text("\(folder)/\(name)").map { SourceFile(path: "\(folder)/\(name)", text: $0) } }
    }

    /// The folders right under a folder of the root.
    static func folders(_ folder: String) -> [String] {
        let base = root.appending(path: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: base.appending(path: name).path, isDirectory: &isFolder) && isFolder.boolValue
        }.sorted()
    }
}

/// A Swift file, by lines.
struct SourceFile {
    let path: String
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The target it belongs to: the folder under Sources or Tests.
    var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The modules that it imports, with their line numbers from 1.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count, words[..<at].allSatisfy(Self.importModifiers.contains) else { return nil }
            var name = words[at + 1]
            if Self.importKinds.contains(name), at + 2 < words.count { name = words[at + 2] }
            return (String(name.prefix { $0 != "." }), index + 1)
        }
    }

    private static let importModifiers: Set<Substring> = ["package", "internal", "private", "fileprivate", "public", "@preconcurrency", "@testable"]
    private static let importKinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
}
