import Foundation
import Pipeline
import PipelineTesting
import Synchronization

@testable import JournalSQLite

/// Opens a journal in a scratch folder; a failure is remembered instead of ending the process.
final class Broken: Sendable {
    let errors = Mutex<[JournalError]>([])
    var first: JournalError? { errors.withLock { $0.first } }
}

func openJournal(
    _ directory: String, clock: ManualClock = ManualClock(), settings: SQLiteJournal.Settings = SQLiteJournal.Settings(), broken: Broken = Broken()
) throws -> SQLiteJournal {
    try SQLiteJournal(directory: directory, time: clock, digester: testDigester(), settings: settings) { error in
        broken.errors.withLock { $0.append(error) }
    }
}

func harness(_ journal: SQLiteJournal, _ clock: ManualClock = ManualClock()) async throws -> Harness {
    Harness(journal: journal, lease: try await journal.lease(), clock: clock)
}

/// Files under a folder, relative to it.
func files(_ folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).filter {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: folder + "/" + $0, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
}
