import FoundationEssentials
import Glibc
import Testing

/// Where the repository stands.
func repositoryFolder() -> String { #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } }

/// A file under Tests/Fixtures.
func fixture(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(repositoryFolder())/Tests/Fixtures/\(path)"))) }

/// The text of a table of Mappings/tables.
func tableText(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: "\(repositoryFolder())/Mappings/tables/\(name)")), as: UTF8.self)
}

/// Runs a shell line with `bytes` in a file that the line names as `$FILE`; its exit code and what it said.
func shell(_ line: String, _ bytes: [UInt8]) throws -> (code: Int32, text: String) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "clinical-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(bytes).write(to: folder.appending(path: "in.xml"))
    let status = system("FILE='\(folder.path)/in.xml'; (\(line)) > '\(folder.path)/out' 2>&1 < /dev/null")
    return ((status >> 8) & 0xFF, String(decoding: try Data(contentsOf: folder.appending(path: "out")), as: UTF8.self))
}
