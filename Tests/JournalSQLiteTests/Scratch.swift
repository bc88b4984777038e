import Foundation

/// A folder of its own for one test, removed at the end.
final class Scratch: Sendable {
    let path: String

    /// `inMemory`: on a disk whose syncs cost nothing, where there is one.
    init(inMemory: Bool = false) {
        let folder =
            inMemory && FileManager.default.isWritableFile(atPath: "/dev/shm") ? URL(fileURLWithPath: "/dev/shm") : FileManager.default.temporaryDirectory
        path = folder.appending(path: "passerelle-journal-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
