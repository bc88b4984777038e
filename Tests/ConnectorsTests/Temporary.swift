import Foundation
import Synchronization

/// The path of a file of its own, gone with the last who knows it.
final class TemporaryFile: Sendable {
    let path: String

    init(_ name: String) { path = NSTemporaryDirectory() + UUID().uuidString + "-" + name }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A folder that the whole run shares, gone when the process ends: what is kept in a static is never given back before.
func folderOfTheRun(_ name: String) throws -> String {
    let path = NSTemporaryDirectory() + name + "-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    foldersOfTheRun.withLock { folders in
        if folders.isEmpty { atexit { foldersOfTheRun.withLock { for folder in $0 { try? FileManager.default.removeItem(atPath: folder) } } } }
        folders.append(path)
    }
    return path
}

private let foldersOfTheRun = Mutex<[String]>([])
